"""How far a decision has come: decided here, written to Odoo, seen there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.desktop import icons
from console.desktop.formats import tr
from console.desktop.theme import Theme, make_font
from console.domain.postings import PostingState
from console.services.views import Level

STUCK = {
    PostingState.UNKNOWN: Level.MEDIUM,
    PostingState.REJECTED: Level.CRITICAL,
    PostingState.DEAD_LETTER: Level.HIGH,
}
_DONE = {PostingState.POSTED: 2, PostingState.VERIFIED: 3}
HEIGHT = 34


def posting_words(posting: PostingState | None) -> str:
    """In a few words, for lists."""
    return {
        None: "",
        PostingState.READY: tr("waits for Odoo"),
        PostingState.SENDING: tr("on its way to Odoo"),
        PostingState.UNKNOWN: tr("not known whether Odoo has it"),
        PostingState.POSTED: tr("waits for Odoo's read-back"),
        PostingState.VERIFIED: tr("seen in Odoo"),
        PostingState.REJECTED: tr("Odoo refused"),
        PostingState.DEAD_LETTER: tr("given up, see Outbox"),
    }[posting]


class ReadBack(QWidget):
    """Three steps in a line; hidden where nothing is on its way."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._theme = theme
        self._posting: PostingState | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        self.hide()

    @property
    def words(self) -> str:
        """The steps as read aloud."""
        return self.accessibleName()

    def show_posting(self, posting: PostingState | None) -> None:
        """Shows how far it is."""
        self._posting = posting
        self.setVisible(posting is not None)
        self.setAccessibleName(posting_words(posting))
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(300, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Done ones with a tick, the next one as a clock, stuck ones with the level's colour."""
        if self._posting is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        done = _DONE.get(self._posting, 1)
        stuck = STUCK.get(self._posting)
        left = 2.0
        for number, words in enumerate(self._step_words(), 1):
            now = number == done + 1
            if number <= done:
                icon, color, strong = "circle-check", theme.color("text"), False
            elif now:
                icon = "circle-alert" if stuck else "clock"
                color = theme.level(stuck, words=True) if stuck else theme.color("text")
                strong = True
            else:
                icon, color, strong = "clock", theme.color("faint"), False
            icons.draw_icon(painter, QRectF(left, HEIGHT / 2 - 8, 16, 16), icon, color)
            font = make_font(12, strong=strong)
            painter.setFont(font)
            painter.setPen(color)
            width = QFontMetrics(font).horizontalAdvance(words)
            painter.drawText(QRectF(left + 22, 0, width + 4, HEIGHT), Qt.AlignmentFlag.AlignVCenter, words)
            left += 22 + width + 10
            if number < 3:
                painter.setPen(QPen(theme.color("line_strong"), 1))
                painter.drawLine(int(left), HEIGHT // 2, int(left + 18), HEIGHT // 2)
                left += 28
        painter.end()

    def _step_words(self) -> tuple[str, str, str]:
        written, seen = tr("written to Odoo"), tr("seen in Odoo")
        if self._posting is PostingState.READY:
            written = tr("waits to be written")
        elif self._posting is PostingState.SENDING:
            written = tr("being written")
        elif self._posting is PostingState.UNKNOWN:
            written = tr("written? not known yet")
        elif self._posting is PostingState.REJECTED:
            written = tr("Odoo refused it")
        elif self._posting is PostingState.DEAD_LETTER:
            written = tr("given up, see Outbox")
        elif self._posting is PostingState.POSTED:
            seen = tr("waits for Odoo's read-back")
        return tr("decided here"), written, seen
