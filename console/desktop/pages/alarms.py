"""Alarms by cause: what is abnormal and needs a timely answer; two taps request maintenance for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedWidget, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.alarms import PROPOSED, TO_SEE, AlarmLine, AlarmWords, lines_of
from console.desktop.pages.base import Page
from console.desktop.pages.condition_trial import ConditionTrial
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.alarm_forms import ReasonForm, ShelveForm, ShelveWanted
from console.desktop.widgets.alarm_panel import AlarmPanel
from console.desktop.widgets.basics import Button, label, restyle
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.line_delegate import paint_lines
from console.desktop.widgets.messages import EmptyState, MessageBar
from console.desktop.widgets.request_form import RequestGiven, RequestSheet
from console.desktop.widgets.request_panel import ConditionPanel, RequestPanel, ShelfPanel
from console.desktop.widgets.side_panel import SidePanel
from console.domain.people import Permission
from console.errors import AlreadyDecided, ConsoleError
from console.services.views import Decided, Level, TileView, Trend
from console.services.views.alarms import (
    AlarmDetail,
    AlarmsView,
    ConditionRow,
    RequestForm,
    RequestRow,
    ShelfRow,
)

ACTIVE, SHELVED, REQUESTS, CONDITIONS, TRIAL, HISTORY = (
    "active",
    "shelved",
    "requests",
    "conditions",
    "trial",
    "history",
)
PARTS = (ACTIVE, SHELVED, REQUESTS, CONDITIONS, TRIAL, HISTORY)
AROUND = timedelta(minutes=10)  # of a finding, in its trend
CHART_POINTS = 1400
DISMISS_REASONS = ("Done already", "Not needed yet", "False finding")


class AlarmsPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_ALARMS, tr("Alarms"))
        self._shown = ACTIVE
        self._view: AlarmsView | None = None
        self._open_id: int | None = None
        self._trend_of: int | None = None
        self._wanted: int | None = None
        self.words = AlarmWords(ctx.times, ctx.now)
        self._make_lists()
        self._make_head()
        self._make_panels()
        self._lay_out()
        self.side = SidePanel(ctx.theme, self, names.ALARMS_SIDE)
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 300)
        self._detail = Refresher(self._read_alarm, self._show_alarm, self._lost, ctx.tasks, self, 300)
        self._wire()
        self._show_part(ACTIVE)

    # --- building ---------------------------------------------------------------------------------
    def _make_list(
        self, name: str, columns: Any, key: Callable[[Any], object], empty: tuple[str, str, str], line: Any
    ) -> DataTable[Any]:
        out: DataTable[Any] = DataTable(self.ctx.theme, self.ctx.prefs, name, columns, key, empty)
        paint_lines(out, self.ctx.theme, line)
        out.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
        out.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))
        return out

    def _make_lists(self) -> None:
        words = self.words
        quiet = (
            "bell",
            tr("No alarm"),
            tr("What is abnormal and needs an answer in time stands here, the most urgent first."),
        )
        past = ("bell", tr("No alarm was over yet"), tr("Alarms that are over stand here, the newest first."))
        shelved = (
            "bell-off",
            tr("Nothing is shelved"),
            tr("Alarms that a person took out of sight for a time stand here until they come back."),
        )
        requests = (
            "wrench",
            tr("No request"),
            tr(
                "Maintenance that was requested, or that the console proposes, stands here with Odoo's stage."
            ),
        )
        conditions = (
            "activity",
            tr("No finding"),
            tr("What condition monitoring finds unusual about a machine stands here."),
        )
        self.list: DataTable[AlarmLine] = self._make_list(
            names.ALARMS_LIST, words.alarm_columns(), lambda r: r.row.id, quiet, words.alarm
        )
        self.history: DataTable[AlarmLine] = self._make_list(
            names.ALARMS_HISTORY, words.alarm_columns(), lambda r: r.row.id, past, words.past
        )
        self.shelved: DataTable[ShelfRow] = self._make_list(
            names.ALARMS_SHELVED, words.shelf_columns(), lambda r: r.id, shelved, words.shelf
        )
        self.requests: DataTable[RequestRow] = self._make_list(
            names.ALARMS_REQUESTS, words.request_columns(), _request_key, requests, words.request
        )
        self.conditions: DataTable[ConditionRow] = self._make_list(
            names.ALARMS_CONDITIONS, words.condition_columns(), lambda r: r.id, conditions, words.condition
        )
        self.list.offer_filters(
            (
                (tr("All"), None),
                (tr("Not acknowledged"), lambda r: r.row.state in TO_SEE),
                (tr("Causes only"), lambda r: not r.cause),
                (tr("Urgent and high"), lambda r: r.row.priority <= 2),
                (tr("Without a request"), lambda r: r.row.request is None),
            )
        )
        self.requests.offer_filters(
            (
                (tr("All"), None),
                (tr("Proposed"), lambda r: r.state == PROPOSED),
                (tr("Open"), lambda r: not r.done and r.state != PROPOSED),
            )
        )
        self.conditions.offer_filters(((tr("All"), None), (tr("Goes on"), lambda r: r.ended_at is None)))

    def _make_head(self) -> None:
        theme = self.ctx.theme
        self._parts = QButtonGroup(self)
        self._part_buttons: dict[str, Button] = {}
        for key in PARTS:
            button = Button("", theme, name=names.alarms_view(key), kind="chip")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, k=key: self._show_part(k))
            self._parts.addButton(button)
            self._part_buttons[key] = button
            self.head.addWidget(button)
        self._keys = label(tr("Enter request · A acknowledge · S shelve"), "small")
        self.head_right.addWidget(self._keys)
        self.flood = MessageBar(theme, names.ALARMS_FLOOD)
        self._flood_said = ""
        self.body.addWidget(self.flood)
        self._missing = label("", wrap=True, name=names.ALARMS_MISSING)
        restyle(self._missing, "level", Level.MEDIUM.value)
        self._missing.hide()
        self.body.addWidget(self._missing)

    def _make_panels(self) -> None:
        ctx = self.ctx
        self.panel = AlarmPanel(ctx.theme, ctx.times, self.words)
        self.shelf_panel = ShelfPanel(ctx.theme, ctx.times, ctx.now, self.words)
        self.request_panel = RequestPanel(ctx.theme, ctx.times, self.words)
        self.condition_panel = ConditionPanel(ctx.theme, ctx.times)
        self.trial = ConditionTrial(ctx)
        self._hint = EmptyState(ctx.theme, "info", "", "", "alarms_hint")

    def _lay_out(self) -> None:
        self._suppressed = label("", "small", wrap=True, name=names.ALARMS_SUPPRESSED)
        self._suppressed.hide()
        layout = self.list.layout()
        if layout is not None:
            layout.addWidget(self._suppressed)
        self._left = QStackedWidget()
        self._lists: dict[str, DataTable[Any]] = {
            ACTIVE: self.list,
            HISTORY: self.history,
            SHELVED: self.shelved,
            REQUESTS: self.requests,
            CONDITIONS: self.conditions,
        }
        for one in self._lists.values():
            self._left.addWidget(one)
        self._right = QStackedWidget()
        self._blank = QWidget()
        panels: tuple[QWidget, ...] = (
            self._blank,
            self._hint,
            self.panel,
            self.shelf_panel,
            self.request_panel,
            self.condition_panel,
        )
        for widget in panels:
            self._right.addWidget(widget)
        self._left.setMinimumWidth(400)
        self._right.setMinimumWidth(460)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._left)
        self._splitter.addWidget(self._right)
        self._splitter.setStretchFactor(1, 1)
        state = self.ctx.prefs.bytes("alarms/splitter")
        if state.isEmpty() or not self._splitter.restoreState(state):
            self._splitter.setSizes([500, 730])
        self._stack = QStackedWidget()
        self._stack.addWidget(self._splitter)
        self._stack.addWidget(self.trial)
        self.body.addWidget(self._stack, 1)

    def _wire(self) -> None:
        watch = self.ctx.watch
        for refresher in (self._refresh, self._detail):
            watch.ledger_changed.connect(refresher.request)
        watch.tick.connect(self._refresh.request)
        self.list.chosen.connect(lambda line: self._chosen(ACTIVE, line))
        self.history.chosen.connect(lambda line: self._chosen(HISTORY, line))
        for one in (self.shelved, self.requests, self.conditions):
            one.chosen.connect(lambda _: self._show_right())
        self.panel.acknowledge.connect(self._acknowledge)
        self.panel.shelve.connect(self._open_shelve)
        self.panel.request.connect(self._open_request)
        self.shelf_panel.ended.connect(self._unshelve)
        self.request_panel.send.connect(self._send_proposal)
        self.request_panel.dismiss.connect(self._open_dismiss)
        self.condition_panel.request.connect(self._request_condition)
        self.condition_panel.tune.connect(self._tune)
        self.trial.activate_asked.connect(self._open_activate)
        for panel in (self.panel, self.request_panel, self.condition_panel):
            panel.trace.connect(lambda trace_id: self.go.emit("trace", trace_id))
        self.side.closed.connect(self._side_closed)
        for key, act in (
            ("A", self.panel.press_acknowledge),
            ("S", self.panel.press_shelve),
            ("R", self.panel.press_request),
        ):
            shortcut = QShortcut(QKeySequence(key), self.list.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        self._splitter.splitterMoved.connect(
            lambda: self.ctx.prefs.keep("alarms/splitter", self._splitter.saveState())
        )

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now."""
        task: Task[tuple[TileView, ...]] = Task(self.ctx.desk.overview)
        task.on_success(self._name_machines).on_failure(self.say_error).start(self.ctx.tasks, self)
        self._refresh.activate(True)
        self._detail.activate(self._open_id is not None)
        if self._shown == TRIAL:
            self.trial.activate()
        elif self.side.form is None:
            self._lists[self._shown].view.setFocus()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)
        self._detail.activate(False)
        self.side.locked()

    def person_changed(self) -> None:
        """Another person may do other things."""
        self.side.locked()
        if self.side.form is not None:
            self.side.form.refresh()
        self.trial.refresh()
        self._show_right()
        if self.isVisible():
            self._detail.now()

    def open_with(self, argument: object) -> None:
        """Opens one alarm (its id), a part of the page (its name), or one request ("request:7")."""
        if isinstance(argument, int):
            self._show_part(ACTIVE)
            if not self.list.choose(argument):
                self._open(argument)
        elif argument in PARTS:
            self._show_part(str(argument))
        elif isinstance(argument, str) and argument.startswith("request:"):
            self._wanted = int(argument.partition(":")[2])
            self._show_part(REQUESTS)
            self.requests.choose(("ours", self._wanted))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Titles wrap anew."""
        super().resizeEvent(event)
        if self._shown in self._lists:
            self._lists[self._shown].view.resizeRowsToContents()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the list is the first of the two taps."""
        entered = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if entered and self.list.view.hasFocus() and self._right.currentWidget() is self.panel:
            self.panel.press_request()
        else:
            super().keyPressEvent(event)

    # --- reading ----------------------------------------------------------------------------------
    def _name_machines(self, tiles: tuple[TileView, ...]) -> None:
        self.words.titles = {t.machine: t.title for t in tiles}
        for one in (self.shelved, self.requests):
            one.view.viewport().update()

    def _read(self) -> AlarmsView:
        return self.ctx.desk.alarms.alarms()

    def _show(self, view: AlarmsView) -> None:
        self._view = view
        self._show_flood(view.flood)
        self._missing.setText(view.maintenance_missing)
        self._missing.setVisible(bool(view.maintenance_missing))
        self._suppressed.setText(tr("Not shown by itself: {s}.", s=view.suppressed.rstrip(".")))
        self._suppressed.setVisible(bool(view.suppressed))
        lines = lines_of(view.groups)
        going = sum(c.ended_at is None for c in view.conditions)
        counts = {
            ACTIVE: tr("Active {n}", n=len(lines)),
            SHELVED: tr("Shelved {n}", n=len(view.shelved)),
            REQUESTS: tr("Requests, {n} proposed", n=len(view.proposals))
            if view.proposals
            else tr("Requests {n}", n=len(view.requests)),
            CONDITIONS: tr("Conditions {n}", n=going),
            TRIAL: tr("Try-out"),
            HISTORY: tr("History"),
        }
        for key, words in counts.items():
            self._part_buttons[key].setText(words)
        self.list.show_rows(lines)
        self.history.show_rows(lines_of(view.history))
        self.shelved.show_rows(view.shelved)
        self.requests.show_rows((*view.proposals, *view.requests))
        self.conditions.show_rows(view.conditions)
        if self._shown in self._lists:
            self._lists[self._shown].view.viewport().update()  # ages grow where no row changed
        if self._wanted is not None:  # led here before the list was read
            self.requests.choose(("ours", self._wanted))
            self._wanted = None
        self._choose_any()
        self._show_right()

    def _choose_any(self) -> None:
        """The most urgent is at hand: two taps from here."""
        if self._shown in self._lists and self.side.form is None:
            self._lists[self._shown].choose_any()

    def _show_flood(self, words: str) -> None:
        if words == self._flood_said:
            return  # one who closed it has seen it
        self._flood_said = words
        if words:
            remedy = tr("Causes stand first; what they brought along stands below them.")
            self.flood.say(words, remedy, Level.HIGH)
        else:
            self.flood.clear()

    def _show_part(self, key: str) -> None:
        self._shown = key
        self._part_buttons[key].setChecked(True)
        self._keys.setVisible(key == ACTIVE)
        trial = key == TRIAL
        self._stack.setCurrentWidget(self.trial if trial else self._splitter)
        if trial:
            self.trial.activate()
            self.setFocus()
        else:
            self._left.setCurrentWidget(self._lists[key])
            self._choose_any()
            current = self._lists[key].current
            if key in (ACTIVE, HISTORY):
                self._chosen(key, current)
        self._show_right()

    def _chosen(self, part: str, line: AlarmLine | None) -> None:
        if part != self._shown:
            return
        if line is not None and line.row.id != self._open_id:
            self._open(line.row.id)
        elif line is None and self.side.form is None:
            self._close()

    def _open(self, alarm_id: int) -> None:
        self._open_id = alarm_id
        self.panel.setEnabled(False)  # until it shows this one, it must not act on the one before
        self._detail.activate(self.isVisible())

    def _close(self) -> None:
        self._open_id = None
        self._detail.activate(False)
        self._show_right()

    def _read_alarm(self) -> AlarmDetail | None:
        return self.ctx.desk.alarms.alarm(self._open_id) if self._open_id is not None else None

    def _show_alarm(self, detail: AlarmDetail | None) -> None:
        if detail is None or detail.row.id != self._open_id:
            return
        why = self.ctx.session.why_not
        self.panel.show_alarm(detail, why(Permission.ACT_ON_ALARMS), why(Permission.REQUEST_MAINTENANCE))
        self.panel.setEnabled(True)
        self._show_right()

    def _lost(self, error: ConsoleError) -> None:
        self._close()
        self.say_error(error)

    def _show_right(self) -> None:
        """The panel of what is chosen in the list that is shown."""
        why = self.ctx.session.why_not
        target: QWidget = self._hint
        if self._shown in (ACTIVE, HISTORY):
            detail = self.panel.detail
            if self._open_id is not None and detail is not None:
                target = self.panel
        elif self._shown == SHELVED and (shelf := self.shelved.current) is not None:
            self.shelf_panel.show_shelf(shelf, why(Permission.ACT_ON_ALARMS))
            target = self.shelf_panel
        elif self._shown == REQUESTS and (request := self.requests.current) is not None:
            self.request_panel.show_request(request, why(Permission.REQUEST_MAINTENANCE))
            target = self.request_panel
        elif self._shown == CONDITIONS and (found := self.conditions.current) is not None:
            self.condition_panel.show_condition(found, why(Permission.REQUEST_MAINTENANCE))
            self._read_condition_trend(found)
            target = self.condition_panel
        shown = self._lists.get(self._shown)
        if target is self._hint and shown is not None and not shown.model.rowCount():
            target = self._blank  # there is nothing to choose: the list says what would be here
        self._hint.say(*self._hint_words())
        self._right.setCurrentWidget(target)

    def _hint_words(self) -> tuple[str, str]:
        return {
            SHELVED: (tr("Choose a shelved alarm"), tr("Who shelved it and why stands here.")),
            REQUESTS: (tr("Choose a request"), tr("How far it is in Odoo stands here.")),
            CONDITIONS: (tr("Choose a finding"), tr("Its trend stands here; a request can be made of it.")),
        }.get(
            self._shown,
            (tr("Choose an alarm"), tr("What to do, its trend and its request to maintenance stand here.")),
        )

    def _read_condition_trend(self, found: ConditionRow) -> None:
        if self._trend_of == found.id:
            return
        self._trend_of = found.id
        end = found.ended_at or self.ctx.now()
        start, stop = found.started_at - AROUND, min(end + AROUND, max(self.ctx.now(), end))
        desk = self.ctx.desk
        task: Task[Trend] = Task(lambda: desk.trend(found.machine, found.tag, start, stop, CHART_POINTS))
        task.on_success(lambda trend: self._show_condition_trend(found, trend, end))
        task.on_failure(self.say_error).start(self.ctx.tasks, self)

    def _show_condition_trend(self, found: ConditionRow, trend: Trend, end: datetime) -> None:
        shown = self.condition_panel.row
        if shown is not None and shown.id == found.id:
            self.condition_panel.show_trend(trend.series, (found.started_at, end))

    # --- acting -----------------------------------------------------------------------------------
    def _why_not(self, permission: Permission) -> Callable[[], str]:
        return lambda: self.ctx.session.why_not(permission)

    def _do(self, work: Callable[[], Decided]) -> None:
        task = Task(work).on_success(self._done).on_failure(self._refused)
        task.finally_(lambda: self.panel.set_busy(False))
        task.start(self.ctx.tasks, self, action=True)

    def _done(self, decided: Decided) -> None:
        self.side.finish()
        self.messages.say(decided.message)
        self._again()

    def _refused(self, error: ConsoleError) -> None:
        """What can be mended is said in the form; where somebody was faster there is nothing left to send."""
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
        if self.isVisible() and self._shown in self._lists:
            self._lists[self._shown].view.setFocus()

    def _acknowledge(self, alarms: tuple[tuple[int, int], ...]) -> None:
        person, service = self.ctx.session.person, self.ctx.desk.alarms
        if person is not None:
            self.panel.set_busy(True)
            self._do(lambda: service.acknowledge(person, alarms))

    def _open_shelve(self) -> None:
        detail = self.panel.detail
        if detail is None:
            return
        row = detail.row
        form = ShelveForm(
            self.ctx.theme, row.text, detail.shelve_most_min, self._why_not(Permission.ACT_ON_ALARMS)
        )
        form.sent.connect(lambda wanted: self._shelve(row.id, row.version, wanted))
        self.side.open_form(tr("Shelve"), form)

    def _shelve(self, alarm_id: int, version: int, wanted: ShelveWanted) -> None:
        person, service = self.ctx.session.person, self.ctx.desk.alarms
        if person is not None:
            self._do(lambda: service.shelve(person, alarm_id, version, wanted.minutes, wanted.reason))

    def _unshelve(self) -> None:
        person, shelf, service = self.ctx.session.person, self.shelf_panel.row, self.ctx.desk.alarms
        if person is not None and shelf is not None:
            self._do(lambda: service.unshelve(person, shelf.id))

    # --- requests ---------------------------------------------------------------------------------
    def _open_request(self) -> None:
        detail = self.panel.detail
        if detail is not None:
            self._open_form(detail.form, self.panel.picture())

    def _request_condition(self) -> None:
        found = self.condition_panel.row
        if found is not None:
            self._read_form(f"condition:{found.id}", self.condition_panel.picture())

    def _send_proposal(self) -> None:
        request = self.request_panel.row
        if request is not None:
            self._read_form(f"request:{request.id}", None)

    def _read_form(self, source: str, picture: bytes | None) -> None:
        service = self.ctx.desk.alarms
        task: Task[RequestForm] = Task(lambda: service.form(source))
        task.on_success(lambda form: self._open_form(form, picture)).on_failure(self.say_error)
        task.start(self.ctx.tasks, self)

    def _open_form(self, form: RequestForm, picture: bytes | None) -> None:
        sheet = RequestSheet(
            self.ctx.theme, self.ctx.times, form, picture, self._why_not(Permission.REQUEST_MAINTENANCE)
        )
        sheet.sent.connect(self._request)
        self.side.open_form(tr("Request maintenance"), sheet)

    def _request(self, given: RequestGiven) -> None:
        person, service = self.ctx.session.person, self.ctx.desk.alarms
        if person is None:
            return
        ticket = given.join
        if ticket is not None:
            self._do(lambda: service.join(person, given.source, given.version, ticket, picture=given.picture))
            return
        self._do(
            lambda: service.request(
                person,
                given.source,
                given.version,
                equipment_id=given.equipment_id,
                title=given.title,
                description=given.description,
                priority=given.priority,
                picture=given.picture,
            )
        )

    def _open_dismiss(self) -> None:
        request = self.request_panel.row
        if request is None:
            return
        form = ReasonForm(
            self.ctx.theme,
            "dismiss_form",
            request.title,
            tr("Nothing is sent to Odoo; the proposal is kept as rejected, with your reason."),
            tr("Dismiss"),
            DISMISS_REASONS,
            self._why_not(Permission.REQUEST_MAINTENANCE),
        )
        form.sent.connect(lambda reason: self._dismiss(request, reason))
        self.side.open_form(tr("Dismiss the proposal"), form)

    def _dismiss(self, request: RequestRow, reason: str) -> None:
        person, service = self.ctx.session.person, self.ctx.desk.alarms
        if person is not None:
            self._do(lambda: service.dismiss(person, request.id, request.version, reason))

    # --- condition monitoring ---------------------------------------------------------------------
    def _tune(self, machine: str, tag: str) -> None:
        self._show_part(TRIAL)
        self.trial.show_value(machine, tag)

    def _open_activate(self) -> None:
        asked = self.trial.tried
        if asked is None:
            return
        machine, parameters = asked
        form = ReasonForm(
            self.ctx.theme,
            "activate_form",
            f"{machine}, {parameters.tag}",
            tr("From now on the machine is watched with these parameters; those before stay in the audit."),
            tr("Activate"),
            (tr("Tried on recorded days"), tr("Too many findings"), tr("Fault was missed")),
            self._why_not(Permission.TUNE_CONDITIONS),
        )
        form.sent.connect(self._activate_parameters)
        self.side.open_form(tr("Activate parameters"), form)

    def _activate_parameters(self, reason: str) -> None:
        person, asked, service = self.ctx.session.person, self.trial.tried, self.ctx.desk.conditions
        if person is not None and asked is not None:
            machine, parameters = asked
            task = Task(lambda: service.activate(person, machine, parameters, reason))
            task.on_success(self._activated).on_failure(self._refused)
            task.start(self.ctx.tasks, self, action=True)

    def _activated(self, decided: Decided) -> None:
        self._done(decided)
        self.trial.reload()


def _request_key(row: RequestRow) -> object:
    return ("ours", row.id) if row.id else ("odoo", row.ticket_id)
