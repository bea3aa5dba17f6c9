"""The end of the tour, beyond counts: each thing booked, looked up in Odoo's own tables by its administrator.

Nothing of the console's own way to Odoo is used, and no record is looked up by the id that the console keeps:
each is searched by what it must be.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.bootstrap import open_console
from console.domain.postings import OPEN_POSTING_STATES, PostingState
from console.domain.records import PostingKind
from console.settings import load_settings
from console.store import outbox
from console.store.engine import read
from console.store.outbox import PostingRow

if TYPE_CHECKING:  # Linux only
    from console.demo.odoo_sandbox import OdooServer, OdooSession

# what a tour has to show, each at least once
SHOWN = frozenset(
    k.value
    for k in (
        PostingKind.PRODUCTION,
        PostingKind.DOWNTIME,
        PostingKind.HOLD,
        PostingKind.RELEASE,
        PostingKind.INSPECTION,
        PostingKind.MAINTENANCE,
        PostingKind.SCRAP,
        PostingKind.CONSUMPTION,
        PostingKind.CLOSE,
    )
)
# with an Odoo that is not there, postings wait for ever
SETTLES_S = 20.0
# a state is read and told some tenths of a second after it began
STOP_TOLERANCE_S = 2.0
TOLERANCE = 0.006  # Odoo keeps two decimals of a quantity


@dataclass(frozen=True, slots=True)
class Tally:
    """Postings of one kind: asked for by people, seen in Odoo by the console, found there by us."""

    confirmed: int
    verified: int
    found: int
    missing: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Everything that was confirmed is verified and found."""
        return self.confirmed == self.verified == self.found


def tally(env: Mapping[str, str], server: OdooServer | None) -> dict[str, Tally]:
    """Per kind of posting, counts among them; what was given up by a person is left out.

    The edge goes on meanwhile (a stop ends when its order was closed): looked up again where the ledger moved
    while Odoo was asked, so that both are of one time.
    """
    deadline = time.monotonic() + SETTLES_S
    while True:
        rows = _rows(env)
        found = _tally(rows, server)
        resting = not any(r.state in OPEN_POSTING_STATES for r in rows)
        if server is None or (resting and rows == _rows(env)) or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def _rows(env: Mapping[str, str]) -> list[PostingRow]:
    console = open_console(load_settings(env))
    try:
        with read(console.ledger) as tx:
            return [r for r in outbox.newest(tx, 1_000_000) if r.state is not PostingState.DEAD_LETTER]
    finally:
        console.close()


def _tally(rows: Sequence[PostingRow], server: OdooServer | None) -> dict[str, Tally]:
    by_kind: dict[str, list[PostingRow]] = defaultdict(list)
    for row in reversed(rows):
        by_kind[row.kind].append(row)
    if server is None:
        return {kind: _counted(found, found[:0], ()) for kind, found in by_kind.items()}
    with server.session() as odoo:
        return {kind: _look_up(odoo, kind, found) for kind, found in sorted(by_kind.items())}


def _counted(rows: Sequence[PostingRow], found: Sequence[PostingRow], missing: Sequence[str]) -> Tally:
    verified = sum(r.state is PostingState.VERIFIED for r in rows)
    return Tally(len(rows), verified, len(found), tuple(missing))


def _look_up(odoo: OdooSession, kind: str, rows: list[PostingRow]) -> Tally:
    """A later posting of a record replaces an earlier one: both are found where Odoo holds the later."""
    newest = {r.target_key: r for r in rows}
    if kind == PostingKind.PRODUCTION.value:
        there = {key: _production(odoo, r) for key, r in newest.items()}
    else:
        ask = _FOUND[PostingKind(kind)]
        there = {key: ask(odoo, r.payload) for key, r in newest.items()}
    found = [r for r in rows if there[r.target_key]]
    missing = [r.summary or r.posting_key for r in rows if not there[r.target_key]]
    return _counted(rows, found, missing)


