"""The Alarms page: occurrences grouped by cause, what was not shown in words, shelvings, conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from console.domain.alarms import Occurrence, rank
from console.domain.equipment import Plant
from console.services.request_rows import RequestRows
from console.services.screens.common import Stores, joined
from console.services.views import Level
from console.services.views.alarms import AlarmRow, AlarmsView, ConditionRow, RequestRow, ShelfRow
from console.store import alarms, conditions, requests
from console.store.alarms import Shelf
from console.store.engine import read

HISTORY = 200
CONDITIONS = 200
_LEVELS = {1: Level.CRITICAL, 2: Level.HIGH, 3: Level.MEDIUM}


def alarms_view(stores: Stores) -> AlarmsView:
    """The page as of now."""
    now = stores.clock()
    with read(stores.ledger) as tx:
        shelves = alarms.shelves(tx, now)
        live, over = alarms.live(tx), alarms.ended(tx, HISTORY)
        marks = Marks(stores, tx, now, shelves, [*live, *over])
        hidden = {(s.machine, s.tag) for s in shelves}
        shown = [o for o in live if (o.machine, o.tag) not in hidden]
        flood = alarms.running_flood(tx)
        told = RequestRows(stores, tx, now)
        return AlarmsView(
            groups=grouped(shown, marks),
            counts=alarms.counts(tx, now),
            flood=flood_words(stores, flood, now),
            suppressed=suppressed_words(shown, len(live) - len(shown)),
            shelved=tuple(_shelf_row(stores.plant, s) for s in shelves),
            history=tuple(marks.row(o) for o in over),
            proposals=told.proposals(),
            requests=told.sent(),
            conditions=condition_rows(stores, tx, now),
            maintenance_missing=maintenance_missing(stores, tx),
        )


class Marks:
    """What rows need besides the occurrence itself."""

    def __init__(
        self,
        stores: Stores,
        tx: Connection,
        now: datetime,
        shelves: Sequence[Shelf],
        occurrences: Iterable[Occurrence],
    ) -> None:
        self._stores = stores
        self._until = {(s.machine, s.tag): s.until for s in shelves}
        ids = {o.request_id for o in occurrences if o.request_id is not None}
        found = requests.several(tx, sorted(ids))
        self._requests: Mapping[int, RequestRow] = RequestRows(stores, tx, now).of(found.values())
        running = alarms.running_flood(tx)
        self._flood_id = running.id if running is not None else None

    def row(self, o: Occurrence, children: tuple[AlarmRow, ...] = ()) -> AlarmRow:
        """An occurrence as a row."""
        return AlarmRow(
            id=o.id,
            version=o.version,
            machine=o.machine,
            title=self._stores.title(o.machine),
            tag=o.tag,
            text=o.text,
            priority=o.priority,
            level=_LEVELS[rank(o.priority)] if o.live else Level.NORMAL,
            state=o.state,
            raised_at=o.raised_at,
            cleared_at=o.cleared_at,
            acknowledged_by=o.acknowledged_by,
            acknowledged_at=o.acknowledged_at,
            raises=o.raises,
            in_flood=o.flood_id is not None and o.flood_id == self._flood_id,
            shelved_until=self._until.get((o.machine, o.tag)) if o.live else None,
            request=self._requests.get(o.request_id) if o.request_id is not None else None,
            trace_id=o.trace_id,
            children=children,
        )


def grouped(shown: Sequence[Occurrence], marks: Marks) -> tuple[AlarmRow, ...]:
    """Causes with all that they brought along, directly or by others; the group with the most urgent alarm
    first, unseen before seen, then the oldest. What lost its cause (over, shelved) stands by itself."""
    by_id = {o.id: o for o in shown}
    below: dict[int, list[Occurrence]] = {o.id: [] for o in shown}
    roots = []
    for each in shown:
        root = _root(each, by_id)
        if root.id == each.id:
            roots.append(each)
        else:
            below[root.id].append(each)

    def urgency(root: Occurrence) -> tuple[int, bool, datetime, int]:
        group = [root, *below[root.id]]
        seen = all(o.acknowledged_at is not None for o in group)
        return min(rank(o.priority) for o in group), seen, root.raised_at, root.id

    return tuple(
        marks.row(root, tuple(marks.row(o) for o in below[root.id])) for root in sorted(roots, key=urgency)
    )


def _root(occurrence: Occurrence, by_id: Mapping[int, Occurrence]) -> Occurrence:
    for _ in range(len(by_id)):
        cause = by_id.get(occurrence.cause_id) if occurrence.cause_id is not None else None
        if cause is None:
            break
        occurrence = cause
    return occurrence


def suppressed_words(shown: Sequence[Occurrence], hidden: int) -> str:
    """What was not shown by itself: ``14 repeats of 3 alarms, 5 alarms below their cause and 2 shelved``."""
    repeating = [o for o in shown if o.raises > 1]
    repeats = sum(o.raises - 1 for o in repeating)
    ids = {o.id for o in shown}
    below = sum(o.cause_id in ids for o in shown)
    words = []
    if repeats:
        words.append(f"{_count(repeats, 'repeat')} of {_count(len(repeating), 'alarm')}")
    if below:
        words.append(f"{_count(below, 'alarm')} below {'its' if below == 1 else 'their'} cause")
    if hidden:
        words.append(f"{hidden} shelved")
    return joined(words)


def flood_words(stores: Stores, flood: alarms.Flood | None, now: datetime) -> str:
    """Empty where there is no flood."""
    if flood is None:
        return ""
    since = stores.near(flood.started_at, now)
    return f"Alarm flood since {since}: {flood.alarms} alarms. Look at the causes of priority 1 first."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _shelf_row(plant: Plant, shelf: Shelf) -> ShelfRow:
    return ShelfRow(
        id=shelf.id,
        machine=shelf.machine,
        tag=shelf.tag,
        text=alarm_text(plant, shelf.machine, shelf.tag),
        person=shelf.person,
        reason=shelf.reason,
        until=shelf.until,
    )


def alarm_text(plant: Plant, machine: str, tag: str) -> str:
    """An alarm as the plant file words it; its tag where it has lost it."""
    found = plant.machine(machine)
    return next((a.text for a in found.alarms if a.tag == tag), tag) if found is not None else tag


def condition_rows(stores: Stores, tx: Connection, now: datetime) -> tuple[ConditionRow, ...]:
    """Open conditions first, then the newest that are over."""
    found = conditions.listed(tx, CONDITIONS)
    ids = sorted({c.request_id for c in found if c.request_id is not None})
    told = RequestRows(stores, tx, now).of(requests.several(tx, ids).values())
    rows = [
        ConditionRow(
            id=c.id,
            machine=c.machine,
            title=stores.title(c.machine),
            tag=c.tag,
            finding=c.finding,
            score=c.score,
            text=c.text,
            started_at=c.started_at,
            ended_at=c.ended_at,
            request=told.get(c.request_id) if c.request_id is not None else None,
            trace_id=c.trace_id,
        )
        for c in found
    ]
    return tuple(rows)


def maintenance_missing(stores: Stores, tx: Connection) -> str:
    """Why no request can be booked in this Odoo, in words; empty where it can."""
    if stores.plant.odoo is None:
        return "The plant file names no Odoo: requests are kept here and booked nowhere."
    return requests.maintenance_missing(tx)
