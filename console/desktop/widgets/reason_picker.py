"""Why it stood: the five likeliest reasons as large keys, all others in a searchable tree."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QGridLayout,
    QLineEdit,
    QListView,
    QSizePolicy,
    QStackedLayout,
    QWidget,
)

from console.desktop import object_names as names
from console.desktop.formats import tr
from console.desktop.models.stops import MOST_TOP, find_reason
from console.desktop.theme import Theme, make_font
from console.desktop.widgets.basics import Button, column, row
from console.desktop.widgets.reason_tree import (
    NODE,
    NOWHERE,
    REASON_HEIGHT,
    ReasonDelegate,
    ReasonList,
    times_words,
)
from console.services.views.stops import ReasonNode

KEY_HEIGHT = 62


class ReasonKey(QAbstractButton):
    """One reason as a large key with its digit."""

    def __init__(self, theme: Theme, number: int, node: ReasonNode) -> None:
        super().__init__()
        self.setObjectName(names.stops_reason(number))
        self._theme, self._number, self.node = theme, number, node
        self._given = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{number}: {node.title}. {self.small}")
        self.setToolTip(self.accessibleName())
        theme.changed.connect(self.update)

    @property
    def small(self) -> str:
        """Group and how often."""
        often = times_words(self.node) or self.node.group
        return tr("said already · {often}", often=often) if self._given else often

    def set_given(self, given: bool) -> None:
        """It is the stop's reason as it stands."""
        if given != self._given:
            self._given = given
            self.update()

    def sizeHint(self) -> QSize:
        """Large enough for a glove."""
        return QSize(150, KEY_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(110, KEY_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, digit, title, how often."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, on, able = self._theme, self.isChecked(), self.isEnabled()
        fill = "panel" if not able else "sel" if on else "hover" if self.underMouse() else "field"
        line = "accent" if on or self.hasFocus() else "line_strong" if able else "line"
        painter.setPen(QPen(theme.color(line), 2 if on or self.hasFocus() else 1))
        painter.setBrush(theme.color(fill))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        cap = QRectF(10, (self.height() - 22) / 2, 22, 22)
        painter.setPen(QPen(theme.color("accent" if on else "line_strong"), 1))
        painter.setBrush(theme.color("accent") if on else theme.color("panel"))
        painter.drawRoundedRect(cap, 4, 4)
        painter.setFont(make_font(12, strong=True))
        painter.setPen(theme.color("on_accent" if on else "dim"))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, str(self._number))
        self._draw_words(painter, QRectF(cap.right() + 10, 0, self.width() - cap.right() - 18, self.height()))
        painter.end()

    def _draw_words(self, painter: QPainter, rect: QRectF) -> None:
        theme, able = self._theme, self.isEnabled()
        lines = two_lines(self.node.title, int(rect.width()))
        small = self.small if len(lines) == 1 or self.height() >= KEY_HEIGHT else ""
        height = 18 * len(lines) + (15 if small else 0)
        top = rect.top() + (rect.height() - height) / 2
        painter.setFont(make_font(14, strong=True))
        painter.setPen(theme.color("text" if able else "faint"))
        for text in lines:
            painter.drawText(QRectF(rect.left(), top, rect.width(), 18), _LEFT, text)
            top += 18
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim" if able else "faint"))
        shown = painter.fontMetrics().elidedText(small, Qt.TextElideMode.ElideRight, int(rect.width()))
        painter.drawText(QRectF(rect.left(), top, rect.width(), 15), _LEFT, shown)


_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def two_lines(text: str, width: int) -> list[str]:
    """The text in at most two lines, the second one cut."""
    metrics = QFontMetrics(make_font(14, strong=True))
    if metrics.horizontalAdvance(text) <= width:
        return [text]
    words, first = text.split(), ""
    while words and metrics.horizontalAdvance(f"{first} {words[0]}".strip()) <= width:
        first = f"{first} {words.pop(0)}".strip()
    if not first:
        return [metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)]
    return [first, metrics.elidedText(" ".join(words), Qt.TextElideMode.ElideRight, width)]


