"""A table over frozen rows: columns are data, ``data()`` only looks up, only what differs is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from console.services.views import Level

R = TypeVar("R")
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
MANY = 60  # more rows than this coming or going at once: a reset is cheaper than telling each


class RowRoles(IntEnum):
    """Beside Qt's own."""

    ROW = Qt.ItemDataRole.UserRole + 1
    SORT = Qt.ItemDataRole.UserRole + 2
    LEVEL = Qt.ItemDataRole.UserRole + 3
    OLD = Qt.ItemDataRole.UserRole + 4
    QUIET = Qt.ItemDataRole.UserRole + 5
    ICON = Qt.ItemDataRole.UserRole + 6


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """A column of a table.

    Attributes:
        key: remembered in the settings; never changes.
        text: what stands in the cell.
        sort: what it is sorted by; its text where None.
        level: how abnormal the cell is.
        old: True where the value is not a live one; it is written pale then.
        quiet: True where nothing is left to do; it is written without emphasis then.
        icon: name of a picture before the text; an abnormal cell has its level's shape in its place.
        width: at first, in pixels; 0 takes what is left.
        hidden: not shown until chosen.
    """

    key: str
    title: str
    text: Callable[[R], str]
    sort: Callable[[R], Any] | None = None
    level: Callable[[R], Level] | None = None
    right: bool = False
    strong: bool = False
    old: Callable[[R], bool] | None = None
    quiet: Callable[[R], bool] | None = None
    icon: Callable[[R], str] | None = None
    width: int = 120
    hidden: bool = False


class RowsModel(QAbstractTableModel, Generic[R]):
    """See the module's text. ``key_of`` names a row, so that a selection survives a refresh."""

    def __init__(
        self, columns: Sequence[Column[R]], key_of: Callable[[R], object], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.key_of = key_of
        self._rows: list[R] = []

    @property
    def rows(self) -> tuple[R, ...]:
        """The rows as they stand, unsorted."""
        return tuple(self._rows)

    def row(self, number: int) -> R:
        """One row."""
        return self._rows[number]

    def show_rows(self, rows: Sequence[R]) -> None:
        """Takes new rows: changed ones are told, gone ones removed, new ones inserted."""
        new = list(rows)
        if new == self._rows:
            return
        old_keys, new_keys = [self.key_of(r) for r in self._rows], [self.key_of(r) for r in new]
        if old_keys != new_keys and not self._move_towards(old_keys, new_keys, new):
            self.beginResetModel()
            self._rows = new
            self.endResetModel()
            return
        last = len(self.columns) - 1
        for number, row in enumerate(new):
            if row != self._rows[number]:
                self._rows[number] = row
                self.dataChanged.emit(self.index(number, 0), self.index(number, last))

    def _move_towards(self, old: list[object], new: list[object], rows: list[R]) -> bool:
        """Removes and inserts single rows; False where the order changed or too much did."""
        old_set, new_set = set(old), set(new)
        gone = [n for n, key in enumerate(old) if key not in new_set]
        come = [n for n, key in enumerate(new) if key not in old_set]
        stayed = [key for key in old if key in new_set]
        if len(gone) + len(come) > MANY or stayed != [key for key in new if key in old_set]:
            return False
        for number in reversed(gone):
            self.beginRemoveRows(QModelIndex(), number, number)
            del self._rows[number]
            self.endRemoveRows()
        for number in come:
            self.beginInsertRows(QModelIndex(), number, number)
            self._rows.insert(number, rows[number])
            self.endInsertRows()
        return True

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Columns, hidden ones too."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Looks up."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(row)
        if role == RowRoles.ROW:
            return row
        if role == RowRoles.SORT:
            return column.sort(row) if column.sort is not None else column.text(row)
        if role == RowRoles.OLD:
            return column.old is not None and column.old(row)
        if role == RowRoles.QUIET:
            return column.quiet is not None and column.quiet(row)
        if role == RowRoles.ICON:
            return column.icon(row) if column.icon is not None else ""
        if role == RowRoles.LEVEL:
            return column.level(row) if column.level is not None else Level.NORMAL
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles."""
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = self.columns[section].right
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class RowsProxy(QSortFilterProxyModel):
    """Search over all columns, one filter, sorting by value and not by text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._keep: Callable[[Any], bool] | None = None
        self.setSortRole(RowRoles.SORT)

    @property
    def narrowed(self) -> bool:
        """True where a search or filter is in force."""
        return bool(self._words) or self._keep is not None

    def search(self, text: str) -> None:
        """Every word must stand somewhere in the row."""
        self.beginFilterChange()
        self._words = tuple(text.casefold().split())
        self.endFilterChange()

    def keep(self, keep: Callable[[Any], bool] | None) -> None:
        """Shows only rows for which it is true."""
        self.beginFilterChange()
        self._keep = keep
        self.endFilterChange()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Filter, then search."""
        model = self.sourceModel()
        if not isinstance(model, RowsModel):
            return True
        row = model.row(source_row)
        if self._keep is not None and not self._keep(row):
            return False
        if not self._words:
            return True
        text = " ".join(column.text(row) for column in model.columns).casefold()
        return all(word in text for word in self._words)

    def lessThan(self, source_left: Index, source_right: Index) -> bool:
        """Unknown values stand last."""
        left, right = source_left.data(RowRoles.SORT), source_right.data(RowRoles.SORT)
        if left is None or right is None:
            # Qt turns the answer round for descending order; unknown stays last in both
            last = self.sortOrder() is Qt.SortOrder.AscendingOrder
            return last if right is None and left is not None else not last and right is not None
        return bool(left < right)
