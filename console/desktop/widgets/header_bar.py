"""The header: always there, and every part of it leads to where its trouble is solved."""

from __future__ import annotations

import math
from datetime import datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy

from console.desktop import object_names as names
from console.desktop.formats import Times, difference, duration, stopwatch, tr
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.basics import Button, ElidedLabel, label, row
from console.desktop.widgets.shapes import draw_priority
from console.domain.people import Person
from console.domain.tags import LinkState
from console.services.views import HeaderView, Level, OdooLink

BOX = 34  # painted height; the touch target is the whole header's 44


class Chip(QAbstractButton):
    """A word and its value in a box; abnormal ones have a coloured edge and say why in words."""

    def __init__(self, theme: Theme, name: str, *, value_first: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self._theme, self._value_first = theme, value_first
        self._word, self._value, self._level = "", "", Level.NORMAL
        self._fonts = make_font(14), make_font(14, strong=True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.changed.connect(self.update)

    @property
    def shown(self) -> tuple[str, str, Level]:
        """Word, value, level: what a test looks at."""
        return self._word, self._value, self._level

    def show_value(self, word: str, value: str, level: Level, tip: str = "") -> None:
        """Shows another value; repaints only where it differs."""
        if (word, value, level) != self.shown:
            self._word, self._value, self._level = word, value, level
            self.setAccessibleName(f"{word} {value}")
            self.updateGeometry()
            self.update()
        self.setToolTip(tip)

    def sizeHint(self) -> QSize:
        """As wide as its words."""
        plain, strong = self._text_widths()
        gap = 7 if plain and strong else 0
        return QSize(round(plain + strong + gap) + 22, self._theme.measure("touch"))

    def minimumSizeHint(self) -> QSize:
        """Words are cut before the window grows beyond the screen."""
        return QSize(min(90, self.sizeHint().width()), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box, edge, words."""
        painter = QPainter(self)
        box = self._draw_box(painter)
        x = box.left() + 11
        plain, strong = self._text_widths()
        parts = [(0, self._word, plain, "dim"), (1, self._value, strong, "text")]
        for font, text, width, token in reversed(parts) if self._value_first else parts:
            painter.setFont(self._fonts[font])
            painter.setPen(self._theme.color(token))
            rect = QRectF(x, box.top(), max(0.0, box.right() - x - 8), box.height())
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, math.ceil(rect.width())
            )
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, shown)
            x += width + (7 if text else 0)
        painter.end()

    def _text_widths(self) -> tuple[float, float]:
        return (
            QFontMetricsF(self._fonts[0]).horizontalAdvance(self._word),
            QFontMetricsF(self._fonts[1]).horizontalAdvance(self._value),
        )

    def _draw_box(self, painter: QPainter) -> QRectF:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0.5, (self.height() - BOX) / 2 + 0.5, self.width() - 1, BOX - 1)
        plain = self._level in (Level.NORMAL, Level.NOTICE)
        line = self._theme.color("line") if plain else self._theme.level(self._level)
        painter.setBrush(self._theme.color("hover" if self.underMouse() else "card"))
        painter.setPen(QPen(self._theme.color("accent"), 2) if self.hasFocus() else QPen(line, 1))
        painter.drawRoundedRect(box, 6, 6)
        if not plain:
            painter.save()
            painter.setClipRect(QRectF(0, 0, 4, self.height()))
            painter.setBrush(line)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, 6, 6)
            painter.restore()
        return box


class AlarmChip(Chip):
    """Alarm counts by priority: square, triangle, diamond."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, names.HEADER_ALARMS)
        self._counts = (0, 0, 0)

    def show_counts(self, counts: tuple[int, int, int]) -> None:
        """Shows the counts."""
        if counts != self._counts or not self.accessibleName():
            self._counts = counts
            parts = ", ".join(f"{n} of priority {p}" for p, n in enumerate(counts, 1))
            self.setAccessibleName(tr("Alarms: {parts}", parts=parts))
            self.setToolTip(self.accessibleName())
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Three shapes with their figures."""
        metrics = QFontMetricsF(self._fonts[1])
        figures = sum(metrics.horizontalAdvance(str(n)) for n in self._counts)
        return QSize(round(figures) + 3 * 25 + 2 * 9 + 20, self._theme.measure("touch"))

    def minimumSizeHint(self) -> QSize:
        """Figures are never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box, shapes, figures."""
        painter = QPainter(self)
        box = self._draw_box(painter)
        x = box.left() + 10
        painter.setFont(self._fonts[1])
        for priority, count in enumerate(self._counts, 1):
            shape = QRectF(x, box.center().y() - 9, 18, 18)
            draw_priority(painter, shape, priority, self._theme, quiet=count == 0)
            painter.setFont(self._fonts[1])
            painter.setPen(self._theme.color("text" if count else "dim"))
            width = painter.fontMetrics().horizontalAdvance(str(count))
            painter.drawText(QPointF(x + 25, box.center().y() + 5), str(count))
            x += 25 + width + 9
        painter.end()


class HeaderBar(QFrame):
    """The header.

    Signals:
        machines, odoo, outbox, clock, alarms: a chip was pressed.
        lock: the person asks to lock, or to hand over.
    """

    machines = Signal()
    odoo = Signal()
    outbox = Signal()
    clock = Signal()
    alarms = Signal()
    lock = Signal()

    def __init__(self, theme: Theme, times: Times) -> None:
        super().__init__()
        self.setProperty("surface", "header")
        self.setFixedHeight(theme.measure("header"))
        self._times = times
        self._view: HeaderView | None = None
        self._plant = label("", "heading", name=names.HEADER_PLANT)
        self._shift = ElidedLabel("", "dim", names.HEADER_SHIFT)
        self._machines = Chip(theme, names.HEADER_MACHINES)
        self._odoo = Chip(theme, names.HEADER_ODOO)
        self._outbox = Chip(theme, names.HEADER_OUTBOX)
        self._clock = Chip(theme, names.HEADER_CLOCK)
        self._alarms = AlarmChip(theme)
        self._person = Chip(theme, names.HEADER_PERSON, value_first=True)
        lock = Button("", theme, name=names.HEADER_LOCK, kind="icon", icon="lock", tip=tr("Lock the console"))
        for chip, signal in (
            (self._machines, self.machines),
            (self._odoo, self.odoo),
            (self._outbox, self.outbox),
            (self._clock, self.clock),
            (self._alarms, self.alarms),
            (self._person, self.lock),
        ):
            chip.clicked.connect(signal)
        lock.clicked.connect(self.lock)
        chips = (self._machines, self._odoo, self._outbox, self._clock, self._alarms, self._person)
        layout = row(self._plant, self._shift, *chips, lock, margins=(14, 0, 10, 0), gap=8)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    @property
    def view(self) -> HeaderView | None:
        """What is shown."""
        return self._view

    def show_person(self, person: Person | None) -> None:
        """Who is signed in; pressing the chip hands over."""
        self._person.setVisible(person is not None)
        if person is not None:
            titles = person.title.split(", ")
            role = titles[0] + (f" +{len(titles) - 1}" if len(titles) > 1 else "")
            self._person.show_value(
                role, person.name, Level.NORMAL, tr("Lock, or let another person sign in")
            )

    def show_view(self, view: HeaderView) -> None:
        """Shows what the desk says."""
        self._view = view
        self._plant.setText(view.plant)
        left = "" if view.shift_left_s is None else tr(", {time} left", time=_left(view.shift_left_s))
        self._shift.set_text(f"{view.shift}{left}")
        down = any(link.state is not LinkState.UP for link in view.links)
        self._machines.show_value(
            tr("Machines"),
            tr("{ok} of {all}", ok=view.machines_up, all=view.machines_all),
            Level.HIGH if down or view.machines_up < view.machines_all else Level.NORMAL,
            "\n".join(f"{link.name}: {link.reason}" for link in view.links if link.reason),
        )
        word, level = odoo_words(view, self._times, view.now)
        self._odoo.show_value(tr("Odoo"), word, level, f"{view.odoo_reason} {view.odoo_remedy}".strip())
        self._show_outbox(view)
        self._clock.show_value(tr("Clock"), skew_words(view.clock_skew_s), view.clock_level)
        self._alarms.show_counts(view.alarms)

    def _show_outbox(self, view: HeaderView) -> None:
        value = str(view.outbox_waiting)
        if view.outbox_waiting and view.outbox_oldest_s is not None:
            value += tr(" oldest {age}", age=stopwatch(view.outbox_oldest_s))
        if view.outbox_stuck:
            value += tr(", {n} stuck", n=view.outbox_stuck)
        level = Level.CRITICAL if view.outbox_late or view.outbox_stuck else Level.NORMAL
        self._outbox.show_value(tr("Outbox"), value, level)


def odoo_words(view: HeaderView, times: Times, now: datetime) -> tuple[str, Level]:
    """The link to Odoo in a few words."""
    if view.odoo is OdooLink.UP:
        at = view.odoo_verified_at
        return (tr("verified {time}", time=times.near(at, now)) if at else tr("reached")), Level.NORMAL
    if view.odoo is OdooLink.DOWN:
        return tr("not reached, {n} waiting", n=view.outbox_waiting), Level.HIGH
    if view.odoo is OdooLink.REFUSED:
        return tr("refused"), Level.CRITICAL
    if view.odoo is OdooLink.NOT_CONFIGURED:
        return tr("not set up"), Level.NOTICE
    return tr("not known yet"), Level.MEDIUM


def skew_words(skew_s: float | None) -> str:
    """``+0.2 s``; a dash where nothing is known."""
    if skew_s is None:
        return "–"
    rounded = round(skew_s, 1)
    return f"{difference(rounded)} s" if rounded else "0.0 s"


def _left(seconds: float) -> str:
    return duration(seconds) if seconds < 60 else duration(seconds // 60 * 60)
