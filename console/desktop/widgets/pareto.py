"""Pareto: which reasons took the time, longest first, with the share so far. Grey: it asks for nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.desktop.formats import quantity, tr
from console.desktop.theme import Theme, make_font
from console.services.views.stops import ParetoBar

LINE = 28
HEAD = 22
LEAST_BAR = 2.0
WORDS_WIDTH = 162.0  # minutes, stops and the share so far, right of the bar


class Pareto(QWidget):
    """See the module's text.

    Attributes:
        most: bars that are shown; what is left over is summed up in one more.
    """

    def __init__(self, theme: Theme, name: str, most: int = 5) -> None:
        super().__init__()
        self.setObjectName(name)
        self._theme, self.most = theme, most
        self._bars: tuple[ParetoBar, ...] = ()
        self._summed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def bars(self) -> tuple[ParetoBar, ...]:
        """What is drawn."""
        return self._bars

    def show_bars(self, bars: Sequence[ParetoBar]) -> None:
        """Shows others."""
        shown = tuple(bars) if len(bars) <= self.most else summed(bars, self.most)
        if shown == self._bars:
            return
        self._bars, self._summed = shown, len(bars) > self.most
        words = (
            tr(
                "{reason}: {n} min, {stops} stops, {share} %",
                reason=b.reason,
                n=quantity(b.minutes, 1),
                stops=b.stops,
                share=quantity(b.share * 100, 0),
            )
            for b in shown
        )
        self.setAccessibleName("; ".join(words) or tr("No lost time"))
        self.setToolTip(self.accessibleName().replace("; ", "\n"))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As many lines as bars."""
        return QSize(320, HEAD + LINE * max(1, len(self._bars)))

    def minimumSizeHint(self) -> QSize:
        """Narrow is enough."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Head, then a line for each reason."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, width = self._theme, float(self.width())
        painter.setFont(make_font(12))
        painter.setPen(theme.color("faint"))
        if not self._bars:
            painter.drawText(QRectF(0, 0, width, LINE), Qt.AlignmentFlag.AlignVCenter, tr("No lost time."))
            painter.end()
            return
        words = min(WORDS_WIDTH, width * 0.42)
        for x, text in self._cells(width, words, (tr("min"), tr("stops"), tr("so far"))):
            painter.drawText(QRectF(x[0], 0, x[1], HEAD), _RIGHT, text)
        names = self._names_width(width)
        for number, bar in enumerate(self._bars):
            rect = QRectF(0, HEAD + number * LINE, width, LINE)
            self._draw_bar(painter, bar, rect, names, words)
        painter.end()

    def _names_width(self, width: float) -> float:
        metrics = QFontMetricsF(make_font(13))
        longest = max(metrics.horizontalAdvance(b.reason) for b in self._bars)
        return min(math.ceil(longest), width * 0.36) + 12

    def _cells(
        self, width: float, words: float, texts: tuple[str, str, str]
    ) -> list[tuple[tuple[float, float], str]]:
        left, third = width - words, words / 3
        return [((left + n * third, third), text) for n, text in enumerate(texts)]

    def _draw_bar(self, painter: QPainter, bar: ParetoBar, rect: QRectF, names: float, words: float) -> None:
        theme = self._theme
        painter.setFont(make_font(13))
        painter.setPen(theme.color("text"))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(bar.reason, Qt.TextElideMode.ElideRight, int(names - 10))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, name)
        room = rect.width() - names - words - 8
        named = self._bars[:-1] if self._summed and len(self._bars) > 1 else self._bars
        most = max(b.minutes for b in named) or 1.0  # many small ones together must not dwarf the large ones
        long = min(room, max(LEAST_BAR, room * bar.minutes / most))
        place = QRectF(names, rect.top() + 7, long, LINE - 14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("bar_soft"))
        painter.drawRoundedRect(place, 2, 2)
        texts = (quantity(bar.minutes, 1), str(bar.stops), f"{quantity(bar.cumulative * 100, 0)} %")
        for number, (x, text) in enumerate(self._cells(rect.width(), words, texts)):
            painter.setFont(make_font(13, strong=number == 0))
            painter.setPen(theme.color("text" if number == 0 else "dim"))
            painter.drawText(QRectF(x[0], rect.top(), x[1], rect.height()), _RIGHT, text)


_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def summed(bars: Sequence[ParetoBar], most: int) -> tuple[ParetoBar, ...]:
    """The longest ones, and all others as one bar."""
    rest = bars[most - 1 :]
    other = ParetoBar(
        tr("{n} others", n=len(rest)),
        sum(b.minutes for b in rest),
        sum(b.stops for b in rest),
        sum(b.share for b in rest),
        rest[-1].cumulative,
    )
    return (*bars[: most - 1], other)
