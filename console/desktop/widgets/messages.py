"""What is said in place: the message bar of a page, and what an empty list says."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from console.desktop import icons
from console.desktop.formats import tr
from console.desktop.object_names import LIST_EMPTY, MESSAGE_BAR, MESSAGE_CLOSE
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, column, label, row
from console.desktop.widgets.shapes import ShapeMark
from console.errors import ConsoleError
from console.services.views import Level

GOES_AFTER_MS = 8000


class MessageBar(QFrame):
    """Says what happened, to what, and what to do next; good news goes by itself, errors stay."""

    def __init__(self, theme: Theme, name: str = MESSAGE_BAR) -> None:
        super().__init__()
        self.setObjectName(name)
        self._theme = theme
        self._level = Level.NORMAL
        self._mark = ShapeMark(theme)
        self._what = label("", "strong", wrap=True)
        self._remedy = label("", "dim", wrap=True)
        close = Button("", theme, name=MESSAGE_CLOSE, kind="icon", icon="x", tip=tr("Close this message"))
        close.setProperty("kind", "icon")
        close.clicked.connect(self.clear)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)
        text = column(self._what, self._remedy, gap=2)
        layout = row(self._mark, text, close, margins=(16, 6, 6, 6), gap=12)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown; empty while hidden."""
        return "" if self.isHidden() else f"{self._what.text()} {self._remedy.text()}".strip()

    def say(self, what: str, remedy: str = "", level: Level = Level.NORMAL) -> None:
        """Shows a message."""
        self._level = level
        self._mark.set_level(level)
        self._what.setText(what)
        self._remedy.setText(remedy)
        self._remedy.setVisible(bool(remedy))
        self.setAccessibleName(f"{what} {remedy}")
        self.show()
        self.update()
        if level in (Level.NORMAL, Level.NOTICE):
            self._timer.start(GOES_AFTER_MS)
        else:
            self._timer.stop()

    def error(self, error: ConsoleError) -> None:
        """Shows an error in its own words."""
        self.say(error.what, error.remedy, Level.HIGH)

    def clear(self) -> None:
        """Hides it."""
        self._timer.stop()
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card with a bar of the level's colour at its left."""
        painter = QPainter(self)
        draw_card(painter, QRectF(self.rect()), self._theme, self._level)
        painter.end()


def draw_card(painter: QPainter, rect: QRectF, theme: Theme, level: Level, fill: str = "card") -> None:
    """A card; abnormal ones have the level's line and a thick left edge."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = theme.measure("radius")
    plain = level in (Level.NORMAL, Level.NOTICE)
    line = theme.color("line") if plain else theme.level(level)
    inner = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(line, 1))
    painter.setBrush(theme.color(fill))
    painter.drawRoundedRect(inner, radius, radius)
    if not plain:
        painter.setClipRect(QRectF(rect.left(), rect.top(), 4, rect.height()))
        painter.setBrush(line)
        painter.drawRoundedRect(inner, radius, radius)
    painter.restore()


class EmptyState(QWidget):
    """An empty list says what would be here."""

    def __init__(self, theme: Theme, icon: str, title: str, text: str, name: str = LIST_EMPTY) -> None:
        super().__init__()
        self.setObjectName(name)
        self._theme, self._icon = theme, icon
        self._title = label(title, "heading")
        self._text = label(text, "dim", wrap=True)
        self._text.setFixedWidth(420)
        self._space = QWidget()
        self._space.setFixedSize(40, 40)
        inner = column(self._space, self._title, self._text, gap=8)
        self.setLayout(column(0, row(0, inner, 0), 0, 0, margins=24))

    def say(self, title: str, text: str) -> None:
        """Other words (a search that finds nothing is not an empty plant)."""
        self._title.setText(title)
        self._text.setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the icon above the words."""
        painter = QPainter(self)
        rect = QRectF(self._space.geometry())
        icons.draw_icon(painter, rect.adjusted(0, 0, -4, -4), self._icon, self._theme.color("bar"))
        painter.end()
