"""One way to go on, as a card: what it is, what it will do, and why it cannot be chosen where it cannot."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from console.desktop import icons
from console.desktop.theme import Theme, make_font

PAD = 12
MARK = 26


class OptionCard(QAbstractButton):
    """A large radio button.

    Signals:
        entered: Enter was pressed on it: chosen, and on to the action.
    """

    entered = Signal()

    def __init__(self, theme: Theme, name: str, title: str, text: str, why_not: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setEnabled(not why_not)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme, self.title, self.body = theme, title, why_not or text
        self.why_not = why_not
        self.setAccessibleName(f"{title}. {self.body}")
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def hasHeightForWidth(self) -> bool:
        """Text wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Both texts, wrapped."""
        room = width - 2 * PAD - MARK
        height = _height(self.title, 14, True, room) + 2 * 9
        if self.body:
            height += _height(self.body, 12, False, room) + 2
        return max(height, 48)

    def sizeHint(self) -> QSize:
        """A usual width."""
        return QSize(280, self.heightForWidth(max(self.width(), 280)))

    def minimumSizeHint(self) -> QSize:
        """Narrow is taller."""
        return QSize(150, 48)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses and goes on; arrows and Space are Qt's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.setChecked(True)
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, mark, texts; a barred one is pale and says why."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, on, able = self._theme, self.isChecked(), self.isEnabled()
        line = theme.color("accent" if able and (on or self.hasFocus()) else "line")
        painter.setPen(QPen(line, 2 if able and on else 1))
        fill = "panel" if not able else "sel" if self.hasFocus() and on else "field"
        painter.setBrush(theme.color(fill))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        self._paint_mark(painter, on, able)
        room = self.width() - 2 * PAD - MARK
        used = _height(self.title, 14, True, room)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap)
        painter.setFont(make_font(14, strong=True))
        painter.setPen(theme.color("text" if able else "faint"))
        painter.drawText(QRectF(PAD + MARK, 9, room, used), flags, self.title)
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(PAD + MARK, 11 + used, room, self.height()), flags, self.body)
        painter.end()

    def _paint_mark(self, painter: QPainter, on: bool, able: bool) -> None:
        theme = self._theme
        if not able:
            icons.draw_icon(painter, QRectF(PAD - 1, 11, 16, 16), "ban", theme.color("faint"))
            return
        painter.setPen(QPen(theme.color("accent" if on else "line_strong"), 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        mark = QRectF(PAD, 12, 15, 15)
        painter.drawEllipse(mark)
        if on:
            painter.setBrush(theme.color("accent"))
            painter.drawEllipse(mark.adjusted(4, 4, -4, -4))


def _height(text: str, size: int, strong: bool, width: int) -> int:
    metrics = QFontMetrics(make_font(size, strong=strong))
    rect = metrics.boundingRect(QRect(0, 0, max(width, 40), 4000), int(Qt.TextFlag.TextWordWrap), text)
    return rect.height()
