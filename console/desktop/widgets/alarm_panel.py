"""The panel of one alarm: what to do, its trend, how far its request is, and the three things to do."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, tr, upper_first
from console.desktop.models.alarms import (
    AlarmWords,
    priority_words,
    progress_words,
    state_words,
    to_acknowledge,
    with_children,
)
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, column, label, restyle, row, rule, surface
from console.desktop.widgets.chart import Chart, trend_words
from console.desktop.widgets.read_back import STUCK, ReadBack
from console.desktop.widgets.shapes import draw_priority
from console.services.views.alarms import AlarmDetail, AlarmRow

CHART_HEIGHT = 176


class PriorityMark(QWidget):
    """An alarm's priority beside words: shape, colour and figure."""

    def __init__(self, theme: Theme, side: int = 20) -> None:
        super().__init__()
        self._theme, self._side, self._priority, self._quiet = theme, side, 3, True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_priority(self, priority: int, *, quiet: bool) -> None:
        """Shows another."""
        self._priority, self._quiet = priority, quiet
        self.setAccessibleName(tr("priority {p}", p=priority_words(priority)))
        self.update()

    def sizeHint(self) -> QSize:
        """A small square."""
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the shape."""
        painter = QPainter(self)
        rect = QRectF(1, 1, self._side - 2, self._side - 2)
        draw_priority(painter, rect, self._priority, self._theme, quiet=self._quiet)
        painter.end()


class AlarmPanel(QFrame):
    """See the module's text.

    Signals:
        acknowledge: the alarms (id and version). shelve, request: the alarm shown. trace: a trace id.
    """

    acknowledge = Signal(object)
    shelve = Signal()
    request = Signal()
    trace = Signal(str)

    def __init__(self, theme: Theme, times: Times, words: AlarmWords) -> None:
        super().__init__()
        self.setObjectName(names.ALARM_PANEL)
        self.setProperty("surface", "card")
        self._theme, self._times, self._words = theme, times, words
        self._detail: AlarmDetail | None = None
        self._may_act, self._may_request, self._busy = "", "", False
        self._make_parts()
        self._lay_out()

    @property
    def detail(self) -> AlarmDetail | None:
        """What is shown."""
        return self._detail

    @property
    def why_no_request(self) -> str:
        """Why none can be made of it now; empty where it can."""
        if self._detail is None:
            return tr("Choose an alarm.")
        return self._may_request or self._detail.form.why_not

    def show_alarm(self, detail: AlarmDetail, may_act: str, may_request: str) -> None:
        """Shows one. ``may_act``, ``may_request``: why this person may not; empty where they may."""
        same = self._detail is not None and self._detail.row.id == detail.row.id
        self._detail, self._may_act, self._may_request = detail, may_act, may_request
        alarm = detail.row
        self._mark.show_priority(alarm.priority, quiet=alarm.cleared_at is not None)
        self._title.setText(alarm.text)
        self._state.setText(self._state_text(alarm))
        restyle(self._state, "level", "" if alarm.cleared_at is not None else alarm.level.value)
        parts = [alarm.title or alarm.machine, alarm.tag]
        parts.append(tr("since {t}", t=self._times.near_second(alarm.raised_at, alarm.raised_at)))
        self._sub.setText(" · ".join(p for p in parts if p))
        self._guidance.setText(detail.guidance or tr("No guidance is written for it in the plant file."))
        restyle(self._guidance, "role", "" if detail.guidance else "dim")
        self._chart.setVisible(detail.series is not None)
        self._trend.setVisible(detail.series is not None)
        self._trend.setText(trend_words(detail.series) if detail.series is not None else "")
        self._chart.show_series(detail.series, highlight=detail.highlight)
        brought = [f"{c.title or c.machine}: {c.text}" for c in with_children(alarm)[1:]]
        self._brought.setText(tr("It brought along: {list}", list="; ".join(brought)) if brought else "")
        self._brought.setVisible(bool(brought))
        self._show_request(alarm)
        lines = [f"{self._times.full(at)}  {text}" for at, text in detail.history]
        self._history.setText("\n".join(lines))
        self._history.setVisible(bool(lines))
        self._trace.setVisible(bool(alarm.trace_id))
        if not same:
            self._scroll.verticalScrollBar().setValue(0)
        self.refresh()

    def picture(self) -> bytes | None:
        """The trend as seen, as PNG; None where there is none."""
        if self._detail is None or self._detail.series is None:
            return None
        return chart_picture(self._chart)

    def set_busy(self, busy: bool) -> None:
        """Something is on its way."""
        self._busy = busy
        self.refresh()

    def refresh(self) -> None:
        """Says anew what can be done."""
        detail = self._detail
        if detail is None:
            return
        open_ones = to_acknowledge(detail.row)
        text = tr("Acknowledge {n}", n=len(open_ones)) if len(open_ones) > 1 else tr("Acknowledge")
        self._acknowledge.setText(text)
        why_act = self._may_act or (tr("On its way …") if self._busy else "")
        self._acknowledge.setEnabled(bool(open_ones) and not why_act)
        self._acknowledge.setToolTip(why_act or ("" if open_ones else tr("It is acknowledged.")))
        why_shelve = why_act or detail.shelve_why_not
        self._shelve.setEnabled(not why_shelve)
        self._shelve.setToolTip(why_shelve)
        why = tr("On its way …") if self._busy else self.why_no_request
        self._request.setEnabled(not why)
        said = why
        if detail.shelve_why_not and detail.shelve_why_not != why:
            said = " ".join(p for p in (why, tr("Shelve: {why}", why=detail.shelve_why_not)) if p)
        if self._may_act and self._may_act != why:
            said = " ".join(p for p in (why, self._may_act) if p)
        self._why_not.setText(said)
        self._why_not.setVisible(bool(said))

    # --- building ---------------------------------------------------------------------------------
    def _make_parts(self) -> None:
        theme = self._theme
        self._mark = PriorityMark(theme)
        self._title = label("", "heading", wrap=True, name=names.ALARM_TITLE)
        self._state = label("", "strong", wrap=True, name=names.ALARM_STATE)
        self._sub = label("", "dim", wrap=True)
        self._guidance = label("", wrap=True, name=names.ALARM_GUIDANCE)
        self._chart = Chart(theme, self._times, names.ALARM_CHART, compact=True)
        self._chart.setFixedHeight(CHART_HEIGHT)
        self._trend = label("", "small")
        self._brought = label("", wrap=True)
        self._request_words = label("", wrap=True, name=names.ALARM_PROGRESS)
        self._steps = ReadBack(theme, "alarm_steps")
        self._history = label("", "small", wrap=True)
        self._trace = Button(tr("Trace"), theme, name=names.ALARM_TRACE, icon="route")
        self._acknowledge = Button(tr("Acknowledge"), theme, name=names.ALARM_ACKNOWLEDGE, icon="check")
        self._shelve = Button(tr("Shelve …"), theme, name=names.ALARM_SHELVE, icon="bell-off")
        self._request = Button(tr("Request"), theme, name=names.ALARM_REQUEST, kind="primary", icon="wrench")
        self._why_not = label("", "small", wrap=True, name=names.ALARM_WHY_NOT)
        self._why_not.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._trace.clicked.connect(self._follow)
        self._acknowledge.clicked.connect(self.press_acknowledge)
        self._shelve.clicked.connect(self.press_shelve)
        self._request.clicked.connect(self.press_request)

    def _lay_out(self) -> None:
        card = surface("foot")
        card.setLayout(
            column(label(tr("What to do"), "group"), self._guidance, margins=(12, 8, 12, 10), gap=3)
        )
        asked = surface("foot")
        asked.setLayout(column(self._request_words, self._steps, margins=(12, 8, 12, 8), gap=2))
        self._asked = asked
        inner = QWidget()
        inner.setProperty("surface", "clear")
        trend = column(self._trend, self._chart, gap=2)
        parts = (card, trend, asked, self._brought, self._history, 0)
        inner.setLayout(column(*parts, margins=(0, 0, 4, 0), gap=10))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        head = row(self._mark, self._title, gap=8)
        head.setStretch(1, 1)
        head.setAlignment(self._mark, Qt.AlignmentFlag.AlignTop)
        foot = row(self._trace, 0, self._shelve, self._acknowledge, self._request, gap=10)
        body = column(
            head,
            self._state,
            self._sub,
            self._scroll,
            rule(),
            self._why_not,
            foot,
            margins=(15, 12, 14, 12),
            gap=8,
        )
        body.setStretch(3, 1)
        self.setLayout(body)

    def _state_text(self, alarm: AlarmRow) -> str:
        parts = [tr("priority {p}", p=priority_words(alarm.priority)), state_words(alarm)]
        if alarm.shelved_until is not None:
            parts[1] = tr("shelved until {t}", t=self._times.minute(alarm.shelved_until))
        if alarm.raises > 1:
            parts.append(tr("raised {n} times, shown once", n=alarm.raises))
        if alarm.in_flood:
            parts.append(tr("in a flood"))
        return upper_first(", ".join(parts))

    def _show_request(self, alarm: AlarmRow) -> None:
        asked = alarm.request
        self._asked.setVisible(asked is not None)
        if asked is None:
            return
        words = [tr("Request: {title}", title=asked.title), progress_words(asked)]
        if asked.waiting:
            words.append(asked.waiting)
        self._request_words.setText(" · ".join(words))
        restyle(self._request_words, "level", STUCK[asked.posting].value if asked.posting in STUCK else "")
        self._steps.show_posting(asked.posting)

    # --- doing ------------------------------------------------------------------------------------
    def press_request(self) -> None:
        """First of the two taps."""
        if self._request.isEnabled():
            self.request.emit()

    def press_acknowledge(self) -> None:
        """Acknowledges the whole group."""
        if self._detail is not None and self._acknowledge.isEnabled():
            self.acknowledge.emit(to_acknowledge(self._detail.row))

    def press_shelve(self) -> None:
        """For how long and why is asked next."""
        if self._shelve.isEnabled():
            self.shelve.emit()

    def _follow(self) -> None:
        if self._detail is not None:
            self.trace.emit(self._detail.row.trace_id)


def chart_picture(chart: Chart) -> bytes | None:
    """What is seen of a chart, as PNG."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    written = chart.grab().save(buffer, "PNG")
    buffer.close()
    return bytes(data.data()) if written else None
