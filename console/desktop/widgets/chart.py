"""A line over time with the machine's states, gaps, limits and a highlighted span behind it."""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyqtgraph
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from console.desktop.formats import Times, amount, quantity, tr
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.basics import column
from console.domain.packml import MachineState
from console.domain.wording import unit_words
from console.services.views import Series, StateBand

pg: Any = pyqtgraph  # it carries no types

_STOPPED = frozenset(
    {
        MachineState.STOPPED,
        MachineState.ABORTED,
        MachineState.ABORTING,
        MachineState.STOPPING,
        MachineState.CLEARING,
    }
)

LIMIT_FONT = 11


@dataclass(frozen=True, slots=True)
class Shade:
    """A span behind the line; times in seconds since the epoch."""

    start_s: float
    end_s: float
    token: str
    alpha: int
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A level to draw across. ``token``: its colour. Earlier ones keep their words where room is short."""

    value: float
    token: str
    words: str = ""


class Shades(pg.GraphicsObject):  # type: ignore[misc]
    """Spans over the whole height of the chart, below the line."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shades: tuple[Shade, ...] = ()
        self.setZValue(-10)

    def show_shades(self, shades: tuple[Shade, ...]) -> None:
        """Shows others."""
        self._shades = shades
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        """All that is in view."""
        box = self.getViewBox()
        return box.viewRect() if box is not None else QRectF()

    def viewRangeChanged(self) -> None:
        """pyqtgraph tells of a zoom."""
        self.prepareGeometryChange()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Fills the spans."""
        view = self.boundingRect()
        for shade in self._shades:
            left, right = max(shade.start_s, view.left()), min(shade.end_s, view.right())
            if right <= left:
                continue
            color = QColor(self._theme.color(shade.token))
            color.setAlpha(shade.alpha)
            pattern = Qt.BrushStyle.BDiagPattern if shade.hatched else Qt.BrushStyle.SolidPattern
            painter.fillRect(QRectF(left, view.top(), right - left, view.height()), QBrush(color, pattern))


class TimeAxis(pg.DateAxisItem):  # type: ignore[misc]
    """Clock times in the plant's zone."""

    def __init__(self, times: Times) -> None:
        super().__init__(orientation="bottom", utcOffset=0)
        self._times = times
        self.setStyle(tickLength=-4, maxTickLevel=0)
        self.zoomLevels.pop(1, None)  # parts of a second would write the same time twice

    def follow(self, at_s: float) -> None:
        """Takes the zone's offset at that time (it differs in summer)."""
        offset = self._times.local(datetime.fromtimestamp(at_s, UTC)).utcoffset()
        self.utcOffset = -int(offset.total_seconds()) if offset is not None else 0

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Whole clock times; never bare seconds."""
        times = [datetime.fromtimestamp(v, UTC) for v in values]
        if spacing >= 86400:
            return [f"{self._times.local(t):%d %b}" for t in times]
        return [self._times.second(t) if spacing < 60 else self._times.minute(t) for t in times]


class ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """Values with thousands separators."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """As everywhere on the screens."""
        return [quantity(v) for v in values]


class Chart(QWidget):
    """The chart.

    Attributes:
        series: what is drawn; None before the first.

    Signals:
        pointed: the value under the crosshair in words; empty when the pointer left.
        zoomed: a person changed the span; the chart no longer follows.
    """

    pointed = Signal(str)
    zoomed = Signal()

    def __init__(self, theme: Theme, times: Times, name: str = "", *, compact: bool = False) -> None:
        super().__init__()
        if name:
            self.setObjectName(name)
        self._theme, self._times, self._compact = theme, times, compact
        self.series: Series | None = None
        self.paused = False
        self._follow = True
        self._shades: tuple[Shade, ...] = ()
        self._span: tuple[float, float] | None = None
        self._axis = TimeAxis(times)
        self._values = ValueAxis("left")
        self._values.setStyle(tickLength=-4, maxTickLevel=0)
        self._plot = pg.PlotWidget(axisItems={"bottom": self._axis, "left": self._values})
        self._plot.setMenuEnabled(False)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # there is nothing to do in it by keyboard
        self._plot.hideButtons()
        self._plot.setMouseEnabled(x=not compact, y=False)
        self._box: Any = self._plot.getViewBox()
        self._shade_item = Shades(theme)
        self._plot.addItem(self._shade_item, ignoreBounds=True)
        self._line = self._plot.plot([], [], antialias=True)
        self._line.setDownsampling(auto=True, method="peak")
        self._line.setClipToView(True)
        self._limits: tuple[Limit, ...] = ()
        self._limit_lines: list[Any] = []
        self._limit_words: list[Any] = []
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._dot = pg.ScatterPlotItem(size=8)
        for item in (self._cross, self._dot):
            self._plot.addItem(item, ignoreBounds=True)
            item.setVisible(False)
        self.setLayout(column(self._plot))
        self._box.sigRangeChangedManually.connect(self._manual)
        self._plot.scene().sigMouseMoved.connect(self._point)
        if compact:
            # a small chart in a panel: scrolling over it scrolls the panel
            self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.setFixedHeight(116)
        theme.changed.connect(self._paint_by_tokens)
        self._paint_by_tokens()

    @property
    def span(self) -> tuple[float, float] | None:
        """From when to when, in seconds since the epoch, unless a person zoomed."""
        return self._span

    def show_series(
        self,
        series: Series | None,
        *,
        bands: Sequence[StateBand] = (),
        gaps: Sequence[tuple[datetime, datetime, str]] = (),
        highlight: tuple[datetime, datetime] | None = None,
        span: tuple[datetime, datetime] | None = None,
        marks: Sequence[tuple[datetime, str]] = (),
    ) -> None:
        """Shows a line; a paused chart keeps what it has. ``marks``: points in time, each with its token."""
        if self.paused:
            return
        self.series = series
        times = list(series.times_s) if series else []
        values = list(series.values) if series else []
        self._line.setData(times, values, connect="finite")
        if span is not None:
            self._span = (span[0].timestamp(), span[1].timestamp())
        elif times:
            self._span = (times[0], max(times[-1], times[0] + 1))
        if self._span is not None:
            self._axis.follow(self._span[1])
        shades = _shades(bands, gaps, highlight, self._span)
        self._shade_item.show_shades((*shades, *_marks(marks, self._span)))
        name = (
            tr("Chart of {tag}, {n} samples", tag=series.tag, n=quantity(series.samples))
            if series
            else tr("Chart")
        )
        self.setAccessibleName(name)
        if self._follow:
            self.fit()
        elif values:
            self._fit_values()

    def set_limits(self, limits: Sequence[Limit]) -> None:
        """Draws limits as dashed lines with their words; they are always in view with the line."""
        if self._limits == tuple(limits):
            return
        self._limits = tuple(limits)
        self._draw_limits()
        if self._follow:
            self.fit()

    def _draw_limits(self) -> None:
        for item in (*self._limit_lines, *(w for w in self._limit_words if w is not None)):
            self._plot.removeItem(item)
        self._limit_lines, self._limit_words = [], []
        for limit in self._limits:
            color = self._theme.color(limit.token)
            pen = pg.mkPen(color, width=1.2 * self.devicePixelRatioF(), style=Qt.PenStyle.DashLine)
            line = pg.PlotCurveItem(pen=pen) if limit.words else pg.InfiniteLine(limit.value, 0, pen=pen)
            words = pg.TextItem(limit.words, color=color, anchor=(0, 0.5)) if limit.words else None
            self._plot.addItem(line, ignoreBounds=True)
            if words is not None:
                words.setFont(make_font(LIMIT_FONT))
                self._plot.addItem(words, ignoreBounds=True)
            self._limit_lines.append(line)
            self._limit_words.append(words)
        self._place_words()

    def _place_words(self) -> None:
        """Words stand behind the end of their line. Those that would stand on the words of an earlier limit
        are left out; the axis tells the value."""
        if self._span is None:
            return
        start, end = self._span
        low, high = self._box.viewRange()[1]
        pixel = (high - low) / max(1.0, self._box.height())
        taken: list[float] = []
        for limit, line, words in zip(self._limits, self._limit_lines, self._limit_words, strict=True):
            if words is None:
                continue
            line.setData([start, end], [limit.value, limit.value])
            words.setPos(end + (end - start) * 0.005, limit.value)
            free = all(abs(limit.value - other) >= (LIMIT_FONT + 1) * pixel for other in taken)
            words.setVisible(free)
            if free:
                taken.append(limit.value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There may be room for more words."""
        super().resizeEvent(event)
        self._place_words()

    def fit(self) -> None:
        """Shows the whole span and follows it again."""
        self._follow = True
        if self._span is not None:
            start, end = self._span
            words = self._limits and any(limit.words for limit in self._limits)
            right = (end - start) * (0.17 if words else 0.01)  # limits are named beside the line, not on it
            self._plot.setXRange(start - (end - start) * 0.01, end + right, padding=0)
        self._fit_values()

    def png(self, path: str) -> bool:
        """Writes what is seen as a picture; False where it cannot be written."""
        return self.grab().save(path, "PNG")

    def csv(self) -> str:
        """The line as text: time (ISO, UTC), value."""
        out = io.StringIO()
        writer = csv.writer(out)
        series = self.series
        writer.writerow(["time_utc", f"{series.tag} [{series.unit}]" if series else "value"])
        for at, value in zip(series.times_s, series.values, strict=True) if series else ():
            writer.writerow([datetime.fromtimestamp(at, UTC).isoformat(), "" if math.isnan(value) else value])
        return out.getvalue()

    def _fit_values(self) -> None:
        values = [v for v in (self.series.values if self.series else ()) if not math.isnan(v)]
        if values:
            values += [limit.value for limit in self._limits]
            low, high = min(values), max(values)
            room = (high - low) * 0.08 or max(abs(high) * 0.05, 1.0)
            self._plot.setYRange(low - room, high + room, padding=0)
            self._place_words()

    def _manual(self, *_: object) -> None:
        self._follow = False
        self.zoomed.emit()

    def _point(self, place: QPointF) -> None:
        series = self.series
        inside = self._box.sceneBoundingRect().contains(place)
        if not inside or series is None or not series.times_s:
            self._cross.setVisible(False)
            self._dot.setVisible(False)
            self.pointed.emit("")
            return
        at = self._box.mapSceneToView(place).x()
        number = min(bisect_left(series.times_s, at), len(series.times_s) - 1)
        if number and at - series.times_s[number - 1] < series.times_s[number] - at:
            number -= 1
        at, value = series.times_s[number], series.values[number]
        self._cross.setPos(at)
        self._cross.setVisible(True)
        self._dot.setVisible(not math.isnan(value))
        if not math.isnan(value):
            self._dot.setData([at], [value])
        clock = self._times.second(datetime.fromtimestamp(at, UTC))
        self.pointed.emit(f"{clock}   {amount(value, series.unit)}")

    def _paint_by_tokens(self) -> None:
        theme = self._theme
        self._plot.setBackground(theme.color("panel" if self._compact else "card"))
        font = make_font(11 if self._compact else 12)
        for axis in (self._axis, self._values):
            axis.setPen(pg.mkPen(theme.color("line_strong")))
            axis.setTextPen(pg.mkPen(theme.color("dim")))
            axis.setTickFont(font)
        if not self._compact:
            self._plot.showGrid(x=False, y=True, alpha=0.18)
        # a cosmetic pen counts in device pixels
        self._line.setPen(pg.mkPen(theme.color("chart"), width=1.6 * self.devicePixelRatioF()))
        self._cross.setPen(pg.mkPen(theme.color("accent"), width=1))
        self._dot.setBrush(pg.mkBrush(theme.color("accent")))
        self._dot.setPen(QPen(Qt.PenStyle.NoPen))
        self._draw_limits()
        self._shade_item.update()