class ReasonPicker(QWidget):
    """See the module's text.

    Signals:
        picked: another reason was chosen: its key.
        enter: Enter was pressed on a chosen reason.
        tree_shown: all reasons are shown now, or no longer.
    """

    picked = Signal(str)
    enter = Signal()
    tree_shown = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._top: tuple[ReasonNode, ...] = ()
        self._keys: list[ReasonKey] = []
        self._chosen = ""
        self._make_keys()
        self._make_tree()
        self._stack = QStackedLayout()
        self._stack.addWidget(self._front)
        self._stack.addWidget(self._back)
        self.setLayout(self._stack)

    @property
    def chosen(self) -> ReasonNode | None:
        """The chosen reason."""
        return find_reason((*self._top, *self._model.tree), self._chosen)

    @property
    def tree_open(self) -> bool:
        """All reasons are shown."""
        return self._stack.currentWidget() is self._back

    def show_reasons(self, top: Sequence[ReasonNode], tree: Sequence[ReasonNode]) -> None:
        """Shows others; what was chosen stays chosen while it is among them."""
        if tuple(top[:MOST_TOP]) != self._top:
            self._top = tuple(top[:MOST_TOP])
            self._build_keys()
        self._model.show_tree(tree)
        self._all.setEnabled(bool(tree))
        if self._chosen and self.chosen is None:
            self._chosen = ""
        self._mark()

    def choose(self, key: str) -> None:
        """Chooses a reason by its key ("" none), without telling."""
        self._chosen = key
        self._mark()

    def show_given(self, key: str) -> None:
        """Marks the reason that the stop has already ("" none)."""
        for one in self._keys:
            one.set_given(bool(key) and one.node.key == key)

    def choose_number(self, number: int) -> bool:
        """Chooses one of the likeliest, counted from 1; False where there is none."""
        if self.tree_open or not 1 <= number <= len(self._keys):
            return False
        self._take(self._keys[number - 1].node.key)
        return True

    def open_tree(self) -> None:
        """Shows all reasons."""
        if not self._all.isEnabled():
            return
        self._search.clear()
        self._stack.setCurrentWidget(self._back)
        line = self._model.line_of(self._chosen)
        if line >= 0:
            self._list.setCurrentIndex(self._model.index(line))
        self._search.setFocus()
        self.tree_shown.emit(True)

    def close_tree(self) -> None:
        """Back to the likeliest."""
        if self.tree_open:
            self._stack.setCurrentWidget(self._front)
            self.tree_shown.emit(False)

    # --- building -----------------------------------------------------------------------------------
    def _make_keys(self) -> None:
        self._front = QWidget()
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        for place in (0, 1):
            self._grid.setColumnStretch(place, 1)
        self._all = Button(
            tr("All reasons … (T)"), self._theme, name=names.STOPS_ALL_REASONS, icon="list-tree"
        )
        self._all.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._all.setFixedHeight(KEY_HEIGHT)
        self._all.clicked.connect(self.open_tree)
        self._grid.addWidget(self._all, 0, 0)
        self._front.setLayout(column(self._grid, 0))

    def _make_tree(self) -> None:
        self._back = QWidget()
        self._search = QLineEdit()
        self._search.setObjectName(names.STOPS_TREE_SEARCH)
        self._search.setPlaceholderText(tr("Search all reasons"))
        self._search.setAccessibleName(tr("Search all reasons"))
        self._search.setClearButtonEnabled(True)
        self._search.installEventFilter(self)
        back = Button(tr("Back"), self._theme, name=names.STOPS_TREE_BACK, kind="chip", icon="chevron-left")
        back.clicked.connect(self.close_tree)
        self._model = ReasonList(self)
        self._list = QListView()
        self._list.setObjectName(names.STOPS_TREE)
        self._list.setProperty("kind", "tree")
        self._list.setAccessibleName(tr("All reasons"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(ReasonDelegate(self._theme, self._list))
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._list.setMinimumHeight(3 * REASON_HEIGHT)
        # it takes the room that is there, and asks for none where the keys are shown
        self._list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._list.installEventFilter(self)
        self._list.clicked.connect(self._pressed)
        self._search.textChanged.connect(self._searched)
        head = row(back, self._search, gap=8)
        head.setStretch(1, 1)
        layout = column(head, self._list, gap=8)
        layout.setStretch(1, 1)
        self._back.setLayout(layout)

    def _build_keys(self) -> None:
        for key in self._keys:
            self._grid.removeWidget(key)
            key.hide()
            key.deleteLater()
        self._keys = []
        for number, node in enumerate(self._top, 1):
            key = ReasonKey(self._theme, number, node)
            key.clicked.connect(lambda _=False, k=node.key: self._take(k))
            self._keys.append(key)
            self._grid.addWidget(key, (number - 1) // 2, (number - 1) % 2)
        self._grid.removeWidget(self._all)
        last = len(self._keys)
        self._grid.addWidget(self._all, last // 2, last % 2, 1, 1 if last % 2 else 2)

    # --- choosing -----------------------------------------------------------------------------------
    def _take(self, key: str) -> None:
        self._chosen = key
        self._mark()
        self.picked.emit(key)

    def _mark(self) -> None:
        chosen = self.chosen
        for key in self._keys:
            key.setChecked(key.node.key == self._chosen)
            key.update()
        elsewhere = chosen is not None and all(k.node.key != self._chosen for k in self._keys)
        self._all.setText(chosen.title if chosen is not None and elsewhere else tr("All reasons … (T)"))
        self._all.setToolTip(self._all.text())
        self._all.setProperty("kind", "picked" if elsewhere else "")
        self._all.style().unpolish(self._all)
        self._all.style().polish(self._all)

    def _searched(self, text: str) -> None:
        self._model.search(text)
        line = self._model.first() if text.strip() else -1
        self._list.setCurrentIndex(self._model.index(line) if line >= 0 else NOWHERE)

    def _pressed(self, index: QModelIndex) -> None:
        node = index.data(NODE)
        if isinstance(node, ReasonNode):
            self._take(node.key)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In search and tree: arrows walk, Enter takes, Enter on what is taken confirms, Esc goes back."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.close_tree()
            self._all.setFocus()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            node = self._list.currentIndex().data(NODE)
            if isinstance(node, ReasonNode) and node.key != self._chosen:
                self._take(node.key)
            else:
                self.enter.emit()
            return True
        if watched is self._search and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._walk(1 if key == Qt.Key.Key_Down else -1)
            return True
        return False

    def _walk(self, step: int) -> None:
        line = self._list.currentIndex().row() + step
        while 0 <= line < self._model.rowCount():
            if self._model.index(line).data(NODE) is not None:
                self._list.setCurrentIndex(self._model.index(line))
                return
            line += step
