"""Machine: one machine's live values, trend with its states behind the line, and events."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedLayout, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import duration, quantity, rough, tr
from console.desktop.models.rows import Column
from console.desktop.pages.base import Page
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.basics import Button, Combo, column, label, restyle, row, surface
from console.desktop.widgets.chart import Chart
from console.desktop.widgets.data_table import DataTable, ask_path
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.tile import MachineTile
from console.domain.tags import LinkState, Quality
from console.domain.wording import unit_words
from console.services.views import EventRow, Level, MachineView, TileView, Trend, ValueRow

LEAST_SPAN_S = 60.0  # a machine seen for the first time has some room to draw in
KINDS = {
    "StateChanged": "State",
    "OrderChanged": "Order",
    "CountAdvanced": "Count",
    "CounterReset": "Counter",
    "CounterGlitch": "Counter",
    "CounterJump": "Counter",
    "AlarmRaised": "Alarm",
    "AlarmCleared": "Alarm",
    "DataGap": "Data gap",
}
RANGES = ((15, "15 min"), (60, "1 h"), (240, "4 h"), (480, "8 h"), (1440, "24 h"))


class MachinePage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_MACHINE, tr("Machine"))
        self._machine = ctx.prefs.text("machine/name")
        self._tag = ""
        self._minutes = ctx.prefs.number("machine/minutes", 15)
        self._tile: MachineTile | None = None
        self._pick = Combo(ctx.theme, names.MACHINE_PICK, tr("Machine"))
        self._pick.setMinimumWidth(220)
        self.head.addWidget(self._pick)
        self._link = label("", wrap=True)
        restyle(self._link, "level", "high")
        self._link.hide()
        self.body.addWidget(self._link)
        self.values: DataTable[ValueRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.MACHINE_VALUES,
            self._value_columns(),
            lambda r: r.tag,
            ("activity", tr("No value yet"), tr("The machine's tags stand here with value, unit and age.")),
            tools=False,
        )
        self.events: DataTable[EventRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.MACHINE_EVENTS,
            self._event_columns(),
            lambda r: (r.at, r.kind, r.text),
            (
                "list-checks",
                tr("No event yet"),
                tr("State changes, counter resets, gaps and alarms stand here."),
            ),
            tools=False,
        )
        self.chart = Chart(ctx.theme, ctx.times, names.MACHINE_CHART)
        self._make_chart_tools()
        self._lay_out()
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 250)
        self._trend = Refresher(self._read_trend, self._show_trend, self.say_error, ctx.tasks, self, 500)
        self._wire()

    def _value_columns(self) -> tuple[Column[ValueRow], ...]:
        def age(row: ValueRow) -> str:
            if row.age_s is None:
                return tr("never")
            text = tr("{age} old", age=rough(row.age_s)) if row.stale else rough(row.age_s)
            return text if row.quality is Quality.GOOD else f"{row.quality.value}, {text}"

        def level(row: ValueRow) -> Level:
            return Level.MEDIUM if row.stale or row.quality is not Quality.GOOD else Level.NORMAL

        return (
            Column("label", tr("Value"), lambda r: r.label or r.tag, width=0),
            Column(
                "value",
                tr("Now"),
                lambda r: f"{r.value} {unit_words(r.unit)}".strip(),
                right=True,
                strong=True,
                old=lambda r: r.stale,
                width=142,
            ),
            # the age carries the mark, so that an old value never passes for a live one
            Column("age", tr("Age"), age, lambda r: r.age_s, level, width=136),
            Column("quality", tr("Quality"), lambda r: r.quality.value, width=90, hidden=True),
            Column("tag", tr("Tag"), lambda r: r.tag, width=180, hidden=True),
        )

    def _event_columns(self) -> tuple[Column[EventRow], ...]:
        times, now = self.ctx.times, self.ctx.now
        return (
            Column("at", tr("When"), lambda r: times.near_second(r.at, now()), lambda r: r.at, width=104),
            Column("text", tr("What"), lambda r: r.text, level=lambda r: r.level, width=0),
            Column("kind", tr("About"), lambda r: tr(KINDS.get(r.kind, r.kind)), width=110),
        )

    def _make_chart_tools(self) -> None:
        theme = self.ctx.theme
        self._tags = Combo(theme, names.MACHINE_TAG, tr("Value to draw"))
        self._tags.setMinimumWidth(200)
        self._ranges = QButtonGroup(self)
        self._range_buttons = []
        for minutes, words in RANGES:
            button = Button(words, theme, name=names.machine_range(minutes), kind="chip")
            button.setCheckable(True)
            button.setChecked(minutes == self._minutes)
            button.clicked.connect(lambda _=False, m=minutes: self._set_range(m))
            self._ranges.addButton(button)
            self._range_buttons.append(button)
        self._pointed = label("", "dim")
        self._pause = Button(
            "", theme, name=names.CHART_PAUSE, kind="icon", icon="pause", tip=tr("Hold the chart still")
        )
        self._pause.setCheckable(True)
        self._fit = Button(
            "", theme, name=names.CHART_FIT, kind="icon", icon="refresh-cw", tip=tr("Show the whole span")
        )
        self._export = Button(
            "",
            theme,
            name=names.CHART_EXPORT,
            kind="icon",
            icon="download",
            tip=tr("Export chart: PNG and CSV"),
        )

    def _lay_out(self) -> None:
        self._tile_box = column(gap=0)
        card = surface("card")
        tools = row(self._tags, *self._range_buttons, 0, self._pause, self._fit, self._export, gap=6)
        self._foot = label("", "small")
        body = column(tools, self.chart, row(self._foot, 0, self._pointed), margins=(12, 12, 12, 10), gap=8)
        body.setStretch(1, 1)
        card.setLayout(body)
        left = QWidget()
        inner = column(self._tile_box, self.values, gap=10)
        inner.setStretch(1, 1)
        left.setLayout(inner)
        left.setMinimumWidth(360)
        right = QSplitter()
        right.setOrientation(right.orientation().Vertical)
        right.setHandleWidth(12)
        right.setChildrenCollapsible(False)
        right.addWidget(card)
        right.addWidget(self.events)
        right.setSizes([430, 220])
        self._splitter = QSplitter()
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(left)
        self._splitter.addWidget(right)
        self._splitter.setStretchFactor(1, 1)
        state = self.ctx.prefs.bytes("machine/splitter")
        if state.isEmpty() or not self._splitter.restoreState(state):
            self._splitter.setSizes([440, 790])
        self._empty = EmptyState(
            self.ctx.theme,
            "factory",
            tr("No machine yet"),
            tr("Once the plant file names a machine, its values, its trend and its events stand here."),
        )
        self._stack = QStackedLayout()
        self._stack.addWidget(self._splitter)
        self._stack.addWidget(self._empty)
        self.body.addLayout(self._stack, 1)

    def _wire(self) -> None:
        watch = self.ctx.watch
        watch.telemetry_changed.connect(self._refresh.request)
        watch.ledger_changed.connect(self._refresh.request)
        watch.tick.connect(self._refresh.request)
        watch.tick.connect(self._trend.request)
        self._pick.currentIndexChanged.connect(self._picked)
        self._tags.currentIndexChanged.connect(self._tag_picked)
        self.values.chosen.connect(self._value_chosen)
        self.chart.pointed.connect(self._pointed.setText)
        self._pause.toggled.connect(self._paused)
        self._fit.clicked.connect(self.chart.fit)
        self._export.clicked.connect(self._open_export)
        self._splitter.splitterMoved.connect(
            lambda: self.ctx.prefs.keep("machine/splitter", self._splitter.saveState())
        )

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now: which machines there are, then this one."""
        desk = self.ctx.desk
        task = Task(desk.overview)
        task.on_success(self._show_machines).on_failure(self.say_error).start(self.ctx.tasks, self)

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)
        self._trend.activate(False)

    def open_with(self, argument: object) -> None:
        """Shows one machine (its name)."""
        if isinstance(argument, str):
            self._set_machine(argument)

    def _show_machines(self, tiles: tuple[TileView, ...]) -> None:
        found = [(t.title, t.machine) for t in tiles]
        if [self._pick.itemData(i) for i in range(self._pick.count())] != [m for _, m in found]:
            self._pick.blockSignals(True)
            self._pick.clear()
            for title, machine in found:
                self._pick.addItem(title, machine)
            self._pick.blockSignals(False)
        if found and self._machine not in [m for _, m in found]:
            self._machine = found[0][1]
        self._stack.setCurrentIndex(0 if found else 1)
        self._pick.setVisible(bool(found))
        self._set_machine(self._machine if found else "")

    def _set_machine(self, machine: str) -> None:
        if machine != self._machine:
            self._tag = ""
        self._machine = machine
        self._pick.blockSignals(True)
        self._pick.setCurrentIndex(self._pick.findData(machine))
        self._pick.blockSignals(False)
        self.ctx.prefs.keep("machine/name", machine)
        active = bool(machine) and self.isVisible()
        self._refresh.activate(active)
        self._trend.activate(active and bool(self._tag))

    def _picked(self) -> None:
        self._set_machine(str(self._pick.currentData() or ""))

    # --- values -----------------------------------------------------------------------------------
    def _read(self) -> MachineView | None:
        return self.ctx.desk.machine(self._machine) if self._machine else None

    def _show(self, view: MachineView | None) -> None:
        if view is None or view.tile.machine != self._machine:
            return
        if self._tile is None:
            self._tile = MachineTile(self.ctx.theme, self.ctx.times, self.ctx.now, view.tile)
            self._tile.setObjectName("machine_tile")
            self._tile.clicked.connect(lambda: self.go.emit("counts", None))
            self._tile_box.addWidget(self._tile)
        self._tile.show_view(view.tile)
        self.values.show_rows(view.values)
        self.events.show_rows(view.events)
        link = view.connection
        lost = link is not None and link.state is not LinkState.UP
        self._link.setText(f"{link.reason} {link.remedy}".strip() if link is not None and lost else "")
        self._link.setVisible(bool(self._link.text()))
        self._offer_tags(view.values)

    def _offer_tags(self, values: tuple[ValueRow, ...]) -> None:
        numeric = [(v.label or v.tag, v.tag) for v in values if v.numeric]
        if [self._tags.itemData(i) for i in range(self._tags.count())] != [tag for _, tag in numeric]:
            self._tags.blockSignals(True)
            self._tags.clear()
            for words, tag in numeric:
                self._tags.addItem(words, tag)
            self._tags.blockSignals(False)
        if numeric and self._tag not in [tag for _, tag in numeric]:
            self._set_tag(numeric[0][1])

    def _value_chosen(self, value: ValueRow | None) -> None:
        if value is not None and value.numeric:
            self._set_tag(value.tag)

    def _tag_picked(self) -> None:
        self._set_tag(str(self._tags.currentData() or ""))

    def _set_tag(self, tag: str) -> None:
        if tag == self._tag:
            return
        self._tag = tag
        self._tags.blockSignals(True)
        self._tags.setCurrentIndex(self._tags.findData(tag))
        self._tags.blockSignals(False)
        self._pause.setChecked(False)
        self.chart.fit()
        self._trend.activate(self.isVisible() and bool(tag))

    # --- trend ------------------------------------------------------------------------------------
    def _span(self) -> tuple[datetime, datetime]:
        end = self.ctx.now()
        return end - timedelta(minutes=self._minutes), end

    def _read_trend(self) -> tuple[Trend, tuple[datetime, datetime]]:
        start, end = self._span()
        points = max(400, 2 * self.chart.width())  # minimum and maximum of each pixel
        return self.ctx.desk.trend(self._machine, self._tag, start, end, points), (start, end)

    def _show_trend(self, answer: tuple[Trend, tuple[datetime, datetime]]) -> None:
        trend, span = answer
        if trend.series.tag != self._tag:
            return
        if trend.known_from is not None:  # younger than the span: what was never there is not missing
            start = min(trend.known_from, span[1] - timedelta(seconds=LEAST_SPAN_S))
            span = (max(span[0], start), span[1])
        self.chart.show_series(trend.series, bands=trend.bands, gaps=trend.gaps, span=span)
        if not self.chart.paused:
            lost = sum((end - start).total_seconds() for start, end, _ in trend.gaps)
            words = tr("{n} samples", n=quantity(trend.series.samples))
            if trend.gaps:
                words += tr(" · {t} without data", t=duration(lost))
            self._foot.setText(words + tr(" · grey: waits · orange: stopped · hatched: no data"))

    def _set_range(self, minutes: int) -> None:
        self._minutes = minutes
        self.ctx.prefs.keep("machine/minutes", minutes)
        self._pause.setChecked(False)
        self.chart.fit()
        self._trend.now()

    def _paused(self, paused: bool) -> None:
        self.chart.paused = paused
        if paused:
            self._foot.setText(tr("held still since {time}", time=self.ctx.times.second(self.ctx.now())))
        else:
            QTimer.singleShot(0, self, self._trend.now)

    def _open_export(self) -> None:
        name = f"{self._tag or 'chart'}.csv"
        ask_path(self, tr("Export chart: PNG and CSV"), name, "CSV (*.csv)", self.write_chart)

    def write_chart(self, path: str) -> None:
        """Writes the line as CSV and the picture beside it."""
        picture = Path(path).with_suffix(".png")
        try:
            Path(path).write_text(self.chart.csv(), encoding="utf-8-sig", newline="")
        except OSError as error:
            why = error.strerror or str(error)
            self.messages.say(tr("{path} cannot be written: {why}.", path=path, why=why), "", Level.HIGH)
            return
        drawn = self.chart.png(str(picture))
        self.messages.say(tr("Written: {path}", path=f"{path}, {picture.name}" if drawn else path))
