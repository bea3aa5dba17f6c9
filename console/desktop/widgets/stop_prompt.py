"""One line above every page: a machine stands and nobody said why. It asks, it does not stand in the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QSizePolicy

from console.desktop import object_names as names
from console.desktop.formats import duration, tr
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, ElidedLabel, row
from console.desktop.widgets.messages import draw_card
from console.desktop.widgets.shapes import ShapeMark
from console.services.views import Level, StopPrompt


def prompt_words(prompt: StopPrompt, waiting: int, now: datetime) -> str:
    """``Filler 2 stands for 6 min: say why``, and how many others wait."""
    seconds = ((prompt.ended_at or now) - prompt.started_at).total_seconds()
    length = duration(seconds if seconds < 60 else seconds // 60 * 60)
    words = (
        tr("{machine} stands for {time}: say why.", machine=prompt.title, time=length)
        if prompt.ended_at is None
        else tr("{machine} stood for {time}: say why.", machine=prompt.title, time=length)
    )
    others = waiting - 1
    if others == 1:
        return words + tr(" One more stop waits.")
    return words + (tr(" {n} more stops wait.", n=others) if others > 1 else "")


class StopPromptBar(QFrame):
    """See the module's text. It comes and goes by itself and never takes the focus.

    Signals:
        go: a person wants to say why; the stop's id.
    """

    go = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(names.STOP_PROMPT)
        self._theme = theme
        self._prompt: StopPrompt | None = None
        self._put_off: set[int] = set()
        self._text = ElidedLabel("", "strong")
        go = Button(tr("Say why"), theme, name=names.STOP_PROMPT_GO)
        go.clicked.connect(self._go)
        later = Button(
            "", theme, name=names.STOP_PROMPT_LATER, kind="icon", icon="x", tip=tr("Later: it stays on Stops")
        )
        later.clicked.connect(self._later)
        for button in (go, later):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = row(ShapeMark(theme, Level.HIGH), self._text, go, later, margins=(16, 3, 4, 3), gap=12)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        theme.changed.connect(self.update)
        self.hide()

    @property
    def text(self) -> str:
        """What is asked; empty while hidden."""
        return "" if self.isHidden() else self._text.full_text

    def show_prompts(self, prompts: Sequence[StopPrompt], waiting: int, now: datetime) -> None:
        """Asks about the first one that was not put off; ``waiting``: how many there are in all."""
        prompt = next((p for p in prompts if p.stop_id not in self._put_off), None)
        if prompt is None:
            self._prompt = None
            self.hide()
            return
        if self._prompt is None and QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return  # nothing moves away under a finger; it comes with the next refresh
        self._prompt = prompt
        self._text.set_text(prompt_words(prompt, waiting, now))
        self.setAccessibleName(self._text.full_text)
        self.show()

    def ask_again(self) -> None:
        """Another person: what one put off is asked again."""
        self._put_off.clear()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card with the level's edge."""
        painter = QPainter(self)
        draw_card(painter, QRectF(self.rect()), self._theme, Level.HIGH)
        painter.end()

    def _go(self) -> None:
        if self._prompt is not None:
            self.go.emit(self._prompt.stop_id)

    def _later(self) -> None:
        if self._prompt is not None:
            self._put_off.add(self._prompt.stop_id)
            self._prompt = None
            self.hide()
