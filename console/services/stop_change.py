"""What a person does with a stop: explain, split, merge, move, annotate. One commit of the caller each.

The rules of ``domain.stop_rules`` are asked in that commit, and their verdicts go into its audit entry. A
stop that Odoo was asked for is asked for again as it is afterwards: the whole row, one revision up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from console.domain.equipment import Machine, Plant
from console.domain.people import Person
from console.domain.policies import Flow
from console.domain.proposals import Verdict
from console.domain.stop_rules import Span
from console.domain.stops import StopCategory, StopOrigin, title_of
from console.errors import AlreadyDecided, InvalidDecision
from console.services import stop_postings
from console.services.policies import must_book
from console.services.record_postings import decided
from console.services.stop_explain import give_reason, verdict_data
from console.services.stop_facts import allowed, gather, span_of
from console.services.trace_ids import new_trace_id
from console.services.views import Decided
from console.store import stops
from console.store.stops import StoredStop

LONGEST_NOTE = 2000
_BY_LENGTH = frozenset({StopCategory.UNPLANNED, StopCategory.MICRO})


@dataclass(frozen=True, slots=True)
class Desk:
    """A commit in which a person acts."""

    tx: Connection
    plant: Plant
    person: Person
    now: datetime
    console: str

    def seen(self, stop_id: int, version: int) -> StoredStop:
        """The stop as it was shown. Raises AlreadyDecided."""
        stop = stops.get(self.tx, stop_id)
        if stop is None or stop.version != version:
            raise AlreadyDecided(
                "This stop was decided or changed since it was shown.", "Look at it again and decide then."
            )
        if stop.merged_into is not None:
            raise AlreadyDecided("This stop was merged into another one.", "Look at the list again.")
        return stop

    def machine(self, stop: StoredStop) -> Machine:
        """Its machine. Raises InvalidDecision."""
        machine = self.plant.machine(stop.machine)
        if machine is None:
            raise InvalidDecision(
                f"Machine {stop.machine} is not in the plant file any more.",
                "Put it back, decide its stops, then remove it.",
            )
        return machine

    def title(self, key: str) -> str:
        """A reason as people call it."""
        return title_of(key, [x.reason for x in stops.losses(self.tx)])

    def again(self, stop: StoredStop) -> StoredStop:
        """As it is in this commit by now."""
        fresh = stops.get(self.tx, stop.id)
        assert fresh is not None
        return fresh

    def decided(
        self, stop: StoredStop, kind: str, reason: str, detail: dict[str, Any], verdicts: Sequence[Verdict]
    ) -> int:
        """Keeps the decision; returns its id."""
        before = [stop.started_at.isoformat(), stop.ended_at.isoformat() if stop.ended_at else None]
        return decided(
            self.tx,
            person=self.person,
            subject=stop_postings.subject_of(stop.id),
            kind=kind,
            reason=reason,
            detail={"machine": stop.machine, "before": before, **detail, "verdicts": verdict_data(verdicts)},
            now=self.now,
            console=self.console,
            trace_id=stop.trace_id,
        )

    def book(self, stop: StoredStop, decision_id: int) -> int:
        """Asks Odoo for an explained stop as it is now; returns the number of postings."""
        fresh = self.again(stop)
        if not fresh.reason_key or stop_postings.asked(self.tx, fresh) is None:
            return 0
        return stop_postings.book(self.tx, self.machine(fresh).title, fresh, decision_id, self.now)

    def may_book(self, machine: Machine) -> None:
        """Raises InvalidDecision where the policy only watches."""
        must_book(self.tx, machine.name, machine.title, Flow.DOWNTIME)


def explain(desk: Desk, stop: StoredStop, reason_key: str, note: str) -> int:
    """Gives a stop a reason, or another one; returns the number of postings."""
    machine = desk.machine(stop)
    desk.may_book(machine)
    if not reason_key:
        raise InvalidDecision("The reason is missing.", "Choose one of those shown.")
    _note_fits(note)
    facts = gather(desk.tx, desk.plant, machine, stop, desk.now, reason_key=reason_key)
    return give_reason(
        desk.tx,
        person=desk.person,
        machine=machine,
        stop=stop,
        version=stop.version,
        facts=facts,
        verdicts=allowed(facts),
        note=note,
        now=desk.now,
        console=desk.console,
    )


def split(desk: Desk, stop: StoredStop, at: datetime, reason: str) -> Decided:
    """Two stops of one: the first keeps its reason and its row in Odoo, the second waits for a reason."""
    machine, at = desk.machine(stop), at.astimezone(UTC)
    _why(reason)
    _as_booked(desk, stop, machine)
    rest: Span = (at, span_of(stop, desk.now)[1])
    first = gather(
        desk.tx, desk.plant, machine, stop, desk.now, times=(stop.started_at, at), instead={0: rest}
    )
    second = gather(
        desk.tx,
        desk.plant,
        machine,
        stop,
        desk.now,
        times=(at, stop.ended_at),
        instead={0: (stop.started_at, at)},
    )
    verdicts = (*allowed(first), *allowed(second))
    stops.decide(desk.tx, stop, stop.version, ended_at=at)
    second_id = stops.add(
        desk.tx,
        {
            "trace_id": new_trace_id(),
            "machine": stop.machine,
            "started_at": at,
            "ended_at": stop.ended_at,
            "state": stop.state.value,
            "raw": stop.raw,
            # a person cut it on purpose: short or not, somebody wants to say why
            "category": _asked(stop.category).value,
            "origin": StopOrigin.SPLIT.value,
            "order_reference": stop.order_reference,
            "lot": stop.lot,
            "no_order_since": stop.no_order_since,
            "suggested": stop.suggested,
            "plant_version": stop.plant_version,
        },
    )
    detail = {"at": at.isoformat(), "second": second_id}
    decision_id = desk.decided(stop, "split", reason, detail, verdicts)
    posted = desk.book(stop, decision_id)
    return Decided(1, posted, "Split in two: the second part waits for a reason.")


def merge(desk: Desk, stop: StoredStop, other: StoredStop, reason: str) -> Decided:
    """One stop of two neighbours. It keeps the reason that one of them has; of two reasons, ``stop``'s."""
    machine = desk.machine(stop)
    _why(reason)
    _neighbours(desk, stop, other)
    for each in (stop, other):
        _as_booked(desk, each, machine)
    keeps, goes = (other, stop) if other.reason_key and not stop.reason_key else (stop, other)
    first, last = sorted((keeps, goes), key=lambda s: s.started_at)
    facts = gather(
        desk.tx,
        desk.plant,
        machine,
        keeps,
        desk.now,
        times=(first.started_at, last.ended_at),
        instead={goes.id: None},
        covers=[span_of(goes, desk.now)],
    )
    verdicts = allowed(facts, overridable=True)
    # one stop of a machine stands at most: the one that goes has an end before the other loses its own
    stops.decide(desk.tx, goes, goes.version, merged_into=keeps.id, ended_at=goes.ended_at or desk.now)
    stops.decide(
        desk.tx,
        keeps,
        keeps.version,
        started_at=first.started_at,
        ended_at=last.ended_at,
        origin=StopOrigin.MERGED.value,
        no_order_since=last.no_order_since,
        category=_of_length(keeps.category, goes.category, facts.until - facts.start, machine).value,
    )
    detail = {"other": goes.id, "times": [facts.start.isoformat(), facts.until.isoformat()]}
    decision_id = desk.decided(keeps, "merge", reason, detail, verdicts)
    stop_postings.resolve_item(desk.tx, goes.id, desk.person.name, "merged", reason, desk.now)
    why = f"merged into the stop of {first.started_at:%Y-%m-%d %H:%M} UTC"
    posted = stop_postings.empty(desk.tx, machine.title, goes, why, decision_id, desk.now)
    posted += desk.book(keeps, decision_id)
    return Decided(1, posted, "Merged: one stop now.")


