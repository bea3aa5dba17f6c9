"""Small building blocks: labels by role, elided labels, buttons, rules, layout shorthands."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from console.desktop import icons
from console.desktop.theme import Theme


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Sets a dynamic property and lets the style sheet see it."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def label(text: str = "", role: str = "", *, wrap: bool = False, name: str = "") -> QLabel:
    """A plain-text label in one of the style sheet's roles."""
    out = QLabel(text)
    out.setTextFormat(Qt.TextFormat.PlainText)  # names and messages come from outside: never as HTML
    if role:
        out.setProperty("role", role)
    if name:
        out.setObjectName(name)
    if wrap:
        out.setWordWrap(True)
        out.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return out


class ElidedLabel(QLabel):
    """One line that may be cut with an ellipsis; the whole text is its tool tip then."""

    def __init__(self, text: str = "", role: str = "", name: str = "") -> None:
        super().__init__()
        self._full = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)
        if name:
            self.setObjectName(name)
        self.set_text(text)

    @property
    def full_text(self) -> str:
        """The text before it was cut."""
        return self._full

    def set_text(self, text: str) -> None:
        """Shows a text."""
        self._full = text
        self.setAccessibleName(text)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cuts anew."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Cuts anew when the font came."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, max(self.width(), 24))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


class ElidedLines(QLabel):
    """A few lines, each cut to the width, so that long words never make the page grow; all is in the tip."""

    def __init__(self, role: str, name: str) -> None:
        super().__init__()
        self._lines: tuple[str, ...] = ()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setProperty("role", role)
        self.setObjectName(name)

    def set_lines(self, shown: Sequence[str], more: str, every: Sequence[str]) -> None:
        """Shows some of all lines; ``more`` stands below where there are others."""
        self._lines = tuple(shown) if len(shown) == len(every) else (*shown, more)
        self.setToolTip("\n".join(every))
        self.setAccessibleName("; ".join(every))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cuts anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics, room = self.fontMetrics(), max(self.width(), 24)
        cut = [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) for line in self._lines]
        if self.text() != "\n".join(cut):
            self.setText("\n".join(cut))


class Button(QPushButton):
    """A push button that is at least a finger wide, with an icon that follows the theme."""

    def __init__(
        self, text: str, theme: Theme, *, name: str = "", kind: str = "", icon: str = "", tip: str = ""
    ) -> None:
        super().__init__(text)
        self._theme, self._icon, self._kind, self._pad = theme, icon, kind, 0
        if name:
            self.setObjectName(name)
        if kind:
            self.setProperty("kind", kind)
        if tip:
            self.setToolTip(tip)
            self.setAccessibleName(tip)
        if icon:
            # Qt leaves no room between icon and words: the picture brings it along
            self._pad = 6 if text else 0
            self.setIconSize(QSize(20 + self._pad, 20))
            theme.changed.connect(self._color)
            self._color()

    def set_primary(self, primary: bool) -> None:
        """The one action of a panel is primary."""
        self._kind = "primary" if primary else ""
        restyle(self, "kind", self._kind)

    def _color(self) -> None:
        color = self._theme.color("on_accent" if self._kind in ("primary", "pin-enter") else "text")
        self.setIcon(icons.icon(self._icon, color, self._theme.color("faint"), self._pad))


class Combo(QComboBox):
    """A combo box with our chevron (a style sheet cannot colour one by token)."""

    def __init__(self, theme: Theme, name: str = "", accessible: str = "") -> None:
        super().__init__()
        self._theme = theme
        if name:
            self.setObjectName(name)
        if accessible:
            self.setAccessibleName(accessible)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.view().setTextElideMode(Qt.TextElideMode.ElideRight)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the box, then the chevron."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = 16
        rect = QRect(self.width() - side - 9, (self.height() - side) // 2, side, side)
        token = "dim" if self.isEnabled() else "faint"
        icons.draw_icon(painter, rect.toRectF(), "chevron-down", self._theme.color(token))
        painter.end()


def surface(kind: str, name: str = "") -> QFrame:
    """A frame of one of the greys: card, panel, foot, header, rail."""
    frame = QFrame()
    frame.setProperty("surface", kind)
    if name:
        frame.setObjectName(name)
    return frame


def rule() -> QFrame:
    """A thin line."""
    line = surface("rule")
    line.setFixedHeight(1)
    return line


def column(
    *items: QWidget | QLayout | int, margins: int | tuple[int, int, int, int] = 0, gap: int = 8
) -> QVBoxLayout:
    """Items from top to bottom; a number is a stretch (0: of weight 1)."""
    box = QVBoxLayout()
    _fill(box, items, margins, gap)
    return box


def row(
    *items: QWidget | QLayout | int, margins: int | tuple[int, int, int, int] = 0, gap: int = 8
) -> QHBoxLayout:
    """Items from left to right; a number is a stretch (0: of weight 1)."""
    box = QHBoxLayout()
    _fill(box, items, margins, gap)
    return box


def _fill(
    box: QVBoxLayout | QHBoxLayout,
    items: tuple[QWidget | QLayout | int, ...],
    margins: int | tuple[int, int, int, int],
    gap: int,
) -> None:
    edges = (margins,) * 4 if isinstance(margins, int) else margins
    box.setContentsMargins(*edges)
    box.setSpacing(gap)
    for item in items:
        if isinstance(item, int):
            box.addStretch(item or 1)
        elif isinstance(item, QWidget):
            box.addWidget(item)
        else:
            box.addLayout(item)


def clear(layout: QLayout) -> None:
    """Takes everything out of a layout and throws the widgets away."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        inner = item.layout()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


def mixed(front: QColor, back: QColor, share: float) -> QColor:
    """A colour between two; ``share`` of the front one."""
    return QColor.fromRgbF(
        front.redF() * share + back.redF() * (1 - share),
        front.greenF() * share + back.greenF() * (1 - share),
        front.blueF() * share + back.blueF() * (1 - share),
    )
