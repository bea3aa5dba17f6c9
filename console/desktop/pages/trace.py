"""Trace: why a number stands in Odoo, in seven stations from sample to read-back."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import quantity, tr
from console.desktop.models.rows import Column
from console.desktop.pages.base import Page, place_of
from console.desktop.tasks import Refresher, Task
from console.desktop.theme import Theme
from console.desktop.widgets.basics import Button, clear, column, label, restyle, row, surface
from console.desktop.widgets.chart import Chart
from console.desktop.widgets.data_table import DataTable, ask_path
from console.desktop.widgets.messages import draw_card
from console.desktop.widgets.shapes import ShapeMark
from console.errors import ConsoleError
from console.services.views import Level, Station, TraceHit, TraceView

SEARCH_AFTER_MS = 180
MOST_HITS = 200
ARROW = 22
LINK_PAGES = ("machine", "counts", "outbox", "review", "stops", "holds", "alarms")


def breakable(text: str) -> str:
    """Long words (keys) get places where they may be broken, so that a narrow card cuts none."""
    return re.sub(r"\S{16}(?=\S{3})", lambda found: found.group() + "\u200b", text)


class StationCard(QFrame):
    """One station: number and title, the figure, lines, foot. One with a link is pressed to follow it.

    Signals:
        followed: the station's link.
    """

    followed = Signal(str)

    def __init__(self, theme: Theme, station: Station) -> None:
        super().__init__()
        self.setObjectName(names.trace_station(station.number))
        self._theme, self._station = theme, station
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(110)
        self.setAccessibleName(f"{station.number} {station.title}: {station.big}")
        head = label(f"{station.number} {station.title}", "group", wrap=True)
        big = label(station.big, "hero", wrap=True)
        restyle(big, "level", station.level.value)
        mark = ShapeMark(theme, station.level, 12)
        mark.setVisible(station.level not in (Level.NORMAL, Level.NOTICE))
        lines = [label(breakable(line), "small", wrap=True) for line in station.lines]
        number = row(mark, big, gap=6)
        number.setStretch(1, 1)
        box = column(
            head,
            number,
            *lines,
            0,
            label(breakable(station.foot), "small", wrap=True),
            margins=(12, 11, 8, 11),
            gap=4,
        )
        if station.link:
            follow = Button(
                tr("Open"), theme, kind="link", icon="arrow-right", tip=tr("Open {what}", what=station.big)
            )
            follow.clicked.connect(lambda: self.followed.emit(station.link))
            box.addWidget(follow, 0, Qt.AlignmentFlag.AlignLeft)
        self.setLayout(box)

    def sizeHint(self) -> QSize:
        """As drawn; taller where text wraps."""
        return QSize(150, max(210, super().sizeHint().height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card, with an edge where the station is abnormal."""
        painter = QPainter(self)
        draw_card(painter, QRectF(self.rect()), self._theme, self._station.level)
        painter.end()


