"""The PIN pad: large keys, dots for what was typed, the keyboard works too."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from console.desktop.formats import tr
from console.desktop.object_names import SIGN_IN_ENTER, SIGN_IN_PIN, SIGN_IN_PIN_BACK, sign_in_pin
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, column, row

MAX_DIGITS = 12


class PinDots(QWidget):
    """As many dots as digits were typed; never the digits."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._count = 0
        self.setFixedHeight(32)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def set_count(self, count: int) -> None:
        """How many digits there are."""
        self._count = count
        self.setAccessibleName(tr("{n} digits typed", n=count))
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for the longest PIN."""
        return QSize(250, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the dots, at least four places."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = max(4, self._count)
        gap = 26 if places <= 8 else 19
        left = self.width() / 2 - (places - 1) * gap / 2
        for number in range(places):
            filled = number < self._count
            painter.setPen(QPen(self._theme.color("text" if filled else "line_strong"), 1.6))
            painter.setBrush(self._theme.color("text") if filled else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(left + number * gap, self.height() / 2), 6, 6)
        painter.end()


class PinPad(QWidget):
    """Keys 0 to 9, back, and one that enters.

    Signals:
        entered: the PIN that was typed.
        edited: a digit came or went.
    """

    entered = Signal(str)
    edited = Signal()

    def __init__(self, theme: Theme, beside: QWidget | None = None) -> None:
        """``beside``: stands left of the keys with the dots below it, so that the pad takes little height."""
        super().__init__()
        self._kind = "pin" if beside is None else "pin-low"
        self.setObjectName(SIGN_IN_PIN)
        self.setAccessibleName(tr("PIN"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pin = ""
        self._dots = PinDots(theme)
        grid = QGridLayout()
        grid.setSpacing(8)
        for number in range(1, 10):
            grid.addWidget(self._key(theme, number), (number - 1) // 3, (number - 1) % 3)
        back = Button(
            "", theme, name=SIGN_IN_PIN_BACK, kind=self._kind, icon="delete", tip=tr("Delete a digit")
        )
        back.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        back.clicked.connect(self.back)
        self.enter = Button("", theme, name=SIGN_IN_ENTER, kind="pin-enter", icon="check", tip=tr("Enter"))
        self.enter.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.enter.clicked.connect(self._enter)
        grid.addWidget(back, 3, 0)
        grid.addWidget(self._key(theme, 0), 3, 1)
        grid.addWidget(self.enter, 3, 2)
        if beside is None:
            self.setLayout(column(self._dots, grid, gap=12))
        else:
            self._dots.setMinimumWidth(120)
            line = row(column(beside, self._dots, 0, gap=10), grid, gap=12)
            line.setStretch(0, 1)
            self.setLayout(line)
        self._show()

    @property
    def pin(self) -> str:
        """What was typed."""
        return self._pin

    def clear(self) -> None:
        """Forgets what was typed."""
        self._pin = ""
        self._show()

    def back(self) -> None:
        """Forgets the last digit."""
        self._pin = self._pin[:-1]
        self._show()
        self.edited.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits, Backspace, Escape and Enter."""
        text = event.text()
        if text.isdecimal() and text.isascii():
            self._digit(int(text))
        elif event.key() == Qt.Key.Key_Backspace:
            self.back()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)

    def _key(self, theme: Theme, number: int) -> Button:
        key = Button(str(number), theme, name=sign_in_pin(number), kind=self._kind)
        key.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the pad keeps the focus, so keys and keyboard mix
        key.clicked.connect(lambda: self._digit(number))
        return key

    def _digit(self, number: int) -> None:
        if len(self._pin) < MAX_DIGITS:
            self._pin += str(number)
            self._show()
            self.edited.emit()

    def _enter(self) -> None:
        if self._pin:
            self.entered.emit(self._pin)

    def _show(self) -> None:
        self._dots.set_count(len(self._pin))
        self.enter.setEnabled(bool(self._pin))
