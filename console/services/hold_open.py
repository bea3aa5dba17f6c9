"""Opens quality holds: from a breach, from a failed check. One open hold a cause; more of it is evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from console.domain.equipment import LimitSpec, Machine
from console.domain.holds import HoldState, Scope
from console.domain.limits import RUN_RULES
from console.domain.master_data import Product
from console.domain.policies import Flow, Mode
from console.domain.proposals import ReviewDomain
from console.domain.propose import running_order
from console.domain.validate import number
from console.domain.wording import with_unit
from console.services.facts import context_of, released_to
from console.services.trace_ids import new_trace_id
from console.store import audit, checks, holds, machines, policies, review
from console.store.holds import HoldRow, NewHold
from console.store.master import Mirror

# a breach that flaps for days still leaves a hold that can be read
MOST_BREACHES = 100
# answers are due so many minutes after a hold of this severity was proposed
DUE_MIN = {1: 15, 2: 60, 3: 240}
# Review's word for how urgent
LEVELS = {1: "high", 2: "high", 3: "medium"}
THE_CONSOLE = "the console"


@dataclass(frozen=True, slots=True)
class Running:
    """What runs on a machine, as far as it is known."""

    order_reference: str
    lot: str
    product: Product | None
    lot_id: int | None = None

    @property
    def product_id(self) -> int | None:
        """Odoo's id of the product."""
        return self.product.id if self.product is not None else None


@dataclass(frozen=True, slots=True)
class Finding:
    """Why something is to be held.

    Attributes:
        key: names the finding's source; a window that is still open grows by findings of the same one.
        title: what is wrong, without what it is about: "Product temperature 9.2 °C, limit 8".
        rule: with its version, for Review.
        breach: JSON-able facts for the evidence; ``at`` and ``ended_at`` as text.
        since: when what is doubtful began to be made; None: not known.
        until: when it ended; None: it goes on.
    """

    key: str
    title: str
    rule: str
    severity: int
    scope: Scope
    breach: Mapping[str, Any]
    since: datetime | None
    until: datetime | None = None


def running_on(tx: Connection, mirror: Mirror, machine: Machine, reported: tuple[str, str]) -> Running:
    """The order, lot and product: the machine's word, else a person's, else the only one released there."""
    said = machines.assignment(tx, machine.name)
    runs = running_order(
        reported, (said.order_reference, said.lot) if said else None, released_to(mirror, machine)
    )
    product = context_of(mirror, machine, runs.reference).product
    return Running(runs.reference, runs.lot, product, lot_id(mirror, runs.lot, product))


def lot_id(mirror: Mirror, lot: str, product: Product | None) -> int | None:
    """Odoo's id of a lot; None where it does not know it (yet)."""
    found = mirror.lot(lot, product.id) if lot and product is not None else None
    return found.id if found is not None else None


def since_of(
    tx: Connection, spec: LimitSpec, rule: str, machine: str, runs: Running, at: datetime
) -> datetime | None:
    """Since when what was made is doubtful, for a limit's scope.

    A run rule speaks about all the points that it looked at. Output is doubtful since the last good check, or
    since the order or lot began.
    """
    if spec.scope != Scope.OUTPUT.value:
        looked_at = RUN_RULES[rule].points * spec.every_s if rule in RUN_RULES else 0.0
        return at - timedelta(seconds=looked_at)
    good = checks.last_good_at(tx, machine, runs.order_reference, runs.lot, at)
    began = machines.events_of(tx, machine, datetime.min.replace(tzinfo=at.tzinfo), at, ["OrderChanged"], 1)
    known = [t for t in (good, began[0].at if began else None) if t is not None]
    return max(known, default=None)


def propose(tx: Connection, machine: Machine | None, runs: Running, found: Finding, now: datetime) -> HoldRow:
    """The hold of a finding, new or with more evidence. Effective at once, unless the policy is shadow."""
    where = machine.name if machine is not None else ""
    mode = policies.policy(tx, where, Flow.HOLD).mode if machine is not None else Mode.CONFIRM
    scope = Scope.WINDOW if found.scope is Scope.LOT and not runs.lot else found.scope
    lot_cause = cause_of_lot(runs.product_id, runs.lot)
    # a window or output that was kept is another one than the next
    cause = lot_cause if scope is Scope.LOT else f"{found.key}/{found.rule}@{found.breach['at']}"
    known = _known(tx, where, scope, runs, found) or holds.open_of_cause(tx, cause)
    if known is not None:
        return _more(tx, known, found, mode, now)
    product = runs.product
    unit = machine.unit if machine is not None else ""
    hold_id = holds.add(
        tx,
        NewHold(
            trace_id=new_trace_id(),
            state=HoldState.PROPOSED,
            severity=found.severity,
            scope=scope,
            cause=cause,
            title=f"{found.title}: {about(scope, runs, machine)}",
            opened_by=THE_CONSOLE,
            machine=where,
            product_id=runs.product_id,
            product=product.name if product is not None else "",
            lot=runs.lot,
            lot_id=runs.lot_id,
            order_reference=runs.order_reference,
            window_start=found.since,
            window_end=found.until if scope is not Scope.LOT else None,
            unit=unit,
            evidence={"breaches": [dict(found.breach)], "key": found.key},
            shadow=mode is Mode.SHADOW,
        ),
        now,
    )
    hold = holds.get(tx, hold_id)
    assert hold is not None
    detail = {"title": hold.title, "severity": hold.severity, "scope": scope.value, "shadow": hold.shadow}
    audit.append(tx, now, THE_CONSOLE, "hold proposed", f"hold:{hold_id}", detail, hold.trace_id)
    open_review(tx, hold, found.rule, now)
    return hold


