"""Orders: machine total, confirmed total and Odoo's total side by side (reconciliation)."""

from __future__ import annotations

from console.desktop import object_names as names
from console.desktop.context import Context
from console.desktop.formats import quantity, rough, tr
from console.desktop.models.rows import Column
from console.desktop.pages.base import Page
from console.desktop.tasks import Refresher
from console.desktop.widgets.basics import column, label, surface
from console.desktop.widgets.data_table import DataTable
from console.services.views import Level, OrderRow


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
        self.body.addWidget(self.list, 1)
        self.body.addWidget(foot)
        self._refresh = Refresher(ctx.desk.orders, self._show, self.say_error, ctx.tasks, self, 500)
        ctx.watch.ledger_changed.connect(self._refresh.request)
        ctx.watch.tick.connect(self._refresh.request)
        self.list.exported.connect(lambda path: self.messages.say(tr("Written: {path}", path=path)))
        self.list.failed.connect(lambda text: self.messages.say(text, "", Level.HIGH))

    def activate(self) -> None:
        """Reads now."""
        self._refresh.activate(True)
        self.list.view.setFocus()

    def deactivate(self) -> None:
        """Reads no more."""
        self._refresh.activate(False)

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
                width=88,
                strong=strong,
                hidden=hidden,
            )

        def read(row: OrderRow) -> str:
            at = row.odoo_read_at
            return rough((self.ctx.now() - at).total_seconds()) if at else tr("never")

        return (
            Column("order", tr("Order"), lambda r: r.order_reference, strong=True, width=130),
            Column("product", tr("Product"), lambda r: r.product, width=0),
            Column("machine", tr("Machine"), lambda r: r.title or r.machine, width=96),
            Column("unit", tr("Unit"), lambda r: r.unit, width=72),
            number("ordered", tr("Ordered"), "ordered"),
            number("made", tr("Made"), "machine_total"),
            number("waiting", tr("To confirm"), "waiting"),
            number("confirmed", tr("Confirmed"), "confirmed", strong=True),
            number("rejected", tr("Rejected"), "rejected", hidden=True),
            number("baseline", tr("Before us"), "baseline", hidden=True),
            number("expected", tr("Expected"), "expected_in_odoo"),
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
