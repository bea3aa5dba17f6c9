"""List rows in two or three lines: a shape, what it is, and below it the facts to tell it apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionViewItem, QTableView, QWidget

from console.desktop import icons
from console.desktop.models.rows import RowRoles
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.data_table import DataTable, LevelDelegate
from console.desktop.widgets.shapes import LEVEL_SHAPES, draw_priority, draw_shape
from console.services.views import Level

Index = QModelIndex | QPersistentModelIndex
INDENT = 22


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is painted.

    Attributes:
        priority: of an alarm: its shape with the figure, in place of the level's.
        icon: in place of the level's shape.
        badge: a short word at the right: "×7", "In progress".
        quiet: nothing is left to do: without colour or emphasis.
        indent: it belongs to the row above.
    """

    title: str
    foot: str
    level: Level = Level.NORMAL
    priority: int | None = None
    icon: str = ""
    badge: str = ""
    quiet: bool = False
    indent: int = 0


class LineDelegate(LevelDelegate):
    """Paints the first column by a ``Line``; other columns are ordinary cells."""

    def __init__(self, theme: Theme, parent: QWidget, describe: Callable[[Any], Line]) -> None:
        super().__init__(theme, parent)
        self._describe = describe

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, shape, words, badge."""
        if index.column() != 0:
            super().paint(painter, option, index)
            return
        line = self._describe(index.data(RowRoles.ROW))
        theme, rect = self._theme, QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(rect, theme.color("sel" if selected else "card"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.color("line"))
        left = rect.left() + INDENT * line.indent
        if line.indent:
            painter.setPen(QPen(theme.color("line_strong"), 1))
            corner = left - 2
            painter.drawLine(int(corner), int(rect.top()), int(corner), int(rect.top() + 20))
            painter.drawLine(int(corner), int(rect.top() + 20), int(corner + 9), int(rect.top() + 20))
        self._paint_mark(painter, QRectF(left + 13, rect.top() + 12, 16, 16), line)
        inner = rect.toRect().adjusted(42 + INDENT * line.indent, 9, -12, -9)
        used = self._paint_badge(painter, inner, line)
        painter.setFont(make_font(14, strong=not line.quiet))
        painter.setPen(theme.color("dim" if line.quiet else "text"))
        painter.drawText(inner.adjusted(0, 0, -used, 0), int(Qt.TextFlag.TextWordWrap), line.title)
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim"))
        foot = QRect(inner.left(), inner.bottom() - 15, inner.width(), 17)
        words = painter.fontMetrics().elidedText(line.foot, Qt.TextElideMode.ElideRight, foot.width())
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignVCenter), words)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as the wrapped title needs."""
        if index.column() != 0:
            return super().sizeHint(option, index)
        line = self._describe(index.data(RowRoles.ROW))
        parent = self.parent()
        width = parent.columnWidth(0) if isinstance(parent, QTableView) else 400
        metrics = QFontMetrics(make_font(14, strong=not line.quiet))
        used = _badge_width(line)
        room = QRect(0, 0, max(120, width - 54 - INDENT * line.indent - used), 2000)
        high = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), line.title).height()
        return QSize(width, high + 18 + 20)

    def _paint_mark(self, painter: QPainter, place: QRectF, line: Line) -> None:
        theme = self._theme
        if line.priority is not None:
            draw_priority(painter, place, line.priority, theme, quiet=line.quiet)
        elif line.icon:
            icons.draw_icon(painter, place.adjusted(-1, -1, 1, 1), line.icon, theme.color("dim"))
        else:
            level = Level.NORMAL if line.quiet else line.level
            draw_shape(painter, place.adjusted(1, 2, -2, -1), LEVEL_SHAPES[level], theme.level(level))

    def _paint_badge(self, painter: QPainter, inner: QRect, line: Line) -> int:
        used = _badge_width(line)
        if not used:
            return 0
        box = QRectF(inner.right() - used + 9, inner.top() - 1, used - 8, 20)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("line_strong"), 1))
        painter.setBrush(self._theme.color("panel"))
        painter.drawRoundedRect(box, 10, 10)
        painter.setFont(make_font(12, strong=True))
        painter.setPen(self._theme.color("dim"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), line.badge)
        return used


def _badge_width(line: Line) -> int:
    if not line.badge:
        return 0
    return QFontMetrics(make_font(12, strong=True)).horizontalAdvance(line.badge) + 16 + 8


class RowHeights(QObject):
    """Keeps rows as high as their wrapped titles need, all at once after whatever changed.

    Qt's own mode for it measures every row anew for each row that changes: a thousand ages that grow take
    a minute.
    """

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(view.resizeRowsToContents)
        model = view.model()
        signals = (model.modelReset, model.rowsInserted, model.layoutChanged, model.dataChanged)
        for signal in signals:
            signal.connect(self._later)
        view.horizontalHeader().sectionResized.connect(self._column_resized)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _later(self, *_: object) -> None:
        self._soon.start()

    def _column_resized(self, column: int, *_: object) -> None:
        if column == 0:
            self._soon.start()


def paint_lines(table: DataTable[Any], theme: Theme, describe: Callable[[Any], Line]) -> None:
    """Lets a list paint its rows so; one row is chosen at a time."""
    view = table.view
    view.setItemDelegate(LineDelegate(theme, view, describe))
    RowHeights(view)
    view.setSelectionMode(view.SelectionMode.SingleSelection)
    table.search.setMinimumWidth(110)
