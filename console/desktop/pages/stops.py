"""Stops: what stands without a reason is open at once; two taps say why, and Odoo gets it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QSplitter, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import duration, tr
from console.desktop.models.stops import (
    Draft,
    StopRequest,
    all_rows,
    columns,
    common_reasons,
    several_why_not,
)
from console.desktop.pages.base import Page
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.basics import Button, Combo, column, label, surface
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.pareto import Pareto
from console.desktop.widgets.stop_panel import StopPanel
from console.domain.people import Permission, Person
from console.errors import ConsoleError
from console.services.stops import Stops
from console.services.views import Decided, Level
from console.services.views.stops import ReasonNode, StopDetail, StopRow, StopsView

SPANS = (8, 12, 24, 72, 168)
PANEL_WIDTH = 480
SeveralAnswer = tuple[tuple[int, ...], tuple[ReasonNode, ...]]


class StopsPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_STOPS, tr("Stops"))
        self._machine: str | None = ctx.prefs.text("stops/machine") or None
        self._hours = ctx.prefs.number("stops/hours", 8)
        self._view = StopsView((), (), (), 0, 0.0, ())
        self._open_id: int | None = None
        self._by_itself = True  # nobody chose a stop: the one that waits longest is open
        self._drafts: dict[int, Draft] = {}
        self._author: Person | None = None
        self._reason_seen: dict[int, str] = {}
        self._picking = False
        self._advance = False  # one was explained: the next one that waits comes by itself
        self._make_head()
        self._make_list()
        self.panel = StopPanel(ctx.theme, ctx.times, ctx.now)
        self._lay_out()
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 300)
        self._detail = Refresher(
            self._read_detail, self._show_detail, self._detail_failed, ctx.tasks, self, 300
        )
        self._wire()
        self._show_panel(False)

    # --- building ---------------------------------------------------------------------------------
    def _make_head(self) -> None:
        theme = self.ctx.theme
        self._span = Combo(theme, names.STOPS_SPAN, tr("Time shown"))
        for hours in SPANS:
            words = tr("Last {n} hours", n=hours) if hours < 48 else tr("Last {n} days", n=hours // 24)
            self._span.addItem(words, hours)
        self._span.setCurrentIndex(max(0, self._span.findData(self._hours)))
        self._filter = Combo(theme, names.STOPS_MACHINE, tr("Machine"))
        self._filter.addItem(tr("All machines"), "")
        self._micro = Button(tr("Micro-stops"), theme, name=names.STOPS_MICRO, kind="chip")
        self._micro.setCheckable(True)
        self._next = Button("", theme, name=names.STOPS_NEXT, kind="chip", icon="chevron-right")
        self._next.setToolTip(tr("Opens the stop that waits longest (N)"))
        for widget in (self._span, self._filter, self._micro):
            self.head.addWidget(widget)
        self.head_right.addWidget(label(tr("1–5 reason · Enter confirms · T all reasons"), "small"))
        self.head_right.addWidget(self._next)

    def _make_list(self) -> None:
        ctx = self.ctx
        self.list: DataTable[StopRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.STOPS_LIST,
            columns(ctx.times, ctx.now),
            lambda r: r.id,
            (
                "octagon-pause",
                tr("No stop in this time"),
                tr("Every time a machine stands while it should run stands here, with its reason."),
            ),
        )
        self.list.offer_filters(
            (
                (tr("All stops"), None),
                (tr("Waiting for a reason"), lambda r: r.needs_reason),
                (tr("Explained"), lambda r: bool(r.reason)),
                (tr("Not verified in Odoo"), lambda r: r.posting is not None and r.posting != "verified"),
            )
        )
        self.list.search.setMinimumWidth(110)
        self._several = Button(tr("Several"), ctx.theme, name=names.STOPS_SEVERAL, kind="chip")
        self._several.setCheckable(True)
        self._several.setToolTip(tr("Press several stops, then give them one reason"))
        self.list.tools.insertWidget(2, self._several)
        self._pareto = Pareto(ctx.theme, names.STOPS_PARETO)
        self._pareto_card = surface("foot")
        self._pareto_title = label(tr("What took the time"), "group")
        self._pareto_card.setLayout(column(self._pareto_title, self._pareto, margins=(14, 8, 14, 10), gap=2))

    def _lay_out(self) -> None:
        left = QWidget()
        stack = column(self.list, self._pareto_card, gap=10)
        stack.setStretch(0, 1)
        left.setLayout(stack)
        self._hint = EmptyState(
            self.ctx.theme,
            "info",
            tr("No stop waits for a reason"),
            tr("Press a stop of the list: its reason and the machine's states around it stand here."),
            "stops_hint",
        )
        right = QWidget()
        right.setLayout(column(self.panel, self._hint))
        right.setMinimumWidth(430)
        left.setMinimumWidth(520)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(left)
        self._splitter.addWidget(right)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        state = self.ctx.prefs.bytes("stops/splitter")
        if state.isEmpty() or not self._splitter.restoreState(state):
            self._splitter.setSizes([760, PANEL_WIDTH])
        self.body.addWidget(self._splitter, 1)

    def _wire(self) -> None:
        watch = self.ctx.watch
        for refresher in (self._refresh, self._detail):
            watch.ledger_changed.connect(refresher.request)
            watch.tick.connect(refresher.request)
        self._span.currentIndexChanged.connect(self._filtered)
        self._filter.currentIndexChanged.connect(self._filtered)
        self._micro.toggled.connect(lambda _: self._refresh.now())
        self._next.clicked.connect(self.open_next)
        self._several.toggled.connect(self._pick_several)
        self.list.chosen.connect(self._chosen)
        self.list.view.selectionModel().selectionChanged.connect(lambda *_: self._selected())
        self.list.view.installEventFilter(self)
        self.list.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
        self.list.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))
        self.panel.requested.connect(self._do)
        self.panel.drafted.connect(self._drafted)
        self.panel.trace.connect(lambda trace_id: self.go.emit("trace", trace_id))
        self._splitter.splitterMoved.connect(
            lambda: self.ctx.prefs.keep("stops/splitter", self._splitter.saveState())
        )

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(True)
        self._detail.activate(self._open_id is not None)
        self.list.view.setFocus()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)
        self._detail.activate(False)

    def person_changed(self) -> None:
        """What one person began is not confirmed by another; the same person finds it as it was."""
        person = self.ctx.session.person
        if person is None:
            return
        if self._drafts and self._author is not None and person.id != self._author.id:
            who = self._author.name
            self._drafts.clear()
            self.panel.forget()
            self.messages.say(
                tr("What {who} had chosen here and not confirmed was dropped.", who=who), "", Level.NOTICE
            )
        self._author = person
        if self.isVisible():
            self._selected()
            self._detail.now()

    def open_with(self, argument: object) -> None:
        """Opens one stop (its id)."""
        if isinstance(argument, int):
            self.list.choose(argument)
            self._open(argument)
            self._by_itself = False

    def open_next(self) -> None:
        """Opens the stop that waits longest; when it is open already, the next one."""
        waiting = [p.id for p in self._view.prompts]
        if waiting:
            place = waiting.index(self._open_id) + 1 if self._open_id in waiting else 0
            self._open_row(waiting[place % len(waiting)])
            self.list.view.setFocus()

    # --- keyboard ---------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Where no field takes it."""
        if not self._key(event):
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the list the same keys, while arrows walk it."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            return False
        if self.panel.isHidden() or not self.panel.isEnabled():
            return False
        key = event.key()
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_5:
            return self.panel.choose_number(key - Qt.Key.Key_0)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.panel.act()
            return True
        if key == Qt.Key.Key_T:
            self.panel.open_tree()
            return True
        if key == Qt.Key.Key_N:
            self.open_next()
            return True
        return False

    # --- reading ----------------------------------------------------------------------------------
    @property
    def _stops(self) -> Stops:
        return self.ctx.desk.stops

    def _read(self) -> StopsView:
        return self._stops.stops(self._machine, self._hours, self._micro.isChecked())

    def _show(self, view: StopsView) -> None:
        self._view = view
        self._offer_machines(view)
        self.list.show_rows(all_rows(view))
        waiting = len(view.prompts)
        words = tr("Stops: {n} to explain", n=waiting) if waiting else tr("Stops")
        self.title.setText(words)
        self._next.setVisible(waiting > 0)
        self._next.setText(tr("Next of {n}", n=waiting))
        micro = duration(view.micro_minutes * 60)
        self._micro.setText(
            tr("{n} micro-stops, {time}", n=view.micro_stops, time=micro)
            if view.micro_stops
            else tr("No micro-stops")
        )
        self._pareto.show_bars(view.pareto)
        self._pareto_card.setVisible(bool(view.pareto))
        nothing = self._open_id is None and self._by_itself and not self._picking
        if view.prompts and (nothing or self._advance):
            self._open_row(view.prompts[0].id)
        elif self._open_id is not None and not self._picking and not self._rows_selected():
            self.list.choose(self._open_id)  # led here before the list was read
        self._advance = False
        if self._picking:
            self._selected()

    def _offer_machines(self, view: StopsView) -> None:
        known = [(self._filter.itemData(n), self._filter.itemText(n)) for n in range(1, self._filter.count())]
        if known == list(view.machines):
            return
        self._filter.blockSignals(True)
        self._filter.clear()
        self._filter.addItem(tr("All machines"), "")
        for machine, title in view.machines:
            self._filter.addItem(title, machine)
        self._filter.setCurrentIndex(max(0, self._filter.findData(self._machine or "")))
        self._filter.blockSignals(False)

    def _filtered(self) -> None:
        self._machine = self._filter.currentData() or None
        self._hours = int(self._span.currentData())
        self.ctx.prefs.keep("stops/machine", self._machine or "")
        self.ctx.prefs.keep("stops/hours", self._hours)
        self._refresh.now()

    # --- one stop ---------------------------------------------------------------------------------
    def _open_row(self, stop_id: int) -> None:
        """Opens it without that a person chose it: it may give way to the next one."""
        self.list.choose(stop_id)
        self._open(stop_id)
        self._by_itself = True

    def _chosen(self, row_: StopRow | None) -> None:
        if row_ is None or row_.id == self._open_id or self._picking:
            return
        if row_ in self._rows_selected():  # Qt makes the first line current when the list takes the focus
            self._by_itself = False
            self._open(row_.id)

    def _open(self, stop_id: int) -> None:
        if self._open_id != stop_id:
            self.panel.setEnabled(False)  # until it shows this stop, it must not act on the one before
        self._open_id = stop_id
        self._detail.activate(self.isVisible())

    def _close(self) -> None:
        self._open_id = None
        self._by_itself = True
        self._detail.activate(False)
        self.panel.forget()
        self._show_panel(False)

    def _show_panel(self, shown: bool) -> None:
        self.panel.setVisible(shown)
        self._hint.setVisible(not shown)

    def _read_detail(self) -> StopDetail | None:
        return self._stops.stop(self._open_id) if self._open_id is not None else None

    def _show_detail(self, detail: StopDetail | None) -> None:
        if detail is None or self._open_id is None or self._picking:
            return
        stop = detail.row
        if stop.id != self._open_id:  # it was merged: what it is part of now is shown
            self._drafts.pop(self._open_id, None)
            self._open_id = stop.id
            self.list.choose(stop.id)
        seen = self._reason_seen.get(stop.id)
        draft = self._drafts.get(stop.id, Draft())
        if seen is not None and seen != stop.reason_key and draft.reason_key:
            # somebody said why while this person was about to
            draft = Draft(note=draft.note)
            self._keep_draft(stop.id, draft)
            self.panel.picker.choose("")
            self.messages.say(
                tr("{who} explained it meanwhile: {reason}.", who=stop.explained_by, reason=stop.reason),
                tr("Your choice was not taken. Choose again to change it."),
                Level.MEDIUM,
            )
        self._reason_seen = {stop.id: stop.reason_key}
        self.panel.show_detail(detail, draft, self._forbidden())
        self.panel.setEnabled(True)
        self._show_panel(True)

    def _detail_failed(self, error: ConsoleError) -> None:
        self._close()
        self.say_error(error)

    def _forbidden(self) -> str:
        return self.ctx.session.why_not(Permission.EXPLAIN_STOPS)

    def _drafted(self) -> None:
        detail = self.panel.detail
        if detail is not None:
            self._author = self.ctx.session.person
            self._keep_draft(detail.row.id, self.panel.draft)

    def _keep_draft(self, stop_id: int, draft: Draft) -> None:
        if draft.empty:
            self._drafts.pop(stop_id, None)
        else:
            self._drafts[stop_id] = draft

    # --- several ----------------------------------------------------------------------------------
    def _pick_several(self, on: bool) -> None:
        """A finger has no Ctrl key: each press adds a stop, or takes it away."""
        view = self.list.view
        modes = QAbstractItemView.SelectionMode
        view.setSelectionMode(modes.MultiSelection if on else modes.ExtendedSelection)
        if not on:
            current = view.currentIndex()
            view.clearSelection()
            if current.isValid():
                view.selectRow(current.row())
            self._selected()

    def _rows_selected(self) -> tuple[StopRow, ...]:
        lines = self.list.view.selectionModel().selectedRows()
        return tuple(self.list.model.row(self.list.proxy.mapToSource(i).row()) for i in lines)

    def _selected(self) -> None:
        """More than one: they are given one reason together."""
        rows = self._rows_selected()
        if len(rows) < 2:
            if self._picking:
                self._picking = False
                self.panel.forget()
                if rows:
                    self._open(rows[0].id)
                else:
                    self._close()
            elif rows and rows[0].id != self._open_id:  # a press on the line that was current already
                self._chosen(rows[0])
            return
        self._picking = True
        self._detail.activate(False)
        machines = sorted({r.machine for r in rows})
        stops = self._stops
        task = Task(lambda: common_reasons([stops.reasons(m) for m in machines]))
        task.on_success(lambda tree: self._show_several(rows, tree)).on_failure(self.say_error)
        task.start(self.ctx.tasks, self)

    def _show_several(self, rows: tuple[StopRow, ...], tree: tuple[ReasonNode, ...]) -> None:
        if self._picking and {r.id for r in self._rows_selected()} == {r.id for r in rows}:
            self.panel.show_several(rows, tree, self._forbidden() or several_why_not(rows))
            self.panel.setEnabled(True)
            self._show_panel(True)

    # --- doing ------------------------------------------------------------------------------------
    def _do(self, request: StopRequest) -> None:
        person = self.ctx.session.person
        if person is None:
            return
        self.panel.set_busy(True)
        stops = self._stops
        task = Task(lambda: act(stops, person, request))
        task.finally_(lambda: self.panel.set_busy(False))
        task.on_success(lambda decided: self._decided(request, decided)).on_failure(self._refused)
        task.start(self.ctx.tasks, self, action=True)

    def _decided(self, request: StopRequest, decided: Decided) -> None:
        self.messages.say(decided.message)
        for stop_id, _ in request.stops:
            self._drafts.pop(stop_id, None)
            self._reason_seen.pop(stop_id, None)
        self._several.setChecked(False)
        self.panel.forget()
        self.panel.setEnabled(False)  # until it shows what came of it, or the next one
        if request.kind in ("explain", "several"):
            self._advance = True
            self._picking = False
            self._open_row(request.stops[0][0])
        self._detail.now()
        self._refresh.now()
        self.list.view.setFocus()

    def _refused(self, error: ConsoleError) -> None:
        self.say_error(error)
        self._refresh.now()
        self._detail.now()


def act(stops: Stops, person: Person, request: StopRequest) -> Decided:
    """Asks the desk for what the panel wants."""
    (stop_id, version), *others = request.stops
    if request.kind == "several":
        return stops.explain_several(person, list(request.stops), request.reason_key)
    if request.kind == "explain":
        return stops.explain(person, stop_id, version, request.reason_key, request.note)
    if request.kind == "annotate":
        return stops.annotate(person, stop_id, version, request.note)
    if request.kind == "merge":
        return stops.merge(person, stop_id, version, *others[0], request.reason)
    if request.kind == "split":
        assert request.at is not None  # the panel gives none without
        return stops.split(person, stop_id, version, request.at, request.reason)
    assert request.start is not None
    return stops.move(person, stop_id, version, request.start, request.end, request.reason)
