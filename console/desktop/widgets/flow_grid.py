"""A layout of equal columns: as many as fit, so that tiles fill any screen."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowGrid(QLayout):
    """Equal columns, at least ``least_width`` each.

    Args:
        fill: where there is room for more columns than items, the items share it.
    """

    def __init__(
        self, least_width: int, gap: int, parent: QWidget | None = None, *, fill: bool = False
    ) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._least, self._gap, self._fill = least_width, gap, fill
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Qt's way in."""
        self._items.append(item)

    def count(self) -> int:
        """Number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Item at a place, None behind the end (Qt's contract)."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Takes an item out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        """Narrower is taller."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all rows."""
        if not self._items:
            return 0
        rows = -(-len(self._items) // self._columns(width))
        return rows * self._row_height() + (rows - 1) * self._gap

    def sizeHint(self) -> QSize:
        """One column."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """One tile."""
        return QSize(self._least, self._row_height() if self._items else 0)

    def setGeometry(self, rect: QRect) -> None:
        """Places every item."""
        super().setGeometry(rect)
        columns = self._columns(rect.width())
        width = (rect.width() - (columns - 1) * self._gap) // columns
        height = self._row_height()
        for number, item in enumerate(self._items):
            line, place = divmod(number, columns)
            x, y = rect.x() + place * (width + self._gap), rect.y() + line * (height + self._gap)
            item.setGeometry(QRect(x, y, width, height))

    def _columns(self, width: int) -> int:
        columns = max(1, (width + self._gap) // (self._least + self._gap))
        return min(columns, max(1, len(self._items))) if self._fill else columns

    def _row_height(self) -> int:
        return max((item.sizeHint().height() for item in self._items), default=0)
