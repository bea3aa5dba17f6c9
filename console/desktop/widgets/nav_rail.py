"""The left rail: the pages, with counts of what waits."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QScrollArea, QSizePolicy, QWidget

from console.desktop import icons
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.basics import column

HEIGHT = 62
ROOMY = 54  # from this height on a button has air around its picture


class NavButton(QAbstractButton):
    """A page's button: icon, word, and how many things wait there."""

    def __init__(self, theme: Theme, key: str, icon: str, text: str) -> None:
        super().__init__()
        self.key = key
        self.setObjectName(f"nav_{key}")
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        # on a low screen all entries shrink together, down to a finger
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._theme, self._icon = theme, icon
        self._count, self._urgent = 0, False
        theme.changed.connect(self.update)

    @property
    def count(self) -> int:
        """How many things wait."""
        return self._count

    def set_count(self, count: int, urgent: bool) -> None:
        """Shows how many things wait; ``urgent``: something is abnormal, so the badge is coloured."""
        if (count, urgent) != (self._count, self._urgent):
            self._count, self._urgent = count, urgent
            self.setAccessibleName(f"{self.text()}, {count}" if count else self.text())
            self.update()

    def sizeHint(self) -> QSize:
        """A finger high, with room."""
        return QSize(self._theme.measure("rail") - 1, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """A finger high."""
        return QSize(self._theme.measure("rail") - 1, self._theme.measure("touch"))

    def _picture(self) -> QRectF:
        """Where the icon stands: with the word below it in the middle of the height."""
        side, word = (22.0, 22.0) if self.height() >= ROOMY else (18.0, 18.0)
        return QRectF((self.width() - side) / 2, (self.height() - side - word) / 2 - 1, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints ground, edge, icon, word, badge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        if on or self.underMouse():
            painter.fillRect(self.rect(), self._theme.color("sel" if on else "hover"))
        if on:
            painter.fillRect(0, 0, 3, self.height(), self._theme.color("accent"))
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRect(self.rect().adjusted(4, 3, -3, -3))
        color = self._theme.color("text" if on else "dim")
        picture = self._picture()
        icons.draw_icon(painter, picture, self._icon, color)
        painter.setFont(make_font(12, strong=on))
        painter.setPen(color)
        gap = 4 if self.height() >= ROOMY else 1
        words = QRectF(0, picture.bottom() + gap, self.width(), 18)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text())
        if self._count:
            self._draw_badge(painter)
        painter.end()

    def _draw_badge(self, painter: QPainter) -> None:
        font = make_font(11, strong=True)
        text = str(self._count) if self._count < 100 else "99+"
        width = max(18.0, QFontMetricsF(font).horizontalAdvance(text) + 9)
        rect = QRectF(self.width() / 2 + 8, max(1.0, self._picture().top() - 5), width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("high_text" if self._urgent else "bar2"))
        painter.drawRoundedRect(rect, 9, 9)
        painter.setFont(font)
        painter.setPen(self._theme.color("on_alarm" if self._urgent else "text"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


class NavRail(QFrame):
    """All pages, from top to bottom.

    Signals:
        picked: the key of the page.
    """

    picked = Signal(str)

    def __init__(self, theme: Theme, pages: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__()
        self.setProperty("surface", "rail")
        self.setFixedWidth(theme.measure("rail"))
        self._group = QButtonGroup(self)
        self._buttons: dict[str, NavButton] = {}
        for key, icon, text in pages:
            button = NavButton(theme, key, icon, text)
            button.clicked.connect(lambda _=False, k=key: self.picked.emit(k))
            self._group.addButton(button)
            self._buttons[key] = button
        *upper, last = self._buttons.values()  # Settings stands at the foot
        inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(column(*upper, 0, last, margins=(0, 6, 0, 6), gap=0))
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        for set_policy in (scroll.setHorizontalScrollBarPolicy, scroll.setVerticalScrollBarPolicy):
            set_policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll = scroll
        self.setLayout(column(scroll, margins=(0, 0, 1, 0)))

    def show_page(self, key: str) -> None:
        """Marks the page that is shown."""
        self._buttons[key].setChecked(True)
        self._scroll.ensureWidgetVisible(self._buttons[key], 0, 0)

    def set_count(self, key: str, count: int, urgent: bool = False) -> None:
        """Shows how many things wait on a page."""
        self._buttons[key].set_count(count, urgent)