def trend_words(series: Series) -> str:
    """What a chart in a panel shows."""
    unit = unit_words(series.unit)
    return (
        tr("Trend of {tag} in {unit}", tag=series.tag, unit=unit)
        if unit
        else tr("Trend of {tag}", tag=series.tag)
    )


def _shades(
    bands: Sequence[StateBand],
    gaps: Sequence[tuple[datetime, datetime, str]],
    highlight: tuple[datetime, datetime] | None,
    span: tuple[float, float] | None,
) -> tuple[Shade, ...]:
    out = []
    for band in bands:
        start, end = band.start.timestamp(), band.end.timestamp()
        if band.state in _STOPPED:
            out.append(Shade(start, end, "high", 46))
        elif band.state is MachineState.UNDEFINED:
            out.append(Shade(start, end, "bar", 70, hatched=True))
        elif band.state is not MachineState.EXECUTE:
            out.append(Shade(start, end, "bar", 52))
    out += [Shade(start.timestamp(), end.timestamp(), "bar", 150, hatched=True) for start, end, _ in gaps]
    if highlight is not None:
        start, end = (t.timestamp() for t in highlight)
        if span is not None:  # one second in an hour must still be seen
            least = (span[1] - span[0]) * 0.03
            if end - start < least:
                middle = (start + end) / 2
                start, end = middle - least / 2, middle + least / 2
        out.append(Shade(start, end, "high", 90))
    return tuple(out)


def _marks(marks: Sequence[tuple[datetime, str]], span: tuple[float, float] | None) -> tuple[Shade, ...]:
    """Thin bars, as wide in a week as in an hour."""
    half = (span[1] - span[0]) * 0.0015 if span is not None else 0.5
    times = [(at.timestamp(), token) for at, token in marks]
    return tuple(Shade(at - half, at + half, token, 210) for at, token in times)
