"""A machine's tile on the Overview: painted through tokens, grey unless something is abnormal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton

from console.desktop.formats import Times, duration, quantity, rough, tr
from console.desktop.object_names import overview_tile
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.messages import draw_card
from console.desktop.widgets.shapes import LEVEL_SHAPES, Shape, draw_shape, state_shape, state_words
from console.services.views import Level, TileView

HEIGHT = 196
PAD = 15
LEAST_BAR = 2.0  # the first piece of twenty thousand is seen, too


class MachineTile(QAbstractButton):
    """One machine. Pressing it opens its page.

    Attributes:
        view: what is shown.
    """

    def __init__(self, theme: Theme, times: Times, now: Callable[[], datetime], view: TileView) -> None:
        super().__init__()
        self.setObjectName(overview_tile(view.machine))
        self._theme, self._times, self._now = theme, times, now
        self.view = view
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._describe()
        theme.changed.connect(self.update)

    def show_view(self, view: TileView) -> None:
        """Shows another state; repaints only where it differs."""
        if view != self.view:
            self.view = view
            self._describe()
            self.update()

    @property
    def stale(self) -> bool:
        """True where the values are old; it is drawn dashed and dim then."""
        return self.view.stale_s is not None

    @property
    def state_text(self) -> str:
        """State and since when, in words."""
        view = self.view
        words = state_words(view.state, self.stale)
        if self.stale and view.stale_s is not None:
            return f"{words}  " + tr("last value {age} old", age=rough(view.stale_s))
        if view.since is None:
            return words
        return f"{words}  {duration((self._now() - view.since).total_seconds())}"

    def sizeHint(self) -> QSize:
        """As drawn."""
        return QSize(300, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the tile from top to bottom."""
        painter = QPainter(self)
        self._draw_ground(painter)
        left, width = PAD, self.width() - 2 * PAD
        self._draw_head(painter, QRectF(left, 11, width, 24))
        self._draw_state(painter, QRectF(left, 39, width, 22))
        self._draw_what(painter, QRectF(left, 64, width, 20))
        self._draw_progress(painter, QRectF(left, 90, width, 10))
        self._draw_numbers(painter, QRectF(left, 105, width, 26))
        self._draw_line(painter, QRectF(left, 129, width, 18))
        self._draw_spark(painter, QRectF(left, 154, width, 30))
        painter.end()

    def _describe(self) -> None:
        view = self.view
        made = f"{quantity(view.made)} {view.unit}, {view.order_reference}" if view.order_reference else ""
        policy = tr("policy {policy}", policy=view.policy) if view.policy else ""
        told = (f"{view.title}: {self.state_text}", made, view.attention, policy)
        self.setAccessibleName(" ".join(words for words in told if words))

    def _ink(self, token: str) -> QColor:
        return self._theme.color("faint" if self.stale and token == "text" else token)

    def _draw_ground(self, painter: QPainter) -> None:
        rect = QRectF(self.rect())
        level = Level.NORMAL if self.stale and self.view.level is Level.MEDIUM else self.view.level
        fill = "hover" if self.underMouse() else "card"
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = self._theme.measure("radius")
        if not self.stale:
            draw_card(painter, rect, self._theme, level, fill)
        else:
            pen = QPen(self._theme.color("line_strong"), 1.4)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            painter.setBrush(self._theme.color(fill))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(2, 2, -2, -2), radius, radius)

    def _draw_head(self, painter: QPainter, rect: QRectF) -> None:
        view, room = self.view, rect.width()
        if view.attention:
            font = make_font(14, strong=True)
            width = QFontMetricsF(font).horizontalAdvance(view.attention)
            mark = QRectF(rect.right() - width - 18, rect.center().y() - 6, 12, 12)
            draw_shape(painter, mark, LEVEL_SHAPES[view.level], self._theme.level(view.level))
            painter.setFont(font)
            painter.setPen(self._theme.level(view.level, words=True))
            painter.drawText(
                rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, view.attention
            )
            room -= width + 30
        x = self._text(painter, rect, view.title, 16, "text", strong=True, room=room)
        rest = QRectF(rect.left() + x + 8, rect.top(), room - x - 8, rect.height())
        if rest.width() > 30:
            self._text(painter, rest, view.work_center, 14, "faint", room=rest.width())

    def _draw_state(self, painter: QPainter, rect: QRectF) -> None:
        view = self.view
        shape = state_shape(view.state, self.stale)
        color = self._theme.level(view.level)
        if self.stale:
            color = self._theme.color("med")
        elif shape is not Shape.STOP:
            color = self._theme.color("ok")  # a running machine is grey, whatever else is wrong with its lot
        draw_shape(painter, QRectF(rect.left(), rect.center().y() - 7, 14, 14), shape, color)
        words, _, since = self.state_text.partition("  ")
        place = rect.adjusted(22, 0, 0, 0)
        if view.policy:  # chosen by a person, so nothing abnormal: in grey, and what is seen stands first
            taken = QFontMetricsF(make_font(14, strong=True)).horizontalAdvance(words) + 8
            taken += QFontMetricsF(make_font(14)).horizontalAdvance(since)
            room = max(0.0, place.width() - taken - 16)
            used = self._text(painter, place, view.policy, 12, "dim", room=room, right=True)
            place.setRight(place.right() - used)
        x = self._text(painter, place, words, 14, "text", strong=True, room=place.width())
        self._text(painter, place.adjusted(x + 8, 0, 0, 0), since, 14, "dim", room=place.width() - x - 8)

    def _draw_what(self, painter: QPainter, rect: QRectF) -> None:
        view = self.view
        lot = tr("lot {lot}", lot=view.lot) if view.lot else ""
        parts = [view.order_reference or tr("no order"), lot or view.product]
        text = view.stale_reason if self.stale and view.stale_reason else " · ".join(p for p in parts if p)
        self._text(painter, rect, text, 14, "dim", room=rect.width())

    def _draw_progress(self, painter: QPainter, rect: QRectF) -> None:
        view = self.view
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("bar2"))
        painter.drawRoundedRect(rect, 3, 3)
        if not view.ordered or view.made is None:
            return
        ground = QPainterPath()
        ground.addRoundedRect(rect, 3, 3)
        painter.save()
        painter.setClipPath(ground)  # a short bar keeps the shape of the whole one
        for amount, token in ((view.made, "bar_soft"), (min(view.confirmed, view.made), "bar")):
            part = QRectF(rect)
            share = max(0.0, min(1.0, amount / view.ordered))
            part.setWidth(max(LEAST_BAR, rect.width() * share) if amount > 0 else 0.0)
            painter.fillRect(part, self._theme.color(token))
        painter.restore()
        if view.expected is not None:
            x = rect.left() + rect.width() * max(0.0, min(1.0, view.expected / view.ordered))
            painter.fillRect(QRectF(x - 1, rect.top() - 2, 2, rect.height() + 4), self._ink("text"))

    def _draw_numbers(self, painter: QPainter, rect: QRectF) -> None:
        view = self.view
        rate = ""
        if view.rate_per_h is not None:
            rate = tr("{rate}/h", rate=quantity(view.rate_per_h, 0))
            rate += tr(" · ideal {ideal}", ideal=quantity(view.ideal_rate_per_h, 0))
        width = self._text(painter, rect, rate, 13, "dim", room=rect.width(), right=True)
        if view.made is None:
            self._text(painter, rect, "–", 17, "dim", strong=True, room=40)
            return
        room = rect.width() - width - 8
        x = self._text(painter, rect, quantity(view.made), 17, "text", strong=True, room=room)
        if view.ordered is not None:
            place, left = rect.adjusted(x + 6, 2, 0, 0), room - x - 6
            plain = tr("of {n}", n=quantity(view.ordered))
            whole = f"{plain} {view.unit}".strip()
            fits = QFontMetricsF(make_font(13)).horizontalAdvance(whole) <= left
            self._text(painter, place, whole if fits else plain, 13, "dim", room=left)

    def _draw_line(self, painter: QPainter, rect: QRectF) -> None:
        view = self.view
        if view.made is None:
            return
        text = tr(
            "{a} confirmed, {b} verified in Odoo", a=quantity(view.confirmed), b=quantity(view.verified)
        )
        self._text(painter, rect, text, 12, "dim", room=rect.width())

    def _draw_spark(self, painter: QPainter, rect: QRectF) -> None:
        values = self.view.spark
        if len(values) < 2:
            return
        top = max(max(values), self.view.ideal_rate_per_h, 1e-9) * 1.05
        step = rect.width() / (len(values) - 1)
        points = [
            QPointF(rect.left() + i * step, rect.bottom() - v / top * rect.height())
            for i, v in enumerate(values)
        ]
        painter.setPen(QPen(self._theme.color("bar"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))

    def _text(
        self,
        painter: QPainter,
        rect: QRectF,
        text: str,
        size: int,
        token: str,
        *,
        room: float,
        strong: bool = False,
        right: bool = False,
    ) -> float:
        """Draws one line, cut to ``room``; returns its width."""
        font = make_font(size, strong=strong)
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room))
        painter.setFont(font)
        painter.setPen(self._ink(token))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, shown)
        return metrics.horizontalAdvance(shown)
