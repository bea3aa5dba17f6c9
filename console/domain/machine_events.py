"""Machine events: facts detected from samples (station [2]). Append-only, low volume.

All times are aware UTC. ``at`` orders them; source time, so it is the machine's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.packml import MachineState


class AdvanceKind(StrEnum):
    """How the difference of a counter was explained."""

    NORMAL = "normal"
    ROLLOVER = "rollover"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The machine state changed; ``raw`` is the value that said so."""

    machine: str
    at: datetime
    before: MachineState
    after: MachineState
    raw: str


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """The machine reports another order or lot than before (empty: none)."""

    machine: str
    at: datetime
    order_before: str
    order_after: str
    lot_before: str
    lot_after: str


@dataclass(frozen=True, slots=True)
class ProgramChanged:
    """The machine runs another program than before."""

    machine: str
    at: datetime
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CountAdvanced:
    """A counter rose: ``raw_after - raw_before`` (modulo rollover) counts were made in ``steps`` samples.

    Attributes:
        started_at, at: source time of the last counted sample before and of the last one inside.
        count: counts made; never negative.
    """

    machine: str
    at: datetime
    tag: str
    counter: str
    kind: AdvanceKind
    raw_before: int
    raw_after: int
    count: int
    steps: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class CounterReset:
    """The counter started again near zero: what it shows now was made since."""

    machine: str
    at: datetime
    tag: str
    counter: str
    raw_before: int
    raw_after: int


@dataclass(frozen=True, slots=True)
class CounterGlitch:
    """The counter showed an impossible value for a moment and came back; nothing was counted."""

    machine: str
    at: datetime
    tag: str
    counter: str
    raw_before: int
    raw_glitch: int
    raw_after: int


@dataclass(frozen=True, slots=True)
class CounterJump:
    """The counter moved in a way that two explanations fit; nothing was counted, a person decides.

    Attributes:
        explanations: words and the counts each would add, most likely first.
        possible: the most that the machine can make in the time.
    """

    machine: str
    at: datetime
    tag: str
    counter: str
    raw_before: int
    raw_after: int
    started_at: datetime
    possible: int
    explanations: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """An alarm tag became true."""

    machine: str
    at: datetime
    tag: str
    text: str
    priority: int


@dataclass(frozen=True, slots=True)
class AlarmCleared:
    """An alarm tag became false."""

    machine: str
    at: datetime
    tag: str
    text: str
    priority: int


@dataclass(frozen=True, slots=True)
class DataGap:
    """Nothing trustworthy was heard of a counter between two times.

    ``silent_from`` is when listening ended, where that is later than what is known of the counter: a machine
    that stood then is known to have stood until then.

    ``raw_before`` and ``raw_after`` bound what was made meanwhile; None where it was never known.
    """

    machine: str
    at: datetime
    tag: str
    counter: str
    cause: str
    started_at: datetime
    raw_before: int | None
    raw_after: int | None
    silent_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class LimitBreached:
    """A process value went beyond a limit, or its points broke a run rule (see ``domain.limits``).

    Attributes:
        limit: name of the limit. tag: its value's tag; "" for one measured by hand.
        level: "warning" or "action". rule: "action-high" and the like, or the run rule's id.
        value: the value (of a run rule: the newest point). bound: what it went beyond.
    """

    machine: str
    at: datetime
    tag: str
    limit: str
    level: str
    rule: str
    value: float
    bound: float
    unit: str


@dataclass(frozen=True, slots=True)
class LimitReturned:
    """A breach is over.

    Attributes:
        value: the last value; None where none is known.
        cause: "inside", "other side" (of the limits) or "other product" (the limit does not hold for it).
    """

    machine: str
    at: datetime
    tag: str
    limit: str
    level: str
    rule: str
    value: float | None
    unit: str
    cause: str


MachineEvent = (
    StateChanged
    | OrderChanged
    | ProgramChanged
    | CountAdvanced
    | CounterReset
    | CounterGlitch
    | CounterJump
    | AlarmRaised
    | AlarmCleared
    | DataGap
    | LimitBreached
    | LimitReturned
)