def move(desk: Desk, stop: StoredStop, start: datetime, end: datetime | None, reason: str) -> Decided:
    """Another start or end. A neighbour that the stop touches begins or ends where this one does then."""
    machine = desk.machine(stop)
    _why(reason)
    if stop.ended_at is None and end is not None:
        raise InvalidDecision(
            "This stop still stands.", "Its end is set when the machine executes; or split it."
        )
    start, end = start.astimezone(UTC), end.astimezone(UTC) if end is not None else stop.ended_at
    if (start, end) == (stop.started_at, stop.ended_at):
        raise InvalidDecision("Nothing was moved.", "Choose another start or end.")
    before, after = stops.neighbours(desk.tx, stop)
    given = dict(_giving_way(desk, stop, before, after, start, end))
    instead = {s.id: (a, b if b is not None else max(desk.now, a)) for s, (a, b) in given.items()}
    for each in (stop, *given):
        _as_booked(desk, each, machine)
    facts = gather(desk.tx, desk.plant, machine, stop, desk.now, times=(start, end), instead=instead)
    verdicts = allowed(facts)
    detail = {
        "times": [start.isoformat(), end.isoformat() if end is not None else None],
        "gave_way": [s.id for s in given],
    }
    decision_id = desk.decided(stop, "move", reason, detail, verdicts)
    times = {stop: (start, end), **given}
    # shrink before anything grows, so that the ledger never has two stops in one time
    for each, (a, b) in sorted(times.items(), key=lambda x: x[0] is stop):
        long = (b if b is not None else max(desk.now, a)) - a
        category = _of_length(each.category, each.category, long, machine)
        stops.decide(desk.tx, each, each.version, started_at=a, ended_at=b, category=category.value)
    posted = sum(desk.book(each, decision_id) for each in times)
    return Decided(1, posted, "Moved.")


