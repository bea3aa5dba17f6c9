"""The window: header, rail, pages; the sign-in page covers it while nobody is signed in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.header_panels import clock_panel, edge_words, links_panel
from console.desktop.pages.alarms import AlarmsPage
from console.desktop.pages.base import Page
from console.desktop.pages.counts import CountsPage
from console.desktop.pages.holds import HoldsPage
from console.desktop.pages.machine import MachinePage
from console.desktop.pages.orders import OrdersPage
from console.desktop.pages.outbox import OutboxPage
from console.desktop.pages.overview import OverviewPage
from console.desktop.pages.review import ReviewPage
from console.desktop.pages.settings import SettingsPage
from console.desktop.pages.shift import ShiftPage
from console.desktop.pages.sign_in import SignInPage
from console.desktop.pages.stops import StopsPage
from console.desktop.pages.trace import TracePage
from console.desktop.session import IdleWatch
from console.desktop.tasks import Refresher
from console.desktop.widgets.basics import column, row
from console.desktop.widgets.header_bar import HeaderBar
from console.desktop.widgets.messages import MessageBar
from console.desktop.widgets.nav_rail import NavRail
from console.desktop.widgets.slide_over import SlideOver
from console.desktop.widgets.stop_prompt import StopPromptBar
from console.domain.people import Permission, Person, Role
from console.errors import ConsoleError
from console.services.views import HeaderView, Level

LANDING = {
    Role.SUPERVISOR: "counts",
    Role.INSPECTOR: "holds",
    Role.MAINTENANCE: "alarms",
    Role.ADMINISTRATOR: "settings",
}
LEAST_SIZE = (1180, 680)
PAGE_KEYS = (*(f"Ctrl+{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)), "Ctrl+T", "Ctrl+,")


def rail_entries() -> tuple[tuple[str, str, str], ...]:
    """Page key, icon and word, from top to bottom."""
    return (
        ("overview", "layout-dashboard", tr("Overview")),
        ("machine", "factory", tr("Machine")),
        ("counts", "clipboard-check", tr("Counts")),
        ("review", "inbox", tr("Review")),
        ("stops", "octagon-pause", tr("Stops")),
        ("holds", "shield-alert", tr("Holds")),
        ("alarms", "bell-ring", tr("Alarms")),
        ("orders", "list-checks", tr("Orders")),
        ("outbox", "send", tr("Outbox")),
        ("shift", "notebook-pen", tr("Shift")),
        ("trace", "route", tr("Trace")),
        ("settings", "settings", tr("Settings")),
    )


class MainWindow(QMainWindow):
    """See the module's text.

    Attributes:
        pages: by key, as in the rail.
        idle: locks the window when nobody touches it.
    """

    def __init__(self, ctx: Context) -> None:
        super().__init__()
        self.ctx = ctx
        self.setObjectName(names.MAIN_WINDOW)
        self.setWindowTitle(tr("Plant console"))
        self.setMinimumSize(*LEAST_SIZE)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._landed = False
        self.header = HeaderBar(ctx.theme, ctx.times)
        self.rail = NavRail(ctx.theme, rail_entries())
        self.pages: dict[str, Page] = {
            "overview": OverviewPage(ctx),
            "machine": MachinePage(ctx),
            "counts": CountsPage(ctx),
            "review": ReviewPage(ctx),
            "stops": StopsPage(ctx),
            "holds": HoldsPage(ctx),
            "alarms": AlarmsPage(ctx),
            "orders": OrdersPage(ctx),
            "outbox": OutboxPage(ctx),
            "shift": ShiftPage(ctx),
            "trace": TracePage(ctx),
            "settings": SettingsPage(ctx),
        }
        self.notice = MessageBar(ctx.theme, names.SHELL_MESSAGE)
        self.stop_prompt = StopPromptBar(ctx.theme)
        self.sign_in = SignInPage(ctx)
        self._lay_out()
        self.slide_over = SlideOver(ctx.theme, self._shell)
        self.idle = IdleWatch(ctx.prefs.lock_after_min, self)
        self._trouble = ""
        self._notice_shown = ""
        self._header_refresh = Refresher(
            ctx.desk.header, self.show_header, self._header_failed, ctx.tasks, self, 500
        )
        self._wire()
        self._restore()

    @property
    def page(self) -> str:
        """Key of the page in view."""
        current = self._stack.currentWidget()
        return next(key for key, page in self.pages.items() if page is current)

    def show_page(self, key: str, argument: object = None) -> None:
        """Goes to a page, with something to show there."""
        self.slide_over.dismiss()
        page = self.pages[key]
        self._stack.setCurrentWidget(page)
        self.rail.show_page(key)
        self.ctx.prefs.keep("window/page", key)
        if self.header.view is not None:
            self._ask_about_stops(self.header.view)
        if argument is not None:
            page.open_with(argument)

    def lock(self, why: str) -> None:
        """Locks; whoever signs in next finds the page as it was."""
        person = self.ctx.session.lock()
        if person is not None:
            desk = self.ctx.desk
            self.ctx.tasks.do(lambda: desk.sign_out(person, why), self)

    # --- building ---------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        for page in self.pages.values():
            self._stack.addWidget(page)
        self._strip = QWidget()
        self._strip.setLayout(column(self.notice, margins=(16, 10, 16, 0)))
        self._strip.hide()
        self._prompt_strip = QWidget()
        self._prompt_strip.setLayout(column(self.stop_prompt, margins=(16, 10, 16, 0)))
        self._prompt_strip.hide()
        right = column(self._strip, self._prompt_strip, self._stack, gap=0)
        right.setStretch(2, 1)
        self._shell = QWidget()
        layout = column(self.header, row(self.rail, right, gap=0), gap=0)
        layout.setStretch(1, 1)
        self._shell.setLayout(layout)
        self._root = QStackedWidget()
        self._root.addWidget(self.sign_in)
        self._root.addWidget(self._shell)
        self.setCentralWidget(self._root)

    def _wire(self) -> None:
        header, watch = self.header, self.ctx.watch
        header.machines.connect(self._open_links)
        header.clock.connect(self._open_clock)
        header.alarms.connect(lambda: self.show_page("alarms"))
        header.odoo.connect(lambda: self.show_page("outbox"))
        header.outbox.connect(lambda: self.show_page("outbox"))
        header.lock.connect(lambda: self.lock(tr("locked by hand")))
        self.rail.picked.connect(self.show_page)
        self.stop_prompt.go.connect(lambda stop_id: self.show_page("stops", stop_id))
        self.sign_in.signed_in.connect(self._signed_in)
        self.ctx.session.changed.connect(self._session_changed)
        self.idle.idle.connect(lambda: self.lock(tr("nobody touched it")))
        settings = self.pages["settings"]
        if isinstance(settings, SettingsPage):
            settings.lock_minutes_changed.connect(self.idle.set_minutes)
        shift = self.pages["shift"]
        if isinstance(shift, ShiftPage):
            shift.aside.connect(self.slide_over.open)
            shift.aside_done.connect(self.slide_over.dismiss)
        for page in self.pages.values():
            page.go.connect(self.show_page)
        self.ctx.tasks.failed.connect(self._task_failed)
        watch.ledger_changed.connect(self._header_refresh.request)
        watch.tick.connect(self._header_refresh.request)
        watch.trouble.connect(self._feed_trouble)
        self._header_refresh.activate(True)
        for keys, key in zip(PAGE_KEYS, self.pages, strict=False):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(lambda k=key: self._shortcut(k))
        lock = QShortcut(QKeySequence("Ctrl+L"), self)
        lock.activated.connect(lambda: self.lock(tr("locked by hand")))

    def _restore(self) -> None:
        geometry = self.ctx.prefs.bytes("window/geometry")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(1366, 768)
        remembered = self.ctx.prefs.text("window/page")
        if remembered in self.pages:
            self._landed = True
        self.show_page(remembered if remembered in self.pages else "overview")

    # --- session ----------------------------------------------------------------------------------
    def _signed_in(self, person: Person) -> None:
        self.ctx.session.sign_in(person)
        self.idle.touch()
        self.stop_prompt.ask_again()
        if not self._landed:  # the first person ever here lands where their work is
            self._landed = True
            self.show_page(next((LANDING[r] for r in Role if r in person.roles), "overview"))

    def _session_changed(self) -> None:
        person = self.ctx.session.person
        self.header.show_person(person)
        self.slide_over.dismiss()
        self._root.setCurrentWidget(self.sign_in if person is None else self._shell)

    def _shortcut(self, key: str) -> None:
        if self.ctx.session.person is not None:
            self.show_page(key)

    # --- header -----------------------------------------------------------------------------------
    def show_header(self, view: HeaderView) -> None:
        """Shows header and counters, and what stands in the way of everything."""
        self.header.show_view(view)
        self.rail.set_count(
            "counts", view.counts_waiting + view.counts_failing, urgent=view.counts_failing > 0
        )
        self.rail.set_count("review", view.review_open, urgent=True)
        self.rail.set_count("stops", view.stops_waiting, urgent=True)
        self.rail.set_count("holds", view.holds_open, urgent=True)
        self.rail.set_count("alarms", sum(view.alarms), urgent=sum(view.alarms[:2]) > 0)
        self.rail.set_count("outbox", view.outbox_stuck, urgent=True)
        overview = self.pages["overview"]
        if isinstance(overview, OverviewPage):
            overview.show_header(view)
        self._show_notice(*edge_words(view))
        self._ask_about_stops(view)

    def _ask_about_stops(self, view: HeaderView) -> None:
        """Asks who may answer, on every page but the one where the answer is given."""
        may = not self.ctx.session.why_not(Permission.EXPLAIN_STOPS)
        asked = view.stop_prompts if may and self.page != "stops" else ()
        self.stop_prompt.show_prompts(asked, view.stops_waiting, view.now)
        self._prompt_strip.setVisible(not self.stop_prompt.isHidden())

    def _show_notice(self, what: str, remedy: str) -> None:
        """One line for what concerns every page; said again only when it changes."""
        if self._trouble:
            what, remedy = self._trouble, tr("Screens refresh once a second meanwhile.")
        if what == self._notice_shown:
            return
        self._notice_shown = what
        self._strip.setVisible(bool(what))
        if what:
            self.notice.say(what, remedy, Level.CRITICAL)
        else:
            self.notice.clear()

    def _header_failed(self, error: ConsoleError) -> None:
        self._show_notice(error.what, error.remedy)

    def _feed_trouble(self, text: str) -> None:
        self._trouble = text
        self._show_notice(text, "")

    def _task_failed(self, error: ConsoleError) -> None:
        self.pages[self.page].say_error(error)

    def _open_links(self) -> None:
        view = self.header.view
        if view is not None:
            self.slide_over.open(tr("Connections"), links_panel(self.ctx.theme, self.ctx.times, view))

    def _open_clock(self) -> None:
        view = self.header.view
        if view is not None:
            self.slide_over.open(tr("Clocks"), clock_panel(view))

    # --- Qt ---------------------------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        """Now there is a native window to watch."""
        super().showEvent(event)
        self.idle.watch(self)
        self._show_who()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remembers the window; whoever was signed in is signed out."""
        self.ctx.prefs.keep("window/geometry", self.saveGeometry())
        self.lock(tr("the desktop was closed"))
        super().closeEvent(event)

    def _show_who(self) -> None:
        person = self.ctx.session.person
        self._root.setCurrentWidget(self.sign_in if person is None else self._shell)
