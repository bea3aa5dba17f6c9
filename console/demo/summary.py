"""The end of the tour: machine, confirmed and Odoo side by side, each asked at its own source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.bootstrap import open_console
from console.demo.plant import OrderOf
from console.settings import load_settings
from console.store import machines
from console.store.engine import read

if TYPE_CHECKING:  # Linux only
    from console.demo.odoo_sandbox import OdooServer


def counters_without_baseline(env: Mapping[str, str]) -> int:
    """How many counters the edge has not heard of yet."""
    settings = load_settings(env)
    if not Path(settings.ledger).exists():
        return 1
    console = open_console(settings)
    try:
        with read(console.ledger) as tx:
            return sum(
                c.tag not in machines.load_checkpoints(tx, m.name)
                for m in console.plant.machines
                for c in m.counters
            )
    finally:
        console.close()


def compare(
    env: Mapping[str, str],
    orders: list[OrderOf],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    server: OdooServer | None,
) -> list[dict[str, Any]]:
    """A row for each order and machine: ``verified`` only where all three agree.

    ``machine`` is what the simulated machine knows that it made, not what anybody counted.
    """
    console = open_console(load_settings(env))
    try:
        known = {(r.machine, r.order_reference): r for r in console.desk.orders()}
        titles = {m.title: m.name for m in console.plant.machines}
    finally:
        console.close()
    rows = []
    for o in orders:
        made = _made(o, before, after)
        row = next(
            (r for (m, ref), r in known.items() if ref == o.order and _same_machine(m, o.machine, titles)),
            None,
        )
        if row is None:
            held, confirmed, factor = None, 0.0, 1.0
        else:
            confirmed, factor = row.confirmed, _factor(row.unit)
            held = _in_odoo(server, row.target_key)
        wanted = made / factor
        agree = held is not None and _equal(held, wanted) and _equal(confirmed, wanted) and row is not None
        rows.append(
            {
                "order": o.order,
                "at": o.machine,
                "machine": round(wanted, 4),
                "confirmed": round(confirmed, 4),
                "odoo": held,
                "unit": row.unit if row else "",
                "verified": bool(agree and row is not None and row.verified),
            }
        )
    return rows


def _same_machine(shown: str, machine: str, titles: Mapping[str, str]) -> bool:
    return machine.lower() in (shown.lower(), titles.get(shown, "").lower())


def _made(o: OrderOf, before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    def good(truth: Mapping[str, Any]) -> float:
        return float(truth[o.machine]["orders"].get(o.order, {}).get("good", 0))

    return (good(after) - good(before)) * float(after[o.machine]["units_per_count"])


def _factor(unit: str) -> float:
    return {"Dozens": 12.0}.get(unit, 1.0)


def _equal(one: float, other: float) -> bool:
    # Odoo keeps two decimals of a quantity
    return abs(one - other) < 0.006


def _in_odoo(server: OdooServer | None, target_key: str) -> float | None:
    """Asked of Odoo as its administrator, over another way than the console's own."""
    if server is None:
        return None
    kind, _, record = target_key.partition(":")
    model, field = {
        "operation": ("mrp.workorder", "qty_produced"),
        "order": ("mrp.production", "qty_producing"),
    }[kind]
    with server.session() as odoo:
        found: list[dict[str, Any]] = odoo.call(model, "read", [int(record)], [field])
    return float(found[0][field]) if found else None


def table(rows: list[dict[str, Any]]) -> str:
    """The rows for people."""
    head = ("Order", "At", "Machine", "Confirmed", "Odoo", "Unit", "Verified")
    cells = [head] + [
        (
            str(r["order"]),
            str(r["at"]),
            f"{r['machine']:g}",
            f"{r['confirmed']:g}",
            "not read" if r["odoo"] is None else f"{r['odoo']:g}",
            str(r["unit"]),
            "yes" if r["verified"] else "NO",
        )
        for r in rows
    ]
    widths: dict[int, int] = defaultdict(int)
    for row in cells:
        for i, text in enumerate(row):
            widths[i] = max(widths[i], len(text))
    return "\n".join("  ".join(text.ljust(widths[i]) for i, text in enumerate(row)) for row in cells)
