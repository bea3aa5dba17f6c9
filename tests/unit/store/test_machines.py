"""Rows of machine events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from console.domain.machine_events import StateChanged
from console.domain.packml import MachineState
from console.store import machines
from console.store.engine import open_ledger, read, write

AT = datetime(2026, 11, 20, 6, tzinfo=UTC)


def test_the_state_before_a_time_is_found_by_the_index_of_seldom_events(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    with write(ledger) as tx:
        for minutes, (before, after) in enumerate(
            (
                (MachineState.UNDEFINED, MachineState.EXECUTE),
                (MachineState.EXECUTE, MachineState.HELD),
            )
        ):
            at = AT + timedelta(minutes=minutes)
            machines.add_event(tx, StateChanged("filler", at, before, after, "1"), at, "v1", None)
    asked: list[tuple[str, Any]] = []
    with read(ledger) as tx:
        event.listen(tx, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
        assert machines.state_before(tx, "filler", AT + timedelta(minutes=1)) is MachineState.EXECUTE
        assert machines.state_before(tx, "filler", AT + timedelta(minutes=2)) is MachineState.HELD
        assert machines.state_before(tx, "filler", AT) is None
        statement, values = asked[0]
        plan = tx.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    assert "ix_machine_events_seldom" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
