"""Alarms acknowledged and shelved by people. Every act is one commit: decision, audit, change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from console.domain.alarms import Occurrence, acknowledged, shelving_refused
from console.domain.people import Permission, Person
from console.errors import AlreadyDecided, InvalidDecision
from console.services.alarm_detail import shelve_why_not
from console.services.permit import must
from console.services.record_postings import decided
from console.services.screens.common import Stores
from console.services.views import Decided
from console.store import alarms
from console.store.engine import write


class AlarmActs:
    """See the module's text."""

    def __init__(self, stores: Stores, console: str) -> None:
        self._stores = stores
        self._console = console

    def acknowledge(self, person: Person, picks: Sequence[tuple[int, int]]) -> Decided:
        """All of them or none: one that changed since it was shown is told by name."""
        if not picks:
            raise InvalidDecision("No alarm is chosen.", "Choose those that you have seen.")
        now = self._stores.clock()
        with write(self._stores.ledger) as tx:
            must(tx, person, Permission.ACT_ON_ALARMS)
            for occurrence_id, version in dict(picks).items():
                before = self._seen(tx, occurrence_id, version)
                after = acknowledged(before, person.name, now)
                if after is None:
                    raise AlreadyDecided(self._done_words(before, now), "Look at the list again.")
                alarms.change(tx, before, after)
                detail = {"tag": before.tag, "state": [before.state.value, after.state.value]}
                self._decided(tx, person, before, "acknowledge", "", detail, now)
        number = len(dict(picks))
        return Decided(
            number, 0, "1 alarm acknowledged." if number == 1 else f"{number} alarms acknowledged."
        )

    def shelve(self, person: Person, occurrence_id: int, version: int, minutes: int, reason: str) -> Decided:
        """Out of sight for so long, and counted no more; it is recorded all the same."""
        now = self._stores.clock()
        with write(self._stores.ledger) as tx:
            must(tx, person, Permission.ACT_ON_ALARMS)
            occurrence = self._seen(tx, occurrence_id, version)
            times = alarms.shelved_times(tx, occurrence.machine, occurrence.tag, alarms.day_before(now))
            what, remedy = shelving_refused(self._stores.plant.alarm_plan, minutes, reason, times, now)
            why_not = shelve_why_not(self._stores, tx, occurrence, now)
            if what or why_not:
                raise InvalidDecision(what or why_not, remedy)
            until = now + timedelta(minutes=minutes)
            shelf_id = alarms.shelve(
                tx, occurrence.machine, occurrence.tag, person.name, reason.strip(), now, until
            )
            alarms.touch(tx, occurrence)
            detail = {"tag": occurrence.tag, "until": until.isoformat(), "shelf": shelf_id}
            self._decided(tx, person, occurrence, "shelve", reason.strip(), detail, now)
        return Decided(1, 0, f"Shelved until {self._stores.near(until, now)}.")

    def unshelve(self, person: Person, shelf_id: int) -> Decided:
        """It is shown again from now on."""
        now = self._stores.clock()
        with write(self._stores.ledger) as tx:
            must(tx, person, Permission.ACT_ON_ALARMS)
            shelf = alarms.shelf(tx, shelf_id)
            if shelf is None or shelf.until <= now or not alarms.end_shelf(tx, shelf_id, now, person.name):
                raise AlreadyDecided("This shelving is over already.", "Look at the list again.")
            occurrence = alarms.newest(tx, shelf.machine, shelf.tag)
            detail = {"tag": shelf.tag, "shelved_by": shelf.person, "until": shelf.until.isoformat()}
            if occurrence is not None:
                self._decided(tx, person, occurrence, "unshelve", "", detail, now)
        return Decided(1, 0, "It is shown again.")

    def _seen(self, tx: Connection, occurrence_id: int, version: int) -> Occurrence:
        found = alarms.get(tx, occurrence_id)
        if found is None:
            raise AlreadyDecided(f"Alarm {occurrence_id} is not there any more.", "Look at the list again.")
        if found.version != version:
            done = self._done_words(found, self._stores.clock())
            raise AlreadyDecided(done, "Look at it again and decide then.")
        return found

    def _done_words(self, o: Occurrence, now: datetime) -> str:
        """What happened to it meanwhile."""
        about = f'"{o.text}" on {self._stores.title(o.machine)}'
        if o.acknowledged_at is not None:
            return f"{o.acknowledged_by} acknowledged {about} at {self._stores.near(o.acknowledged_at, now)}."
        return f"{about} changed since it was shown."

    def _decided(
        self,
        tx: Connection,
        person: Person,
        about: Occurrence,
        kind: str,
        reason: str,
        detail: Mapping[str, Any],
        now: datetime,
    ) -> None:
        decided(
            tx,
            person=person,
            subject=f"alarm:{about.id}",
            kind=kind,
            reason=reason,
            detail=detail,
            now=now,
            console=self._console,
            trace_id=about.trace_id,
        )
