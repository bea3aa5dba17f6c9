"""What a maintenance request can be made of: an alarm, a condition, or what the console proposes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.alarms import Occurrence, rank
from console.domain.condition import Finding
from console.domain.equipment import Machine
from console.services.screens.common import NotFound, Stores
from console.store import alarms, conditions, requests
from console.store.conditions import Condition
from console.store.requests import Request

# Odoo's stars by alarm priority: 1 (most urgent) is three stars
STARS = {1: 3, 2: 2, 3: 1}
CONDITION_STARS = 1
CORRECTIVE, PREVENTIVE = "corrective", "preventive"
BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=10)
CONDITION_BEFORE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Source:
    """What a request is made of.

    Attributes:
        key: "alarm:5", "condition:2" or "request:7".
        version: what a person must have seen to decide; a condition has but one.
        trace_id: its own; the request carries it on.
        span: from when to when samples are evidence; None where none are.
        request: the request that there is of it already.
        own_source: as the request keeps it.
    """

    key: str
    version: int
    machine: str
    trace_id: str
    title: str
    kind: str
    priority: int
    span: tuple[datetime, datetime] | None
    tags: tuple[str, ...]
    own_source: str
    request: Request | None = None
    occurrence: Occurrence | None = None
    condition: Condition | None = None


def source_of(stores: Stores, tx: Connection, key: str, now: datetime) -> Source:
    """Finds it. Raises NotFound."""
    what, _, number = key.partition(":")
    if number.isdigit():
        if what == "alarm" and (occurrence := alarms.get(tx, int(number))) is not None:
            return _of_alarm(stores, tx, key, occurrence, now)
        if what == "condition" and (condition := conditions.get(tx, int(number))) is not None:
            return _of_condition(stores, tx, key, condition, now)
        if what == "request" and (request := requests.get(tx, int(number))) is not None:
            return _of_request(stores, tx, key, request, now)
    raise NotFound(f"There is nothing to request maintenance for under {key!r}.", "Look at the list again.")


def _of_alarm(stores: Stores, tx: Connection, key: str, o: Occurrence, now: datetime) -> Source:
    machine = stores.plant.machine(o.machine)
    return Source(
        key=key,
        version=o.version,
        machine=o.machine,
        trace_id=o.trace_id,
        title=f"{stores.title(o.machine)}: {o.text}",
        kind=CORRECTIVE,
        priority=STARS[rank(o.priority)],
        span=(o.raised_at - BEFORE, min(now, (o.cleared_at or o.last_raised_at) + AFTER)),
        tags=values_of(machine),
        own_source=f"alarm:{o.id}",
        request=requests.get(tx, o.request_id) if o.request_id is not None else None,
        occurrence=o,
    )


def _of_condition(stores: Stores, tx: Connection, key: str, c: Condition, now: datetime) -> Source:
    machine = stores.plant.machine(c.machine)
    others = [t for t in values_of(machine) if t != c.tag]
    return Source(
        key=key,
        version=1,
        machine=c.machine,
        trace_id=c.trace_id,
        title=condition_title(stores.title(c.machine), c.tag, c.finding),
        kind=CORRECTIVE,
        priority=CONDITION_STARS,
        span=(c.started_at - CONDITION_BEFORE, min(now, (c.ended_at or now) + AFTER)),
        tags=(c.tag, *others),
        own_source=f"condition:{c.id}",
        request=requests.get(tx, c.request_id) if c.request_id is not None else None,
        condition=c,
    )


def _of_request(stores: Stores, tx: Connection, key: str, r: Request, now: datetime) -> Source:
    """A proposed one; what it came from gives the evidence."""
    what, _, number = r.source.partition(":")
    if what in ("alarm", "condition") and number.isdigit():
        try:
            inner = source_of(stores, tx, r.source, now)
        except NotFound:
            pass
        else:
            if inner.request is not None and inner.request.id == r.id:
                return Source(
                    key=key,
                    version=r.version,
                    machine=r.machine,
                    trace_id=r.trace_id,
                    title=r.title,
                    kind=r.kind,
                    priority=r.priority,
                    span=inner.span,
                    tags=inner.tags,
                    own_source=r.source,
                    request=r,
                    occurrence=inner.occurrence,
                    condition=inner.condition,
                )
    return Source(
        key=key,
        version=r.version,
        machine=r.machine,
        trace_id=r.trace_id,
        title=r.title,
        kind=r.kind,
        priority=r.priority,
        span=None,
        tags=(),
        own_source=r.source,
        request=r,
    )


def values_of(machine: Machine | None) -> tuple[str, ...]:
    """The machine's process values: those shown, limited or watched, each once."""
    if machine is None:
        return ()
    names = [*machine.process_tags, *(x.tag for x in machine.limits), *(x.tag for x in machine.conditions)]
    return tuple(dict.fromkeys(n for n in names if n))


def condition_title(machine_title: str, tag: str, finding: str) -> str:
    """``Filler 1: Fill weight drift``; missing cycles are the machine's, not a value's."""
    about = finding if finding == Finding.CYCLES else f"{value_label(tag)} {finding}"
    return f"{machine_title}: {about}"


def value_label(tag: str) -> str:
    """``filler1.fill_weight`` -> ``Fill weight``; the machine stands beside it."""
    words = tag.rsplit(".", 1)[-1].replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
