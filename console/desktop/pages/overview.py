"""Overview: every machine as a tile, by area; grey is well."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import tr
from console.desktop.pages.base import Page
from console.desktop.tasks import Refresher
from console.desktop.widgets.basics import clear, column, label
from console.desktop.widgets.flow_grid import FlowGrid
from console.desktop.widgets.header_bar import Chip
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.tile import MachineTile
from console.services.views import HeaderView, Level, TileView

TILE_WIDTH = 290


class OverviewPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_OVERVIEW, tr("Overview"))
        self._tiles: dict[str, MachineTile] = {}
        self._shape: tuple[tuple[str, str], ...] = ()
        self._counts = Chip(ctx.theme, names.OVERVIEW_COUNTS)
        self._counts.clicked.connect(lambda: self.go.emit("counts", None))
        self._counts.hide()
        self.head_right.addWidget(self._counts)
        self._areas = QVBoxLayout()
        self._areas.setSpacing(8)
        self._areas.setContentsMargins(0, 0, 0, 0)
        self._inner = inner = QWidget()
        inner.setProperty("surface", "clear")
        inner.setLayout(column(self._areas, 0))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        self._empty = EmptyState(
            ctx.theme,
            "factory",
            tr("No machine yet"),
            tr("Every machine of the plant file stands here with its state, its order and what it has made."),
            names.OVERVIEW_EMPTY,
        )
        self._stack = QStackedLayout()
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self._empty)
        self.body.addLayout(self._stack, 1)
        self._refresh = Refresher(ctx.desk.overview, self.show_tiles, self.say_error, ctx.tasks, self, 250)
        ctx.watch.ledger_changed.connect(self._refresh.request)
        ctx.watch.telemetry_changed.connect(self._refresh.request)
        ctx.watch.tick.connect(self._tick)

    @property
    def tiles(self) -> tuple[MachineTile, ...]:
        """The tiles as they stand."""
        return tuple(self._tiles.values())

    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(True)
        self.setFocus()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)

    def show_header(self, view: HeaderView) -> None:
        """What waits on Counts, as a way to it."""
        waiting = view.counts_waiting + view.counts_failing
        self._counts.setVisible(waiting > 0)
        value = tr("1 count") if waiting == 1 else tr("{n} counts", n=waiting)
        level = Level.HIGH if view.counts_failing else Level.NORMAL
        self._counts.show_value(tr("Unconfirmed"), value, level, tr("Go to Counts"))

    def show_tiles(self, views: tuple[TileView, ...]) -> None:
        """Shows the machines; tiles are made anew only where machines came, went or moved."""
        shape = tuple((v.area, v.machine) for v in views)
        if shape != self._shape:
            self._shape = shape
            self._build(views)
        for view in views:
            self._tiles[view.machine].show_view(view)
        self._stack.setCurrentIndex(0 if views else 1)

    def _build(self, views: tuple[TileView, ...]) -> None:
        self._inner.hide()  # what is shown already is laid out anew for each tile that comes
        clear(self._areas)
        self._tiles = {}
        areas: dict[str, list[TileView]] = {}
        for view in views:
            areas.setdefault(view.area, []).append(view)
        for area, members in areas.items():
            self._areas.addWidget(label(area or tr("Machines"), "group"))
            grid = FlowGrid(TILE_WIDTH, self.ctx.theme.measure("gap"))
            for view in members:
                tile = MachineTile(self.ctx.theme, self.ctx.times, self.ctx.now, view)
                tile.clicked.connect(lambda _=False, name=view.machine: self.go.emit("machine", name))
                grid.addWidget(tile)
                self._tiles[view.machine] = tile
            self._areas.addLayout(grid)
            self._areas.addSpacing(6)
        self._inner.show()

    def _tick(self) -> None:
        if self.isVisible():
            self._refresh.request()
            for tile in self._tiles.values():
                tile.update()  # "since" counts on; Qt paints only what is in view
