"""Holds: material that must not move on, why, and what becomes of it; checks and limits beside them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedWidget, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.holds import HoldWords, waits
from console.desktop.pages.base import Page
from console.desktop.pages.hold_acts import HoldActs
from console.desktop.pages.hold_lists import check_list, hold_list, limit_list
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.basics import Button, label, restyle
from console.desktop.widgets.check_panel import CheckPanel, LimitPanel
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.hold_panel import HoldPanel
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.side_panel import SidePanel
from console.domain.people import Permission
from console.errors import ConsoleError
from console.services.views import Level, TileView
from console.services.views.quality import (
    DispositionChoice,
    HoldDetail,
    HoldRow,
    HoldsView,
)

OPEN, CLOSED, CHECKS, LIMITS = "open", "closed", "checks", "limits"


class HoldsPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_HOLDS, tr("Holds"))
        self._shown = OPEN
        self._view: HoldsView | None = None
        self._open_id: int | None = None
        self._wanted: int | None = None
        self._others: tuple[str, ...] = ()
        self.words = HoldWords(ctx.times, ctx.now)
        self.lists: dict[str, DataTable[Any]] = {}
        self._make_lists()
        self._make_head()
        self._make_panels()
        self._lay_out()
        self.side = SidePanel(ctx.theme, self, names.HOLDS_SIDE)
        self.acts = HoldActs(ctx, self, self.side)
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 300)
        self._detail = Refresher(self._read_hold, self._show_hold, self._lost, ctx.tasks, self, 300)
        self._wire()
        self._show_part(OPEN)

    # --- building ---------------------------------------------------------------------------------
    def _make_lists(self) -> None:
        self.list = hold_list(self.ctx, self.words)
        self.checks = check_list(self.ctx, self.words)
        self.limits = limit_list(self.ctx, self.words)
        self.lists = {OPEN: self.list, CLOSED: self.list, CHECKS: self.checks, LIMITS: self.limits}

    def _make_head(self) -> None:
        theme = self.ctx.theme
        self._parts = QButtonGroup(self)
        self._part_buttons: dict[str, Button] = {}
        for key in (OPEN, CLOSED, CHECKS, LIMITS):
            button = Button("", theme, name=names.holds_view(key), kind="chip")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, k=key: self._show_part(k))
            self._parts.addButton(button)
            self._part_buttons[key] = button
            self.head.addWidget(button)
        self._record = Button(tr("Record a check"), theme, name=names.HOLDS_RECORD, icon="clipboard-plus")
        self._place = Button(tr("Place a hold"), theme, name=names.HOLDS_PLACE, icon="hand")
        self.head_right.addWidget(self._record)
        self.head_right.addWidget(self._place)
        self._missing = label("", wrap=True, name=names.HOLDS_MISSING)
        restyle(self._missing, "level", Level.MEDIUM.value)
        self._missing.hide()
        self.body.addWidget(self._missing)

    def _make_panels(self) -> None:
        ctx = self.ctx
        self.panel = HoldPanel(ctx.theme, ctx.times, self.words)
        self.check_panel = CheckPanel(ctx.theme, ctx.times)
        self.limit_panel = LimitPanel(ctx.theme, self.words)
        self._hint = EmptyState(
            ctx.theme,
            "info",
            tr("Choose a hold"),
            tr("What breached, its trend, where the lot went and what can be done stand here."),
            "holds_hint",
        )

    def _lay_out(self) -> None:
        self._left = QStackedWidget()
        for one in (self.list, self.checks, self.limits):
            self._left.addWidget(one)
        self._right = QStackedWidget()
        self._blank = QWidget()
        for widget in (self._blank, self._hint, self.panel, self.check_panel, self.limit_panel):
            self._right.addWidget(widget)
        self._left.setMinimumWidth(400)
        self._right.setMinimumWidth(460)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._left)
        self._splitter.addWidget(self._right)
        self._splitter.setStretchFactor(1, 1)
        state = self.ctx.prefs.bytes("holds/splitter")
        if state.isEmpty() or not self._splitter.restoreState(state):
            self._splitter.setSizes([450, 780])
        self.body.addWidget(self._splitter, 1)

    def _wire(self) -> None:
        watch = self.ctx.watch
        for refresher in (self._refresh, self._detail):
            watch.ledger_changed.connect(refresher.request)
        watch.tick.connect(self._refresh.request)
        self.list.chosen.connect(self._chosen)
        self.list.activated.connect(lambda _: self.panel.focus_choices())
        self.checks.chosen.connect(lambda _: self._show_right())
        self.limits.chosen.connect(lambda _: self._show_right())
        for one in (self.list, self.checks, self.limits):
            one.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
            one.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))
        self.panel.chosen.connect(self._sign)
        self.panel.check.connect(self._check_here)
        for panel in (self.panel, self.check_panel):
            panel.trace.connect(lambda trace_id: self.go.emit("trace", trace_id))
        self.check_panel.decided.connect(partial(self.acts.decide_summary, self.check_panel))
        self.limit_panel.measured.connect(partial(self.acts.measure, self.limit_panel))
        self._place.clicked.connect(self.acts.place)
        self._record.clicked.connect(lambda: self.acts.check(None))
        self.acts.again.connect(self._again)
        self.side.closed.connect(self._side_closed)
        self._splitter.splitterMoved.connect(
            lambda: self.ctx.prefs.keep("holds/splitter", self._splitter.saveState())
        )

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now."""
        task: Task[tuple[TileView, ...]] = Task(self.ctx.desk.overview)
        task.on_success(self._name_machines).on_failure(self.say_error).start(self.ctx.tasks, self)
        self._refresh.activate(True)
        self._detail.activate(self._open_id is not None)
        if self.side.form is None:
            self.lists[self._shown].view.setFocus()

    def deactivate(self) -> None:
        """Reads no more; a half-given signature goes."""
        self._refresh.activate(False)
        self._detail.activate(False)
        self.side.locked()

    def person_changed(self) -> None:
        """Another person may do other things; nobody signs with what somebody else began."""
        self.side.locked()
        self._show_buttons()
        if self.side.form is not None:
            self.side.form.refresh()
        self._show_right()
        if self.isVisible():
            self._detail.now()

    def open_with(self, argument: object) -> None:
        """Opens one hold (its id), or a part of the page (its name)."""
        if isinstance(argument, int):
            self._wanted = argument
            self._go_to(argument)
        elif argument in self.lists:
            self._show_part(str(argument))

    def _go_to(self, hold_id: int) -> None:
        """One hold in its list; one that stands in none is opened beside it."""
        closed = self._view is not None and hold_id in {h.id for h in self._view.closed}
        self._show_part(CLOSED if closed else OPEN)
        if not self.list.choose(hold_id):
            self._open(hold_id)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Titles wrap anew."""
        super().resizeEvent(event)
        self.lists[self._shown].view.resizeRowsToContents()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the list goes on to the ways to decide."""
        entered = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if entered and self.list.view.hasFocus() and self._right.currentWidget() is self.panel:
            self.panel.focus_choices()
        else:
            super().keyPressEvent(event)

    # --- reading ----------------------------------------------------------------------------------
    def _name_machines(self, tiles: tuple[TileView, ...]) -> None:
        self.words.titles = {t.machine: t.title for t in tiles}
        self.limits.view.viewport().update()

    def _read(self) -> HoldsView:
        return self.ctx.desk.quality.holds()

    def _show(self, view: HoldsView) -> None:
        self._view = view
        self._missing.setText(view.quality_missing)
        self._missing.setVisible(bool(view.quality_missing))
        waiting = sum(waits(c) for c in view.checks)
        breached = sum(r.level not in (Level.NORMAL, Level.NOTICE) for r in view.limits)
        counts = {
            OPEN: tr("Open {n}", n=len(view.open)),
            CLOSED: tr("Closed {n}", n=len(view.closed)),
            CHECKS: tr("Checks, {n} to accept", n=waiting) if waiting else tr("Checks"),
            LIMITS: tr("Limits, {n} breached", n=breached) if breached else tr("Limits"),
        }
        for key, words in counts.items():
            self._part_buttons[key].setText(words)
        self._show_rows()
        if self._wanted is not None:  # led here before the lists were read
            wanted, self._wanted = self._wanted, None
            self._go_to(wanted)
        self._show_buttons()

    def _show_rows(self) -> None:
        view = self._view
        if view is None:
            return
        if self._shown in (OPEN, CLOSED):
            self.list.show_rows(_aged(view.open if self._shown == OPEN else view.closed))
        self.checks.show_rows(sorted(view.checks, key=lambda c: not waits(c)))
        self.limits.show_rows(view.limits)
        if self.side.form is None:
            self.lists[self._shown].choose_any()
        self._show_right()

    def _show_part(self, key: str) -> None:
        self._shown = key
        self._part_buttons[key].setChecked(True)
        self._left.setCurrentWidget(self.lists[key])
        words = {
            OPEN: (tr("Nothing is held"), tr("A breach, a failed check or a person holds material.")),
            CLOSED: (tr("Nothing was held yet"), tr("Released and scrapped ones stand here as proof.")),
        }
        if key in words:
            self.list.set_empty(*words[key])
        self._show_rows()
        self._show_right()

    def _chosen(self, chosen: HoldRow | None) -> None:
        if chosen is not None and chosen.id != self._open_id:
            self._open(chosen.id)
        elif chosen is None and self.side.form is None:
            self._close()

    def _open(self, hold_id: int) -> None:
        self._open_id = hold_id
        self.panel.setEnabled(False)  # until it shows this one, it must not act on the one before
        self._detail.activate(self.isVisible())

    def _close(self) -> None:
        self._open_id = None
        self._detail.activate(False)
        self._show_right()

    def _read_hold(self) -> tuple[HoldDetail, tuple[str, ...]] | None:
        if self._open_id is None:
            return None
        detail = self.ctx.desk.quality.hold(self._open_id)
        people = self.ctx.desk.people()
        able = tuple(p.name for p in people if p.active and p.may(Permission.DECIDE_HOLDS))
        return detail, able

    def _show_hold(self, answer: tuple[HoldDetail, tuple[str, ...]] | None) -> None:
        if answer is None or answer[0].row.id != self._open_id:
            return
        detail, self._others = answer
        self.panel.show_hold(detail, self.ctx.session.why_not(Permission.DECIDE_HOLDS))
        self.panel.setEnabled(True)
        self._show_right()

    def _lost(self, error: ConsoleError) -> None:
        self._close()
        self.say_error(error)

    def _show_right(self) -> None:
        """The panel of what is chosen in the list that is shown."""
        why = self.ctx.session.why_not
        target: QWidget = self._hint
        if self._shown in (OPEN, CLOSED):
            if self._open_id is not None and self.panel.detail is not None:
                target = self.panel
        elif self._shown == CHECKS and (check := self.checks.current) is not None:
            self.check_panel.show_check(check, why(Permission.RECORD_CHECKS))
            target = self.check_panel
        elif self._shown == LIMITS and (limit := self.limits.current) is not None:
            self.limit_panel.show_limit(limit, why(Permission.RECORD_CHECKS))
            target = self.limit_panel
        if target is self._hint and not self.lists[self._shown].model.rowCount():
            target = self._blank  # there is nothing to choose: the list says what would be here
        self._hint.say(*self._hint_words())
        self._right.setCurrentWidget(target)

    def _hint_words(self) -> tuple[str, str]:
        if self._shown == CHECKS:
            return tr("Choose a check"), tr("Its answers and how far it is in Odoo stand here.")
        if self._shown == LIMITS:
            return tr("Choose a limit"), tr("Its last value stands here; one measured by hand is typed here.")
        return (
            tr("Choose a hold"),
            tr("What breached, its trend, where the lot went and what can be done stand here."),
        )

    def _show_buttons(self) -> None:
        for button, permission in (
            (self._place, Permission.PLACE_HOLDS),
            (self._record, Permission.RECORD_CHECKS),
        ):
            why = self.ctx.session.why_not(permission)
            button.setEnabled(not why)
            button.setToolTip(why)

    def _again(self) -> None:
        self._refresh.now()
        self._detail.now()

    def _side_closed(self) -> None:
        if self.isVisible():
            self.lists[self._shown].view.setFocus()

    def _sign(self, choice: DispositionChoice) -> None:
        if self.panel.detail is not None:
            self.acts.sign(choice, self.panel.detail.row, self.panel.children_ticked, self._others)

    def _check_here(self) -> None:
        if self.panel.detail is not None:
            self.acts.check(self.panel.detail.row)


def _aged(rows: tuple[HoldRow, ...]) -> tuple[HoldRow, ...]:
    """Ages as they are told: a thousand rows are not new ones with every second."""
    return tuple(replace(r, age_s=r.age_s // 10 * 10 if r.age_s < 120 else r.age_s // 60 * 60) for r in rows)
