"""The machine's states around a stop as one strip of time, with lines that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import inf

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.desktop.formats import Times, tr
from console.desktop.theme import Theme, make_font
from console.domain.packml import MachineState
from console.services.views import StateBand

BAR_TOP, BAR_HEIGHT = 12, 26
HEIGHT = 60
GRAB = 24.0  # a finger's half width around a line
# how much is shown beside the stop, as a share of its length, and at least so many seconds
SHARES = ((0.15, 20.0), (1.0, 120.0), (6.0, 900.0), (inf, inf))


class StateStrip(QWidget):
    """See the module's text.

    Signals:
        dragged: a line was moved: its number and the instant.
    """

    dragged = Signal(int, object)

    def __init__(self, theme: Theme, times: Times, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._theme, self._times = theme, times
        self._bands: tuple[StateBand, ...] = ()
        self._stop: tuple[datetime, datetime] | None = None
        self._open, self._urgent = False, False
        self._lines: tuple[datetime, ...] = ()
        self._bounds: tuple[datetime, datetime] | None = None
        self._zoom = 1
        self._held: int | None = None
        self._current = 0
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def lines(self) -> tuple[datetime, ...]:
        """Where the lines stand."""
        return self._lines

    @property
    def can_widen(self) -> bool:
        """More of the time around it can be shown."""
        return self._zoom < len(SHARES) - 1 and self._view(self._zoom) != self._view(self._zoom + 1)

    @property
    def can_close_in(self) -> bool:
        """Less of it can be shown."""
        return self._zoom > 0 and self._view(self._zoom) != self._view(self._zoom - 1)

    def show_stop(
        self, bands: Sequence[StateBand], start: datetime, end: datetime, *, is_open: bool, urgent: bool
    ) -> None:
        """Shows a stop among the states. ``urgent``: it waits for a reason."""
        self._bands = tuple(bands)
        self._stop, self._open, self._urgent = (start, end), is_open, urgent
        words = tr("stands") if is_open else self._times.second(end)
        self.setAccessibleName(
            tr("States around the stop: from {a} to {b}", a=self._times.second(start), b=words)
        )
        self.update()

    def set_lines(self, lines: Sequence[datetime], bounds: tuple[datetime, datetime] | None = None) -> None:
        """Lines that a person may drag within bounds; none: nothing can be dragged."""
        self._lines, self._bounds = tuple(lines), bounds
        self._current = min(self._current, max(0, len(self._lines) - 1))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if lines else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor if lines else Qt.CursorShape.ArrowCursor)
        self.update()

    def widen(self) -> None:
        """Shows more of the time around the stop."""
        if self.can_widen:
            self._zoom += 1
            self.update()

    def close_in(self) -> None:
        """Shows less of it."""
        if self.can_close_in:
            self._zoom -= 1
            self.update()

    def sizeHint(self) -> QSize:
        """A strip."""
        return QSize(300, HEIGHT)

    # --- time and place -----------------------------------------------------------------------------
    def _view(self, zoom: int) -> tuple[datetime, datetime] | None:
        if self._stop is None:
            return None
        start, end = self._stop
        share, least = SHARES[zoom]
        first = min([start, *(b.start for b in self._bands)])
        last = max([end, *(b.end for b in self._bands)])
        if share == inf:
            return first, last
        around = timedelta(seconds=max(share * (end - start).total_seconds(), least))
        first, last = max(first, start - around), min(last, end + around)
        if self._bounds is not None:  # what can be dragged to must be in view
            first, last = min(first, max(self._bounds[0], start - around)), max(last, end)
        return first, last

    def _x(self, at: datetime, view: tuple[datetime, datetime]) -> float:
        span = max((view[1] - view[0]).total_seconds(), 1.0)
        return 1 + (at - view[0]).total_seconds() / span * (self.width() - 2)

    def _at(self, x: float, view: tuple[datetime, datetime]) -> datetime:
        share = min(1.0, max(0.0, (x - 1) / max(1, self.width() - 2)))
        at = view[0] + (view[1] - view[0]) * share
        return at.replace(microsecond=0)

    # --- dragging -----------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the nearest line."""
        view = self._view(self._zoom)
        if view is None or not self._lines:
            return
        x = event.position().x()
        near = min(range(len(self._lines)), key=lambda n: abs(self._x(self._lines[n], view) - x))
        if abs(self._x(self._lines[near], view) - x) <= GRAB or len(self._lines) == 1:
            self._held = self._current = near
            self._drag(x, view)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves it along."""
        view = self._view(self._zoom)
        if self._held is not None and view is not None:
            self._drag(event.position().x(), view)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self._held = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the line by a second, with Shift by ten; up and down choose another line."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None and self._lines:
            tens = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._put(self._current, self._lines[self._current] + timedelta(seconds=step * tens))
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and len(self._lines) > 1:
            self._current = 1 - self._current
            self.update()
        else:
            super().keyPressEvent(event)

    def _drag(self, x: float, view: tuple[datetime, datetime]) -> None:
        if self._held is not None:
            self._put(self._held, self._at(x, view))

    def _put(self, number: int, at: datetime) -> None:
        if self._bounds is not None:
            at = min(max(at, self._bounds[0]), self._bounds[1])
        lines = list(self._lines)
        if at != lines[number]:
            lines[number] = at
            self._lines = tuple(lines)
            self.update()
            self.dragged.emit(number, at)

    # --- painting -----------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, states, the stop, lines, times."""
        view = self._view(self._zoom)
        if view is None or self._stop is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(1, BAR_TOP, self.width() - 2, BAR_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        # where no state is known the ground is seen
        painter.fillRect(bar, QBrush(self._theme.color("bar_soft"), Qt.BrushStyle.BDiagPattern))
        for band in self._bands:
            self._draw_band(painter, band, view, bar)
        self._draw_stop(painter, view, bar)
        painter.setPen(QPen(self._theme.color("line_strong"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        self._draw_times(painter, view, bar)
        for number, at in enumerate(self._lines):
            self._draw_line(painter, number, self._x(at, view), bar)
        painter.end()

    def _draw_band(
        self, painter: QPainter, band: StateBand, view: tuple[datetime, datetime], bar: QRectF
    ) -> None:
        left, right = (self._x(min(max(t, view[0]), view[1]), view) for t in (band.start, band.end))
        if right <= left:
            return
        rect = QRectF(left, bar.top(), max(right - left, 1.0), bar.height())
        if band.state is MachineState.UNDEFINED:
            return
        painter.fillRect(rect, self._theme.color("panel"))
        if band.state is MachineState.EXECUTE:  # what runs is low, what stands is high: told without colour
            painter.fillRect(rect.adjusted(0, BAR_HEIGHT * 0.62, 0, 0), self._theme.color("bar_soft"))
        else:
            painter.fillRect(rect, self._theme.color("bar"))

    def _draw_stop(self, painter: QPainter, view: tuple[datetime, datetime], bar: QRectF) -> None:
        assert self._stop is not None
        left, right = (self._x(t, view) for t in self._stop)
        rect = QRectF(left, bar.top() - 4, max(right - left, 2.0), bar.height() + 8)
        if self._urgent:
            painter.fillRect(rect, self._theme.color("card"))
            painter.fillRect(rect, self._theme.color("shade"))
        painter.setPen(QPen(self._theme.color("high" if self._urgent else "text"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect)

    def _draw_times(self, painter: QPainter, view: tuple[datetime, datetime], bar: QRectF) -> None:
        assert self._stop is not None
        painter.setFont(make_font(11))
        metrics = painter.fontMetrics()
        marks = [(view[0], "faint"), (view[1], "faint"), (self._stop[0], "text")]
        if not self._open:
            marks.append((self._stop[1], "text"))
        taken: list[tuple[float, float]] = []
        for at, token in reversed(marks):  # the stop's own times come first, the edges where room is left
            text = self._times.second(at)
            width = metrics.horizontalAdvance(text)
            left = min(max(self._x(at, view) - width / 2, 0.0), self.width() - width)
            if any(left < b + 6 and left + width > a - 6 for a, b in taken):
                continue
            taken.append((left, left + width))
            painter.setPen(self._theme.color(token))
            painter.drawText(QPointF(left, bar.bottom() + 17), text)

    def _draw_line(self, painter: QPainter, number: int, x: float, bar: QRectF) -> None:
        color = self._theme.color("accent")
        painter.setPen(QPen(color, 2))
        painter.drawLine(QPointF(x, 4), QPointF(x, bar.bottom() + 5))
        painter.setPen(QPen(color, 2))
        grabbed = self.hasFocus() and number == self._current
        painter.setBrush(color if grabbed or self._held == number else self._theme.color("card"))
        painter.drawPolygon(QPolygonF([QPointF(x - 7, 1), QPointF(x + 7, 1), QPointF(x, 11)]))
