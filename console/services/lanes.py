"""What a lane may do next. Pure: rows and the clock in, one step out.

Inside a lane order is kept and one call is in flight; lanes are independent. Postings waiting for one Odoo
record are coalesced: the newest absolute value stands for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain.postings import PostingState
from console.domain.records import PostingKind
from console.store.outbox import Lane, PostingRow


@dataclass(frozen=True, slots=True)
class Send:
    """Write the absolute value of the last row, for all rows."""

    rows: tuple[PostingRow, ...]

    @property
    def lead(self) -> PostingRow:
        """The row whose value is written."""
        return self.rows[-1]


@dataclass(frozen=True, slots=True)
class Ask:
    """The outcome of an earlier write is not known: read before anything else."""

    rows: tuple[PostingRow, ...]

    @property
    def lead(self) -> PostingRow:
        """The row whose value was written."""
        return self.rows[-1]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do now, and why, in words."""

    why: str
    until: datetime | None = None


Step = Send | Ask | Wait

_ASK_FIRST = (PostingState.SENDING, PostingState.UNKNOWN, PostingState.POSTED)
# what comes after one of these depends on it: a rejected one holds up its whole lane
_IN_STRICT_ORDER = frozenset(
    k.value for k in (PostingKind.PRODUCTION, PostingKind.HOLD, PostingKind.RELEASE, PostingKind.SCRAP)
)


def next_step(rows: Sequence[PostingRow], lane: Lane, stuck: Sequence[PostingRow], now: datetime) -> Step:
    """The next step of a lane.

    Args:
        rows: everything of the lane that is not settled, oldest first. A row in SENDING was left by a poster
            that died: whether its write went out is not known.
        stuck: rejected postings. A count or a transfer holds up all of its lane; any other holds up what
            concerns the same record, and the closing of the order.
    """
    doubtful = [r for r in rows if r.state in _ASK_FIRST]
    if doubtful:
        target = doubtful[0].target_key
        group = tuple(r for r in doubtful if r.target_key == target)
        if group[0].not_before is not None and group[0].not_before > now:
            return Wait("asking again soon what became of it", group[0].not_before)
        return Ask(group)
    ready = [r for r in rows if r.state is PostingState.READY and not _held_up(r, stuck)]
    if not ready and stuck and rows:
        return Wait(f"the lane waits for a decision in Review about posting {stuck[0].id}: {stuck[0].error}")
    if not ready:
        return Wait("nothing to do")
    first = ready[0]
    if first.not_before is not None and first.not_before > now:
        return Wait(first.error or "trying again soon", first.not_before)
    group = _coalesced(ready)
    if lane.unsettled_until is not None and lane.unsettled_until > now:
        same = (lane.unsettled_target, lane.unsettled_quantity)
        fitting = [i for i, r in enumerate(group, 1) if (r.target_key, r.target_quantity) == same]
        if not fitting:
            return Wait(
                "an earlier write may still arrive in Odoo: no newer value is sent until then",
                lane.unsettled_until,
            )
        group = group[: fitting[-1]]
    return Send(group)


def _held_up(row: PostingRow, stuck: Sequence[PostingRow]) -> bool:
    return any(
        s.kind in _IN_STRICT_ORDER or s.target_key == row.target_key or row.kind == PostingKind.CLOSE.value
        for s in stuck
    )


def _coalesced(ready: Sequence[PostingRow]) -> tuple[PostingRow, ...]:
    """The first row and those after it that ask the same record, into the same lot, without a break."""
    first = ready[0]
    group: list[PostingRow] = []
    for row in ready:
        if row.target_key != first.target_key:
            continue
        if row.lot != first.lot:
            break
        group.append(row)
    return tuple(group)
