"""Review: one list for all that needs a person; what is wrong, evidence and choices stand beside it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QSplitter, QStyle, QStyleOptionViewItem, QTableView, QWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import rough, tr
from console.desktop.models.rows import Column, RowRoles
from console.desktop.models.subject import from_review
from console.desktop.pages.base import Page, place_of
from console.desktop.pages.decide import decide
from console.desktop.tasks import Refresher, Task
from console.desktop.theme import make_font
from console.desktop.widgets.basics import Button, column
from console.desktop.widgets.data_table import DataTable, LevelDelegate
from console.desktop.widgets.decision_panel import DecisionPanel, Request
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.shapes import LEVEL_SHAPES, draw_shape
from console.errors import ConsoleError
from console.services.views import Decided, Level, ProposalDetail, ReviewDetail, ReviewRow

Answer = tuple[ReviewDetail, ProposalDetail | None, tuple[str, ...]]
SEVERITY = list(Level)


class ItemDelegate(LevelDelegate):
    """The item in two or three lines: shape, what is wrong, then domain, age, owner."""

    def __init__(self, ctx: Context, parent: QWidget) -> None:
        super().__init__(ctx.theme, parent)
        self._ctx = ctx

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Other columns are ordinary cells."""
        if index.column() != 0:
            super().paint(painter, option, index)
            return
        row: ReviewRow = index.data(RowRoles.ROW)
        theme = self._ctx.theme
        rect = QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(rect, theme.color("sel" if selected else "card"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.color("line"))
        closed = row.resolved_at is not None
        level = Level.NORMAL if closed else row.level
        mark = QRectF(rect.left() + 13, rect.top() + 13, 13, 13)
        draw_shape(painter, mark, LEVEL_SHAPES[level], theme.level(level))
        inner = rect.toRect().adjusted(42, 9, -12, -9)
        painter.setFont(make_font(14, strong=not closed))
        painter.setPen(theme.color("dim" if closed else "text"))
        painter.drawText(inner, int(Qt.TextFlag.TextWordWrap), row.title)
        painter.setFont(make_font(12))
        painter.setPen(theme.color("dim"))
        foot = QRect(inner.left(), inner.bottom() - 15, inner.width(), 17)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignVCenter), self._foot(row))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """As high as the wrapped title needs."""
        if index.column() != 0:
            return super().sizeHint(option, index)
        row: ReviewRow = index.data(RowRoles.ROW)
        parent = self.parent()
        width = parent.columnWidth(0) if isinstance(parent, QTableView) else 400
        metrics = QFontMetrics(make_font(14, strong=row.resolved_at is None))
        room = QRect(0, 0, max(120, width - 54), 2000)
        high = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), row.title).height()
        return QSize(width, high + 18 + 20)

    def _foot(self, row: ReviewRow) -> str:
        now = self._ctx.now()
        if row.resolved_at is not None:
            return " · ".join((row.domain, tr("resolved {t}", t=self._ctx.times.near(row.resolved_at, now))))
        me = self._ctx.session.person
        owner = tr("you") if me is not None and row.owner == me.name else row.owner or tr("nobody")
        parts = [row.domain, rough((now - row.opened_at).total_seconds()), owner]
        if row.due_at is not None and row.due_at < now:
            parts.append(tr("overdue"))
        return " · ".join(parts)


class ReviewPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_REVIEW, tr("Review"))
        self._open_id: int | None = None
        self._wanted: int | None = None
        self.list: DataTable[ReviewRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.REVIEW_LIST,
            self._columns(),
            lambda r: r.id,
            (
                "inbox",
                tr("Nothing to review"),
                tr("What a rule stops, a link loses or Odoo refuses stands here until a person decided."),
            ),
        )
        view = self.list.view
        view.setItemDelegate(ItemDelegate(ctx, view))
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        view.setSelectionMode(view.SelectionMode.SingleSelection)
        self.list.offer_filters(
            (
                (tr("All"), None),
                (tr("Mine and nobody's"), self._mine),
                (tr("High and critical"), lambda r: r.level in (Level.HIGH, Level.CRITICAL)),
            )
        )
        self._resolved = Button(tr("Resolved"), ctx.theme, name=names.REVIEW_RESOLVED, kind="chip")
        self._resolved.setCheckable(True)
        self.list.tools.insertWidget(2, self._resolved)
        self.list.search.setMinimumWidth(110)
        self._panel = DecisionPanel(ctx.theme, ctx.times, names.REVIEW_PANEL, closable=False)
        self._hint = EmptyState(
            ctx.theme,
            "info",
            tr("Choose an item"),
            tr("Its rule, its evidence and what can be done about it stand here."),
            "review_hint",
        )
        self._lay_out()
        self._refresh = Refresher(self._read, self._show, self.say_error, ctx.tasks, self, 300)
        self._detail = Refresher(self._read_detail, self._show_detail, self._failed, ctx.tasks, self, 300)
        self._wire()

    def _columns(self) -> tuple[Column[ReviewRow], ...]:
        full = self.ctx.times.full
        return (
            Column(
                "item",
                tr("Item"),
                lambda r: r.title,
                lambda r: (-SEVERITY.index(r.level), r.opened_at),
                width=0,
            ),
            Column("domain", tr("Domain"), lambda r: r.domain, hidden=True),
            Column(
                "opened",
                tr("Opened"),
                lambda r: full(r.opened_at),
                lambda r: r.opened_at,
                width=160,
                hidden=True,
            ),
            Column("due", tr("Due"), lambda r: full(r.due_at), lambda r: r.due_at, width=160, hidden=True),
            Column("owner", tr("Owner"), lambda r: r.owner, hidden=True),
            Column("machine", tr("Machine"), lambda r: r.machine, hidden=True),
            Column("order", tr("Order"), lambda r: r.order_reference, width=130, hidden=True),
            Column("resolution", tr("Resolution"), lambda r: r.resolution, width=200, hidden=True),
        )

    def _lay_out(self) -> None:
        right = QWidget()
        right.setLayout(column(self._panel, self._hint))
        self._panel.hide()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.list)
        self._splitter.addWidget(right)
        self._splitter.setStretchFactor(1, 1)
        right.setMinimumWidth(420)
        self.list.setMinimumWidth(420)
        state = self.ctx.prefs.bytes("review/splitter")
        if state.isEmpty() or not self._splitter.restoreState(state):
            self._splitter.setSizes([500, 730])
        self.body.addWidget(self._splitter, 1)

    def _wire(self) -> None:
        watch = self.ctx.watch
        for refresher in (self._refresh, self._detail):
            watch.ledger_changed.connect(refresher.request)
        watch.tick.connect(self._refresh.request)
        self.list.chosen.connect(self._chosen)
        self.list.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
        self.list.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))
        self._resolved.toggled.connect(lambda _: self._refresh.now())
        self._panel.requested.connect(self._do)
        self._panel.take.connect(self._take)
        self._panel.trace.connect(lambda trace_id: self.go.emit("trace", trace_id))
        self._panel.lead.connect(lambda link: self.go.emit(*place_of(link)))
        self._splitter.splitterMoved.connect(
            lambda: self.ctx.prefs.keep("review/splitter", self._splitter.saveState())
        )

    # --- page -------------------------------------------------------------------------------------
    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(True)
        self._detail.activate(self._open_id is not None)
        self.list.view.setFocus()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)
        self._detail.activate(False)

    def person_changed(self) -> None:
        """Another person may do other things."""
        if self.isVisible():
            self._detail.now()

    def open_with(self, argument: object) -> None:
        """Opens one item (its id)."""
        if isinstance(argument, int) and not self.list.choose(argument):
            self._wanted = argument
            self._open(argument)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Titles wrap anew."""
        super().resizeEvent(event)
        self.list.view.resizeRowsToContents()

    # --- reading ----------------------------------------------------------------------------------
    def _mine(self, row: ReviewRow) -> bool:
        me = self.ctx.session.person
        return not row.owner or (me is not None and row.owner == me.name)

    def _read(self) -> tuple[ReviewRow, ...]:
        return self.ctx.desk.reviews(self._resolved.isChecked())

    def _show(self, rows: tuple[ReviewRow, ...]) -> None:
        ordered = sorted(rows, key=lambda r: (-SEVERITY.index(r.level), r.opened_at))
        wanted, self._wanted = self._wanted, None
        self.list.show_rows(ordered)
        # a list that has the keyboard makes its first row current: what a person came for goes before it
        if wanted is not None and not self.list.choose(wanted):
            self._open(wanted)
        word = tr("resolved") if self._resolved.isChecked() else tr("open")
        self.title.setText(tr("Review: {n} {word}", n=len(rows), word=word))

    def _chosen(self, row: ReviewRow | None) -> None:
        if row is not None and row.id != self._open_id:
            self._open(row.id)
        elif row is None:
            self._close()

    def _open(self, item_id: int) -> None:
        self._open_id = item_id
        self._panel.setEnabled(False)  # until it shows this item, it must not act on the one before
        self._detail.activate(self.isVisible())

    def _close(self) -> None:
        self._open_id = None
        self._detail.activate(False)
        self._panel.hide()
        self._hint.show()

    def _read_detail(self) -> Answer | None:
        if self._open_id is None:
            return None
        desk = self.ctx.desk
        detail = desk.review(self._open_id)
        proposal = desk.proposal(detail.proposal_id) if detail.proposal_id is not None else None
        me = self.ctx.session.person
        people = tuple(p.name for p in desk.people() if p.active and (me is None or p.id != me.id))
        return detail, proposal, people

    def _show_detail(self, answer: Answer | None) -> None:
        if answer is None or answer[0].row.id != self._open_id:
            return
        detail, proposal, people = answer
        subject = from_review(detail, proposal, self.ctx.times, self.ctx.now())
        self._panel.show_subject(subject, people, self.ctx.session.why_not(subject.permission))
        self._panel.setEnabled(True)
        self._hint.hide()
        self._panel.show()

    def _failed(self, error: ConsoleError) -> None:
        self._close()
        self.say_error(error)

    # --- doing ------------------------------------------------------------------------------------
    def _take(self) -> None:
        person, item_id = self.ctx.session.person, self._open_id
        if person is None or item_id is None:
            return
        desk = self.ctx.desk
        task = Task(lambda: desk.take_review(person, item_id))
        task.on_success(lambda _: self._again()).on_failure(self.say_error)
        task.start(self.ctx.tasks, self, action=True)

    def _do(self, request: Request) -> None:
        person = self.ctx.session.person
        if person is None:
            return
        self._panel.set_busy(True)
        desk = self.ctx.desk
        task = Task(lambda: decide(desk, person, request))
        task.finally_(self._panel.answered).on_success(self._decided).on_failure(self._refused)
        task.start(self.ctx.tasks, self, action=True)

    def _decided(self, decided: Decided) -> None:
        self.messages.say(decided.message)
        self._close()
        self._refresh.now()

    def _refused(self, error: ConsoleError) -> None:
        self.say_error(error)
        self._again()

    def _again(self) -> None:
        self._refresh.now()
        self._detail.now()
