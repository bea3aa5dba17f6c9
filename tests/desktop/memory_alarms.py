"""Alarms and condition monitoring that live in memory: decide and guard versions as the real ones do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from console.domain.alarms import AlarmState
from console.domain.equipment import ConditionSpec
from console.domain.people import Permission, Person
from console.domain.postings import PostingState
from console.errors import AlreadyDecided, ConsoleError, InvalidDecision, NotAllowed
from console.services.alarms import Alarms
from console.services.conditions import Conditions
from console.services.views import Decided
from console.services.views import alarms as a
from tests.desktop import rows_alarms as rows
from tests.desktop.rows import NOW


def must(person: Person, permission: Permission) -> None:
    """As the real one asks the ledger."""
    if not person.may(permission):
        raise NotAllowed(f"{person.name} may not {permission.value}.", "Ask somebody who may.")


class MemoryAlarms(Alarms):
    """Answers from its attributes, remembers what was asked of it.

    Attributes:
        calls: name and arguments of every action that got as far as to be decided.
        open_requests: open in Odoo for the equipment of every form. why_not: why no form can be sent.
    """

    def __init__(self) -> None:
        self.groups: tuple[a.AlarmRow, ...] = ()
        self.shelf: tuple[a.ShelfRow, ...] = ()
        self.past: tuple[a.AlarmRow, ...] = ()
        self.proposed: tuple[a.RequestRow, ...] = ()
        self.asked: tuple[a.RequestRow, ...] = ()
        self.found: tuple[a.ConditionRow, ...] = ()
        self.flood = ""
        self.suppressed = ""
        self.missing = ""
        self.open_requests: tuple[a.RequestRow, ...] = ()
        self.why_not = ""
        self.error: ConsoleError | None = None
        self.calls: list[tuple[str, Any]] = []

    def few(self) -> None:
        """An ordinary morning."""
        self.groups, self.shelf, self.past = rows.groups(), rows.shelved(), rows.history()
        self.proposed, self.asked, self.found = rows.proposals(), rows.requests(), rows.conditions()
        self.suppressed = "14 repeats of 3 alarms"

    def many(self, n: int = 1000) -> None:
        """A flood."""
        self.few()
        self.groups = rows.many(n)
        self.flood = f"{n} alarms in 10 minutes"
        self.past = tuple(replace(rows.history()[i % 2], id=20_000 + i) for i in range(n))
        self.shelf = tuple(replace(rows.shelved()[0], id=i + 1) for i in range(n))
        self.asked = tuple(replace(rows.requests()[i % 3], id=i + 1, ticket_id=i + 1) for i in range(n))
        self.proposed = tuple(replace(rows.proposals()[0], id=5000 + i) for i in range(n))
        self.found = tuple(replace(rows.conditions()[i % 2], id=i + 1) for i in range(n))

    # --- reads ------------------------------------------------------------------------------------
    def alarms(self) -> a.AlarmsView:
        return a.AlarmsView(
            self.groups,
            (0, 0, 0),
            self.flood,
            self.suppressed,
            self.shelf,
            self.past,
            self.proposed,
            self.asked,
            self.found,
            self.missing,
        )

    def _all(self) -> dict[int, a.AlarmRow]:
        return {r.id: r for g in (*self.groups, *self.past) for r in (g, *g.children)}

    def alarm(self, occurrence_id: int) -> a.AlarmDetail:
        found = self._all().get(occurrence_id)
        if found is None:
            raise InvalidDecision(f"Alarm {occurrence_id} is not known.", "Look at the list again.")
        return rows.detail(found, self._form(f"alarm:{found.id}", found.version))

    def _form(self, source: str, version: int) -> a.RequestForm:
        return rows.form(source, version, open_requests=self.open_requests, why_not=self.why_not)

    def form(self, source: str) -> a.RequestForm:
        return self._form(source, 1)

    # --- actions ----------------------------------------------------------------------------------
    def _change(self, occurrence_id: int, version: int, **now: object) -> a.AlarmRow:
        row = self._all()[occurrence_id]
        if row.version != version:
            raise AlreadyDecided(
                f"Somebody acted on “{row.text}” meanwhile.", "Look at it again; nothing was changed."
            )
        new = replace(row, version=version + 1, **now)  # type: ignore[arg-type]

        def put(group: a.AlarmRow) -> a.AlarmRow:
            if group.id == occurrence_id:
                return replace(new, children=group.children)
            return replace(group, children=tuple(new if c.id == occurrence_id else c for c in group.children))

        self.groups = tuple(put(g) for g in self.groups)
        return new

    def somebody_else(self, occurrence_id: int, **now: object) -> None:
        """Another person is faster."""
        self._change(occurrence_id, self._all()[occurrence_id].version, **now)

    def _may(self, person: Person, permission: Permission) -> None:
        if self.error is not None:
            raise self.error
        must(person, permission)

    def acknowledge(self, person: Person, alarms: Sequence[tuple[int, int]]) -> Decided:
        self._may(person, Permission.ACT_ON_ALARMS)
        for occurrence_id, version in alarms:
            self._change(occurrence_id, version, state=AlarmState.ACKNOWLEDGED, acknowledged_by=person.name)
        self.calls.append(("acknowledge", (person, tuple(alarms))))
        return Decided(len(alarms), 0, f"{len(alarms)} acknowledged.")

    def shelve(self, person: Person, occurrence_id: int, version: int, minutes: int, reason: str) -> Decided:
        self._may(person, Permission.ACT_ON_ALARMS)
        row = self._change(occurrence_id, version, shelved_until=NOW + timedelta(minutes=minutes))
        self.groups = tuple(g for g in self.groups if g.id != occurrence_id)
        until = NOW + timedelta(minutes=minutes)
        self.shelf = (
            *self.shelf,
            a.ShelfRow(9, row.machine, row.tag, row.text, person.name, reason, until),
        )
        self.calls.append(("shelve", (person, occurrence_id, version, minutes, reason)))
        return Decided(1, 0, "Shelved.")

    def unshelve(self, person: Person, shelf_id: int) -> Decided:
        self._may(person, Permission.ACT_ON_ALARMS)
        self.shelf = tuple(s for s in self.shelf if s.id != shelf_id)
        self.calls.append(("unshelve", (person, shelf_id)))
        return Decided(1, 0, "It is back.")

    def _requested(self, source: str, version: int, **of: object) -> None:
        kind, _, number = source.partition(":")
        new = rows.request(30, ticket_id=None, stage="", posting=PostingState.READY, **of)
        if kind == "alarm":
            self._change(int(number), version, request=new)
        self.proposed = tuple(p for p in self.proposed if source != f"request:{p.id}")
        self.asked = (new, *self.asked)

    def request(
        self,
        person: Person,
        source: str,
        version: int,
        *,
        equipment_id: int,
        title: str,
        description: str,
        priority: int,
        picture: bytes | None = None,
    ) -> Decided:
        self._may(person, Permission.REQUEST_MAINTENANCE)
        self._requested(source, version, title=title, priority=priority)
        given = (person, source, version, equipment_id, title, description, priority, picture)
        self.calls.append(("request", given))
        return Decided(1, 1, "Requested; it is booked in Odoo as soon as it is reached.")

    def join(
        self, person: Person, source: str, version: int, ticket_id: int, picture: bytes | None = None
    ) -> Decided:
        self._may(person, Permission.REQUEST_MAINTENANCE)
        self._requested(source, version, state="joined")
        self.calls.append(("join", (person, source, version, ticket_id, picture)))
        return Decided(1, 1, "The evidence is added to it.")

    def dismiss(self, person: Person, request_id: int, version: int, reason: str) -> Decided:
        self._may(person, Permission.REQUEST_MAINTENANCE)
        self.proposed = tuple(p for p in self.proposed if p.id != request_id)
        self.calls.append(("dismiss", (person, request_id, version, reason)))
        return Decided(1, 0, "Dismissed.")


class MemoryConditions(Conditions):
    """Parameters of one machine; a trial waits where a test holds it back.

    Attributes:
        go: cleared by a test to hold trials back.
    """

    def __init__(self) -> None:
        self.live: dict[str, tuple[ConditionSpec, ...]] = {"filler2": (rows.spec(),)}
        self.calls: list[tuple[str, Any]] = []
        self.error: ConsoleError | None = None
        self.go = Event()
        self.go.set()

    def parameters(self, machine: str) -> tuple[ConditionSpec, ...]:
        return self.live.get(machine, ())

    def trial(self, machine: str, parameters: ConditionSpec, start: datetime, end: datetime) -> a.Trial:
        self.calls.append(("trial", (machine, parameters, start, end)))
        assert self.go.wait(20), "a test held a trial back and never let it go"
        if self.error is not None:
            raise self.error
        return rows.trial(machine, parameters, start, end)

    def activate(self, person: Person, machine: str, parameters: ConditionSpec, reason: str) -> Decided:
        must(person, Permission.TUNE_CONDITIONS)
        self.live[machine] = (parameters,)
        self.calls.append(("activate", (person, machine, parameters, reason)))
        return Decided(1, 0, "These parameters are live.")