def annotate(desk: Desk, stop: StoredStop, note: str) -> Decided:
    """A note that stays with the stop, and goes to Odoo where the stop is booked there."""
    machine = desk.machine(stop)
    _note_fits(note)
    if note.strip() == stop.note:
        raise InvalidDecision("The note is as it was.", "Write what shall stand there.")
    _as_booked(desk, stop, machine)
    stops.decide(desk.tx, stop, stop.version, note=note.strip())
    decision_id = desk.decided(stop, "annotate", note.strip(), {"note_before": stop.note}, ())
    posted = desk.book(stop, decision_id)
    return Decided(1, posted, "Noted." if not posted else "Noted; Odoo's row gets it too.")


# --- what holds for several --------------------------------------------------------------------------------


def _giving_way(
    desk: Desk,
    stop: StoredStop,
    before: StoredStop | None,
    after: StoredStop | None,
    start: datetime,
    end: datetime | None,
) -> list[tuple[StoredStop, tuple[datetime, datetime | None]]]:
    """The neighbours that the stop touches, with the times that they have when it moves."""
    found: list[tuple[StoredStop, tuple[datetime, datetime | None]]] = []
    if before is not None and before.ended_at == stop.started_at and start != stop.started_at:
        found.append((before, (before.started_at, start)))
    if after is not None and after.started_at == stop.ended_at and end is not None and end != stop.ended_at:
        found.append((after, (end, after.ended_at)))
    for each, (a, b) in found:
        if each.category in (StopCategory.PLANNED, StopCategory.NO_ORDER):
            what = "A planned break" if each.category is StopCategory.PLANNED else "A time without an order"
            raise InvalidDecision(
                f"{what} lies next to it: its edge is not the stop's to move.", "Split the stop instead."
            )
        if (b if b is not None else max(desk.now, a)) <= a:
            raise InvalidDecision(
                "Nothing would be left of the stop next to it.", "Merge the two, or choose other times."
            )
    return found


def _neighbours(desk: Desk, stop: StoredStop, other: StoredStop) -> None:
    if other.id == stop.id or other.machine != stop.machine:
        raise InvalidDecision("Two stops of one machine are needed.", "Choose a neighbour of this stop.")
    if other.id not in [s.id for s in stops.neighbours(desk.tx, stop) if s is not None]:
        raise InvalidDecision(
            "Another stop lies between the two.", "Merge it first, one neighbour after the other."
        )
    for each in (stop, other):
        if each.category in (StopCategory.PLANNED, StopCategory.NO_ORDER):
            what = "A planned break" if each.category is StopCategory.PLANNED else "A time without an order"
            raise InvalidDecision(f"{what} stays by itself.", "Choose another neighbour.")


def _as_booked(desk: Desk, stop: StoredStop, machine: Machine) -> None:
    """A stop that is booked is booked anew when it changes: the policy has to allow that."""
    if stop_postings.asked(desk.tx, stop) is not None:
        desk.may_book(machine)


def _asked(category: StopCategory) -> StopCategory:
    return StopCategory.UNPLANNED if category is StopCategory.MICRO else category


def _of_length(one: StopCategory, other: StopCategory, long: Any, machine: Machine) -> StopCategory:
    """Short ones that became long are asked about; what a person made stays as it was asked."""
    if one not in _BY_LENGTH or other not in _BY_LENGTH:
        return one
    if StopCategory.UNPLANNED in (one, other):
        return StopCategory.UNPLANNED
    return StopCategory.MICRO if long.total_seconds() < machine.micro_stop_s else StopCategory.UNPLANNED


def _why(reason: str) -> None:
    if not reason.strip():
        raise InvalidDecision("The reason is missing.", "Say in a few words why.")


def _note_fits(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise InvalidDecision(f"The note has {len(note)} characters.", f"Use {LONGEST_NOTE} at most.")
