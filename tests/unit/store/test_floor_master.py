"""The mirror of loss reasons, equipment and tickets: what is absent is gone, and nothing is written twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert, select

from console.domain.master_data import Equipment, LossReason, MaintenanceTeam, MaintenanceTicket
from console.odoo.floor_data import FloorParts
from console.store import floor_master
from console.store.engine import open_ledger, read, write
from console.store.schema import maintenance_tickets, requests

FAILURE = LossReason(2, "Equipment Failure", "availability", True, 2)
SHORT = LossReason(1, "Material Availability", "availability", True, 1)
FILLER = Equipment(4, "Filler 1", "SN-1", 1)
OLD = Equipment(5, "Filler 1", "SN-0", None, active=False)
PRESS = Equipment(6, "Press", "", 1)
TICKET = MaintenanceTicket(7, "Leak", 4, "New Request", False, "2", "2026-03-01")
NEWER = MaintenanceTicket(9, "Noise", 4, "In Progress", False, "0", "2026-03-02")
PARTS = FloorParts(
    loss_reasons=(FAILURE, SHORT),
    equipments=(FILLER, OLD, PRESS),
    maintenance_teams=(MaintenanceTeam(1, "Mechanics"), MaintenanceTeam(2, "Electricians")),
    maintenance_tickets=(TICKET, NEWER),
)


def deleted(tx: Connection) -> set[int]:
    """Of ours, the tickets that are known to be deleted in Odoo."""
    t = maintenance_tickets.c
    return set(tx.execute(select(t.id).where(t.gone.is_(True), t.id.in_((7, 30)))).scalars())


@pytest.fixture
def ledger(tmp_path: Path) -> Engine:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    with write(ledger) as tx:
        floor_master.store(tx, PARTS)
    return ledger


@contextmanager
def changes(ledger: Engine) -> Iterator[list[str]]:
    """Statements that change something."""
    told: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("SELECT"):
            told.append(statement)

    event.listen(ledger, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(ledger, "before_cursor_execute", note)


def store(ledger: Engine, **parts: Any) -> None:
    with write(ledger) as tx:
        floor_master.store(tx, replace(PARTS, **parts))


def test_reads(ledger: Engine) -> None:
    with read(ledger) as tx:
        assert floor_master.loss_reasons(tx) == (SHORT, FAILURE)
        assert floor_master.loss_reason(tx, 2) == FAILURE
        assert floor_master.loss_reason(tx, 99) is None
        assert floor_master.equipments(tx) == (FILLER, OLD, PRESS)
        assert floor_master.equipment(tx, 5) == OLD
        assert [t.name for t in floor_master.teams(tx)] == ["Electricians", "Mechanics"]
        assert floor_master.open_tickets(tx, 4) == (NEWER, TICKET)
        assert floor_master.open_tickets(tx, 6) == ()
        assert floor_master.ticket(tx, 7) == TICKET


def test_equipment_is_found_by_serial_number_and_by_name(ledger: Engine) -> None:
    with read(ledger) as tx:
        assert floor_master.equipment_named(tx, "SN-1") == FILLER
        assert floor_master.equipment_named(tx, "SN-0") == OLD
        assert floor_master.equipment_named(tx, "Filler 1") == FILLER  # the one in use
        assert floor_master.equipment_named(tx, "Press") == PRESS
        assert floor_master.equipment_named(tx, "") is None  # not the one without a serial number
        assert floor_master.equipment_named(tx, "filler 1") is None


def test_what_is_absent_is_gone_and_comes_back(ledger: Engine) -> None:
    store(ledger, loss_reasons=(SHORT,), equipments=(FILLER,), maintenance_teams=())
    with read(ledger) as tx:
        assert floor_master.loss_reasons(tx) == (SHORT,)
        assert floor_master.loss_reason(tx, 2) is None
        assert floor_master.equipments(tx) == (FILLER,)
        assert floor_master.equipment(tx, 6) is None
        assert floor_master.equipment_named(tx, "Press") is None
        assert floor_master.teams(tx) == ()
    store(ledger)
    with read(ledger) as tx:
        assert floor_master.loss_reason(tx, 2) == FAILURE
        assert floor_master.equipment_named(tx, "Press") == PRESS


def test_archived_equipment_shows(ledger: Engine) -> None:
    store(ledger, equipments=(replace(FILLER, active=False), OLD, PRESS))
    with read(ledger) as tx:
        found = floor_master.equipment_named(tx, "SN-1")
    assert found is not None
    assert not found.active


def test_closed_ticket_stays_known_and_a_deleted_one_does_not(ledger: Engine) -> None:
    with read(ledger) as tx:
        assert floor_master.tickets_to_ask(tx, whole=False) == (7, 9)
    done = replace(TICKET, stage="Repaired", done=True)
    store(ledger, maintenance_tickets=(done,), tickets_asked=(7, 9))
    with read(ledger) as tx:
        assert floor_master.ticket(tx, 7) == done
        assert floor_master.ticket(tx, 9) is None
        assert floor_master.open_tickets(tx, 4) == ()
        assert floor_master.tickets_to_ask(tx, whole=False) == ()
    # closed ones are not told again: absent is not gone
    store(ledger, maintenance_tickets=(), tickets_asked=())
    with read(ledger) as tx:
        assert floor_master.ticket(tx, 7) == done
    archived = replace(NEWER, archived=True)
    store(ledger, maintenance_tickets=(archived,), tickets_asked=(9,))
    with read(ledger) as tx:
        assert floor_master.ticket(tx, 9) == archived
        assert floor_master.open_tickets(tx, 4) == ()


def test_our_tickets_are_asked_for_until_they_were_seen(ledger: Engine) -> None:
    with write(ledger) as tx:
        for number, ticket_id in enumerate((None, 7, 30)):
            row = {
                "trace_id": f"t{number}",
                "state": "requested",
                "source": "alarm:1",
                "machine": "filler1",
                "title": "Leak",
                "kind": "corrective",
                "priority": 2,
                "evidence": {},
                "ticket_id": ticket_id,
                "opened_at": datetime(2026, 3, 1, tzinfo=UTC),
            }
            tx.execute(insert(requests).values(**row))
    done = replace(TICKET, done=True)
    store(ledger, maintenance_tickets=(done,), tickets_asked=(7, 9))
    with read(ledger) as tx:
        assert floor_master.tickets_to_ask(tx, whole=False) == (30,)
        assert floor_master.tickets_to_ask(tx, whole=True) == (7, 30)
    # it was deleted in Odoo before it was ever read
    store(ledger, maintenance_tickets=(done,), tickets_asked=(7, 30))
    with read(ledger) as tx:
        assert deleted(tx) == {30}
        assert floor_master.ticket(tx, 30) is None
        assert floor_master.tickets_to_ask(tx, whole=False) == ()
    back = replace(NEWER, id=30)
    store(ledger, maintenance_tickets=(done, back), tickets_asked=(7, 30))
    with read(ledger) as tx:
        assert floor_master.ticket(tx, 30) == back
        assert deleted(tx) == set()


def test_the_same_again_writes_nothing(ledger: Engine) -> None:
    with changes(ledger) as told:
        store(ledger)
    assert [s for s in told if "INSERT" in s or "UPDATE" in s] == []
    with changes(ledger) as told:
        store(ledger, loss_reasons=(replace(FAILURE, name="Breakdown"), SHORT))
    assert len([s for s in told if "UPDATE loss_reasons" in s]) == 1
