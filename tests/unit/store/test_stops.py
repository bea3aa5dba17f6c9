"""What the ledger itself keeps stops from: two that stand, an end before the beginning, a late decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from console.errors import AlreadyDecided
from console.store import stops
from console.store.engine import open_ledger, read, write

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def ledger(tmp_path: Path) -> Engine:
    return open_ledger(tmp_path / "ledger.db")


def add(ledger: Engine, start: int, end: int | None, machine: str = "filler", **values: Any) -> int:
    with write(ledger) as tx:
        return stops.add(
            tx,
            {
                "trace_id": f"pc-{machine}-{start}-{end}",
                "machine": machine,
                "started_at": at(start),
                "ended_at": at(end) if end is not None else None,
                "state": "stopped",
                "category": "unplanned",
                "plant_version": "v",
            }
            | values,
        )


def test_one_stop_of_a_machine_stands_at_most(ledger: Engine) -> None:
    add(ledger, 0, None)
    add(ledger, 0, None, "packer")
    with pytest.raises(IntegrityError):
        add(ledger, 5, None)


def test_no_stop_ends_before_it_begins(ledger: Engine) -> None:
    with pytest.raises(IntegrityError):
        add(ledger, 5, 4)


def test_a_decision_about_another_version_changes_nothing(ledger: Engine) -> None:
    stop_id = add(ledger, 0, 5)
    with write(ledger) as tx:
        stop = stops.get(tx, stop_id)
        assert stop is not None
        stops.decide(tx, stop, 1, note="first")
        with pytest.raises(AlreadyDecided):
            stops.decide(tx, stop, 1, note="second")
        changed = stops.get(tx, stop_id)
    assert changed is not None
    assert (changed.note, changed.version) == ("first", 2)


def test_what_was_merged_takes_no_decision_and_is_in_no_list(ledger: Engine) -> None:
    one, two = add(ledger, 0, 5), add(ledger, 6, 9)
    with write(ledger) as tx:
        stop = stops.get(tx, two)
        assert stop is not None
        stops.decide(tx, stop, 1, merged_into=one)
        with pytest.raises(AlreadyDecided):
            stops.decide(tx, stop, 2, note="x")
        assert [s.id for s in stops.overlapping(tx, at(0), at(10))] == [one]
        assert [s.id for s in stops.unexplained(tx)] == [one]
        assert [s.id for s in stops.merged_from(tx, one)] == [two]
        last = stops.last_of(tx, "filler")
        assert last is not None
        assert last.id == one


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [(0, 10, ["a", "b"]), (5, 6, []), (6, 99, ["b", "c"]), (-9, 0, []), (4, 7, ["a", "b"])],
)
def test_stops_that_have_some_of_a_time(ledger: Engine, start: int, end: int, found: list[str]) -> None:
    for name, a, b in (("a", 0, 5), ("b", 6, 9), ("c", 20, None)):
        add(ledger, a, b, note=name)
    with read(ledger) as tx:
        assert [s.note for s in stops.overlapping(tx, at(start), at(end), "filler")] == found
        assert stops.overlapping(tx, at(start), at(end), "packer") == []


def test_the_neighbours_of_a_stop(ledger: Engine) -> None:
    ids = [add(ledger, a, b) for a, b in ((0, 5), (6, 9), (20, None))]
    add(ledger, 10, 11, "packer")
    with read(ledger) as tx:
        around = []
        for stop_id in ids:
            stop = stops.get(tx, stop_id)
            assert stop is not None
            around.append(tuple(s.id if s is not None else None for s in stops.neighbours(tx, stop)))
    assert around == [(None, ids[1]), (ids[0], ids[2]), (ids[1], None)]
