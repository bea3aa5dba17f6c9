"""The hour grid: cells painted through tokens, ticks by finger, mouse and keyboard."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from console.desktop import icons
from console.desktop.formats import difference, quantity, tr
from console.desktop.models.counts import PICKABLE, CountRoles, CountsModel
from console.desktop.object_names import COUNTS_GRID
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.basics import label
from console.desktop.widgets.shapes import Shape, draw_shape
from console.domain.postings import PostingState
from console.services.views import CellLevel, CountCell, CountRow

ROW_HEIGHT = 58
HEAD_WIDTH = 230
LEAST_CELL = 104
TICK_ZONE = 46

_POSTING_ICONS = {
    PostingState.VERIFIED: "circle-check",
    PostingState.REJECTED: "triangle-alert",
    PostingState.DEAD_LETTER: "triangle-alert",
    PostingState.UNKNOWN: "circle-alert",
}


def below(cell: CountCell) -> str:
    """What stands below the number: ``600 exp. −13``."""
    return tr("{n} exp. {d}", n=quantity(cell.expected), d=difference(cell.quantity - cell.expected))


class CellDelegate(QStyledItemDelegate):
    """Paints one cell: the number large, expectation and difference small below."""

    def __init__(self, theme: Theme, parent: QTableView) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Ground, mark at the left, number and expectation at the right."""
        cell = index.data(CountRoles.CELL)
        rect = QRectF(option.rect)
        state = option.state
        current = bool(state & QStyle.StateFlag.State_HasFocus) or bool(
            state & QStyle.StateFlag.State_Selected
        )
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        live = cell is not None and cell.level is CellLevel.LIVE
        painter.fillRect(rect, self._theme.color("sel" if current else "panel" if live else "card"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), self._theme.color("line"))
        painter.fillRect(QRectF(rect.right() - 1, rect.top(), 1, rect.height()), self._theme.color("line"))
        if cell is not None:
            if cell.level is CellLevel.FAIL:
                self._frame(painter, rect, self._theme.color("high"))
            self._draw_mark(painter, rect, cell, bool(index.data(CountRoles.PICKED)))
            self._draw_numbers(painter, rect.adjusted(6, 7, -8, -7), cell)
        if current:
            self._frame(painter, rect.adjusted(2, 2, -2, -2), self._theme.color("accent"))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """At least so wide that six figures fit."""
        return QSize(LEAST_CELL, ROW_HEIGHT)

    def _frame(self, painter: QPainter, rect: QRectF, color: QColor) -> None:
        painter.setPen(QPen(color, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(1, 1, -2, -2))

    def _draw_mark(self, painter: QPainter, rect: QRectF, cell: CountCell, picked: bool) -> None:
        box = QRectF(rect.left() + 10, rect.top() + 9, 18, 18)
        if cell.level in PICKABLE:
            accent = self._theme.color("accent")
            painter.setPen(QPen(accent, 1.6))
            painter.setBrush(accent if picked else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 4, 4)
            if picked:
                icons.draw_icon(painter, box.adjusted(2, 2, -2, -2), "check", self._theme.color("on_accent"))
            if cell.level is CellLevel.NOTICE:
                place = QRectF(box.right() + 6, box.top() + 1.5, 15, 15)
                icons.draw_icon(painter, place, "info", self._theme.color("dim"))
        elif cell.level is CellLevel.FAIL:
            draw_shape(painter, box.adjusted(2, 2, -2, -2), Shape.TRIANGLE, self._theme.color("high"))
        elif cell.level is CellLevel.REJECTED:
            icons.draw_icon(painter, box.adjusted(1, 1, -1, -1), "ban", self._theme.color("dim"))
        elif cell.level is CellLevel.DONE:
            name = _POSTING_ICONS.get(cell.posting, "clock") if cell.posting else "check"
            bad = cell.posting in (PostingState.REJECTED, PostingState.DEAD_LETTER)
            color = self._theme.color("crit" if bad else "dim")
            icons.draw_icon(painter, box.adjusted(1, 1, -1, -1), name, color)

    def _draw_numbers(self, painter: QPainter, rect: QRectF, cell: CountCell) -> None:
        quiet = cell.level in (CellLevel.DONE, CellLevel.REJECTED)
        font = make_font(17, strong=not quiet)
        if cell.level is CellLevel.REJECTED:
            font.setStrikeOut(True)
        painter.setFont(font)
        painter.setPen(self._theme.color("dim" if quiet else "text"))
        right = Qt.AlignmentFlag.AlignRight
        upper = QRectF(rect.left(), rect.top(), rect.width(), 22)
        painter.drawText(upper, right | Qt.AlignmentFlag.AlignVCenter, quantity(cell.quantity))
        small = make_font(12)
        text = below(cell)
        if QFontMetricsF(small).horizontalAdvance(text) > rect.width():
            text = difference(cell.quantity - cell.expected)
        if cell.level is CellLevel.REJECTED:
            text = tr("rejected")
        painter.setFont(small)
        painter.setPen(self._theme.color("dim"))
        lower = QRectF(rect.left(), rect.bottom() - 19, rect.width(), 18)
        painter.drawText(lower, right | Qt.AlignmentFlag.AlignVCenter, text)


class RowHead(QHeaderView):
    """Machine and order at the left of a line; it stays when the hours scroll."""

    def __init__(self, theme: Theme, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._theme = theme
        self.setFixedWidth(HEAD_WIDTH)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultSectionSize(ROW_HEIGHT)
        self.setSectionsClickable(False)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:  # noqa: N803
        """Title, then order and product."""
        model = self.model()
        row = (
            model.headerData(logicalIndex, Qt.Orientation.Vertical, Qt.ItemDataRole.UserRole)
            if model
            else None
        )
        painter.save()
        painter.fillRect(rect, self._theme.color("card"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._theme.color("line"))
        painter.fillRect(rect.right(), rect.top(), 1, rect.height(), self._theme.color("line"))
        if isinstance(row, CountRow):
            self._draw_words(painter, rect.adjusted(13, 0, -8, 0), row)
        painter.restore()

    def _draw_words(self, painter: QPainter, rect: QRect, row: CountRow) -> None:
        def line(place: QRect, text: str, size: int, token: str, strong: bool = False) -> float:
            font = make_font(size, strong=strong)
            metrics = QFontMetricsF(font)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.setFont(font)
            painter.setPen(self._theme.color(token))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
            return metrics.horizontalAdvance(shown)

        order = row.order_reference or tr("no order")
        upper = QRect(rect.left(), rect.top() + 9, rect.width(), 20)
        used = round(line(upper, row.title, 14, "text", strong=True)) + 10
        if row.unit_note and upper.width() - used > 30:
            line(upper.adjusted(used, 1, 0, 1), row.unit_note, 12, "dim")
        lower = QRect(rect.left(), rect.top() + 30, rect.width(), 18)
        line(lower, f"{order} {row.product}".strip(), 12, "dim")


class HourGrid(QTableView):
    """The grid.

    Attributes:
        following: the newest hours are in view, and stay there when new ones come.

    Signals:
        opened: a cell was pressed outside its tick, or the current cell is a failing one.
        confirm, amend, split, reject: the keys Enter, A, S, R.
    """

    opened = Signal(QModelIndex)
    confirm = Signal()
    amend = Signal()
    split = Signal()
    reject = Signal()

    def __init__(self, theme: Theme, model: CountsModel) -> None:
        super().__init__()
        self.setObjectName(COUNTS_GRID)
        self.setAccessibleName(tr("Counts by machine and hour"))
        self._counts = model
        self.setModel(model)
        self._delegate = CellDelegate(theme, self)
        self.setItemDelegate(self._delegate)
        self._head = RowHead(theme, self)
        self.setVerticalHeader(self._head)
        self._corner: QLabel = label(tr("Machine and order"), "group")
        self._corner.setParent(self)
        self._corner.setMargin(13)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setSectionsClickable(False)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setFixedHeight(38)
        model.modelReset.connect(self._fit_columns)
        self.following = True
        bar = self.horizontalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._range_changed)
        theme.changed.connect(self.viewport().update)

    @property
    def content_height(self) -> int:
        """Height that shows every line."""
        return 38 + ROW_HEIGHT * self._counts.rowCount() + 2 * self.frameWidth()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Columns share the room."""
        super().resizeEvent(event)
        self._fit_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks, Enter confirms, A amends, S splits, R rejects; arrows move."""
        key = event.key()
        letters = {Qt.Key.Key_A: self.amend, Qt.Key.Key_S: self.split, Qt.Key.Key_R: self.reject}
        if key == Qt.Key.Key_Space:
            if not self._counts.toggle(self.currentIndex()):
                self.opened.emit(self.currentIndex())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirm.emit()
        elif key in letters and not event.modifiers():
            letters[Qt.Key(key)].emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press at the left of a cell ticks it, elsewhere it opens the cell."""
        super().mousePressEvent(event)
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        place = event.position().toPoint()
        index = self.indexAt(place)
        if index.isValid() and not (self._in_tick(index, place) and self._counts.toggle(index)):
            self.opened.emit(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two quick presses are two presses: a glove ticks two cells fast."""
        self.mousePressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Keeps the corner's words in place."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._corner.setGeometry(1, 1, HEAD_WIDTH - 2, 36)
        return super().viewportEvent(event)

    def follow_newest(self) -> None:
        """Brings the newest hours into view, and keeps them there until a person scrolls away."""
        self.following = True
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().maximum())

    def _scrolled(self, value: int) -> None:
        self.following = value >= self.horizontalScrollBar().maximum() - 2

    def _range_changed(self, _least: int, most: int) -> None:
        if self.following:
            self.horizontalScrollBar().setValue(most)

    def _least_width(self) -> int:
        """So wide that the longest expectation with its difference fits, and the number beside its marks."""
        cells = [c for r in self._counts.view.rows for c in r.cells if c is not None]
        if not cells:
            return LEAST_CELL
        longest = max(cells, key=lambda c: max(abs(c.expected), abs(c.quantity)))
        small, large = QFontMetricsF(make_font(12)), QFontMetricsF(make_font(17, strong=True))
        lower = small.horizontalAdvance(below(longest)) + 8
        upper = large.horizontalAdvance(quantity(longest.quantity)) + 52
        return max(LEAST_CELL, round(max(lower, upper)) + 14)

    def _in_tick(self, index: QModelIndex, place: QPoint) -> bool:
        return place.x() - self.visualRect(index).left() < TICK_ZONE

    def _fit_columns(self) -> None:
        count = self._counts.columnCount()
        if not count:
            return
        room = self.viewport().width()
        shown = min(count, max(1, room // self._least_width()))  # whole columns: none is cut at the left
        width = room // shown
        header = self.horizontalHeader()
        for number in range(count):
            header.resizeSection(number, width if number < count - 1 else room - width * (shown - 1))
        self._corner.setGeometry(1, 1, HEAD_WIDTH - 2, 36)
