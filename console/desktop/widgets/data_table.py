"""A list with all that every list has: search, filter, sort, column choice, copy, export, an empty state.

Columns, widths, order and sorting are remembered under the list's name.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from console.desktop import icons
from console.desktop import object_names as names
from console.desktop.formats import tr
from console.desktop.models.rows import Column, RowRoles, RowsModel, RowsProxy
from console.desktop.preferences import Preferences
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.basics import Button, Combo, column, row
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.shapes import LEVEL_SHAPES, draw_shape
from console.services.views import Level

R = TypeVar("R")
ROW_HEIGHT = 46
Index = QModelIndex | QPersistentModelIndex


class LevelDelegate(QStyledItemDelegate):
    """Paints a cell; an abnormal one has its shape beside the word."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Ground, shape, text."""
        theme = self._theme
        rect = QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(rect, theme.color("sel" if selected else "card"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.color("line"))
        level = index.data(RowRoles.LEVEL)
        abnormal = level in (Level.MEDIUM, Level.HIGH, Level.CRITICAL)
        inner = rect.adjusted(10, 0, -10, 0)
        if abnormal:
            mark = QRectF(inner.left(), inner.center().y() - 6, 12, 12)
            draw_shape(painter, mark, LEVEL_SHAPES[level], theme.level(level))
            inner.setLeft(inner.left() + 19)
        elif icon := index.data(RowRoles.ICON):
            place = QRectF(inner.left() - 2, inner.center().y() - 8, 16, 16)
            icons.draw_icon(painter, place, str(icon), theme.color("dim"))
            inner.setLeft(inner.left() + 19)
        old, quiet = bool(index.data(RowRoles.OLD)), bool(index.data(RowRoles.QUIET)) and not abnormal
        strong = abnormal or (_column_of(index).strong and not old and not quiet)
        painter.setFont(make_font(14, strong=strong))
        plain = theme.color("dim") if quiet else theme.level(level, words=True)
        painter.setPen(theme.color("faint") if old else plain)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(str(index.data() or ""), Qt.TextElideMode.ElideRight, int(inner.width()))
        painter.drawText(inner, int(index.data(Qt.ItemDataRole.TextAlignmentRole)), text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """A finger high."""
        return QSize(80, ROW_HEIGHT)


def _column_of(index: Index) -> Column[Any]:
    proxy = index.model()
    model = proxy.sourceModel() if isinstance(proxy, RowsProxy) else proxy
    assert isinstance(model, RowsModel)
    found: Column[Any] = model.columns[index.column()]
    return found


class Table(QTableView):
    """A table that copies its selected lines as text with tabs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsMovable(True)
        self.horizontalHeader().setFixedHeight(38)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C copies."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.selected_text())
        else:
            super().keyPressEvent(event)

    def selected_text(self) -> str:
        """The selected lines, shown columns, with tabs."""
        lines = sorted(index.row() for index in self.selectionModel().selectedRows())
        shown = self.shown_columns()
        model = self.model()
        cells = [[str(model.index(line, c).data() or "") for c in shown] for line in lines]
        return "\n".join(
            "\t".join(text.replace("\t", " ").replace("\n", " ") for text in line) for line in cells
        )

    def shown_columns(self) -> list[int]:
        """Columns as seen, from left to right."""
        header = self.horizontalHeader()
        order = [header.logicalIndex(place) for place in range(header.count())]
        return [c for c in order if not self.isColumnHidden(c)]


class DataTable(QWidget, Generic[R]):
    """See the module's text.

    Attributes:
        model, proxy, view: Qt's parts, for delegates and tests.
        tools: the row above the list; pages add their own filters.

    Signals:
        chosen: the current row changed: the row, or None.
        activated: Enter or a double press on a row.
        exported: path of the file that was written.
        failed: a file that could not be written, in words.
    """

    chosen = Signal(object)
    activated = Signal(object)
    exported = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        prefs: Preferences,
        name: str,
        columns: Sequence[Column[R]],
        key_of: Callable[[R], object],
        empty: tuple[str, str, str],
        *,
        tools: bool = True,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self._prefs, self._name, self._theme = prefs, name, theme
        self._empty_words = empty
        self.model: RowsModel[R] = RowsModel(columns, key_of, self)
        self.proxy = RowsProxy(self)
        self.proxy.setSourceModel(self.model)
        self.view = Table(names.LIST_TABLE)
        self.view.setModel(self.proxy)
        self._delegate = LevelDelegate(theme, self.view)
        self.view.setItemDelegate(self._delegate)
        self._empty = EmptyState(theme, *empty)
        self._filters: list[tuple[str, Callable[[R], bool] | None]] = []
        self._current: object = None
        self.tools: QHBoxLayout = row(gap=8)
        self._lay_out(tools)
        self._restore()
        self._wire()
        self._show_empty()

    @property
    def current(self) -> R | None:
        """The row that is chosen."""
        index = self.view.currentIndex()
        if not index.isValid():
            return None
        return self.model.row(self.proxy.mapToSource(index).row())

    def show_rows(self, rows: Sequence[R]) -> None:
        """Shows rows; the chosen one stays chosen."""
        key, chosen_before = self._current, self.current
        self.model.show_rows(rows)
        if key is not None and (self.current is None or self.model.key_of(self.current) != key):
            self.choose(key)
        if self.current != chosen_before:
            self._tell_chosen()
        self._show_empty()

    def choose(self, key: object) -> bool:
        """Chooses the row with that key; False where it is not shown."""
        for number, one in enumerate(self.model.rows):
            if self.model.key_of(one) == key:
                index = self.proxy.mapFromSource(self.model.index(number, 0))
                if index.isValid():
                    place = self.view.shown_columns()[0]
                    self.view.setCurrentIndex(self.proxy.index(index.row(), place))
                    return True
        return False

    def choose_any(self) -> None:
        """Chooses the first row shown where none is: what is most urgent is at hand. A list that gets the
        keyboard makes its first row current without marking it; that is made up for too."""
        if not self.proxy.rowCount() or self.view.selectionModel().hasSelection():
            return
        current = self.current
        first = self.model.row(self.proxy.mapToSource(self.proxy.index(0, 0)).row())
        self.choose(self.model.key_of(current if current is not None else first))

    def offer_filters(self, filters: Sequence[tuple[str, Callable[[R], bool] | None]]) -> None:
        """Words and tests for the filter box; the first shows all."""
        self._filters = list(filters)
        self.filter_box.blockSignals(True)
        self.filter_box.clear()
        self.filter_box.addItems([words for words, _ in filters])
        self.filter_box.blockSignals(False)
        self.filter_box.show()

    def set_empty(self, title: str, text: str) -> None:
        """Other words for when there is no row, where a list shows now this and now that."""
        self._empty_words = (self._empty_words[0], title, text)
        self._show_empty()

    def csv(self) -> str:
        """All shown lines, shown columns."""
        out = io.StringIO()
        writer = csv.writer(out)
        shown = self.view.shown_columns()
        writer.writerow([self.model.columns[c].title for c in shown])
        for line in range(self.proxy.rowCount()):
            writer.writerow([str(self.proxy.index(line, c).data() or "") for c in shown])
        return out.getvalue()

    def write_csv(self, path: str) -> None:
        """Writes them to a file."""
        try:
            Path(path).write_text(self.csv(), encoding="utf-8-sig", newline="")  # Excel wants the mark
        except OSError as error:
            self.failed.emit(tr("{path} cannot be written: {why}.", path=path, why=error.strerror or error))
            return
        self.exported.emit(path)

    # --- building ---------------------------------------------------------------------------------
    def _lay_out(self, tools: bool) -> None:
        theme = self._theme
        self.search = QLineEdit()
        self.search.setObjectName(names.LIST_SEARCH)
        self.search.setPlaceholderText(tr("Search"))
        self.search.setAccessibleName(tr("Search this list"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(200)
        self.filter_box = Combo(theme, names.LIST_FILTER, tr("Filter"))
        self.filter_box.hide()
        self.columns_button = Button(
            "", theme, name=names.LIST_COLUMNS, kind="icon", icon="columns-3", tip=tr("Choose columns")
        )
        self.export_button = Button(
            "", theme, name=names.LIST_EXPORT, kind="icon", icon="download", tip=tr("Export this list to CSV")
        )
        for item in (self.search, self.filter_box):
            self.tools.addWidget(item)
        self.tools.addStretch(1)
        for button in (self.columns_button, self.export_button):
            self.tools.addWidget(button)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty)
        holder = QWidget()
        holder.setLayout(self.tools)
        holder.setVisible(tools)
        layout = column(holder, self._stack, gap=10)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def _restore(self) -> None:
        header = self.view.horizontalHeader()
        for number, one in enumerate(self.model.columns):
            if one.width:
                self.view.setColumnWidth(number, one.width)
            self.view.setColumnHidden(number, one.hidden)
        # the state of another set of columns (an older version) must not be put on this one
        state = self._prefs.bytes(f"list/{self._name}/{self._shape()}")
        if not state.isEmpty():
            header.restoreState(state)
        else:
            self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        for number, one in enumerate(self.model.columns):
            if not one.width:
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
            elif self.view.columnWidth(number) < self._head_width(one):
                self.view.setColumnWidth(number, self._head_width(one))
        header.setStretchLastSection(all(one.width for one in self.model.columns))

    def _head_width(self, one: Column[R]) -> int:
        """So wide that its title is never cut, the mark of the sorting included."""
        words = QFontMetricsF(make_font(14, strong=True)).horizontalAdvance(one.title)
        return math.ceil(words) + 26

    def _wire(self) -> None:
        header = self.view.horizontalHeader()
        for signal in (header.sectionMoved, header.sectionResized, header.sortIndicatorChanged):
            signal.connect(self._remember)
        self.search.textChanged.connect(self._searched)
        self.filter_box.currentIndexChanged.connect(self._filtered)
        self.columns_button.clicked.connect(self._open_columns)
        self.export_button.clicked.connect(self._open_export)
        self.view.selectionModel().currentRowChanged.connect(lambda *_: self._tell_chosen())
        self.view.doubleClicked.connect(lambda *_: self.activated.emit(self.current))

    def _shape(self) -> str:
        return "-".join(one.key for one in self.model.columns)

    def _remember(self, *_: object) -> None:
        state = self.view.horizontalHeader().saveState()
        self._prefs.keep(f"list/{self._name}/{self._shape()}", state)

    # --- doing ------------------------------------------------------------------------------------
    def _tell_chosen(self) -> None:
        current = self.current
        if current is not None:
            self._current = self.model.key_of(current)
        self.chosen.emit(current)

    def _searched(self, text: str) -> None:
        self.proxy.search(text)
        self._show_empty()

    def _filtered(self, number: int) -> None:
        if 0 <= number < len(self._filters):
            self.proxy.keep(self._filters[number][1])
            self._show_empty()

    def _show_empty(self) -> None:
        if self.proxy.rowCount():
            self._stack.setCurrentIndex(0)
            return
        if self.model.rowCount() and self.proxy.narrowed:
            hidden = tr("{n} lines are hidden by search or filter.", n=self.model.rowCount())
            self._empty.say(tr("Nothing found"), hidden)
        else:
            self._empty.say(self._empty_words[1], self._empty_words[2])
        self._stack.setCurrentIndex(1)

    def columns_menu(self) -> QMenu:
        """The menu of columns; the last one shown cannot be hidden."""
        menu = QMenu(self)
        for number, one in enumerate(self.model.columns):
            action = menu.addAction(one.title or tr("Item"))
            action.setCheckable(True)
            action.setChecked(not self.view.isColumnHidden(number))
            action.setEnabled(self.view.isColumnHidden(number) or len(self.view.shown_columns()) > 1)
            action.toggled.connect(lambda on, n=number: self._show_column(n, on))
        return menu

    def _show_column(self, number: int, shown: bool) -> None:
        self.view.setColumnHidden(number, not shown)
        if shown and self.view.columnWidth(number) < 40:
            self.view.setColumnWidth(number, self.model.columns[number].width or 160)
        self._remember()

    def _open_columns(self) -> None:
        below = self.columns_button.mapToGlobal(self.columns_button.rect().bottomLeft())
        self.columns_menu().popup(below)

    def _open_export(self) -> None:
        ask_path(self, tr("Export this list"), f"{self._name}.csv", "CSV (*.csv)", self.write_csv)


def ask_path(parent: QWidget, title: str, suggested: str, kind: str, then: Callable[[str], object]) -> None:
    """Asks where to write a file, without stopping the loop."""
    dialog = QFileDialog(parent, title, suggested, kind)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(suggested).suffix.lstrip("."))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(then)
    dialog.open()
