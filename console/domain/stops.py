"""Stops: a machine that does not execute while it should, told apart by why (ISO 22400, PackML).

ISA TR88.00.02 has one state in which a machine makes product: Execute. A stop therefore begins with the first
state that is none (the acting states on the way down and up, the waiting states between, Completing and
Complete too) and lasts until Execute: aborting, aborted, clearing, stopped, resetting, idle and starting are
one stop. UNDEFINED is a word that nobody has a meaning for; it neither begins nor ends a stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.equipment import StopReason
from console.domain.master_data import LossReason
from console.domain.packml import MachineState
from console.domain.shifts import PlannedBreak


class StopCategory(StrEnum):
    """Why a machine does not execute, as far as the console can tell by itself.

    unplanned: nobody planned it. micro: shorter than the machine's threshold; counted, not asked about.
    planned: a break of the shift. changeover: the order changed while it stood. no_order: nothing to make.
    """

    UNPLANNED = "unplanned"
    MICRO = "micro"
    PLANNED = "planned"
    CHANGEOVER = "changeover"
    NO_ORDER = "no_order"


class StopOrigin(StrEnum):
    """Why a stop begins where it does.

    detected: the machine left Execute. split: a person made two of one. merged: a person made one of two.
    break: at the edge of a planned break. order: an order came or went. gap: seen standing after a gap in the
    data in which the machine made something.
    """

    DETECTED = "detected"
    SPLIT = "split"
    MERGED = "merged"
    BREAK = "break"
    ORDER = "order"
    GAP = "gap"


def executes(state: MachineState) -> bool:
    """Whether the machine makes product in this state."""
    return state is MachineState.EXECUTE


def stands(state: MachineState) -> bool:
    """Whether this state begins a stop."""
    return state not in (MachineState.EXECUTE, MachineState.UNDEFINED)


# --- category ----------------------------------------------------------------------------------------------


def completed(state: MachineState) -> bool:
    """Whether the machine came to the end of what it was to make."""
    return state in (MachineState.COMPLETING, MachineState.COMPLETE)


def category_of(
    kind: StopCategory | None, seconds: float | None, micro_s: float, changeover: bool
) -> StopCategory:
    """The category of a stop.

    Args:
        kind: PLANNED or NO_ORDER where the calendar or the orders say so, see ``pieces``.
        seconds: how long it lasted; None while it stands.
    """
    if kind is not None:
        return kind
    if changeover:
        return StopCategory.CHANGEOVER
    if seconds is not None and seconds < micro_s:
        return StopCategory.MICRO
    return StopCategory.UNPLANNED


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stop. ``end`` None: it stands. ``kind``: PLANNED, NO_ORDER, or None for neither."""

    start: datetime
    end: datetime | None
    kind: StopCategory | None
    origin: StopOrigin


def pieces(
    start: datetime,
    end: datetime | None,
    now: datetime,
    breaks: Sequence[PlannedBreak],
    no_order_since: datetime | None,
    micro_s: float,
) -> tuple[Piece, ...]:
    """A stop cut at the edges of planned breaks, and where its order went away. The first begins with it.

    Args:
        end: None while it stands; then only edges up to ``now`` cut it.
        no_order_since: since when there is no order; a shorter time than ``micro_s`` does not cut.
    """
    until = end if end is not None else max(now, start)
    gone = no_order_since
    if gone is not None and gone > start and (until - gone).total_seconds() < micro_s:
        gone = None
    edges = {at for b in breaks for at in (b.start, b.end)} | ({gone} if gone is not None else set())
    # what stands begins at its edge; what is over has no piece without length
    cuts = [start, *sorted(e for e in edges if start < e and (e < until or (end is None and e == until)))]
    found: list[Piece] = []
    for at, ends in zip(cuts, [*cuts[1:], end], strict=True):
        planned = any(b.start <= at < b.end for b in breaks)
        without = gone is not None and at >= gone
        kind = StopCategory.PLANNED if planned else StopCategory.NO_ORDER if without else None
        if found and found[-1].kind is kind:
            found[-1] = Piece(found[-1].start, ends, kind, found[-1].origin)
        else:
            found.append(Piece(at, ends, kind, StopOrigin.ORDER if at == gone else StopOrigin.BREAK))
    return tuple(found)


