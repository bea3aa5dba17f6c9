"""Alarm occurrences follow the machine events, in their commit; what only time ends is tended.

See ``domain.alarms`` for the rules (ISA-18.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from console.domain.alarms import Occurrence, cause_of, cleared, consequences_of, flood, raised
from console.domain.equipment import AlarmTag, Machine, Plant
from console.domain.machine_events import AlarmCleared, AlarmRaised, MachineEvent
from console.services.trace_ids import new_trace_id
from console.store import alarms, audit
from console.store.engine import read, write

# who ends what only time ends
THE_CONSOLE = "the console"


class FollowAlarms:
    """Makes and moves occurrences out of AlarmRaised and AlarmCleared."""

    def __init__(self, plant: Plant) -> None:
        self._plan = plant.alarm_plan

    def follow(
        self, tx: Connection, machine: Machine, events: Sequence[tuple[int, MachineEvent]], now: datetime
    ) -> None:
        """See ``Follower``."""
        for _, event in events:
            if isinstance(event, AlarmRaised):
                self.raise_one(tx, machine, event, now)
            elif isinstance(event, AlarmCleared):
                clear_one(tx, machine, event.tag, event.at)

    def raise_one(self, tx: Connection, machine: Machine, event: AlarmRaised, now: datetime) -> None:
        """An alarm is raised; nothing where it stands already."""
        configured = {a.tag: a for a in machine.alarms}
        alarm = replace(
            configured.get(event.tag, AlarmTag(event.tag, event.text)),
            text=event.text,
            priority=event.priority,  # as the event was recorded
        )
        known = alarms.newest(tx, machine.name, event.tag)
        became = raised(known, alarm, machine.name, event.at)
        if became is None:
            return
        occurrence, shown = became
        again = known if known is not None and known.id == occurrence.id else None
        if shown:
            occurrence = self._placed(tx, occurrence, machine, configured)
        if again is not None:
            alarms.change(tx, again, occurrence)
        if shown:
            below = consequences_of(occurrence, alarms.live(tx, machine.name), configured, self._plan)
            alarms.put_below(tx, below, occurrence.id)
            self._watch_flood(tx, occurrence, now)

    def _placed(
        self, tx: Connection, occurrence: Occurrence, machine: Machine, configured: dict[str, AlarmTag]
    ) -> Occurrence:
        """Below its cause; stored where it is new."""
        others = [o for o in alarms.live(tx, machine.name) if o.id != occurrence.id]
        cause = cause_of(occurrence, others, configured, self._plan)
        occurrence = replace(occurrence, cause_id=cause, flood_id=None)
        if occurrence.id:
            return occurrence
        occurrence = replace(occurrence, trace_id=new_trace_id())
        return replace(occurrence, id=alarms.add(tx, occurrence))

    def _watch_flood(self, tx: Connection, occurrence: Occurrence, now: datetime) -> None:
        """A shown alarm may begin a flood, or belongs to the one that runs."""
        at = occurrence.last_raised_at
        if any((s.machine, s.tag) == (occurrence.machine, occurrence.tag) for s in alarms.shelves(tx, now)):
            return
        running = alarms.running_flood(tx)
        if running is not None:
            alarms.add_to_flood(tx, running.id, [occurrence.id])
            return
        recent = alarms.shown_since(tx, at - timedelta(seconds=self._plan.flood_s))
        if flood(self._plan, [raised_at for _, raised_at in recent], False, at):
            alarms.add_to_flood(tx, alarms.begin_flood(tx, at), [i for i, _ in recent])


def clear_one(tx: Connection, machine: Machine, tag: str, at: datetime) -> None:
    """An alarm clears; nothing where it does not stand."""
    known = alarms.newest(tx, machine.name, tag)
    if known is None or not known.standing:
        return
    alarm = next((a for a in machine.alarms if a.tag == tag), None)
    alarms.change(tx, known, cleared(known, alarm, at))


class TendAlarms:
    """Ends shelvings and floods; brings occurrences in line with the plant file after it was changed."""

    every_s = 1.0

    def __init__(self, ledger: Engine, plant: Plant) -> None:
        self._ledger = ledger
        self._plant = plant
        self._follow = FollowAlarms(plant)

    def tend(self, now: datetime, fence: Callable[[Connection], None]) -> None:
        """See ``Tender``. Writes only where there is something to do."""
        with read(self._ledger) as tx:
            idle = not (alarms.run_out(tx, now) or self._flood_over(tx, now) or self._astray(tx))
        if idle:
            return
        with write(self._ledger) as tx:
            fence(tx)
            for shelf in alarms.run_out(tx, now):
                alarms.end_shelf(tx, shelf.id, shelf.until, THE_CONSOLE)
                detail = {"tag": shelf.tag, "shelved_by": shelf.person, "until": shelf.until.isoformat()}
                audit.append(
                    tx, now, THE_CONSOLE, "alarm shelving ran out", f"machine:{shelf.machine}", detail
                )
            over = self._flood_over(tx, now)
            if over is not None:
                alarms.end_flood(tx, over.id, now)
            for occurrence, event in self._astray(tx):
                self._bring_home(tx, occurrence, event, now)

    def _flood_over(self, tx: Connection, now: datetime) -> alarms.Flood | None:
        running = alarms.running_flood(tx)
        if running is None:
            return None
        recent = alarms.shown_since(tx, now - timedelta(seconds=self._plant.alarm_plan.flood_s))
        goes_on = flood(self._plant.alarm_plan, [at for _, at in recent], True, now)
        return None if goes_on else running

    def _astray(self, tx: Connection) -> list[tuple[Occurrence | None, AlarmRaised | None]]:
        """Occurrences that no tag will ever clear (the plant file lost it), and alarms that stand by the
        machine events but have no occurrence (the plant file has them back)."""
        known = {(m.name, a.tag): a for m in self._plant.machines for a in m.alarms}
        standing = [o for o in alarms.live(tx) if o.standing]
        lost = [o for o in standing if (o.machine, o.tag) not in known]
        there = alarms.by_tag(standing)
        found: list[tuple[Occurrence | None, AlarmRaised | None]] = [(o, None) for o in lost]
        for (machine, tag), at in alarms.open_raised(tx).items():
            alarm = known.get((machine, tag))
            if alarm is not None and (machine, tag) not in there:
                found.append((None, AlarmRaised(machine, at, tag, alarm.text, alarm.priority)))
        return found

    def _bring_home(
        self, tx: Connection, occurrence: Occurrence | None, event: AlarmRaised | None, now: datetime
    ) -> None:
        if occurrence is not None:
            alarms.change(tx, occurrence, cleared(occurrence, None, now))
            detail = {"tag": occurrence.tag, "reason": "The plant file has this alarm no more."}
            audit.append(
                tx, now, THE_CONSOLE, "alarm cleared", f"alarm:{occurrence.id}", detail, occurrence.trace_id
            )
        if event is not None:
            machine = self._plant.machine(event.machine)
            assert machine is not None
            self._follow.raise_one(tx, machine, event, now)