class Arrow(QWidget):
    """From one station to the next."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedWidth(ARROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A chevron."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("bar"), 2))
        x, y = self.width() / 2 - 3, self.height() / 2
        painter.drawPolyline(QPolygonF([QPointF(x, y - 8), QPointF(x + 7, y), QPointF(x, y + 8)]))
        painter.end()


class TracePage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_TRACE, tr("Trace"))
        self._view: TraceView | None = None
        self._trace_id = ""
        self._search = QLineEdit()
        self._search.setObjectName(names.TRACE_SEARCH)
        self._search.setPlaceholderText(tr("Order, lot, quantity or key: scan or type"))
        self._search.setAccessibleName(tr("Search a number to trace"))
        self._search.setClearButtonEnabled(True)
        self._search.setMinimumWidth(360)
        self._title = label("", "heading", wrap=True)
        self._odoo = Button(tr("Open in Odoo"), ctx.theme, name=names.TRACE_OPEN_ODOO, icon="external-link")
        self._export = Button(tr("Export evidence"), ctx.theme, name=names.TRACE_EXPORT, icon="download")
        self.head.addWidget(self._search)
        self.head_right.addWidget(self._odoo)
        self.head_right.addWidget(self._export)
        self.hits: DataTable[TraceHit] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.TRACE_HITS,
            self._columns(),
            lambda h: (h.trace_id, h.text),
            (
                "route",
                tr("Which number?"),
                tr("Search an order, a lot or a quantity. Its way from the samples to Odoo stands here."),
            ),
            tools=False,
        )
        self._stations: QHBoxLayout = row(gap=2)
        self._chart_title = label("", "strong")
        self._pointed = label("", "dim")
        self._chart = Chart(ctx.theme, ctx.times)
        self._chart.pointed.connect(self._pointed.setText)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.hits)
        self._stack.addWidget(self._make_shown())
        self.body.addLayout(self._stack, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_AFTER_MS)
        self._refresh = Refresher(self._read, self._show, self._failed, ctx.tasks, self, 800)
        self._wire()
        self._show_mode(False)

    def _columns(self) -> tuple[Column[TraceHit], ...]:
        full = self.ctx.times.full
        return (
            Column("what", tr("Number"), lambda h: h.text, strong=True, width=0),
            Column("at", tr("When"), lambda h: full(h.at), lambda h: h.at, width=180),
            Column("id", tr("Trace"), lambda h: h.trace_id, width=260),
        )

    def _make_shown(self) -> QWidget:
        shown = QWidget()
        self._chart_card = surface("card")
        self._chart_card.setLayout(
            column(row(self._chart_title, 0, self._pointed), self._chart, margins=(15, 12, 15, 12), gap=8)
        )
        self._chart_card.setMaximumHeight(380)
        layout: QVBoxLayout = column(self._title, self._stations, self._chart_card, 0, gap=12)
        layout.setStretch(2, 10)
        shown.setLayout(layout)
        return shown

    def _wire(self) -> None:
        self._search.textEdited.connect(lambda _: self._timer.start())
        self._search.textChanged.connect(lambda text: None if text else self._timer.start())
        self._search.returnPressed.connect(self._enter)
        self._timer.timeout.connect(self._ask)
        self.hits.view.clicked.connect(lambda *_: self._open_hit(self.hits.current))
        self.hits.activated.connect(self._open_hit)
        self._odoo.clicked.connect(self._open_odoo)
        self._export.clicked.connect(self._open_export)
        self.ctx.watch.ledger_changed.connect(self._refresh.request)

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(bool(self._trace_id))
        if not self._trace_id:
            self._search.setFocus()
            self._ask()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)

    def open_with(self, argument: object) -> None:
        """Shows one trace (its id)."""
        if isinstance(argument, str) and argument:
            self._trace_id = argument
            self._refresh.activate(True)

    # --- search -----------------------------------------------------------------------------------
    def _ask(self) -> None:
        text, shown, desk = self._search.text().strip(), self._trace_id, self.ctx.desk
        task = Task(lambda: desk.trace_search(text, MOST_HITS))

        def then(hits: tuple[TraceHit, ...]) -> None:
            if shown == self._trace_id:  # else a trace was opened meanwhile, by a link
                self._show_hits(text, hits)

        task.on_success(then).on_failure(self.say_error)
        task.start(self.ctx.tasks, self)

    def _show_hits(self, text: str, hits: tuple[TraceHit, ...]) -> None:
        if text != self._search.text().strip():
            return  # typed on meanwhile
        self._trace_id = ""
        self._refresh.activate(False)
        self._show_mode(False)
        self.hits.show_rows(hits)

    def _enter(self) -> None:
        """A scanner ends with Enter: one hit is opened at once."""
        text, desk = self._search.text().strip(), self.ctx.desk
        self._timer.stop()

        def then(hits: tuple[TraceHit, ...]) -> None:
            self._show_hits(text, hits)
            if len(hits) == 1:
                self._open_hit(hits[0])

        Task(lambda: desk.trace_search(text, MOST_HITS)).on_success(then).on_failure(self.say_error).start(
            self.ctx.tasks, self
        )

    def _open_hit(self, hit: TraceHit | None) -> None:
        if hit is not None:
            self.open_with(hit.trace_id)

    # --- one trace --------------------------------------------------------------------------------
    def _read(self) -> TraceView | None:
        return self.ctx.desk.trace(self._trace_id) if self._trace_id else None

    def _show(self, view: TraceView | None) -> None:
        if view is None or not self._trace_id:
            return
        if self._view is None or view.stations != self._view.stations or self._stations.count() == 0:
            self._build(view)
        self._view = view
        self._title.setText(view.title)
        self._chart_card.setVisible(view.series is not None)
        if view.series is not None:
            n = quantity(view.series.samples)
            words = (
                tr("{tag}, the interval and a little around it: {n} samples", tag=view.series.tag, n=n)
                if view.highlight is None
                else tr("{tag} around it, its time is shaded: {n} samples", tag=view.series.tag, n=n)
            )
            self._chart_title.setText(words)
        self._chart.show_series(view.series, highlight=view.highlight)
        self._show_mode(True)

    def _build(self, view: TraceView) -> None:
        clear(self._stations)
        for number, station in enumerate(view.stations):
            if number:
                self._stations.addWidget(Arrow(self.ctx.theme))
            card = StationCard(self.ctx.theme, station)
            card.followed.connect(self._follow)
            self._stations.addWidget(card, 1)

    def _show_mode(self, shown: bool) -> None:
        self._stack.setCurrentIndex(1 if shown else 0)
        self._export.setVisible(shown)
        self._odoo.setVisible(shown and self._view is not None and bool(self._view.odoo_url))

    def _failed(self, error: ConsoleError) -> None:
        self._trace_id = ""
        self._refresh.activate(False)
        self._show_mode(False)
        self.say_error(error)

    def _follow(self, link: str) -> None:
        """``machine:filler1``, ``counts:17``, ``alarms:request:7``; else a web address."""
        page, argument = place_of(link)
        if page in LINK_PAGES:
            self.go.emit(page, argument)
        else:
            self._open_url(link)

    def _open_odoo(self) -> None:
        if self._view is not None:
            self._open_url(self._view.odoo_url)

    def _open_url(self, text: str) -> None:
        url = QUrl(text)
        if url.scheme() not in ("http", "https") or not QDesktopServices.openUrl(url):
            self.messages.say(tr("No browser could be opened."), text, Level.HIGH)

    def _open_export(self) -> None:
        ask_path(self, tr("Export evidence"), "trace.csv", "CSV (*.csv)", self.write_evidence)

    def evidence(self) -> str:
        """Stations, then the samples' line, as text."""
        view = self._view
        if view is None:
            return ""
        lines = [f"# {view.title}", f"# {view.trace_id}"]
        for s in view.stations:
            lines.append(f"# {s.number} {s.title}: {s.big} | {' | '.join(s.lines)} | {s.foot}")
        return "\n".join(lines) + "\n" + self._chart.csv()

    def write_evidence(self, path: str) -> None:
        """Writes the evidence, and the chart as a picture beside it."""
        picture = Path(path).with_suffix(".png")
        try:
            Path(path).write_text(self.evidence(), encoding="utf-8-sig", newline="")
        except OSError as error:
            why = error.strerror or str(error)
            self.messages.say(tr("{path} cannot be written: {why}.", path=path, why=why), "", Level.HIGH)
            return
        drawn = self._view is not None and self._view.series is not None and self._chart.png(str(picture))
        files = f"{path}, {picture.name}" if drawn else path
        self.messages.say(tr("Written: {path}", path=files))
