"""Orders: machine total, confirmed total and Odoo's total side by side; and one order's life beside them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import quantity, rough, tr
from console.desktop.models.rows import Column
from console.desktop.pages.base import Page
from console.desktop.tasks import Refresher, Task
from console.desktop.widgets.basics import column, label, surface
from console.desktop.widgets.data_table import DataTable
from console.desktop.widgets.messages import EmptyState
from console.desktop.widgets.order_forms import (
    Close,
    CloseForm,
    Consume,
    ConsumeForm,
    Operate,
    OperateForm,
    Scrap,
    ScrapForm,
)
from console.desktop.widgets.order_panel import OrderPanel
from console.desktop.widgets.side_panel import SideForm, SidePanel
from console.domain.people import Permission
from console.errors import AlreadyDecided, ConsoleError
from console.services.views import Decided, Level, OrderRow
from console.services.views.order_life import ComponentRow, OperationRow, OrderDetail, ScrapRow


def differs(row: OrderRow) -> bool:
    """True where Odoo holds something else than it should."""
    return row.level is not Level.NORMAL


class OrdersPage(Page):
    """See the module's text."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx, names.PAGE_ORDERS, tr("Orders"))
        self.list: DataTable[OrderRow] = DataTable(
            ctx.theme,
            ctx.prefs,
            names.ORDERS_LIST,
            self._columns(),
            _key,
            (
                "list-checks",
                tr("No order yet"),
                tr(
                    "Every order that a machine works on stands here: what was made, what people confirmed "
                    "and what Odoo holds."
                ),
            ),
        )
        self.list.offer_filters(
            (
                (tr("All orders"), None),
                (tr("With a difference"), differs),
                (tr("Waiting for a decision"), lambda r: r.waiting > 0),
                (tr("Not verified"), lambda r: not r.verified),
            )
        )
        self._note = label("", "dim", wrap=True)
        foot = surface("foot")
        foot.setLayout(column(self._note, margins=(14, 10, 14, 10)))
        self._order_id: int | None = None
        self.panel = OrderPanel(ctx.theme, ctx.times)
        self._hint = EmptyState(
            ctx.theme,
            "list-checks",
            tr("Choose an order"),
            tr("Its operations, scrap, components and what closing it does in Odoo stand here."),
            "orders_hint",
        )
        self._right = QStackedWidget()
        self._right.addWidget(self._hint)
        self._right.addWidget(self.panel)
        self._right.setMinimumWidth(420)
        self.list.setMinimumWidth(440)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(12)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.list)
        self._splitter.addWidget(self._right)
        self._splitter.setStretchFactor(0, 1)
        state = ctx.prefs.bytes("orders/splitter")
        if state.isEmpty() or not self._splitter.restoreState(state):
            self._splitter.setSizes([760, 430])
        self.body.addWidget(self._splitter, 1)
        self.body.addWidget(foot)
        self.side = SidePanel(ctx.theme, self, names.ORDERS_SIDE)
        self._refresh = Refresher(ctx.desk.orders, self._show, self.say_error, ctx.tasks, self, 500)
        self._detail = Refresher(self._read_order, self._show_order, self._lost, ctx.tasks, self, 300)
        self._wire()

    def _wire(self) -> None:
        ctx = self.ctx
        for refresher in (self._refresh, self._detail):
            ctx.watch.ledger_changed.connect(refresher.request)
            ctx.watch.tick.connect(refresher.request)
        self.list.chosen.connect(self._chosen)
        self.panel.operate.connect(self._operate)
        self.panel.scrap.connect(self._scrap)
        self.panel.consume.connect(self._consume)
        self.panel.close_order.connect(self._close_order)
        self.panel.trace.connect(lambda reference: self.go.emit("trace", reference))
        self.side.closed.connect(lambda: self.list.view.setFocus())
        self._splitter.splitterMoved.connect(
            lambda: ctx.prefs.keep("orders/splitter", self._splitter.saveState())
        )
        self.list.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
        self.list.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))

    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(True)
        self._detail.activate(self._order_id is not None)
        if self.side.form is None:
            self.list.view.setFocus()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)
        self._detail.activate(False)

    def person_changed(self) -> None:
        """Another person may do other things."""
        if self.side.form is not None:
            self.side.form.refresh()
        self._detail.request()

    def open_with(self, argument: object) -> None:
        """Opens one order, by its id."""
        if isinstance(argument, int):
            self._open(argument)

    def _columns(self) -> tuple[Column[OrderRow], ...]:
        def number(
            key: str, title: str, of: str, *, strong: bool = False, hidden: bool = False
        ) -> Column[OrderRow]:
            return Column(
                key,
                title,
                lambda r: quantity(getattr(r, of)),
                lambda r: getattr(r, of),
                right=True,
                width=84,
                strong=strong,
                hidden=hidden,
            )

        def read(row: OrderRow) -> str:
            at = row.odoo_read_at
            return rough((self.ctx.now() - at).total_seconds()) if at else tr("never")

        return (
            Column("order", tr("Order"), lambda r: r.order_reference, strong=True, width=122),
            Column("product", tr("Product"), lambda r: r.product, width=150, hidden=True),
            Column("machine", tr("Machine"), lambda r: r.title or r.machine, width=96),
            Column("unit", tr("Unit"), lambda r: r.unit, width=66, hidden=True),
            number("ordered", tr("Ordered"), "ordered", hidden=True),
            number("made", tr("Made"), "machine_total"),
            number("waiting", tr("To confirm"), "waiting"),
            number("confirmed", tr("Confirmed"), "confirmed", strong=True),
            number("rejected", tr("Rejected"), "rejected", hidden=True),
            number("baseline", tr("Before us"), "baseline", hidden=True),
            number("expected", tr("Expected"), "expected_in_odoo", hidden=True),
            number("odoo", tr("In Odoo"), "odoo", strong=True),
            Column("read", tr("Read"), read, lambda r: r.odoo_read_at, width=74, hidden=True),
            Column(
                "result", tr("Result"), _result, level=lambda r: r.level, quiet=_quiet, icon=_icon, width=0
            ),
        )

    def _show(self, rows: tuple[OrderRow, ...]) -> None:
        self.list.show_rows(rows)
        parts = (
            (tr("{n} orders"), len({r.order_reference for r in rows})),
            (tr("{n} with counts to confirm"), sum(r.waiting > 0 for r in rows)),
            (tr("{n} verified in Odoo"), sum(r.verified for r in rows)),
            (tr("{n} differ from Odoo, each a review item"), sum(differs(r) for r in rows)),
        )
        self._note.setText(" · ".join(words.format(n=n) for words, n in parts) if rows else "")

    # --- one order --------------------------------------------------------------------------------
    def _chosen(self, chosen: OrderRow | None) -> None:
        if chosen is not None and chosen.order_id and chosen.order_id != self._order_id:
            self._open(chosen.order_id)

    def _open(self, order_id: int) -> None:
        self._order_id = order_id
        self.panel.setEnabled(False)  # until it shows this one, it must not act on the one before
        self._detail.activate(self.isVisible())

    def _read_order(self) -> OrderDetail | None:
        return self.ctx.desk.order_life.order(self._order_id) if self._order_id is not None else None

    def _show_order(self, detail: OrderDetail | None) -> None:
        if detail is None or detail.order_id != self._order_id:
            return
        why = self.ctx.session.why_not
        self.panel.show_order(detail, why(Permission.RUN_ORDERS), why(Permission.BOOK_SCRAP))
        self.panel.setEnabled(True)
        self._right.setCurrentWidget(self.panel)

    def _lost(self, error: ConsoleError) -> None:
        """It is not among Odoo's open orders any more: closed, or gone."""
        self._order_id = None
        self._detail.activate(False)
        self._hint.say(error.what, error.remedy)
        self._right.setCurrentWidget(self._hint)

    def _why_not(self, permission: Permission) -> Callable[[], str]:
        return lambda: self.ctx.session.why_not(permission)

    # --- deciding ---------------------------------------------------------------------------------
    def _operate(self, operation: OperationRow, action: str) -> None:
        form = OperateForm(self.ctx.theme, operation, action, self._why_not(Permission.RUN_ORDERS))
        self._open_form(operation.name, form)

    def _scrap(self, scrap: ScrapRow) -> None:
        detail = self.panel.detail
        if detail is not None:
            why_not = self._why_not(Permission.BOOK_SCRAP)
            form = ScrapForm(self.ctx.theme, scrap, detail.scrap_reasons, why_not)
            self._open_form(tr("Scrap of {order}", order=detail.order_reference), form)

    def _consume(self, component: ComponentRow) -> None:
        form = ConsumeForm(self.ctx.theme, component, self._why_not(Permission.BOOK_SCRAP))
        self._open_form(tr("What was used"), form)

    def _close_order(self, detail: OrderDetail) -> None:
        form = CloseForm(self.ctx.theme, detail, self._why_not(Permission.RUN_ORDERS))
        self._open_form(tr("Close {order}", order=detail.order_reference), form)

    def _open_form(self, title: str, form: SideForm) -> None:
        form.sent.connect(self._send)
        self.side.open_form(title, form)

    def _send(self, wanted: object) -> None:
        person, detail, life = self.ctx.session.person, self.panel.detail, self.ctx.desk.order_life
        if person is None or detail is None:
            return

        def work() -> Decided:
            if isinstance(wanted, Operate):
                return life.operate(person, wanted.operation_id, wanted.action, wanted.reason)
            if isinstance(wanted, Scrap):
                return life.scrap(
                    person, wanted.machine, detail.order_id, wanted.quantity, wanted.reason, wanted.rework
                )
            if isinstance(wanted, Consume):
                return life.confirm_consumption(
                    person, wanted.consumption_id, wanted.version, wanted.quantity, wanted.reason
                )
            assert isinstance(wanted, Close)
            return life.close(
                person, detail.order_id, seen=wanted.seen, backorder=wanted.backorder, reason=wanted.reason
            )

        task = Task(work).on_success(self._done).on_failure(self._refused)
        task.start(self.ctx.tasks, self, action=True)

    def _done(self, decided: Decided) -> None:
        self.side.finish()
        self.messages.say(decided.message)
        self._detail.now()
        self._refresh.now()

    def _refused(self, error: ConsoleError) -> None:
        form = self.side.form
        if isinstance(error, AlreadyDecided) or form is None:
            self.side.finish()
            self.say_error(error)
        else:
            form.refused(error)
        self._detail.now()


def _key(row: OrderRow) -> tuple[int, str, str]:
    return row.order_id, row.target_key, row.machine


def _result(row: OrderRow) -> str:
    if row.difference:
        return row.difference
    if row.verified:
        return tr("verified")
    return tr("never read from Odoo") if row.odoo is None else tr("on its way")


def _quiet(row: OrderRow) -> bool:
    return row.verified and not row.difference


def _icon(row: OrderRow) -> str:
    return "circle-check" if _quiet(row) else "clock"