# --- kind by kind ------------------------------------------------------------------------------------------


def _production(odoo: OdooSession, row: PostingRow) -> bool:
    kind, _, record = row.target_key.partition(":")
    model, field = {
        "operation": ("mrp.workorder", "qty_produced"),
        "order": ("mrp.production", "qty_producing"),
    }[kind]
    found = odoo.call(model, "read", [int(record)], [field])
    return bool(found) and _same(found[0][field], row.target_quantity)


def _downtime(odoo: OdooSession, payload: Mapping[str, Any]) -> bool:
    """Exactly one row of this work center, reason and time."""
    domain = [
        ["workcenter_id", "=", payload["work_center_id"]],
        ["loss_id", "=", payload["loss_id"]],
        ["date_start", "=", _odoo_time(payload["start"])],
        ["date_end", "=", _odoo_time(payload["end"]) if payload["end"] else False],
    ]
    return _count(odoo, "mrp.workcenter.productivity", domain) == 1


def _transfer(odoo: OdooSession, payload: Mapping[str, Any]) -> bool:
    """For each line, done move lines of this origin from here to there come to the quantity, no more."""
    for line in payload["lines"]:
        domain = [
            ["state", "=", "done"],
            ["picking_id.origin", "=", payload["origin"]],
            ["picking_id.note", "ilike", payload["note"]],
            ["product_id", "=", line["product_id"]],
            ["lot_id", "=", line["lot_id"] or False],
            ["location_id", "=", line["source_id"]],
            ["location_dest_id", "=", line["destination_id"]],
        ]
        moved = odoo.call("stock.move.line", "search_read", domain, ["quantity"])
        if not _same(sum(m["quantity"] for m in moved), line["quantity"]):
            return False
    return True


def _inspection(odoo: OdooSession, payload: Mapping[str, Any]) -> bool:
    domain = [
        ["test", "=", payload["test_id"]],
        ["date", "=", _odoo_time(payload["at"])],
        ["state", "in", ["success", "failed"]],
    ]
    return _count(odoo, "qc.inspection", domain) == 1


def _maintenance(odoo: OdooSession, payload: Mapping[str, Any]) -> bool:
    """One request with this title for the equipment, and every piece of evidence with it."""
    domain: list[Any] = [["equipment_id", "=", payload["equipment_id"]]]
    domain.append(["id", "=", payload["join"]] if payload["join"] else ["name", "=", payload["title"]])
    ids = odoo.call("maintenance.request", "search", domain)
    if len(ids) != 1:
        return False
    names = sorted(a["name"] for a in payload["attachments"])
    there = odoo.call(
        "ir.attachment",
        "search_read",
        [["res_model", "=", "maintenance.request"], ["res_id", "=", ids[0]], ["name", "in", names]],
        ["name"],
    )
    return sorted(a["name"] for a in there) == names


def _consumption(odoo: OdooSession, payload: Mapping[str, Any]) -> bool:
    domain = [
        ["raw_material_production_id", "=", payload["order_id"]],
        ["product_id", "=", payload["product_id"]],
        ["state", "!=", "cancel"],
    ]
    moves = odoo.call("stock.move", "search_read", domain, ["quantity"])
    return _same(sum(m["quantity"] for m in moves), payload["quantity"])


def _operation(odoo: OdooSession, payload: Mapping[str, Any]) -> bool:
    """A later state may have followed: an operation that was started may be done by now."""
    after = {
        "start": ("progress", "done"),
        "pause": ("ready", "blocked", "progress", "done"),
        "finish": ("done",),
    }[payload["action"]]
    found = odoo.call("mrp.workorder", "read", [payload["operation_id"]], ["state"])
    return bool(found) and found[0]["state"] in after


def _close(odoo: OdooSession, payload: Mapping[str, Any]) -> bool:
    found = odoo.call("mrp.production", "read", [payload["order_id"]], ["state", "qty_produced"])
    return (
        bool(found) and found[0]["state"] == "done" and _same(found[0]["qty_produced"], payload["expected"])
    )