def open_of_lot(tx: Connection, lot: str, product_id: int | None) -> HoldRow | None:
    """The hold of a lot that is proposed or held; also where the product was not known at first."""
    alive = (HoldState.PROPOSED, HoldState.HELD)
    return next((h for h in holds.of_lot(tx, lot, product_id) if h.state in alive), None)


def cause_of_lot(product_id: int | None, lot: str) -> str:
    """One open hold a lot: whatever else is found about it is evidence."""
    return f"lot:{product_id or ''}/{lot}"


def about(scope: Scope, runs: Running, machine: Machine | None) -> str:
    """``lot L-1``, ``Filler 1, WH/MO/00042``."""
    if scope is Scope.LOT:
        return f"lot {runs.lot}"
    where = machine.title if machine is not None else ""
    return ", ".join(w for w in (where, runs.order_reference) if w) or "unknown order"


def _known(tx: Connection, machine: str, scope: Scope, runs: Running, found: Finding) -> HoldRow | None:
    if scope is Scope.LOT:
        return open_of_lot(tx, runs.lot, runs.product_id)
    same = (scope, machine, runs.order_reference, runs.lot, found.key)
    for hold in holds.in_states(tx, [HoldState.PROPOSED]):
        key = hold.evidence.get("key", "")
        if (hold.scope, hold.machine, hold.order_reference, hold.lot, key) == same:
            return hold
    return None


def _more(tx: Connection, hold: HoldRow, found: Finding, mode: Mode, now: datetime) -> HoldRow:
    """Another finding about what is held already."""
    breaches = [*hold.evidence.get("breaches", ()), dict(found.breach)]
    surplus = max(len(breaches) - MOST_BREACHES, 0)
    # the first ones tell how it began, the last ones how it stands
    kept = [breaches[0], *breaches[1 + surplus :]] if surplus else breaches
    evidence = {**hold.evidence, "breaches": kept, "more": hold.evidence.get("more", 0) + surplus}
    values: dict[str, Any] = {"evidence": evidence, "severity": min(hold.severity, found.severity)}
    if hold.scope is not Scope.LOT:
        values["window_end"] = found.until
        starts = [t for t in (hold.window_start, found.since) if t is not None]
        values["window_start"] = min(starts) if len(starts) == 2 else None
    if hold.shadow and mode is not Mode.SHADOW:
        values["shadow"] = False
    fresh = holds.change(tx, hold, **values)
    if fresh.state is HoldState.PROPOSED:
        open_review(tx, fresh, found.rule, now)
    return fresh


def ended(tx: Connection, machine: str, limit: str, rule: str, at: datetime) -> None:
    """A breach is over: holds that tell of it know when, and their windows end with the last of them."""
    for hold in holds.not_over(tx):
        breaches = [dict(b) for b in hold.evidence.get("breaches", ())]
        mine = [
            b
            for b in breaches
            if (b.get("machine"), b.get("limit"), b.get("rule"), b.get("ended_at"))
            == (machine, limit, rule, None)
        ]
        if not mine:
            continue
        for breach in mine:
            breach["ended_at"] = at.isoformat()
        values: dict[str, Any] = {"evidence": {**hold.evidence, "breaches": breaches}}
        if hold.scope is not Scope.LOT and not any(b.get("ended_at") is None for b in breaches):
            values["window_end"] = max(at, hold.window_start or at)
        holds.change(tx, hold, **values)


# --- Review ------------------------------------------------------------------------------------------------


def review_cause(hold_id: int) -> str:
    """Names the review item of a hold."""
    return f"hold:{hold_id}"


def open_review(tx: Connection, hold: HoldRow, rule: str, now: datetime) -> None:
    """A proposed hold waits in Review too; it is decided on the Holds page. In shadow it only shows."""
    if hold.shadow:
        return
    breaches = hold.evidence.get("breaches", ())
    rows = [
        [str(b.get("words", "")), str(b.get("at", "")), str(b.get("ended_at") or "still")] for b in breaches
    ]
    item = review.NewItem(
        cause=review_cause(hold.id),
        domain=ReviewDomain.QUALITY,
        level=LEVELS.get(hold.severity, "high"),
        rule=rule,
        title=hold.title,
        explanation=f"{covered(hold)} on hold: it cannot be confirmed until an inspector decides "
        f"hold {hold.id} on the Holds page.",
        choices=(),
        evidence={"facts": {"headers": ["What", "From", "Until"], "rows": rows[-20:]}, "hold": hold.id},
        machine=hold.machine,
        order_reference=hold.order_reference,
        trace_id=hold.trace_id,
        due_at=hold.opened_at + timedelta(minutes=DUE_MIN.get(hold.severity, 60)),
    )
    review.open_item(tx, item, now)


def covered(hold: HoldRow) -> str:
    """What a hold is about, to begin a sentence with: ``Lot L-1 is``."""
    if hold.scope is Scope.LOT:
        return f"Lot {hold.lot} is"
    what = "What was made" if hold.window_end is not None else "What is made"
    where = f" for {hold.order_reference}" if hold.order_reference else f" on {hold.machine}"
    return f"{what}{where} since {_when(hold.window_start)} is" if hold.window_start else f"{what}{where} is"


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at is not None else ""


def breach_words(title: str, rule: str, value: float, bound: float, unit: str) -> str:
    """``Product temperature 9.2 °C, limit 8`` or, of a run rule, what its picture is."""
    shown = with_unit(number(value), unit)
    if rule in RUN_RULES:
        return f"{title} {shown}: {RUN_RULES[rule].title}"
    return f"{title} {shown}, limit {number(bound)}"
