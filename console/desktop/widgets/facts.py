"""Evidence as a small table; the last row is the one to look at, so it is bold."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout

from console.desktop.widgets.basics import clear, label, restyle, rule
from console.services.views import FactTable


class FactsView(QFrame):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self.setLayout(self._grid)
        self.hide()

    def show_facts(self, facts: FactTable | None) -> None:
        """Shows a table, or nothing."""
        clear(self._grid)
        self.setVisible(facts is not None)
        if facts is None:
            return
        place = 0
        for number, line in enumerate((facts.headers, *facts.rows)):
            if number:
                self._grid.addWidget(rule(), place, 0, 1, len(facts.headers))
                place += 1
            last = number == len(facts.rows)
            for column, text in enumerate(line):
                cell = label(text, wrap=True)
                cell.setContentsMargins(12, 8, 8, 8)
                restyle(cell, "role", "group" if number == 0 else "strong" if last else "")
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._grid.addWidget(cell, place, column)
            place += 1
        for column in range(len(facts.headers)):
            self._grid.setColumnStretch(column, 2 if (column == 0) is (len(facts.headers) == 2) else 3)
