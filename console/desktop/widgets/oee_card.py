"""OEE of one machine as a card: the figure, the three ratios it is the product of, each with its way down."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from console.desktop import icons
from console.desktop.formats import tr
from console.desktop.models.shift import percent, ratio_of, ratio_title
from console.desktop.object_names import shift_oee
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.messages import draw_card
from console.services.views import Level
from console.services.views.shift import OeeView

HEIGHT = 158
PAD = 14
FIGURE = 104.0  # room of OEE itself
ZONES = ("oee", "availability", "effectiveness", "quality", "odoo")
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class OeeCard(QWidget):
    """See the module's text. Left and right walk its parts, Enter opens one.

    Attributes:
        view: what is shown.

    Signals:
        opened: a part: oee, availability, effectiveness, quality, odoo (why Odoo shows another figure).
    """

    opened = Signal(str)

    def __init__(self, theme: Theme, view: OeeView) -> None:
        super().__init__()
        self.setObjectName(shift_oee(view.machine))
        self._theme = theme
        self.view = view
        self._at, self._over = 0, -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()
        theme.changed.connect(self.update)

    @property
    def zones(self) -> tuple[str, ...]:
        """The parts that can be pressed."""
        return ZONES if self._note() else ZONES[:-1]

    def show_view(self, view: OeeView) -> None:
        """Shows another state."""
        if view != self.view:
            self.view = view
            self._describe()
            self.update()

    def zone_rect(self, zone: str) -> QRectF:
        """Where a part is pressed."""
        inner = QRectF(self.rect()).adjusted(PAD, 0, -PAD, 0)
        if zone == "odoo":
            return QRectF(inner.left() - 6, self.height() - 50, inner.width() + 12, 46)
        left = inner.left() + FIGURE
        third = (inner.right() - left) / 3
        if zone == "oee":
            return QRectF(inner.left() - 6, 38, FIGURE, 66)
        place = ZONES.index(zone) - 1
        return QRectF(left + place * third, 38, third, 66)

    def sizeHint(self) -> QSize:
        """As drawn."""
        return QSize(380, HEIGHT)

    # --- pressing -----------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Marks the part under the pointer."""
        self._at = max(0, self._zone_at(event.position()))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Opens it."""
        zone = self._zone_at(event.position())
        if zone >= 0 and zone == self._at:
            self.opened.emit(self.zones[zone])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows what can be pressed."""
        over = self._zone_at(event.position())
        if over != self._over:
            self._over = over
            self.setCursor(Qt.CursorShape.PointingHandCursor if over >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer."""
        self._over = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left, right, Enter."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self._at = min(max(0, self._at + step), len(self.zones) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self.zones[self._at])
        else:
            super().keyPressEvent(event)

    def _zone_at(self, place: QPointF) -> int:
        found = (n for n, zone in enumerate(self.zones) if self.zone_rect(zone).contains(place))
        return next(found, -1)

    # --- words --------------------------------------------------------------------------------------
    def _note(self) -> str:
        return self.view.odoo_note

    def _describe(self) -> None:
        self._at = min(self._at, len(self.zones) - 1)
        parts = [f"{ratio_title(z)} {percent(ratio_of(self.view, z))}" for z in ZONES[:4]]
        words = [f"{self.view.title}: {', '.join(parts)}.", *self.view.missing, self._note()]
        self.setAccessibleName(" ".join(w for w in words if w))
        self.setToolTip("\n".join(w for w in (self.view.formula, *self.view.missing, self._note()) if w))
        if not self.toolTip():
            QToolTip.hideText()

    # --- painting -----------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, title, figures, formula, notes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, view = self._theme, self.view
        draw_card(painter, QRectF(self.rect()), theme, Level.NORMAL)
        self._draw_marks(painter)
        width = self.width() - 2 * PAD
        painter.setFont(make_font(16, strong=True))
        painter.setPen(theme.color("text"))
        title = painter.fontMetrics().elidedText(view.title, Qt.TextElideMode.ElideRight, int(width * 0.6))
        painter.drawText(QRectF(PAD, 10, width, 24), _LEFT, title)
        painter.setFont(make_font(13))
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(PAD, 10, width, 24), _RIGHT, view.order_reference)
        self._draw_oee(painter)
        for zone in ZONES[1:4]:
            self._draw_ratio(painter, zone)
        self._draw_foot(painter)
        painter.end()

    def _draw_marks(self, painter: QPainter) -> None:
        """What is under the pointer, and what the keyboard is at."""
        painter.setPen(Qt.PenStyle.NoPen)
        if 0 <= self._over < len(self.zones):
            painter.setBrush(self._theme.color("hover"))
            painter.drawRoundedRect(self.zone_rect(self.zones[self._over]), 6, 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(self.zone_rect(self.zones[self._at]), 6, 6)

    def _draw_oee(self, painter: QPainter) -> None:
        rect = self.zone_rect("oee").adjusted(6, 4, 0, -4)
        theme = self._theme
        painter.setFont(make_font(28, strong=True))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(rect.left(), rect.top(), rect.width(), 34), _LEFT, percent(self.view.oee))
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(rect.left(), rect.top() + 36, rect.width(), 18), _LEFT, tr("OEE ="))

    def _draw_ratio(self, painter: QPainter, zone: str) -> None:
        theme, ratio = self._theme, ratio_of(self.view, zone)
        rect = self.zone_rect(zone).adjusted(8, 8, -2, -4)
        painter.setFont(make_font(18, strong=True))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(rect.left(), rect.top(), rect.width(), 24), _LEFT, percent(ratio))
        if zone != "quality":
            painter.setFont(make_font(14))
            painter.setPen(theme.color("faint"))
            painter.drawText(QRectF(rect.left(), rect.top(), rect.width() - 2, 24), _RIGHT, "×")
        bar = QRectF(rect.left(), rect.top() + 27, rect.width() - 20, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("bar2"))
        painter.drawRoundedRect(bar, 2.5, 2.5)
        if ratio:
            painter.setBrush(theme.color("bar"))
            bar.setWidth(max(4.0, bar.width() * min(1.0, max(0.0, ratio))))
            painter.drawRoundedRect(bar, 2.5, 2.5)
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim"))
        title = painter.fontMetrics().elidedText(
            ratio_title(zone), Qt.TextElideMode.ElideRight, int(rect.width())
        )
        painter.drawText(QRectF(rect.left(), rect.top() + 34, rect.width(), 18), _LEFT, title)

    def _draw_foot(self, painter: QPainter) -> None:
        theme = self._theme
        width = self.width() - 2 * PAD
        lines = [" ".join(self.view.missing) or self.view.formula, self._note()]
        painter.setFont(make_font(12))
        top = self.height() - 46.0
        for number, text in enumerate(lines):
            if not text:
                continue
            x = float(PAD)
            if number == 1 or self.view.missing:
                icons.draw_icon(painter, QRectF(x, top + 3, 14, 14), "info", theme.color("dim"))
                x += 19
            painter.setPen(theme.color("dim"))
            room = int(width - (x - PAD))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(x, top, room, 20), _LEFT, shown)
            top += 20
