"""A box to tick with its word, a finger high (a style sheet cannot draw the tick by token)."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from console.desktop import icons
from console.desktop.theme import Theme, make_font

SIDE = 20


class TickBox(QAbstractButton):
    """See the module's text."""

    def __init__(self, theme: Theme, name: str, text: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._theme = theme
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """The word, and the box before it."""
        words = QFontMetrics(make_font(14, strong=True)).horizontalAdvance(self.text())
        return QSize(SIDE + 12 + words + 8, self._theme.measure("touch"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box, tick, word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, on = self._theme, self.isChecked()
        box = QRectF(1.5, (self.height() - SIDE) / 2, SIDE, SIDE)
        edge = "accent" if on or self.hasFocus() else "line_strong"
        painter.setPen(QPen(theme.color(edge), 2 if self.hasFocus() else 1.4))
        painter.setBrush(theme.color("accent" if on else "field"))
        painter.drawRoundedRect(box, 4, 4)
        if on:
            icons.draw_icon(painter, box.adjusted(2, 2, -2, -2), "check", theme.color("on_accent"))
        painter.setFont(make_font(14, strong=True))
        painter.setPen(theme.color("text" if self.isEnabled() else "faint"))
        words = QRectF(SIDE + 12, 0, self.width() - SIDE - 12, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()
