"""A panel that slides in from the right over the page; Esc or a press beside closes it."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPropertyAnimation, QRect, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from console.desktop.formats import tr
from console.desktop.object_names import SLIDE_OVER, SLIDE_OVER_CLOSE
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, column, label, row, surface

WIDTH = 440
SLIDE_MS = 140


class SlideOver(QWidget):
    """Covers its parent; the panel stands at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(SLIDE_OVER)
        self._theme = theme
        self._title = label("", "title")
        close = Button("", theme, name=SLIDE_OVER_CLOSE, kind="icon", icon="x", tip=tr("Close"))
        close.clicked.connect(self.dismiss)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._panel = surface("card")
        self._panel.setParent(self)
        self._panel.setLayout(column(row(self._title, 0, close), self._scroll, margins=16, gap=12))
        self._slide = QPropertyAnimation(self._panel, b"geometry", self)
        self._slide.setDuration(SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        parent.installEventFilter(self)
        self.hide()

    def open(self, title: str, content: QWidget) -> None:
        """Shows a panel; one that was open gives way."""
        self._title.setText(title)
        content.setProperty("surface", "clear")
        self._scroll.setWidget(content)
        self.setGeometry(self._parent_rect())
        self.show()
        self.raise_()
        end = self._place()
        self._slide.stop()
        self._slide.setStartValue(end.translated(48, 0))
        self._slide.setEndValue(end)
        self._slide.start()
        self.setFocus()

    def dismiss(self) -> None:
        """Closes it."""
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps to the size of the parent."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._parent_rect())
            self._slide.stop()
            self._panel.setGeometry(self._place())
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press beside the panel closes it."""
        if not self._panel.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dims what is behind."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("scrim"))
        painter.end()

    def _parent_rect(self) -> QRect:
        parent = self.parentWidget()
        return parent.rect() if parent is not None else QRect()

    def _place(self) -> QRect:
        width = min(WIDTH, self.width())
        return QRect(self.width() - width, 0, width, self.height())