_FOUND: dict[PostingKind, Callable[[OdooSession, Mapping[str, Any]], bool]] = {
    PostingKind.DOWNTIME: _downtime,
    PostingKind.SCRAP: _transfer,
    PostingKind.HOLD: _transfer,
    PostingKind.RELEASE: _transfer,
    PostingKind.INSPECTION: _inspection,
    PostingKind.MAINTENANCE: _maintenance,
    PostingKind.CONSUMPTION: _consumption,
    PostingKind.OPERATION: _operation,
    PostingKind.CLOSE: _close,
}


def stops_that_differ(env: Mapping[str, str], truth: Mapping[str, Any]) -> list[str]:
    """Booked stops whose times are not those at which the simulated machine really stood, in words.

    A stop that was cut (by an order, a break, or a person) lies within one of the machine's own.
    """
    console = open_console(load_settings(env))
    try:
        with read(console.ledger) as tx:
            rows = [
                r
                for r in outbox.newest(tx, 1_000_000)
                if r.kind == PostingKind.DOWNTIME.value and r.state is PostingState.VERIFIED
            ]
        titles = {m.name: m.title for m in console.plant.machines}
    finally:
        console.close()
    newest = {r.target_key: r for r in reversed(rows)}
    made = {name.lower(): list(t.get("stops", ())) for name, t in truth.items()}
    found = []
    for row in newest.values():
        start = datetime.fromisoformat(row.payload["start"]).timestamp()
        end_text = row.payload["end"]
        end = datetime.fromisoformat(end_text).timestamp() if end_text else None
        if not any(_within(s, start, end) for s in made.get(row.machine, [])):
            found.append(f"{titles.get(row.machine, row.machine)} did not stand then: {row.summary}")
    return found


def _within(stop: Mapping[str, Any], start: float, end: float | None) -> bool:
    began, ended = float(stop["started"]), stop.get("ended")
    if start < began - STOP_TOLERANCE_S:
        return False
    if ended is None:
        return True
    return end is not None and end <= float(ended) + STOP_TOLERANCE_S


def in_quarantine(env: Mapping[str, str]) -> tuple[float, float]:
    """What was moved to quarantine and what of it is there still, by the ledger's verified postings."""
    rows = [r for r in _rows(env) if r.state is PostingState.VERIFIED]

    def moved(kind: PostingKind) -> float:
        lines = [line for r in rows if r.kind == kind.value for line in r.payload["lines"]]
        return float(sum(line["quantity"] for line in lines))

    held = moved(PostingKind.HOLD)
    return held, held - moved(PostingKind.RELEASE)


def quarantined(env: Mapping[str, str], server: OdooServer) -> float:
    """What lies in the quarantine location by Odoo's quants."""
    console = open_console(load_settings(env))
    location = console.plant.quality.quarantine
    console.close()
    with server.session() as odoo:
        quants = odoo.call(
            "stock.quant", "search_read", [["location_id.complete_name", "=", location]], ["quantity"]
        )
    return float(sum(q["quantity"] for q in quants))


def _count(odoo: OdooSession, model: str, domain: list[Any]) -> int:
    return int(odoo.call(model, "search_count", domain))


def _odoo_time(text: str) -> str:
    """As Odoo stores it: UTC, seconds cut off."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _same(one: float, other: float) -> bool:
    return abs(one - other) < TOLERANCE


def table(tallies: Mapping[str, Tally]) -> str:
    """The tallies for people."""
    lines = [f"{'Posting':<14}{'Confirmed':>10}{'Verified':>10}{'In Odoo':>10}"]
    for kind, t in tallies.items():
        lines.append(f"{kind:<14}{t.confirmed:>10}{t.verified:>10}{t.found:>10}")
        lines += [f"  not found: {what}" for what in t.missing[:5]]
    return "\n".join(lines)
