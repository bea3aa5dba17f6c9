"""Alarms by cause: what is abnormal and needs a timely answer; two taps request maintenance for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedWidget, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.models.alarms import AlarmLine, AlarmWords, lines_of
from console.desktop.pages.alarm_acts import AlarmActs
from console.desktop.pages.alarm_lists import (
    active_list,
    condition_list,
    history_list,
    request_list,
    shelf_list,
)
from console.desktop.pages.base import Page
from console.desktop.pages.condition_trial import ConditionTrial
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.alarm_panel import AlarmPanel
from console.desktop.widgets.basics import Button, label, restyle
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.messages import EmptyState, MessageBar
from console.desktop.widgets.request_panel import ConditionPanel, RequestPanel, ShelfPanel
from console.desktop.widgets.side_panel import SidePanel
from console.domain.people import Permission
from console.errors import ConsoleError
from console.services.views import Level, TileView, Trend
from console.services.views.alarms import (
    AlarmDetail,
    AlarmsView,
    ConditionRow,
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


class AlarmsPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_ALARMS, tr("Alarms"))
        self._shown = ACTIVE
        self._view: AlarmsView | None = None
        self._open_id: int | None = None
        self._trend_of: int | None = None
        self._wanted: int | str | None = None
        self.words = AlarmWords(ctx.times, ctx.now)
        self._make_lists()
        self._make_head()
        self._make_panels()
        self._lay_out()
        self.side = SidePanel(ctx.theme, self, names.ALARMS_SIDE)
        self.acts = AlarmActs(ctx, self, self.side)
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 300)
        self._detail = Refresher(self._read_alarm, self._show_alarm, self._lost, ctx.tasks, self, 300)
        self._wire()
        self._show_part(ACTIVE)

    # --- building ---------------------------------------------------------------------------------
    def _make_lists(self) -> None:
        ctx, words = self.ctx, self.words
        self.list = active_list(ctx, words)
        self.history = history_list(ctx, words)
        self.shelved = shelf_list(ctx, words)
        self.requests = request_list(ctx, words)
        self.conditions = condition_list(ctx, words)
        for one in (self.list, self.history, self.shelved, self.requests, self.conditions):
            one.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
            one.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))

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
        acts = self.acts
        self.panel.acknowledge.connect(partial(acts.acknowledge, self.panel))
        self.panel.shelve.connect(partial(acts.shelve, self.panel))
        self.panel.request.connect(partial(acts.request, self.panel))
        self.shelf_panel.ended.connect(partial(acts.unshelve, self.shelf_panel))
        self.request_panel.send.connect(partial(acts.send_proposal, self.request_panel))
        self.request_panel.dismiss.connect(partial(acts.dismiss, self.request_panel))
        self.condition_panel.request.connect(partial(acts.request_for, self.condition_panel))
        self.condition_panel.tune.connect(self._tune)
        self.trial.activate_asked.connect(partial(acts.activate, self.trial))
        acts.again.connect(self._again)
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
        if argument in PARTS:
            self._show_part(str(argument))
        elif isinstance(argument, int | str):
            self._wanted = argument
            self._go_to(argument)

    def _go_to(self, wanted: int | str) -> None:
        """One alarm or request in its list; an alarm that stands in none is opened beside it."""
        if isinstance(wanted, str):
            self._show_part(REQUESTS)
            self.requests.choose(("ours", int(wanted.partition(":")[2])))
            return
        over = wanted in {line.row.id for line in self.history.model.rows}
        self._show_part(HISTORY if over else ACTIVE)
        if not self._lists[self._shown].choose(wanted):
            self._open(wanted)

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
        self._choose_any()
        if self._wanted is not None:  # led here before the lists were read
            wanted, self._wanted = self._wanted, None
            self._go_to(wanted)
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

    def _again(self) -> None:
        self._refresh.now()
        self._detail.now()

    def _side_closed(self) -> None:
        if self.isVisible() and self._shown in self._lists:
            self._lists[self._shown].view.setFocus()

    def _tune(self, machine: str, tag: str) -> None:
        self._show_part(TRIAL)
        self.trial.show_value(machine, tag)
