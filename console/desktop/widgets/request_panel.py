"""Beside the lists of Alarms: one shelved alarm, one request or proposal, one finding of the monitoring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel

from console.desktop import object_names as names
from console.desktop.formats import Times, quantity, rough, tr, upper_first
from console.desktop.models.alarms import PROPOSED, AlarmWords, progress_words, request_level, stars_words
from console.desktop.theme import Theme
from console.desktop.widgets.alarm_panel import CHART_HEIGHT, chart_picture
from console.desktop.widgets.basics import Button, column, label, restyle, row
from console.desktop.widgets.chart import Chart
from console.desktop.widgets.facts import FactsView
from console.desktop.widgets.read_back import STUCK, ReadBack
from console.services.views import FactTable, Series
from console.services.views.alarms import ConditionRow, RequestRow, ShelfRow

SOURCES = {"alarm": "an alarm", "condition": "condition monitoring", "upkeep": "preventive work by use"}


def source_words(source: str) -> str:
    """What a request came from."""
    return tr(SOURCES.get(source.partition(":")[0], source))


class ShelfPanel(QFrame):
    """One shelved alarm, to be brought back early.

    Signals:
        ended: the shelving is to end now.
    """

    ended = Signal()

    def __init__(self, theme: Theme, times: Times, now: Callable[[], datetime], words: AlarmWords) -> None:
        super().__init__()
        self.setObjectName(names.SHELF_PANEL)
        self.setProperty("surface", "card")
        self._times, self._now, self._words = times, now, words
        self._row: ShelfRow | None = None
        self._title = label("", "heading", wrap=True)
        self._facts = FactsView()
        self._why_not = _right_label(names.SHELF_WHY_NOT)
        self._end = Button(tr("Bring it back now"), theme, name=names.SHELF_END, kind="primary", icon="bell")
        self._end.clicked.connect(self.ended)
        foot = row(self._why_not, self._end, gap=10)
        foot.setStretch(0, 1)
        self.setLayout(column(self._title, self._facts, 0, foot, margins=(15, 12, 14, 12), gap=10))

    @property
    def row(self) -> ShelfRow | None:
        """What is shown."""
        return self._row

    def show_shelf(self, shelf: ShelfRow, forbidden: str) -> None:
        """Shows one."""
        self._row = shelf
        self._title.setText(shelf.text)
        left = max(0.0, (shelf.until - self._now()).total_seconds())
        facts = (
            (tr("Machine"), self._words.machine(shelf.machine)),
            (tr("Tag"), shelf.tag),
            (tr("Shelved by"), shelf.person),
            (tr("Reason"), shelf.reason),
            (tr("Comes back"), f"{self._times.full(shelf.until)}, {tr('in {t}', t=rough(left))}"),
        )
        self._facts.show_facts(FactTable((tr("Shelved"), ""), facts))
        self._why_not.setText(forbidden)
        self._end.setEnabled(not forbidden)


class RequestPanel(QFrame):
    """One request with its way into Odoo; a proposed one is sent or dismissed.

    Signals:
        send, dismiss: of a proposal. trace: a trace id to follow.
    """

    send = Signal()
    dismiss = Signal()
    trace = Signal(str)

    def __init__(self, theme: Theme, times: Times, words: AlarmWords) -> None:
        super().__init__()
        self.setObjectName(names.REQUEST_PANEL)
        self.setProperty("surface", "card")
        self._times, self._words = times, words
        self._row: RequestRow | None = None
        self._title = label("", "heading", wrap=True)
        self._stage = label("", "display", wrap=True)
        self._waiting = label("", wrap=True)
        self._steps = ReadBack(theme, "request_steps")
        self._facts = FactsView()
        self._why_not = _right_label(names.REQUEST_WHY_NOT)
        self._trace = Button(tr("Trace"), theme, name=names.REQUEST_TRACE, icon="route")
        self._trace.clicked.connect(self._follow)
        self._dismiss = Button(tr("Dismiss …"), theme, name=names.REQUEST_DISMISS)
        self._dismiss.clicked.connect(self.dismiss)
        self._send = Button(tr("Request"), theme, name=names.REQUEST_SEND, kind="primary", icon="wrench")
        self._send.clicked.connect(self.send)
        foot = row(self._trace, self._why_not, self._dismiss, self._send, gap=10)
        foot.setStretch(1, 1)
        parts = (self._title, self._stage, self._waiting, self._steps, self._facts, 0, foot)
        self.setLayout(column(*parts, margins=(15, 12, 14, 12), gap=10))

    @property
    def row(self) -> RequestRow | None:
        """What is shown."""
        return self._row

    def show_request(self, request: RequestRow, forbidden: str) -> None:
        """Shows one."""
        self._row = request
        self._title.setText(request.title)
        self._stage.setText(upper_first(progress_words(request)))
        restyle(self._stage, "level", request_level(request).value if request.posting in STUCK else "")
        self._waiting.setText(request.waiting)
        self._waiting.setVisible(bool(request.waiting))
        self._steps.show_posting(request.posting)
        in_odoo = tr("number {n}", n=request.ticket_id) if request.ticket_id is not None else tr("not yet")
        facts = (
            (tr("Equipment"), request.equipment),
            (tr("Machine"), self._words.machine(request.machine)),
            (tr("Priority"), stars_words(request.priority)),
            (tr("Came from"), source_words(request.source) if request.source else ""),
            (tr("By"), request.by),
            (tr("When"), self._times.full(request.at)),
            (tr("In Odoo"), tr("done") if request.done else in_odoo),
        )
        self._facts.show_facts(FactTable((tr("Request"), ""), tuple(f for f in facts if f[1])))
        able = request.state == PROPOSED
        self._send.setVisible(able)
        self._dismiss.setVisible(able)
        self._send.setEnabled(not forbidden)
        self._dismiss.setEnabled(not forbidden)
        self._why_not.setText(forbidden if able else "")
        self._trace.setVisible(bool(request.trace_id))

    def _follow(self) -> None:
        if self._row is not None:
            self.trace.emit(self._row.trace_id)


class ConditionPanel(QFrame):
    """One finding with its trend; a request can be made of it, and its parameters tried.

    Signals:
        request: a request is to be made. tune: machine and tag to try parameters for. trace: a trace id.
    """

    request = Signal()
    tune = Signal(str, str)
    trace = Signal(str)

    def __init__(self, theme: Theme, times: Times) -> None:
        super().__init__()
        self.setObjectName(names.CONDITION_PANEL)
        self.setProperty("surface", "card")
        self._times = times
        self._row: ConditionRow | None = None
        self._title = label("", "heading", wrap=True)
        self._sub = label("", "dim", wrap=True)
        self._chart = Chart(theme, times, "condition_chart", compact=True)
        self._chart.setFixedHeight(CHART_HEIGHT)
        self._steps = ReadBack(theme, "condition_steps")
        self._facts = FactsView()
        self._why_not = _right_label(names.CONDITION_WHY_NOT)
        self._trace = Button(tr("Trace"), theme, icon="route")
        self._trace.clicked.connect(self._follow)
        self._tune = Button(tr("Try parameters"), theme, icon="chart-line")
        self._tune.clicked.connect(self._tuned)
        self._request = Button(
            tr("Request"), theme, name=names.CONDITION_REQUEST, kind="primary", icon="wrench"
        )
        self._request.clicked.connect(self.request)
        foot = row(self._trace, self._tune, self._why_not, self._request, gap=10)
        foot.setStretch(2, 1)
        parts = (self._title, self._sub, self._chart, self._steps, self._facts, 0, foot)
        self.setLayout(column(*parts, margins=(15, 12, 14, 12), gap=10))

    @property
    def row(self) -> ConditionRow | None:
        """What is shown."""
        return self._row

    def show_condition(self, found: ConditionRow, forbidden: str) -> None:
        """Shows one; its trend comes later."""
        if self._row is None or self._row.id != found.id:
            self._chart.hide()
        self._row = found
        self._title.setText(found.text)
        over = tr("over since {t}", t=self._times.full(found.ended_at)) if found.ended_at else tr("goes on")
        self._sub.setText(" · ".join((found.title or found.machine, found.tag, over)))
        asked = found.request
        self._steps.show_posting(asked.posting if asked is not None else None)
        facts = (
            (tr("Finding"), found.finding),
            (tr("Score"), quantity(found.score, 1)),
            (tr("Since"), self._times.full(found.started_at)),
            (tr("Request"), f"{asked.title}, {progress_words(asked)}" if asked is not None else tr("none")),
        )
        self._facts.show_facts(FactTable((tr("Condition"), ""), facts))
        self._request.setEnabled(not forbidden)
        self._why_not.setText(forbidden)
        self._trace.setVisible(bool(found.trace_id))

    def show_trend(self, series: Series, highlight: tuple[datetime, datetime]) -> None:
        """Its trend around the finding."""
        self._chart.setVisible(bool(series.times_s))
        self._chart.show_series(series, highlight=highlight)

    def picture(self) -> bytes | None:
        """The trend as PNG; None while there is none."""
        return chart_picture(self._chart) if self._chart.isVisible() else None

    def _tuned(self) -> None:
        if self._row is not None:
            self.tune.emit(self._row.machine, self._row.tag)

    def _follow(self) -> None:
        if self._row is not None:
            self.trace.emit(self._row.trace_id)


def _right_label(name: str) -> QLabel:
    out = label("", "small", wrap=True, name=name)
    out.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return out
