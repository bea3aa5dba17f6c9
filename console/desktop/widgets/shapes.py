"""Shapes that carry meaning without colour, painted by tokens.

Filled triangle runs, filled square stopped, outlined square suspended, hatched out of service, dashed no
data. An alarm of priority 1 is a square, 2 a triangle, 3 a diamond; a level uses the same three.
"""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.desktop.formats import tr
from console.desktop.theme import Theme, make_font
from console.domain.packml import MachineState
from console.services.views import Level


class Shape(Enum):
    """What to draw."""

    RUN = auto()
    STOP = auto()
    SUSPENDED = auto()
    HATCHED = auto()
    NO_DATA = auto()
    SQUARE = auto()
    TRIANGLE = auto()
    DIAMOND = auto()
    CIRCLE = auto()


LEVEL_SHAPES = {
    Level.NORMAL: Shape.CIRCLE,
    Level.NOTICE: Shape.CIRCLE,
    Level.MEDIUM: Shape.DIAMOND,
    Level.HIGH: Shape.TRIANGLE,
    Level.CRITICAL: Shape.SQUARE,
}

_STATE_SHAPES = {
    MachineState.EXECUTE: Shape.RUN,
    MachineState.UNDEFINED: Shape.NO_DATA,
    MachineState.STOPPED: Shape.STOP,
    MachineState.ABORTED: Shape.STOP,
    MachineState.ABORTING: Shape.STOP,
    MachineState.CLEARING: Shape.STOP,
    MachineState.STOPPING: Shape.STOP,
}


def state_shape(state: MachineState, stale: bool) -> Shape:
    """The shape of a machine's state; everything that waits is an outlined square."""
    return Shape.NO_DATA if stale else _STATE_SHAPES.get(state, Shape.SUSPENDED)


def state_words(state: MachineState, stale: bool) -> str:
    """The state in words."""
    if stale or state is MachineState.UNDEFINED:
        return tr("No data")
    if state is MachineState.EXECUTE:
        return tr("Executing")
    return tr(state.value.capitalize())


def draw_shape(painter: QPainter, rect: QRectF, shape: Shape, color: QColor) -> None:
    """Draws one shape into a square."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    r = rect
    if shape is Shape.RUN:
        painter.drawPolygon(QPolygonF([r.topLeft(), QPointF(r.right(), r.center().y()), r.bottomLeft()]))
    elif shape is Shape.TRIANGLE:
        painter.drawPolygon(QPolygonF([QPointF(r.center().x(), r.top()), r.bottomRight(), r.bottomLeft()]))
    elif shape is Shape.DIAMOND:
        c = r.center()
        points = [QPointF(c.x(), r.top()), QPointF(r.right(), c.y())]
        painter.drawPolygon(QPolygonF([*points, QPointF(c.x(), r.bottom()), QPointF(r.left(), c.y())]))
    elif shape in (Shape.STOP, Shape.SQUARE):
        painter.drawRoundedRect(r, 2, 2)
    else:
        _draw_outlined(painter, r, shape, color)
    painter.restore()


def _draw_outlined(painter: QPainter, r: QRectF, shape: Shape, color: QColor) -> None:
    inner = r.adjusted(1, 1, -1, -1)
    if shape is Shape.HATCHED:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1))
        painter.drawRect(inner)
        painter.setClipRect(inner)
        painter.setPen(QPen(color, 2))
        step = 5.0
        start = -r.height()
        while start < r.width():
            painter.drawLine(
                QPointF(r.left() + start, r.bottom()), QPointF(r.left() + start + r.height(), r.top())
            )
            start += step
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(color, 2)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if shape is Shape.NO_DATA:
        pen.setDashPattern([2.0, 1.6])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    if shape is Shape.CIRCLE:
        painter.drawEllipse(inner)
    else:
        painter.drawRect(inner)


def draw_priority(painter: QPainter, rect: QRectF, priority: int, theme: Theme, *, quiet: bool) -> None:
    """An alarm's priority: shape, colour and figure. ``quiet``: none of them is there, so it stays grey."""
    shape = {1: Shape.SQUARE, 2: Shape.TRIANGLE}.get(priority, Shape.DIAMOND)
    token = {1: "crit", 2: "high"}.get(priority, "med")
    draw_shape(painter, rect, shape, theme.color("bar_soft" if quiet else token))
    painter.save()
    painter.setPen(theme.color("card" if quiet else "on_alarm"))
    painter.setFont(make_font(11, strong=True))
    place = rect.adjusted(0, 4, 0, 2) if shape is Shape.TRIANGLE else rect
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(priority))
    painter.restore()


class ShapeMark(QWidget):
    """A level's shape as a small widget beside words."""

    def __init__(self, theme: Theme, level: Level = Level.NORMAL, side: int = 14) -> None:
        super().__init__()
        self._theme, self._level, self._side = theme, level, side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_level(self, level: Level) -> None:
        """Shows another level."""
        self._level = level
        self.setAccessibleName(level.value)
        self.update()

    def sizeHint(self) -> QSize:
        """A small square."""
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the shape."""
        painter = QPainter(self)
        rect = QRectF(0.5, 0.5, self._side - 1, self._side - 1)
        draw_shape(painter, rect, LEVEL_SHAPES[self._level], self._theme.level(self._level))
        painter.end()
