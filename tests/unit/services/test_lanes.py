"""What a lane may do next, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.domain.postings import PostingState
from console.services.lanes import Ask, Send, Wait, next_step
from console.store.outbox import Lane, PostingRow

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=30), NOW - timedelta(seconds=30)
FREE = Lane("order:1", None, "", None)
S = PostingState


def row(
    number: int, state: PostingState = S.READY, target: str = "operation:11", **values: object
) -> PostingRow:
    base = PostingRow(
        id=number,
        posting_key=f"pc-{number}-1",
        trace_id=f"pc-{number}",
        kind="production",
        lane="order:1",
        target_key=target,
        decision_id=number,
        order_id=1,
        order_reference="WH/MO/00001",
        machine="filler",
        product_id=7,
        unit_id=1,
        unit="Units",
        lot="",
        quantity=10.0,
        target_quantity=10.0 * number,
        flow_class="near_real_time",
        state=state,
        version=1,
        created_at=NOW,
        due_at=LATER,
        not_before=None,
        attempt_count=0,
        error="",
        remedy="",
        sent_at=None,
        posted_at=None,
        verified_at=None,
        coalesced_into=None,
    )
    return replace(base, **values)  # type: ignore[arg-type]


def locked(quantity: float | None, until: datetime = LATER, target: str = "operation:11") -> Lane:
    return Lane("order:1", until, target, quantity)


STUCK = row(9, S.REJECTED, error="the order is done")
OTHER = "operation:12"

# (rows, lane, stuck, kind of step, ids in it)
CASES = {
    "nothing": ([], FREE, (), Wait, []),
    "one ready": ([row(1)], FREE, (), Send, [1]),
    "three ready are one write": ([row(1), row(2), row(3)], FREE, (), Send, [1, 2, 3]),
    "only those of the first record": ([row(1), row(2, target=OTHER), row(3)], FREE, (), Send, [1, 3]),
    "a change of lot ends the group": (
        [row(1, lot="A"), row(2, lot="A"), row(3, lot="B"), row(4, lot="A")],
        FREE,
        (),
        Send,
        [1, 2],
    ),
    "a lot of another record does not": (
        [row(1, lot="A"), row(2, lot="B", target=OTHER), row(3, lot="A")],
        FREE,
        (),
        Send,
        [1, 3],
    ),
    "the first waits, so all wait": ([row(1, not_before=LATER), row(2)], FREE, (), Wait, []),
    "its time has come": ([row(1, not_before=NOW), row(2)], FREE, (), Send, [1, 2]),
    "left over in SENDING is asked about": ([row(1, S.SENDING), row(2)], FREE, (), Ask, [1]),
    "unknown is asked about": ([row(1, S.UNKNOWN), row(2, S.UNKNOWN), row(3)], FREE, (), Ask, [1, 2]),
    "posted is read back": ([row(1, S.POSTED)], FREE, (), Ask, [1]),
    "one record at a time is asked": (
        [row(1, S.UNKNOWN), row(2, S.UNKNOWN, OTHER)],
        FREE,
        (),
        Ask,
        [1],
    ),
    "doubt goes before what is ready": ([row(1), row(2, S.UNKNOWN)], FREE, (), Ask, [2]),
    "asked again only later": ([row(1, S.UNKNOWN, not_before=LATER), row(2)], FREE, (), Wait, []),
    "asked again now": ([row(1, S.UNKNOWN, not_before=EARLIER)], FREE, (), Ask, [1]),
    "a rejected one holds up its lane": ([row(10)], FREE, (STUCK,), Wait, []),
    "a refused stop holds up itself only": (
        [row(10, target="downtime/a", kind="downtime"), row(11, target="downtime/b", kind="downtime")],
        FREE,
        (row(9, S.REJECTED, "downtime/a", kind="downtime"),),
        Send,
        [11],
    ),
    "a refused consumption lets counts go on, but not the closing": (
        [row(10, target="close/42", kind="close"), row(11)],
        FREE,
        (row(9, S.REJECTED, "consumption/a", kind="consumption"),),
        Send,
        [11],
    ),
    "a refused transfer holds up what comes after it": (
        [row(10, target="release/a", kind="release")],
        FREE,
        (row(9, S.REJECTED, "hold/a", kind="hold"),),
        Wait,
        [],
    ),
    "but doubt is settled first": ([row(1, S.UNKNOWN), row(10)], FREE, (STUCK,), Ask, [1]),
    "no newer value while one may arrive": ([row(2), row(3)], locked(10.0), (), Wait, []),
    "the same value may go": ([row(1), row(2)], locked(10.0), (), Send, [1]),
    "with those before it": ([row(1), row(2), row(3)], locked(20.0), (), Send, [1, 2]),
    "the same number for another record may not": (
        [row(1, target=OTHER), row(2)],
        locked(10.0),
        (),
        Wait,
        [],
    ),
    "the lock is over": ([row(2), row(3)], locked(10.0, NOW), (), Send, [2, 3]),
}


@pytest.mark.parametrize("name", CASES)
def test_next_step(name: str) -> None:
    rows, lane, stuck, kind, ids = CASES[name]
    step = next_step(rows, lane, stuck, NOW)
    assert type(step) is kind
    if isinstance(step, Send | Ask):
        assert [r.id for r in step.rows] == ids
        assert step.lead is step.rows[-1]


def test_waiting_says_why_and_until_when() -> None:
    stuck = next_step([row(10)], FREE, (STUCK,), NOW)
    assert isinstance(stuck, Wait)
    assert "posting 9: the order is done" in stuck.why
    again = next_step([row(1, not_before=LATER, error="no route")], FREE, (), NOW)
    assert again == Wait("no route", LATER)
    unsettled = next_step([row(2)], locked(10.0), (), NOW)
    assert isinstance(unsettled, Wait)
    assert unsettled.until == LATER
