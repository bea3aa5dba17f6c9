"""What one shift leaves to the next: lines of what is open, and notes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.formats import Times, tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, clear, column, label, row
from console.services.views.shift import ShiftNote

MOST_LINES = 8  # of each kind; the page behind it shows all
MOST_NOTES = 100


class OpenLines(QFrame):
    """One kind of what is handed over, with the way to its page (none without a key).

    Signals:
        go: to where it is solved.
    """

    go = Signal()

    def __init__(self, theme: Theme, key: str, title: str) -> None:
        super().__init__()
        self._title_words = title
        self._shown: tuple[str, ...] | None = None
        self._title = label(title, "group")
        open_ = Button(tr("Open"), theme, name=names.shift_open(key), kind="link", icon="arrow-right")
        open_.setVisible(bool(key))
        open_.setAccessibleName(tr("Open {what}", what=title))
        open_.clicked.connect(self.go)
        self._open = open_
        self._lines: QVBoxLayout = column(gap=2)
        self.setLayout(column(row(self._title, 0, open_), self._lines, gap=0))

    def show_lines(self, lines: tuple[str, ...]) -> None:
        """Shows them, the first ones where there are many."""
        if lines == self._shown:
            return
        self._shown = lines
        self._title.setText(f"{self._title_words}: {len(lines)}" if lines else self._title_words)
        clear(self._lines)
        for text in lines[:MOST_LINES]:
            self._lines.addWidget(label(text, wrap=True))
        if len(lines) > MOST_LINES:
            self._lines.addWidget(label(tr("and {n} more", n=len(lines) - MOST_LINES), "dim"))
        if not lines:
            self._lines.addWidget(label(tr("None open."), "dim"))


class NoteList(QWidget):
    """Notes, oldest first."""

    def __init__(self, times: Times) -> None:
        super().__init__()
        self._times = times
        self._shown: tuple[ShiftNote, ...] | None = None
        self._lines: QVBoxLayout = column(gap=6)
        self.setLayout(self._lines)

    def show_notes(self, notes: tuple[ShiftNote, ...]) -> None:
        """Shows them."""
        if notes == self._shown:
            return
        self._shown = notes
        clear(self._lines)
        for note in notes[-MOST_NOTES:]:
            head = label(f"{self._times.minute(note.at)} · {note.person}", "small")
            self._lines.addLayout(column(head, label(note.text, wrap=True), gap=0))
        if not notes:
            self._lines.addWidget(label(tr("No note yet."), "dim"))
