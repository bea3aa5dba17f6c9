"""One way to decide, as a card: what it is, and what it will do."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from console.desktop.formats import tr
from console.desktop.object_names import decision_choice
from console.desktop.theme import Theme, make_font
from console.domain.proposals import Choice, Override

PAD = 12


class ChoiceCard(QAbstractButton):
    """A large radio button."""

    def __init__(self, theme: Theme, choice: Choice) -> None:
        super().__init__()
        self.setObjectName(decision_choice(choice.key))
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{choice.title}. {choice.effect}")
        self._theme, self.choice = theme, choice
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    @property
    def lines(self) -> tuple[str, str]:
        """Title, and effect with what it needs."""
        choice = self.choice
        said = choice.needs is Override.NOBODY or choice.needs.value in choice.effect
        needs = "" if said else tr("Needs {what}.", what=choice.needs.value)
        return choice.title, " ".join(p for p in (choice.effect, needs) if p)

    def hasHeightForWidth(self) -> bool:
        """Text wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Both texts, wrapped."""
        title, effect = self.lines
        room = width - 2 * PAD - 26
        height = _text_height(title, 14, True, room) + 2 * 10
        if effect:
            height += _text_height(effect, 12, False, room) + 3
        return max(height, 48)

    def sizeHint(self) -> QSize:
        """A usual width."""
        return QSize(300, self.heightForWidth(max(self.width(), 300)))

    def minimumSizeHint(self) -> QSize:
        """Narrow is taller."""
        return QSize(160, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, radio mark, texts."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, on = self._theme, self.isChecked()
        line = theme.color("accent" if on or self.hasFocus() else "line")
        painter.setPen(QPen(line, 2 if on else 1))
        painter.setBrush(theme.color("sel" if self.hasFocus() and on else "field"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.setPen(QPen(theme.color("accent" if on else "line_strong"), 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        mark = QRectF(PAD, 13, 15, 15)
        painter.drawEllipse(mark)
        if on:
            painter.setBrush(theme.color("accent"))
            painter.drawEllipse(mark.adjusted(4, 4, -4, -4))
        title, effect = self.lines
        room = self.width() - 2 * PAD - 26
        used = _text_height(title, 14, True, room)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.setFont(make_font(14, strong=True))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(PAD + 26, 10, room, used), int(flags), title)
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(PAD + 26, 13 + used, room, self.height()), int(flags), effect)
        painter.end()


def _text_height(text: str, size: int, strong: bool, width: int) -> int:
    metrics = QFontMetrics(make_font(size, strong=strong))
    rect = metrics.boundingRect(QRect(0, 0, max(width, 40), 4000), int(Qt.TextFlag.TextWordWrap), text)
    return rect.height()
