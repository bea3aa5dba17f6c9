"""Holds: material that must not move on, why, and what becomes of it; checks and limits beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedWidget, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.holds import HoldWords, is_open, waits
from console.desktop.pages.base import Page
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.basics import Button, label, restyle
from console.desktop.widgets.check_form import CheckForm, CheckGiven
from console.desktop.widgets.check_panel import CheckPanel, LimitPanel
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.hold_form import HoldForm, HoldWanted
from console.desktop.widgets.hold_panel import HoldPanel
from console.desktop.widgets.line_delegate import paint_lines
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.side_panel import SidePanel
from console.desktop.widgets.signature_panel import SignaturePanel, ToSign, others
from console.domain.holds import Disposition
from console.domain.people import Permission
from console.errors import AlreadyDecided, ConsoleError
from console.services.quality import Signature
from console.services.views import Decided, Level, TileView
from console.services.views.quality import (
    CheckRow,
    DispositionChoice,
    HoldDetail,
    HoldRow,
    HoldsView,
    LimitRow,
    TestForm,
)

OPEN, CLOSED, CHECKS, LIMITS = "open", "closed", "checks", "limits"
REASONS = {
    Disposition.RELEASE: ("Measured again, good", "Sensor read wrongly"),
    Disposition.KEEP: ("Confirmed on site", "Until measured again"),
    Disposition.SCRAP: ("Cannot be used", "Not worth the rework"),
    Disposition.REWORK: ("Can be sorted", "Can be filled again"),
}


class HoldsPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_HOLDS, tr("Holds"))
        self._shown = OPEN
        self._view: HoldsView | None = None
        self._open_id: int | None = None
        self._others: tuple[str, ...] = ()
        self.words = HoldWords(ctx.times, ctx.now)
        self.lists: dict[str, DataTable[Any]] = {}
        self._make_lists()
        self._make_head()
        self._make_panels()
        self._lay_out()
        self.side = SidePanel(ctx.theme, self, names.HOLDS_SIDE)
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 300)
        self._detail = Refresher(self._read_hold, self._show_hold, self._lost, ctx.tasks, self, 300)
        self._wire()
        self._show_part(OPEN)

    # --- building ---------------------------------------------------------------------------------
    def _make_lists(self) -> None:
        ctx = self.ctx
        self.list: DataTable[HoldRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.HOLDS_LIST,
            self.words.hold_columns(),
            lambda r: r.id,
            ("shield-alert", "", ""),
        )
        paint_lines(self.list, ctx.theme, self.words.hold)
        self.list.offer_filters(
            (
                (tr("All"), None),
                (tr("Critical"), lambda r: r.severity == 1),
                (tr("To be decided"), lambda r: r.posting is None),
                (tr("Waits for Odoo"), lambda r: r.posting is not None and is_open(r)),
            )
        )
        self.checks: DataTable[CheckRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.HOLDS_CHECKS,
            self.words.check_columns(),
            lambda r: r.id,
            (
                "clipboard-check",
                tr("No check yet"),
                tr("Inspections, measurements and the summaries of batches stand here."),
            ),
        )
        paint_lines(self.checks, ctx.theme, self.words.check)
        self.checks.offer_filters(
            (
                (tr("All"), None),
                (tr("To be accepted"), waits),
                (tr("Failed"), lambda r: r.result == "fail"),
            )
        )
        self.limits: DataTable[LimitRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.HOLDS_LIMITS,
            self.words.limit_columns(),
            lambda r: (r.machine, r.name, r.product),
            (
                "ruler",
                tr("No limit is set"),
                tr("Limits stand in the plant file below each machine; a breach of one proposes a hold."),
            ),
        )
        paint_lines(self.limits, ctx.theme, self.words.limit)
        self.limits.offer_filters(
            (
                (tr("All"), None),
                (tr("Breached"), lambda r: r.level is not Level.NORMAL),
                (tr("By hand"), lambda r: r.by_hand),
            )
        )
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
        self.panel.check.connect(self._open_check_here)
        for panel in (self.panel, self.check_panel):
            panel.trace.connect(lambda trace_id: self.go.emit("trace", trace_id))
        self.check_panel.decided.connect(self._decide_summary)
        self.limit_panel.measured.connect(self._measure)
        self._place.clicked.connect(self._open_place)
        self._record.clicked.connect(lambda: self._open_check())
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
            self._show_part(OPEN)
            if not self.list.choose(argument):
                self._open(argument)
        elif argument in self.lists:
            self._show_part(str(argument))

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

    # --- deciding ---------------------------------------------------------------------------------
    def _why_not(self, permission: Permission) -> Callable[[], str]:
        return lambda: self.ctx.session.why_not(permission)

    def _sign(self, choice: DispositionChoice) -> None:
        person, detail = self.ctx.session.person, self.panel.detail
        if person is None or detail is None:
            return
        children = self.panel.children_ticked if choice.key is Disposition.KEEP else ()
        effect = choice.effect
        if children:
            effect += " " + tr("{n} lots made of it are held along.", n=len(children))
        form = SignaturePanel(
            self.ctx.theme,
            ToSign(
                verb=choice.title,
                subject=detail.row.title,
                effect=effect.strip(),
                person=person.name,
                signed=choice.signed and choice.key is not Disposition.KEEP,
                two_people=choice.two_people and choice.key is not Disposition.KEEP,
                meanings=choice.meanings,
                others=others(self._others, person.name),
                reasons=REASONS[choice.key],
            ),
            self._why_not(Permission.DECIDE_HOLDS),
        )
        row = detail.row
        form.sent.connect(lambda signature: self._decide(row, choice, signature, children))
        self.side.open_form(choice.title, form)

    def _decide(
        self, row: HoldRow, choice: DispositionChoice, signature: Signature, children: tuple[int, ...]
    ) -> None:
        person = self.ctx.session.person
        if person is None:
            return
        quality = self.ctx.desk.quality
        if choice.key is Disposition.KEEP:
            self._do(lambda: quality.keep(person, row.id, row.version, signature.reason, children))
        else:
            self._do(lambda: quality.dispose(person, row.id, row.version, choice.key, signature))

    def _do(self, work: Callable[[], Decided]) -> None:
        """An action whose form waits for its answer."""
        task = Task(work).on_success(self._done).on_failure(self._refused)
        task.start(self.ctx.tasks, self, action=True)

    def _done(self, decided: Decided) -> None:
        self.side.finish()
        self.messages.say(decided.message)
        self._again()

    def _refused(self, error: ConsoleError) -> None:
        """A wrong PIN can be typed again; where somebody else was faster there is nothing left to sign."""
        form = self.side.form
        if form is not None and not isinstance(error, AlreadyDecided):
            form.refused(error)
        else:
            self.side.finish()
            self.say_error(error)
        self._again()

    def _again(self) -> None:
        self._refresh.now()
        self._detail.now()

    def _side_closed(self) -> None:
        if self.isVisible():
            self.lists[self._shown].view.setFocus()

    # --- by hand ----------------------------------------------------------------------------------
    def _open_place(self) -> None:
        task: Task[tuple[TileView, ...]] = Task(self.ctx.desk.overview)
        task.on_success(self._open_place_with).on_failure(self.say_error).start(self.ctx.tasks, self)

    def _open_place_with(self, tiles: tuple[TileView, ...]) -> None:
        machines = [(t.title, t.machine) for t in tiles]
        form = HoldForm(
            self.ctx.theme,
            self.ctx.times,
            self.ctx.now,
            machines,
            self._why_not(Permission.PLACE_HOLDS),
        )
        form.sent.connect(self._place_hold)
        self.side.open_form(tr("Place a hold"), form)

    def _place_hold(self, wanted: HoldWanted) -> None:
        person = self.ctx.session.person
        if person is None:
            return
        quality = self.ctx.desk.quality
        self._do(
            lambda: quality.place_hold(
                person,
                lot=wanted.lot,
                machine=wanted.machine,
                start=wanted.start,
                end=wanted.end,
                severity=wanted.severity,
                reason=wanted.reason,
            )
        )

    def _open_check_here(self) -> None:
        detail = self.panel.detail
        if detail is not None:
            self._open_check(detail.row)

    def _open_check(self, about: HoldRow | None = None) -> None:
        task: Task[tuple[TestForm, ...]] = Task(self.ctx.desk.quality.tests)
        task.on_success(lambda tests: self._open_check_with(tests, about)).on_failure(self.say_error)
        task.start(self.ctx.tasks, self)

    def _open_check_with(self, tests: tuple[TestForm, ...], about: HoldRow | None) -> None:
        form = CheckForm(
            self.ctx.theme,
            tests,
            self._why_not(Permission.RECORD_CHECKS),
            lot=about.lot if about is not None else "",
            order_reference=about.order_reference if about is not None else "",
            hold_id=about.id if about is not None else None,
        )
        form.sent.connect(self._record_check)
        self.side.open_form(tr("Record a check"), form)

    def _record_check(self, given: CheckGiven) -> None:
        person = self.ctx.session.person
        if person is None:
            return
        quality = self.ctx.desk.quality
        self._do(
            lambda: quality.record_check(
                person,
                given.test_id,
                given.answers,
                lot=given.lot,
                order_reference=given.order_reference,
                hold_id=given.hold_id,
                note=given.note,
            )
        )

    def _measure(self, value: float) -> None:
        person, limit = self.ctx.session.person, self.limit_panel.row
        if person is None or limit is None:
            return
        quality = self.ctx.desk.quality
        self.limit_panel.set_busy(True)
        task = Task(lambda: quality.record_measurement(person, limit.machine, limit.name, value))
        task.finally_(lambda: self.limit_panel.set_busy(False))
        task.on_success(self._measured).on_failure(self._refused)
        task.start(self.ctx.tasks, self, action=True)

    def _measured(self, decided: Decided) -> None:
        self.limit_panel.recorded()
        self._done(decided)

    def _decide_summary(self, accept: bool, reason: str) -> None:
        person, check = self.ctx.session.person, self.check_panel.row
        if person is None or check is None:
            return
        quality = self.ctx.desk.quality
        self.check_panel.set_busy(True)
        task = Task(lambda: quality.decide_summary(person, check.id, check.version, accept, reason))
        task.finally_(lambda: self.check_panel.set_busy(False))
        task.on_success(self._done).on_failure(self._refused)
        task.start(self.ctx.tasks, self, action=True)


def _aged(rows: tuple[HoldRow, ...]) -> tuple[HoldRow, ...]:
    """Ages as they are told: a thousand rows are not new ones with every second."""
    return tuple(replace(r, age_s=r.age_s // 10 * 10 if r.age_s < 120 else r.age_s // 60 * 60) for r in rows)
