"""A machine with alarms, process values and equipment in Odoo, for the tests of alarms and maintenance."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from console.domain.equipment import AlarmPlan, AlarmTag, Machine
from console.domain.machine_events import AlarmCleared, AlarmRaised
from console.domain.master_data import Equipment, MaintenanceTeam, MaintenanceTicket
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.domain.records import GivenUp, PostingKind, RecordSeen
from console.domain.tags import Quality, Sample
from console.services.follow_alarms import TendAlarms
from console.services.landed import LANDED, TAKEN_BACK
from console.services.views.alarms import AlarmRow
from console.store import floor_master, outbox, people, review
from console.store.engine import read, write
from console.store.outbox import PostingRow
from tests.unit.services.screens_world import World, machine, plant_of

PNG = b"\x89PNG\r\n\x1a\n and the rest of a picture"
FILLER = Equipment(31, "Filler 1", "SN-100", 4)
PACKER = Equipment(32, "Packer", "SN-200", None)
ALARMS = (
    AlarmTag("filler1.air", "Air pressure low", 2, guidance="Check the compressor."),
    AlarmTag("filler1.jam", "Bottle jam", 2, caused_by=("filler1.air",)),
    AlarmTag("filler1.slow", "Runs slow", 3),
    AlarmTag("filler1.estop", "Emergency stop", 1, latching=True),
)


def filler(**values: Any) -> Machine:
    """The machine that all is about."""
    base = machine(
        "filler1",
        "WC1",
        equipment="SN-100",
        alarms=ALARMS,
        process_tags=("filler1.weight", "filler1.air_bar"),
    )
    return replace(base, **values)


class AlarmWorld(World):
    """See the module's text."""

    def __init__(self, folder: Path, plan: AlarmPlan | None = None, **values: Any) -> None:
        machines = (filler(**values), machine("m2", "WC2"))
        super().__init__(folder, plant_of(machines, alarm_plan=plan or AlarmPlan()))
        self.sync()
        self.tickets: dict[int, MaintenanceTicket] = {}
        self.equipments = {e.id: e for e in (FILLER, PACKER)}
        self.mirror()
        self.tender = TendAlarms(self.ledger, self.plant)

    # --- Odoo ---------------------------------------------------------------------------------------------

    def mirror(self) -> None:
        """Equipment and tickets arrive from Odoo."""
        parts = SimpleNamespace(
            loss_reasons=(),
            equipments=tuple(self.equipments.values()),
            maintenance_teams=(MaintenanceTeam(4, "Mechanics"),),
            maintenance_tickets=tuple(self.tickets.values()),
            tickets_asked=tuple(self.tickets),
        )
        with write(self.ledger) as tx:
            floor_master.store(tx, parts)

    def ticket(self, number: int, equipment: int | None = FILLER.id, **values: Any) -> None:
        """A request that stands in Odoo."""
        made = MaintenanceTicket(
            number, f"Ticket {number}", equipment, "New Request", False, "1", "2026-11-20"
        )
        self.tickets[number] = replace(made, **values)
        self.mirror()

    def postings(self) -> list[PostingRow]:
        """All, oldest first."""
        with read(self.ledger) as tx:
            return list(reversed(outbox.newest(tx, 1000)))

    def odoo_holds(self, posting: PostingRow, record: str) -> None:
        """The poster saw it there."""
        with write(self.ledger) as tx:
            outbox.move(tx, posting, PostingState.VERIFIED, record=record, verified_at=self.now)
            seen = RecordSeen(True, record, "New Request", self.now)
            LANDED[PostingKind.MAINTENANCE](tx, posting, seen, self.now)

    def take_back(self, posting: PostingRow) -> None:
        """Odoo refused it, and a person took it back."""
        with write(self.ledger) as tx:
            outbox.move(tx, posting, PostingState.DEAD_LETTER)
            TAKEN_BACK[PostingKind.MAINTENANCE](tx, posting, GivenUp(), self.now)

    # --- people, alarms, values ---------------------------------------------------------------------------

    def person(self, name: str = "Ada", *roles: Role) -> Person:
        """Somebody whose PIN nobody needs: hashing is slow on purpose."""
        with write(self.ledger) as tx:
            return people.add(tx, name, frozenset(roles or {Role.SUPERVISOR}), "none", self.now)

    def maintainer(self, name: str = "Mia") -> Person:
        """A maintenance lead."""
        return self.person(name, Role.MAINTENANCE)

    def raises(self, signal: str, at: datetime | None = None, name: str = "filler1") -> None:
        """An alarm of the filler is raised."""
        alarm = next(a for a in ALARMS if a.tag == f"filler1.{signal}")
        self.tell(name, AlarmRaised(name, at or self.now, alarm.tag, alarm.text, alarm.priority))

    def clears(self, signal: str, at: datetime | None = None) -> None:
        """An alarm of the filler clears."""
        alarm = next(a for a in ALARMS if a.tag == f"filler1.{signal}")
        event = AlarmCleared("filler1", at or self.now, alarm.tag, alarm.text, alarm.priority)
        self.tell("filler1", event)

    def turn(self, **values: float) -> None:
        """Time passes."""
        self.now += timedelta(**values)

    def tend(self) -> None:
        """A round of the tender."""
        self.tender.tend(self.now, lambda tx: None)

    def values(self, tag: str, values: list[float], step_s: float = 10.0) -> None:
        """Values of a tag, the last one now."""
        samples = [
            Sample(tag, v, Quality.GOOD, at, at)
            for i, v in enumerate(values)
            for at in [self.now - timedelta(seconds=step_s * (len(values) - 1 - i))]
        ]
        self.telemetry.append(samples)

    def groups(self) -> tuple[AlarmRow, ...]:
        """What the page shows."""
        return self.desk.alarms.alarms().groups

    def row(self, signal: str) -> AlarmRow:
        """The row of an alarm, wherever it stands."""
        view = self.desk.alarms.alarms()
        rows = [r for g in view.groups for r in (g, *g.children)] + list(view.history)
        return next(r for r in rows if r.tag == f"filler1.{signal}")

    def open_items(self) -> list[review.ItemRow]:
        """What Review shows."""
        with read(self.ledger) as tx:
            return review.listed(tx, resolved=False)
