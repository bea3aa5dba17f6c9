"""The panel of one alarm: what to do, the value that tells most, the request prefilled, who did what."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.alarms import Occurrence, shelved_too_often
from console.domain.equipment import AlarmTag
from console.domain.telling import Line, most_telling
from console.services.alarm_rows import Marks
from console.services.request_form import form
from console.services.request_sources import values_of
from console.services.screens.common import NotFound, Stores
from console.services.screens.proposal import CHART_POINTS, line
from console.services.views import Series
from console.services.views.alarms import AlarmDetail
from console.store import alarms, requests
from console.store.engine import read

BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=10)
TIMES_SHOWN = 20
_DONE = {
    "acknowledge": "acknowledged it",
    "shelve": "shelved it",
    "unshelve": "ended the shelving",
    "request": "requested maintenance",
    "join": "added it to an open request",
    "dismiss": "dismissed the request",
}


def alarm_detail(stores: Stores, occurrence_id: int) -> AlarmDetail:
    """One occurrence. Raises NotFound."""
    now = stores.clock()
    with read(stores.ledger) as tx:
        found = alarms.get(tx, occurrence_id)
        if found is None:
            raise NotFound(f"There is no alarm {occurrence_id}.", "Look at the list again.")
        shelves = alarms.shelves(tx, now)
        children = [o for o in alarms.brought_along(tx, found.id) if o.live]
        marks = Marks(stores, tx, now, shelves, [found, *children])
        row = marks.row(found, tuple(marks.row(o) for o in children))
        prefilled = form(stores, tx, f"alarm:{found.id}", now)
        history = _history(tx, found)
        why_not = shelve_why_not(stores, tx, found, now)
    configured = alarm_tag(stores, found)
    return AlarmDetail(
        row=row,
        guidance=configured.guidance if configured is not None else "",
        series=telling_series(stores, found, now),
        highlight=(found.raised_at, max(found.cleared_at or now, found.raised_at)),
        form=prefilled,
        history=history,
        shelve_why_not=why_not,
        shelve_most_min=int(stores.plant.alarm_plan.shelve_most_s // 60),
    )


def alarm_tag(stores: Stores, occurrence: Occurrence) -> AlarmTag | None:
    """The alarm in the plant file; None where it has lost it."""
    machine = stores.plant.machine(occurrence.machine)
    alarms_of = machine.alarms if machine is not None else ()
    return next((a for a in alarms_of if a.tag == occurrence.tag), None)


def telling_series(stores: Stores, occurrence: Occurrence, now: datetime) -> Series | None:
    """The process value that left its usual range furthest around the alarm; None where there is none."""
    tags = values_of(stores.plant.machine(occurrence.machine))
    raised_at = occurrence.raised_at
    start, end = raised_at - BEFORE, min(now, (occurrence.cleared_at or now) + AFTER)
    end = max(min(end, raised_at + timedelta(hours=2)), raised_at + timedelta(seconds=1))
    lines = {tag: line(stores, tag, start, end, CHART_POINTS) for tag in tags}
    told = most_telling({t: Line(s.times_s, s.values) for t, s in lines.items()}, raised_at.timestamp())
    return lines[told] if told is not None else None


def shelve_why_not(stores: Stores, tx: Connection, occurrence: Occurrence, now: datetime) -> str:
    """Why it cannot be shelved now, whoever asks; empty where it can."""
    held = next(
        (s for s in alarms.shelves(tx, now) if (s.machine, s.tag) == (occurrence.machine, occurrence.tag)),
        None,
    )
    if held is not None:
        return f"{held.person} shelved it until {stores.near(held.until, now)}: {held.reason}"
    if not occurrence.live:
        return "It is over: there is nothing to shelve."
    times = alarms.shelved_times(tx, occurrence.machine, occurrence.tag, alarms.day_before(now))
    return " ".join(shelved_too_often(stores.plant.alarm_plan, times, now)).strip()


def _history(tx: Connection, o: Occurrence) -> tuple[tuple[datetime, str], ...]:
    """What happened to it and who did what, oldest first."""
    since = o.raised_at - timedelta(seconds=1)
    raised = [t for t in alarms.times_raised(tx, o.machine, o.tag, since) if t <= o.last_raised_at]
    told = [(at, "Raised" if i == 0 else "Raised again") for i, at in enumerate(raised)]
    told = told[:1] + told[1:][-TIMES_SHOWN:]
    if o.cleared_at is not None:
        told.append((o.cleared_at, "Cleared"))
    subjects = [f"alarm:{o.id}"] + ([f"request:{o.request_id}"] if o.request_id is not None else [])
    for each in requests.history(tx, subjects):
        reason = f": {each.reason}" if each.reason else ""
        told.append((each.at, f"{each.person} {_DONE.get(each.kind, each.kind)}{reason}"))
    return tuple(sorted(told, key=lambda t: t[0]))
