"""Counts: the hour grid. Green hours are ticked; one tap confirms them; what Odoo will do stands beside."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtWidgets import QSplitter, QStackedLayout, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.counts import CountsModel
from console.desktop.models.preview import preview_lines, total_words
from console.desktop.models.subject import from_proposal
from console.desktop.pages.base import Page
from console.desktop.pages.decide import decide
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.basics import Button, Combo, ElidedLines, column, label, row, surface
from console.desktop.widgets.decision_panel import DecisionPanel, Request
from console.desktop.widgets.hour_grid import HourGrid
from console.desktop.widgets.messages import EmptyState
from console.domain.people import Permission
from console.errors import AlreadyDecided, ConsoleError
from console.services.desk import Pick
from console.services.views import CountsView, Decided, Level, Preview, ProposalDetail

SPANS = (6, 8, 12, 24)
PREVIEW_AFTER_MS = 80
SHOWN_LINES = 3
PANEL_WIDTH = 424


class CountsPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_COUNTS, tr("Counts"))
        self._machine: str | None = ctx.prefs.text("counts/machine") or None
        self._columns = ctx.prefs.number("counts/columns", 8)
        self._preview: Preview | None = None
        self._previewed: tuple[Pick, ...] | None = None
        self._confirming = False
        self._open_id: int | None = None
        self._machines: dict[str, str] = {}
        self.model = CountsModel(ctx.times, self)
        self.grid = HourGrid(ctx.theme, self.model)
        self._make_head()
        self._make_foot()
        self._panel = DecisionPanel(ctx.theme, ctx.times, names.COUNTS_PANEL, closable=True)
        self._lay_out()
        self._preview_timer = QTimer(self)
        self._preview_timer.setSingleShot(True)
        self._preview_timer.setInterval(PREVIEW_AFTER_MS)
        self._preview_timer.timeout.connect(self._ask_preview)
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 300)
        self._detail = Refresher(
            self._read_detail, self._show_detail, self._detail_failed, ctx.tasks, self, 300
        )
        self._wire()
        self._show_foot()

    # --- building ---------------------------------------------------------------------------------
    def _make_head(self) -> None:
        theme = self.ctx.theme
        self._span = Combo(theme, names.COUNTS_SPAN, tr("Hours shown"))
        for hours in SPANS:
            self._span.addItem(tr("Last {n} hours", n=hours), hours)
        self._span.setCurrentIndex(max(0, self._span.findData(self._columns)))
        self._filter = Combo(theme, names.COUNTS_MACHINE, tr("Machine"))
        self._filter.addItem(tr("All machines"), "")
        self.head.addWidget(self._span)
        self.head.addWidget(self._filter)
        keys = label(tr("Space ticks · Enter confirms · A amend · S split · R reject"), "small")
        self.head_right.addWidget(keys)

    def _make_foot(self) -> None:
        theme = self.ctx.theme
        self._summary = label("", "strong", name=names.COUNTS_SUMMARY)
        self._preview_text = ElidedLines("dim", names.COUNTS_PREVIEW)
        self._why_not = label("", "small", wrap=True, name=names.COUNTS_WHY_NOT)
        self._amend = Button(tr("Amend"), theme, name=names.COUNTS_AMEND)
        self._confirm = Button("", theme, name=names.COUNTS_CONFIRM, kind="primary", icon="check")
        self._confirm.setMinimumWidth(180)
        self._foot = surface("foot")
        words = column(self._summary, self._preview_text, self._why_not, gap=2)
        layout = row(words, self._amend, self._confirm, margins=(14, 10, 14, 10), gap=12)
        layout.setStretch(0, 1)
        self._foot.setLayout(layout)

    def _lay_out(self) -> None:
        self._empty = EmptyState(
            self.ctx.theme,
            "clipboard-check",
            tr("Nothing counted yet"),
            tr("Here stands what each machine made, hour by hour and order by order, ready to be confirmed."),
            names.COUNTS_EMPTY,
        )
        holder = QWidget()
        box = column(self.grid, 0)
        box.setStretch(0, 1000)  # the grid takes all it may use, the rest stays empty
        holder.setLayout(box)
        self._stack = QStackedLayout()
        self._stack.addWidget(holder)
        self._stack.addWidget(self._empty)
        left = QWidget()
        words = column(self._stack, self._foot, gap=10)
        words.setStretch(0, 1)
        left.setLayout(words)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(left)
        self._splitter.addWidget(self._panel)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._panel.setMinimumWidth(360)
        self._panel.hide()
        state = self.ctx.prefs.bytes("counts/splitter")
        if state.isEmpty() or not self._splitter.restoreState(state):
            self._splitter.setSizes([820, PANEL_WIDTH])
        self.body.addWidget(self._splitter, 1)

    def _wire(self) -> None:
        watch = self.ctx.watch
        watch.ledger_changed.connect(self._refresh.request)
        watch.ledger_changed.connect(self._detail.request)
        watch.tick.connect(self._refresh.request)
        self.model.picks_changed.connect(self._picks_changed)
        self.model.modelReset.connect(self._fit_grid)
        self.grid.horizontalScrollBar().rangeChanged.connect(lambda *_: self._fit_grid())
        self.grid.opened.connect(self._open)
        self.grid.confirm.connect(self._do_confirm)
        self.grid.amend.connect(lambda: self._open_to("amend"))
        self.grid.split.connect(lambda: self._open_to("split"))
        self.grid.reject.connect(lambda: self._open_to("reject"))
        self._amend.clicked.connect(lambda: self._open_to("amend"))
        self._confirm.clicked.connect(self._do_confirm)
        self._panel.closed.connect(self._close)
        self._panel.requested.connect(self._do_choose)
        self._panel.trace.connect(lambda trace_id: self.go.emit("trace", trace_id))
        self._span.currentIndexChanged.connect(self._filtered)
        self._filter.currentIndexChanged.connect(self._filtered)
        self._splitter.splitterMoved.connect(
            lambda: self.ctx.prefs.keep("counts/splitter", self._splitter.saveState())
        )

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(True)
        self._detail.activate(self._open_id is not None)
        self.grid.setFocus()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)
        self._detail.activate(False)

    def person_changed(self) -> None:
        """Who may confirm differs."""
        self._show_foot()
        if self.isVisible():
            self._detail.now()

    def open_with(self, argument: object) -> None:
        """Opens one proposal (its id)."""
        if isinstance(argument, int):
            self._open_proposal(argument)

    # --- reading ----------------------------------------------------------------------------------
    def _read(self) -> CountsView:
        return self.ctx.desk.counts(self._machine, self._columns)

    def _show(self, view: CountsView) -> None:
        self._offer_machines(view)
        follow, current = self.grid.following, self.model.cell(self.grid.currentIndex())
        self.model.show_view(view)
        for place, hours in enumerate(SPANS):
            self._span.setItemText(place, tr("Last {hours}", hours=self._hours(hours)))
        self._stack.setCurrentIndex(0 if view.rows else 1)
        self._fit_grid()
        self._find_current(current.proposal_id if current is not None else None)
        if follow:
            self.grid.follow_newest()

    def _find_current(self, proposal_id: int | None) -> None:
        """A new hour moves every column; the current cell stays the same cell."""
        if self.grid.currentIndex().isValid() or not self.model.rowCount():
            return
        index = self.model.find(proposal_id) if proposal_id is not None else QModelIndex()
        if not index.isValid():
            index = self.model.index(0, max(0, self.model.columnCount() - 1))
        self.grid.setCurrentIndex(index)

    def _offer_machines(self, view: CountsView) -> None:
        found = {r.machine: r.title for r in view.rows}
        if found.keys() <= self._machines.keys():
            return
        self._machines |= found
        self._filter.blockSignals(True)
        self._filter.clear()
        self._filter.addItem(tr("All machines"), "")
        for machine, title in self._machines.items():
            self._filter.addItem(title, machine)
        self._filter.setCurrentIndex(max(0, self._filter.findData(self._machine or "")))
        self._filter.blockSignals(False)

    def _filtered(self) -> None:
        self._machine = self._filter.currentData() or None
        self._columns = int(self._span.currentData())
        self.ctx.prefs.keep("counts/machine", self._machine or "")
        self.ctx.prefs.keep("counts/columns", self._columns)
        self.grid.following = True
        self._refresh.now()

    def _fit_grid(self) -> None:
        """No empty white below the last line: the grid is as high as its lines."""
        bar = self.grid.horizontalScrollBar()
        extra = bar.sizeHint().height() if bar.maximum() > 0 else 0
        self.grid.setMaximumHeight(self.grid.content_height + extra)

    # --- confirming -------------------------------------------------------------------------------
    def _picks_changed(self) -> None:
        self._preview_timer.start()
        self._show_foot()

    def _ask_preview(self) -> None:
        picks = self.model.picks
        if not picks:
            self._take_preview(picks, None)
            return
        desk = self.ctx.desk
        task = Task(lambda: desk.preview(picks))
        task.on_success(lambda preview: self._take_preview(picks, preview)).on_failure(self.say_error)
        task.start(self.ctx.tasks, self)

    def _take_preview(self, picks: tuple[Pick, ...], preview: Preview | None) -> None:
        if picks == self.model.picks:  # an older question's answer is of no use
            self._preview, self._previewed = preview, picks
            self._show_foot()

    def _why_not_confirm(self) -> str:
        if self._confirming:
            return tr("On its way …")
        if not self.model.picks:
            return tr("Tick at least one cell. Orange ones are decided one by one: press them.")
        forbidden = self.ctx.session.why_not(Permission.CONFIRM_COUNTS)
        if forbidden:
            return forbidden
        if self._previewed != self.model.picks or self._preview is None:
            return tr("Working out what Odoo will show …")
        return self._preview.why_not

    def _show_foot(self) -> None:
        count = len(self.model.picks)
        hours = self._hours(count)
        current = self._preview if self._previewed == self.model.picks else None
        total = f", {total_words(current)}" if current and count else ""
        self._summary.setText(
            tr("{hours} selected", hours=hours) + total if count else tr("Nothing selected")
        )
        lines = preview_lines(current) if current else ()
        if current and current.left_out:
            lines = (current.left_out, *lines)
            hours = self._hours(current.cells)  # the button says what it does
        self._preview_text.set_lines(
            lines[:SHOWN_LINES], tr("and {n} more", n=len(lines) - SHOWN_LINES), lines
        )
        self._preview_text.setVisible(bool(lines))
        if lines:
            self._summary.setText(tr("{selected}. Odoo will show:", selected=self._summary.text()))
        why = self._why_not_confirm()
        self._why_not.setText(why)
        self._why_not.setVisible(bool(why))
        self._confirm.setText(tr("Confirm {hours}", hours=hours) if count else tr("Confirm"))
        self._confirm.setEnabled(not why)

    def _hours(self, count: int) -> str:
        if self.model.hourly:
            return tr("1 hour") if count == 1 else tr("{n} hours", n=count)
        return tr("1 interval") if count == 1 else tr("{n} intervals", n=count)

    def _do_confirm(self) -> None:
        person, picks = self.ctx.session.person, self.model.picks
        if person is None or self._why_not_confirm():
            return
        self._confirming = True
        self._show_foot()
        desk = self.ctx.desk
        task = Task(lambda: desk.confirm(person, picks))
        task.finally_(self._confirmed).on_success(self._decided).on_failure(self._refused)
        task.start(self.ctx.tasks, self, action=True)

    def _confirmed(self) -> None:
        self._confirming = False
        self._show_foot()

    def _decided(self, decided: Decided) -> None:
        self.messages.say(decided.message, "", Level.NORMAL)
        self._refresh.now()
        self._detail.now()

    def _refused(self, error: ConsoleError) -> None:
        self.say_error(error)
        if isinstance(error, AlreadyDecided):
            self._refresh.now()
            self._detail.now()

    # --- one cell ---------------------------------------------------------------------------------
    def _open(self, index: QModelIndex) -> None:
        cell = self.model.cell(index)
        if cell is None:
            self._close()
        else:
            self._open_proposal(cell.proposal_id)

    def _open_to(self, choice: str) -> None:
        """Opens the current cell with a choice at hand."""
        cell = self.model.cell(self.grid.currentIndex())
        if cell is None:
            self.messages.say(tr("No cell is chosen."), tr("Press a cell of the grid first."), Level.NOTICE)
            return
        self._open_id = cell.proposal_id
        self._detail.activate(False)
        desk = self.ctx.desk
        task = Task(lambda: (desk.proposal(cell.proposal_id), self._other_people()))

        def then(answer: tuple[ProposalDetail, tuple[str, ...]]) -> None:
            self._show_detail(answer)
            self._detail.activate(self.isVisible())
            if not self._panel.choose(choice):
                words = tr("This hour cannot be changed with “{what}”.", what=choice)
                self.messages.say(words, tr("What can be done stands in the panel."), Level.NOTICE)

        task.on_success(then).on_failure(self._detail_failed).start(self.ctx.tasks, self)

    def _open_proposal(self, proposal_id: int) -> None:
        # until it shows this hour, the panel must not act on the one before
        self._panel.setEnabled(self._open_id == proposal_id)
        self._open_id = proposal_id
        self._detail.activate(True)

    def _close(self) -> None:
        self._open_id = None
        self._detail.activate(False)
        self._panel.hide()
        self.grid.setFocus()

    def _other_people(self) -> tuple[str, ...]:
        me = self.ctx.session.person
        return tuple(p.name for p in self.ctx.desk.people() if p.active and (me is None or p.id != me.id))

    def _read_detail(self) -> tuple[ProposalDetail, tuple[str, ...]] | None:
        if self._open_id is None:
            return None
        return self.ctx.desk.proposal(self._open_id), self._other_people()

    def _show_detail(self, answer: tuple[ProposalDetail, tuple[str, ...]] | None) -> None:
        if answer is None or answer[0].proposal_id != self._open_id:
            return
        detail, people = answer
        forbidden = self.ctx.session.why_not(Permission.CONFIRM_COUNTS)
        self._panel.setEnabled(True)
        self._panel.show_subject(from_proposal(detail, self.ctx.times), people, forbidden)
        if self._panel.isHidden():
            self._panel.show()
            index = self.model.find(detail.proposal_id)
            if index.isValid():
                self.grid.setCurrentIndex(index)
                # the grid is narrower now: keep the cell in view
                QTimer.singleShot(0, self.grid, lambda: self.grid.scrollTo(self.grid.currentIndex()))

    def _detail_failed(self, error: ConsoleError) -> None:
        self._close()
        self.say_error(error)

    def _do_choose(self, request: Request) -> None:
        person = self.ctx.session.person
        if person is None:
            return
        self._panel.set_busy(True)
        desk = self.ctx.desk
        task = Task(lambda: decide(desk, person, request))
        task.finally_(self._panel.answered)
        task.on_success(self._chosen).on_failure(self._refused)
        task.start(self.ctx.tasks, self, action=True)

    def _chosen(self, decided: Decided) -> None:
        self._decided(decided)
        self._close()
