"""Icons: the shipped SVG files, coloured with a token when they are drawn."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from console.desktop.resources import resource


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(text.replace("currentColor", color).encode()))


def draw_icon(painter: QPainter, rect: QRectF, name: str, color: QColor) -> None:
    """Draws the icon sharply at any scale."""
    _renderer(name, color.name()).render(painter, rect)


def pixmap(name: str, color: QColor, size: int, ratio: float = 1.0, pad: int = 0) -> QPixmap:
    """The icon as a picture of ``size`` device-independent pixels, with ``pad`` empty ones at its right."""
    out = QPixmap(QSize(round((size + pad) * ratio), round(size * ratio)))
    out.setDevicePixelRatio(ratio)
    out.fill(Qt.GlobalColor.transparent)
    painter = QPainter(out)
    draw_icon(painter, QRectF(0, 0, size, size), name, color)
    painter.end()
    return out


def icon(name: str, color: QColor, disabled: QColor | None = None, pad: int = 0) -> QIcon:
    """The icon for a button, at single and double resolution."""
    out = QIcon()
    for ratio in (1.0, 2.0):
        out.addPixmap(pixmap(name, color, 20, ratio, pad))
        if disabled is not None:
            out.addPixmap(pixmap(name, disabled, 20, ratio, pad), QIcon.Mode.Disabled)
    return out
