"""The Holds page: rows, one hold with its evidence and choices, checks, limits and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from console.domain.equipment import LimitSpec, Machine
from console.domain.holds import OVER, Disposition, HoldState, two_people_needed
from console.domain.limits import RUN_RULES, in_words, zone
from console.domain.tags import Quality as SampleQuality
from console.domain.tags import Sample
from console.domain.validate import number
from console.services import hold_book, hold_decide
from console.services.check_record import summary_words
from console.services.hold_decide import Circumstances
from console.services.hold_open import covered
from console.services.screens.common import NotFound, Stores, odoo_link
from console.services.screens.outbox import step_of, waiting_words
from console.services.screens.proposal import line
from console.services.views import FactTable, Level, OdooLink, Series
from console.services.views.quality import (
    CheckRow,
    ChildLot,
    DispositionChoice,
    HoldDetail,
    HoldRow,
    HoldsView,
    LimitLine,
    LimitRow,
    Question,
    TestForm,
)
from console.store import checks, holds, master, outbox, signatures, stock_master
from console.store.engine import read
from console.store.holds import HoldRow as Stored
from console.store.master import Mirror
from console.store.outbox import PostingRow

CLOSED = 100
CHECKS = 100
TREND_POINTS = 600
AROUND = timedelta(minutes=10)
LEVELS = {1: Level.CRITICAL, 2: Level.HIGH, 3: Level.MEDIUM}
# what ends a hold takes two people from the plan's severity on; rework keeps it
TWO_PEOPLE = frozenset({Disposition.RELEASE, Disposition.SCRAP})
MEANINGS: Mapping[Disposition, tuple[str, ...]] = {
    Disposition.KEEP: (),
    Disposition.RELEASE: (
        "I reviewed the evidence and release the material",
        "I approve the release under deviation",
    ),
    Disposition.SCRAP: ("I reviewed the evidence and reject the material",),
    Disposition.REWORK: ("I reviewed the evidence and send the material to rework",),
}
NO_TESTS = (
    "Odoo has no quality tests (the module quality_control_oca is not there, or its tests cannot be read): "
    "inspections cannot be recorded, holds and measurements work."
)


def link_words(stores: Stores) -> str:
    """Why Odoo cannot be asked now, and the way out; "" while it is reached."""
    with read(stores.ledger) as tx:
        link = master.link(tx)
    state, reason, remedy = odoo_link(stores.plant, link, stores.edge(stores.clock()))
    if state is OdooLink.UP:
        return ""
    return f"Odoo is not reached: wait until it is. {reason} {remedy}".strip()


# --- the list ----------------------------------------------------------------------------------------------


def holds_view(stores: Stores) -> HoldsView:
    """Open holds by severity then age, the newest closed ones, limits and checks."""
    now = stores.clock()
    with read(stores.ledger) as tx:
        mirror = stores.known(tx).mirror
        alive = sorted(holds.not_over(tx), key=lambda h: (h.severity, h.opened_at, h.id))
        over = holds.newest_over(tx, CLOSED)
        opened = tuple(_row(stores, tx, mirror, h, now) for h in alive)
        closed = tuple(_row(stores, tx, mirror, h, now) for h in over)
        recent = checks.newest(tx, CHECKS)
        rows = tuple(_check(tx, r) for r in recent)
        limits = _limits(stores, tx)
        link = master.link(tx)
        told = [w for w in (link.parts_missing if link is not None else ()) if "quality" in w.lower()]
        missing = "" if stock_master.quality_tests(tx) else " ".join(told) or NO_TESTS
    return HoldsView(opened, closed, limits, rows, missing)


def _row(stores: Stores, tx: Connection, mirror: Mirror, hold: Stored, now: datetime) -> HoldRow:
    posting = next(iter(reversed(outbox.of_subject(tx, hold_book.subject(hold)))), None)
    ended = hold.settled_at if hold.state in OVER and hold.settled_at is not None else now
    return HoldRow(
        id=hold.id,
        version=hold.version,
        title=hold.title,
        state=hold.state,
        severity=hold.severity,
        level=_level(hold),
        effective=hold.effective,
        machine=hold.machine,
        machine_title=stores.title(hold.machine) if hold.machine else "",
        product=hold.product,
        lot=hold.lot,
        order_reference=hold.order_reference,
        quantity=_quantity(tx, hold),
        unit=_unit(mirror, hold),
        opened_at=hold.opened_at,
        opened_by=hold.opened_by,
        age_s=max((ended - hold.opened_at).total_seconds(), 0.0),
        disposition=hold.disposition,
        posting=posting.state if posting is not None else None,
        waiting=_waiting(stores, tx, hold, posting, now),
        stock=hold_book.where_it_lies(tx, mirror, hold),
        trace_id=hold.trace_id,
        parent_id=hold.parent_id,
    )


def _level(hold: Stored) -> Level:
    if hold.state in OVER:
        return Level.NORMAL
    return Level.NOTICE if hold.shadow else LEVELS.get(hold.severity, Level.HIGH)


def _quantity(tx: Connection, hold: Stored) -> float | None:
    if hold.quantity is not None:
        return hold.quantity
    if hold.moves:
        return sum(float(m["quantity"]) for m in hold.moves)
    if hold.lot_id is None:
        return None
    usable = ("internal", "transit", *hold_book.AWAY)
    there = [p.quantity for p in stock_master.stock_of_lot(tx, hold.lot_id) if p.usage in usable]
    return sum(there) if there else None


def _unit(mirror: Mirror, hold: Stored) -> str:
    return hold.unit if hold.quantity is not None else hold_book.unit_name(mirror, hold)


def _waiting(stores: Stores, tx: Connection, hold: Stored, posting: PostingRow | None, now: datetime) -> str:
    if hold.state in OVER:
        return ""
    if hold.shadow:
        return "Holds are in shadow here: it is shown, stops nothing and is not booked."
    if hold.evidence.get("given_up"):
        return str(hold.evidence["given_up"])
    if posting is not None and posting.verified_at is None:
        edge = stores.edge(now)
        link, reason, _ = odoo_link(stores.plant, master.link(tx), edge)
        words = waiting_words(stores, posting, step_of(tx, posting, now), link, reason, edge, now)
        if words:
            return words
    if hold.state is HoldState.PROPOSED:
        return "An inspector decides."
    return str(hold.evidence.get("waiting", ""))


# --- one hold ----------------------------------------------------------------------------------------------


def hold_detail(stores: Stores, hold_id: int, here: Circumstances) -> HoldDetail:
    """All about one hold. Raises NotFound."""
    with read(stores.ledger) as tx:
        hold = holds.get(tx, hold_id)
        if hold is None:
            raise NotFound(f"There is no hold {hold_id}.", "Look at the list again.")
        mirror = stores.known(tx).mirror
        row = _row(stores, tx, mirror, hold, here.now)
        below = children(tx, mirror, hold)
        about = checks.about(tx, lot=hold.lot, order_reference=hold.order_reference, hold_id=hold.id)
        results = tuple(_check(tx, r) for r in about)
        choices = tuple(_choice(stores, tx, here, hold, d) for d in Disposition)
        signed = tuple(_signed(stores, s, here.now) for s in signatures.of_record(tx, f"hold:{hold.id}"))
        history = tuple((e.at, _told(e)) for e in holds.history(tx, hold.id) if e.action != "signed")
    series, lines, highlight = breach_trend(stores, hold, here.now)
    return HoldDetail(
        row=row,
        explanation=_explanation(stores, hold, row),
        series=series,
        limits=lines,
        highlight=highlight,
        facts=_facts(stores, hold, here.now),
        children=below,
        checks=results,
        choices=() if hold.state in OVER else choices,
        signatures=signed,
        history=history,
    )


def _explanation(stores: Stores, hold: Stored, row: HoldRow) -> str:
    words = [f"{hold.title}."]
    if hold.shadow:
        words.append("Holds are in shadow here: it stops nothing.")
    elif hold.effective:
        words.append(f"{covered(hold)} on hold: its counts cannot be confirmed.")
    if row.stock:
        words.append(f"Odoo has {row.stock}.")
    if row.waiting:
        words.append(row.waiting)
    if hold.parent_id is not None:
        words.append(f"It follows from hold {hold.parent_id}.")
    return " ".join(w if w.endswith((".", "!", "?")) else f"{w}." for w in words)


def breach_trend(
    stores: Stores, hold: Stored, now: datetime
) -> tuple[Series | None, tuple[LimitLine, ...], tuple[datetime, datetime] | None]:
    """The value that breached, with its limits; some minutes before and after."""
    told = [b for b in hold.evidence.get("breaches", ()) if b.get("tag")]
    if not told:
        return None, (), None
    first = told[0]
    mine = [b for b in told if (b["machine"], b["limit"]) == (first["machine"], first["limit"])]
    start = min(datetime.fromisoformat(b["at"]) for b in mine)
    ends = [datetime.fromisoformat(b["ended_at"]) if b.get("ended_at") else now for b in mine]
    end = max(max(ends), start)
    series = line(stores, str(first["tag"]), start - AROUND, min(end + AROUND, now), TREND_POINTS)
    machine = stores.plant.machine(str(first["machine"]))
    spec = next((x for x in machine.limits if x.name == first["limit"]), None) if machine else None
    return (series if series.samples else None), _lines(spec) if spec is not None else (), (start, end)


def _lines(spec: LimitSpec) -> tuple[LimitLine, ...]:
    found = [
        (spec.action_high, "action", "Action high"),
        (spec.warning_high, "warning", "Warning high"),
        (spec.target if spec.sigma > 0 else None, "target", "Target"),
        (spec.warning_low, "warning", "Warning low"),
        (spec.action_low, "action", "Action low"),
    ]
    return tuple(LimitLine(v, kind, f"{label} {number(v)}") for v, kind, label in found if v is not None)


def _facts(stores: Stores, hold: Stored, now: datetime) -> FactTable | None:
    told: Sequence[Mapping[str, Any]] = hold.evidence.get("breaches", ())
    if not told:
        return None
    rows = []
    for b in told:
        at = datetime.fromisoformat(b["at"])
        ended = datetime.fromisoformat(b["ended_at"]) if b.get("ended_at") else None
        until = "still" if ended is None else "" if ended == at else stores.near(ended, now)
        rows.append((str(b["words"]), stores.near(at, now), until))
    more = int(hold.evidence.get("more", 0))
    if more:
        rows.insert(1, (f"{more} more", "", ""))
    return FactTable(("What", "From", "Until"), tuple(rows))


def _choice(
    stores: Stores, tx: Connection, here: Circumstances, hold: Stored, disposition: Disposition
) -> DispositionChoice:
    title, effect = {
        Disposition.KEEP: (
            "Keep",
            f"Moves what is in stock of it to {stores.plant.quality.quarantine}."
            if hold.lot
            else "It stays on hold here; without a lot nothing is moved in Odoo.",
        ),
        Disposition.RELEASE: (
            "Release",
            "Moves it back; released is said when Odoo was read back."
            if hold.moves
            else "Its counts can be confirmed again; nothing is moved in Odoo.",
        ),
        Disposition.SCRAP: ("Scrap", "Moves it from quarantine to scrap; it cannot be taken back."),
        Disposition.REWORK: ("Rework", "It stays in quarantine and on hold until it is released."),
    }[disposition]
    two = disposition in TWO_PEOPLE and two_people_needed(hold.severity, stores.plant.quality.two_people_from)
    return DispositionChoice(
        key=disposition,
        title=title,
        effect=effect,
        signed=disposition is not Disposition.KEEP,
        two_people=two,
        meanings=MEANINGS[disposition],
        why_not=hold_decide.why_not(tx, here, hold, disposition),
    )


def children(tx: Connection, mirror: Mirror, hold: Stored) -> tuple[ChildLot, ...]:
    """Lots that have the held one in them, nearest first."""
    if hold.lot_id is None:
        return ()
    found = []
    for child in stock_master.children_of(tx, hold.lot_id):
        places = [p for p in stock_master.stock_of_lot(tx, child.lot_id) if p.quantity > 0]
        product = mirror.products.get(child.product_id)
        unit = mirror.unit_by_id(product.unit_id) if product is not None else None
        found.append(
            ChildLot(
                lot_id=child.lot_id,
                lot=child.name,
                product=product.name if product is not None else "",
                depth=child.depth,
                stock=hold_book.words_of(places, unit.name if unit is not None else ""),
                shipped=any(p.usage in hold_book.AWAY for p in places),
                held=any(h.effective for h in holds.of_lot(tx, child.name, child.product_id or None)),
            )
        )
    return tuple(found)


def _signed(stores: Stores, row: Row[Any], now: datetime) -> str:
    return f"{row.person} ({row.role}), {stores.near(row.at, now)}: {row.meaning}. {row.reason}"


_ACTIONS = {
    "hold proposed": "Proposed",
    "hold place": "Placed",
    "hold keep": "Kept",
    "hold release": "Release decided",
    "hold scrap": "Scrapping decided",
    "hold rework": "Sent to rework",
    "hold booked": "Odoo holds it in quarantine",
    "hold released": "Released: Odoo was read back",
    "hold scrapped": "Scrapped: Odoo was read back",
    "hold booking given up": "The booking was given up",
}


def _told(entry: Row[Any]) -> str:
    reason = str(entry.detail.get("reason", ""))
    witness = str(entry.detail.get("witness", ""))
    who = f" by {entry.actor}" + (f" with {witness}" if witness else "")
    words = f"{_ACTIONS.get(entry.action, entry.action)}{who}"
    return f"{words}: {reason}" if reason else words


# --- checks, tests, limits ---------------------------------------------------------------------------------


def _check(tx: Connection, row: Row[Any]) -> CheckRow:
    posting = next(iter(reversed(outbox.of_subject(tx, f"check:{row.id}"))), None)
    if row.kind == "batch_summary":
        text = summary_words(row.results)
    else:
        text = ", ".join(
            f"{r['title']}: {r['text']}" + ("" if r["pass"] else " (outside)") for r in row.results
        )
    return CheckRow(
        id=row.id,
        at=row.at,
        title=row.title,
        result=row.result,
        text=text,
        person=row.person,
        lot=row.lot,
        order_reference=row.order_reference,
        posting=posting.state if posting is not None else None,
        trace_id=row.trace_id,
        kind=row.kind,
        state=row.state,
        version=row.version,
    )


def tests(tx: Connection) -> tuple[TestForm, ...]:
    """Odoo's tests as forms."""
    return tuple(
        TestForm(
            t.id,
            t.name,
            tuple(
                Question(
                    q.id,
                    q.name,
                    q.kind,
                    q.minimum,
                    q.maximum,
                    q.unit,
                    tuple((i, text) for i, text, _ in q.answers),
                )
                for q in t.questions
            ),
        )
        for t in stock_master.quality_tests(tx)
    )