# --- reasons -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason that can be chosen.

    Attributes:
        key: "12", or "12/Jam at infeed" for a local reason below Odoo's loss reason 12.
        planned: booked as productive in Odoo; it does not count against availability.
    """

    key: str
    title: str
    loss_id: int
    loss: str
    loss_type: str
    children: tuple[Reason, ...] = ()

    @property
    def planned(self) -> bool:
        return self.loss_type == "productive"


def reason_tree(losses: Sequence[LossReason], local: Sequence[StopReason]) -> tuple[Reason, ...]:
    """Odoo's loss reasons with the plant's own below them, in Odoo's order.

    A loss that Odoo keeps from people (``manual`` off) cannot be chosen itself; local reasons below it stand
    in its place.
    """
    found: list[Reason] = []
    for loss in sorted(losses, key=lambda x: (x.sequence, x.id)):
        own = tuple(
            Reason(f"{loss.id}/{r.name}", r.name, loss.id, loss.name, loss.loss_type)
            for r in local
            if r.loss.casefold() == loss.name.casefold()
        )
        if loss.manual:
            found.append(Reason(str(loss.id), loss.name, loss.id, loss.name, loss.loss_type, own))
        else:
            found += own
    return tuple(found)


def flat(tree: Sequence[Reason]) -> dict[str, Reason]:
    """Every reason by key."""
    return {r.key: r for top in tree for r in (top, *top.children)}


def loss_of(key: str) -> int | None:
    """The id of the loss reason in a key; None where the key is none."""
    head = key.partition("/")[0]
    return int(head) if head.isdigit() else None


def title_of(key: str, losses: Sequence[LossReason]) -> str:
    """A reason as people call it, also one that is gone by now."""
    head, _, own = key.partition("/")
    if own:
        return own
    known = next((x for x in losses if str(x.id) == head), None)
    return known.name if known is not None else f"reason {head}" if head else ""


def suggested_key(reason: StopReason | None, tree: Sequence[Reason]) -> str:
    """The key of the reason that a machine's state suggests; empty where none, or none that can be chosen."""
    if reason is None:
        return ""
    own = [r for r in flat(tree).values() if "/" in r.key and r.title == reason.name]
    return next((r.key for r in own if r.loss.casefold() == reason.loss.casefold()), "")


def likeliest(
    suggested: str, here: Mapping[str, int], plant: Mapping[str, int], tree: Sequence[Reason], most: int = 5
) -> tuple[Reason, ...]:
    """What the state suggests, then what is chosen most for this machine, then in the plant; on the first
    days the rest is filled up in the tree's order, the plant's own reasons first."""
    known = flat(tree)
    by_count = [k for counts in (here, plant) for k in sorted(counts, key=lambda k: (-counts[k], k))]
    others = sorted(known, key=lambda k: "/" not in k)  # a stable sort keeps the tree's order
    keys = dict.fromkeys(k for k in (suggested, *by_count, *others) if k in known)
    return tuple(known[k] for k in list(keys)[:most])


# --- Pareto ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """A reason's share of the lost time; ``cumulative`` with all larger ones. Both 0 to 1."""

    reason: str
    minutes: float
    stops: int
    share: float
    cumulative: float


def pareto(lost: Sequence[tuple[str, float]]) -> tuple[Share, ...]:
    """Reasons by lost time, the largest first.

    Args:
        lost: (reason, seconds) of each stop.
    """
    sums: dict[str, tuple[float, int]] = {}
    for reason, seconds in lost:
        total, times = sums.get(reason, (0.0, 0))
        sums[reason] = (total + seconds, times + 1)
    whole = sum(s for s, _ in sums.values())
    found, reached = [], 0.0
    for reason, (seconds, times) in sorted(sums.items(), key=lambda x: (-x[1][0], x[0])):
        reached += seconds
        found.append(
            Share(
                reason,
                seconds / 60.0,
                times,
                seconds / whole if whole else 0.0,
                reached / whole if whole else 0.0,
            )
        )
    return tuple(found)
