"""The hour grid's model: frozen rows, and which cells are ticked.

Ticks belong to proposals, not to places: a refresh that moves a column keeps them. A green or noticed cell is
ticked by itself; a person who unticks one is remembered, until the cell is decided.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from console.desktop.formats import Times, amount, difference, quantity, tr
from console.services.desk import Pick
from console.services.views import CellLevel, CountCell, CountRow, CountsView

Index = QModelIndex | QPersistentModelIndex
PICKABLE = frozenset({CellLevel.GREEN, CellLevel.NOTICE})
NOWHERE = QModelIndex()


class CountRoles(IntEnum):
    """What the delegate asks for."""

    CELL = Qt.ItemDataRole.UserRole + 1
    PICKED = Qt.ItemDataRole.UserRole + 2


class CountsModel(QAbstractTableModel):
    """See the module's text.

    Signals:
        picks_changed: other cells are ticked, or a ticked one is another version now.
    """

    picks_changed = Signal()

    def __init__(self, times: Times, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._times = times
        self._view = CountsView((), ())
        self._unticked: set[int] = set()
        self._picks: tuple[Pick, ...] = ()
        self._heads: tuple[str, ...] = ()

    @property
    def view(self) -> CountsView:
        """What is shown."""
        return self._view

    @property
    def picks(self) -> tuple[Pick, ...]:
        """The ticked cells, with the versions as shown."""
        return self._picks

    def show_view(self, view: CountsView) -> None:
        """Takes a new view; tells only the cells that differ where the grid's shape is the same."""
        old = self._view
        if view == old:
            return
        with_seconds = any(c.start.second for c in view.columns)
        clock = self._times.second if with_seconds else self._times.minute
        self._heads = tuple(clock(c.start) for c in view.columns)
        if _shape(view) != _shape(old):
            self.beginResetModel()
            self._view = view
            self.endResetModel()
        else:
            self._view = view
            self._tell_changes(old.rows, view.rows)
        alive = {c.proposal_id for r in view.rows for c in r.cells if c is not None and c.level in PICKABLE}
        self._unticked &= alive
        self._find_picks()

    @property
    def hourly(self) -> bool:
        """True where every interval is an hour; else screens call them intervals."""
        return all((c.end - c.start).total_seconds() == 3600 for c in self._view.columns)

    def cell(self, index: Index) -> CountCell | None:
        """The cell at a place."""
        if not index.isValid():
            return None
        return self._view.rows[index.row()].cells[index.column()]

    def row_at(self, row: int) -> CountRow:
        """The machine and order of a line."""
        return self._view.rows[row]

    def picked(self, cell: CountCell) -> bool:
        """Whether it is ticked."""
        return cell.level in PICKABLE and cell.proposal_id not in self._unticked

    def toggle(self, index: Index) -> bool:
        """Ticks or unticks; False where the cell cannot be ticked."""
        cell = self.cell(index)
        if cell is None or cell.level not in PICKABLE:
            return False
        self._unticked ^= {cell.proposal_id}
        place = self.index(index.row(), index.column())
        self.dataChanged.emit(place, place)
        self._find_picks()
        return True

    def tick_all(self, ticked: bool) -> None:
        """Ticks or unticks every cell that can be."""
        ids = {
            c.proposal_id for r in self._view.rows for c in r.cells if c is not None and c.level in PICKABLE
        }
        self._unticked = set() if ticked else ids
        if self._view.rows and self._view.columns:
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        self._find_picks()

    def find(self, proposal_id: int) -> QModelIndex:
        """Where a proposal stands now; invalid where it is not in view."""
        for r, row in enumerate(self._view.rows):
            for c, cell in enumerate(row.cells):
                if cell is not None and cell.proposal_id == proposal_id:
                    return self.index(r, c)
        return QModelIndex()

    # --- Qt -----------------------------------------------------------------------------------------
    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Machines and orders."""
        return 0 if parent.isValid() else len(self._view.rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Intervals."""
        return 0 if parent.isValid() else len(self._view.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Looks up; computes nothing."""
        cell = self.cell(index)
        if role == CountRoles.CELL:
            return cell
        if cell is None:
            return None
        if role == CountRoles.PICKED:
            return self.picked(cell)
        if role == Qt.ItemDataRole.DisplayRole:
            return quantity(cell.quantity)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words(cell)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Hours above, machines and orders at the left."""
        if orientation is Qt.Orientation.Horizontal:
            if section >= len(self._view.columns):
                return None
            if role == Qt.ItemDataRole.DisplayRole:
                return self._heads[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if role == Qt.ItemDataRole.ToolTipRole:
                return self._times.full(self._view.columns[section].start)
            return None
        if section >= len(self._view.rows):
            return None
        row = self._view.rows[section]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            parts = (row.title, row.order_reference or tr("no order"), row.product, row.unit_note)
            return "\n".join(p for p in parts if p)
        return None

    # ------------------------------------------------------------------------------------------------
    def _words(self, cell: CountCell) -> str:
        expected = tr(
            "expected {n}, {d}", n=quantity(cell.expected), d=difference(cell.quantity - cell.expected)
        )
        parts = [amount(cell.quantity, cell.unit), expected, cell.state.value]
        if cell.scrap:
            parts.append(tr("scrap {n}", n=quantity(cell.scrap)))
        if cell.posting is not None:
            parts.append(cell.posting.value.replace("_", " "))
        return ", ".join(parts) + (f"\n{cell.note}" if cell.note else "")

    def _tell_changes(self, old: tuple[CountRow, ...], new: tuple[CountRow, ...]) -> None:
        for r, (before, after) in enumerate(zip(old, new, strict=True)):
            changed = [
                c for c, pair in enumerate(zip(before.cells, after.cells, strict=True)) if pair[0] != pair[1]
            ]
            if changed:
                self.dataChanged.emit(self.index(r, min(changed)), self.index(r, max(changed)))

    def _find_picks(self) -> None:
        picks = tuple(
            Pick(c.proposal_id, c.version)
            for r in self._view.rows
            for c in r.cells
            if c is not None and self.picked(c)
        )
        if picks != self._picks:
            self._picks = picks
            self.picks_changed.emit()


def _shape(view: CountsView) -> tuple[object, ...]:
    heads = tuple(
        (r.machine, r.order_reference, r.title, r.product, r.unit_note, len(r.cells)) for r in view.rows
    )
    return view.columns, heads