def _limits(stores: Stores, tx: Connection) -> tuple[LimitRow, ...]:
    tags = [x.tag for m in stores.plant.machines for x in m.limits if x.tag]
    latest = stores.telemetry.latest(tags) if tags else {}
    rows = []
    for machine in stores.plant.machines:
        measured = checks.last_measured(tx, machine.name) if any(not x.tag for x in machine.limits) else {}
        for spec in machine.limits:
            rows.append(_limit(machine, spec, latest.get(spec.tag), measured.get(spec.name), tx))
    return tuple(rows)


def _limit(
    machine: Machine, spec: LimitSpec, sample: Sample | None, measured: Row[Any] | None, tx: Connection
) -> LimitRow:
    value: float | None = None
    if (
        sample is not None
        and sample.quality is not SampleQuality.BAD
        and isinstance(sample.value, int | float)
        and not isinstance(sample.value, bool)
    ):
        value = float(sample.value)
    elif measured is not None:
        value = float(measured.results[0]["value"])
    level = zone(spec, value)[0] if value is not None else ""
    return LimitRow(
        machine=machine.name,
        name=spec.name,
        title=spec.title,
        unit=spec.unit,
        product=spec.product,
        text=in_words(spec),
        run_rules=tuple(RUN_RULES[r].title for r in spec.run_rules if r in RUN_RULES),
        by_hand=not spec.tag,
        value=value,
        level={"": Level.NORMAL, "warning": Level.MEDIUM, "action": Level.HIGH}[level],
    )
