"""All reasons as a searchable tree of lines."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from console.desktop.formats import tr
from console.desktop.theme import Theme, make_font
from console.services.views.stops import ReasonNode

GROUP_HEIGHT, REASON_HEIGHT = 30, 44
NODE = Qt.ItemDataRole.UserRole + 1
DEPTH = Qt.ItemDataRole.UserRole + 2
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def times_words(node: ReasonNode) -> str:
    """How often it was said lately, and whether it is a planned stop."""
    often = tr("{n}× in 30 days", n=node.times) if node.times else ""
    return " · ".join(p for p in (often, tr("planned") if node.planned else "") if p)


class ReasonList(QAbstractListModel):
    """The tree as lines: a group's head, its reasons, theirs below them; searched by words."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._nodes: tuple[ReasonNode, ...] = ()
        self._words: tuple[str, ...] = ()
        self._lines: list[tuple[int, str, ReasonNode | None]] = []

    @property
    def tree(self) -> tuple[ReasonNode, ...]:
        """What it was made of."""
        return self._nodes

    def show_tree(self, nodes: Sequence[ReasonNode]) -> None:
        """Takes a tree."""
        if tuple(nodes) != self._nodes:
            self._nodes = tuple(nodes)
            self._build()

    def search(self, text: str) -> None:
        """Every word must stand in the reason, its parents or its group."""
        self._words = tuple(text.casefold().split())
        self._build()

    def first(self) -> int:
        """Line of the first reason; -1 where there is none."""
        return next((n for n, line in enumerate(self._lines) if line[2] is not None), -1)

    def line_of(self, key: str) -> int:
        """Line of a reason; -1 where it is not shown."""
        found = (n for n, line in enumerate(self._lines) if line[2] is not None and line[2].key == key)
        return next(found, -1)

    def _build(self) -> None:
        self.beginResetModel()
        self._lines = []
        groups: dict[str, list[ReasonNode]] = {}
        for node in self._nodes:
            groups.setdefault(node.group, []).append(node)
        for group, nodes in groups.items():
            inner: list[tuple[int, str, ReasonNode | None]] = []
            for node in nodes:
                inner += self._found(node, 0, group)
            if inner:
                self._lines += [(0, group, None), *inner] if group else inner
        self.endResetModel()

    def _found(self, node: ReasonNode, depth: int, above: str) -> list[tuple[int, str, ReasonNode | None]]:
        path = f"{above} {node.title}"
        below: list[tuple[int, str, ReasonNode | None]] = []
        for child in node.children:
            below += self._found(child, depth + 1, path)
        folded = path.casefold()
        if below or all(word in folded for word in self._words):
            return [(depth, node.title, node), *below]
        return []

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Looks up."""
        if not index.isValid():
            return None
        depth, title, node = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == NODE:
            return node
        return depth if role == DEPTH else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A group's head cannot be chosen."""
        if index.isValid() and self._lines[index.row()][2] is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class ReasonDelegate(QStyledItemDelegate):
    """Paints a line of the tree."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Head or reason."""
        theme, rect = self._theme, QRectF(option.rect)
        node = index.data(NODE)
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(rect, theme.color("sel" if selected else "field" if node else "card"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.color("line"))
        left = 12 + 22 * int(index.data(DEPTH) or 0)
        if isinstance(node, ReasonNode):
            painter.setFont(make_font(12))
            painter.setPen(theme.color("dim"))
            often = times_words(node)
            painter.drawText(rect.adjusted(0, 0, -12, 0), _RIGHT, often)
            room = rect.width() - left - 24 - painter.fontMetrics().horizontalAdvance(often)
            painter.setFont(make_font(14, strong=selected))
            painter.setPen(theme.color("text"))
        else:
            room = rect.width() - left - 12
            painter.setFont(make_font(12, strong=True))
            painter.setPen(theme.color("dim"))
        text = painter.fontMetrics().elidedText(
            str(index.data() or ""), Qt.TextElideMode.ElideRight, int(max(20.0, room))
        )
        painter.drawText(rect.adjusted(left, 0, 0, 0), _LEFT, text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """A finger high; heads lower."""
        return QSize(120, REASON_HEIGHT if index.data(NODE) else GROUP_HEIGHT)
