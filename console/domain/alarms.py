"""Alarms by ISA-18.2: the states of an occurrence and what moves it, shelving, floods, grouping by cause.

An alarm (machine and tag) has one state, so at most one occurrence that is not over:

    normal -- raise --> unacknowledged -- acknowledge --> acknowledged -- clear --> normal
                        unacknowledged -- clear --> returned -- acknowledge --> normal
    latching:           unacknowledged | acknowledged -- clear --> latched -- acknowledge --> normal

Raised again within ``AlarmTag.chatter_s`` after it cleared, it is the same occurrence and is not shown anew:
``raises`` counts it, and what was acknowledged stays acknowledged. Raised later while nobody has seen it yet
(returned, latched), it is counted too, but asks for an acknowledgement again.

Standard: ANSI/ISA-18.2-2016, Management of Alarm Systems for the Process Industries (clause 5.2, figure 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from console.domain.equipment import AlarmPlan, AlarmTag

MOST_URGENT, LEAST_URGENT = 1, 3
# Shelvings are counted over this time
SHELVE_DAY = timedelta(hours=24)


class AlarmState(StrEnum):
    """State of an alarm occurrence (ISA-18.2, figure 3).

    unacknowledged: active, nobody has seen it. acknowledged: active, seen. returned: cleared, not yet seen.
    latched: cleared and seen too late to end by itself: waits for a reset by acknowledging. normal: over.
    """

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    LATCHED = "latched"
    NORMAL = "normal"


# it is there now; the others have cleared
STANDING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED})
# a person's acknowledgement changes something
WAITING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED, AlarmState.LATCHED})


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of an alarm.

    Attributes:
        id: 0 while it is not stored.
        raised_at, last_raised_at: the first and the newest time it was raised; the machine's clock.
        cleared_at: when it cleared; None while it stands.
        raises: how often it was raised.
        cause_id: the occurrence that brought it along.
        version: goes up with a person's act and when it is shown anew, not with chatter: who acknowledges a
            chattering alarm shall not be told each time that it changed.
    """

    machine: str
    tag: str
    text: str
    priority: int
    state: AlarmState
    raised_at: datetime
    last_raised_at: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    raises: int = 1
    cause_id: int | None = None
    flood_id: int | None = None
    request_id: int | None = None
    id: int = 0
    version: int = 1
    trace_id: str = ""

    @property
    def standing(self) -> bool:
        """The alarm is there now."""
        return self.state in STANDING

    @property
    def live(self) -> bool:
        """Not over: it stands, or waits to be seen."""
        return self.state is not AlarmState.NORMAL


def rank(priority: int) -> int:
    """A priority as one of the three that the screens tell apart; 1 is the most urgent."""
    return min(max(priority, MOST_URGENT), LEAST_URGENT)


# --- transitions -------------------------------------------------------------------------------------------


def raised(
    known: Occurrence | None, alarm: AlarmTag, machine: str, at: datetime
) -> tuple[Occurrence, bool] | None:
    """What raising an alarm makes of its newest occurrence: (occurrence, whether it is shown anew).

    None: it stands already. An occurrence with id 0 is a new one.
    """
    if known is not None and known.standing:
        return None
    chatter = (
        known is not None
        and known.cleared_at is not None
        and at - known.cleared_at < timedelta(seconds=alarm.chatter_s)
    )
    if known is None or (not known.live and not chatter):
        state = AlarmState.UNACKNOWLEDGED
        return Occurrence(machine, alarm.tag, alarm.text, alarm.priority, state, at, at), True
    again = replace(known, raises=known.raises + 1, last_raised_at=at, cleared_at=None)
    if chatter:
        seen = known.acknowledged_at is not None
        state = AlarmState.ACKNOWLEDGED if seen else AlarmState.UNACKNOWLEDGED
        return replace(again, state=state), False
    again = replace(again, state=AlarmState.UNACKNOWLEDGED, acknowledged_at=None, acknowledged_by="")
    return replace(again, version=known.version + 1), True


def cleared(known: Occurrence, alarm: AlarmTag | None, at: datetime) -> Occurrence:
    """The occurrence after its condition went away; unchanged where it had cleared before.

    Args:
        alarm: None where the plant file has lost it.
    """
    if not known.standing:
        return known
    if alarm is not None and alarm.latching:
        state = AlarmState.LATCHED
    elif known.state is AlarmState.ACKNOWLEDGED:
        state = AlarmState.NORMAL
    else:
        state = AlarmState.RETURNED
    return replace(known, state=state, cleared_at=at)


def acknowledged(known: Occurrence, by: str, at: datetime) -> Occurrence | None:
    """The occurrence after a person has seen it; None where there is nothing to acknowledge."""
    if known.state not in WAITING:
        return None
    state = AlarmState.ACKNOWLEDGED if known.standing else AlarmState.NORMAL
    return replace(known, state=state, acknowledged_at=at, acknowledged_by=by, version=known.version + 1)


# --- grouping by cause -------------------------------------------------------------------------------------


def cause_of(
    new: Occurrence, others: Sequence[Occurrence], alarms: Mapping[str, AlarmTag], plan: AlarmPlan
) -> int | None:
    """Id of the occurrence that brought ``new`` along; None where it stands for itself.

    The plant file's ``caused_by`` comes first: a cause that stands, or cleared within ``group_s``. Else the
    machine's first alarm within ``group_s`` before. That is a guess by time, so it never puts an alarm below
    a less urgent one, nor below one that the plant file calls its consequence.

    Args:
        others: live occurrences of the same machine.
        alarms: the machine's alarms by tag.
    """
    own = alarms.get(new.tag)
    within = timedelta(seconds=plan.group_s)
    for tag in own.caused_by if own is not None else ():
        for other in others:
            recent = other.cleared_at is None or new.last_raised_at - other.cleared_at <= within
            if other.tag == tag and recent and not _leads_to(other, new.id, others):
                return other.id
    first = min(
        (
            o
            for o in others
            if o.id != new.id
            and o.cause_id is None
            and timedelta(0) <= new.last_raised_at - o.raised_at <= within
            and rank(o.priority) <= rank(new.priority)
            and new.tag not in _caused_by(o.tag, alarms)
        ),
        key=lambda o: (o.raised_at, o.id),
        default=None,
    )
    return first.id if first is not None else None


def consequences_of(
    new: Occurrence, others: Sequence[Occurrence], alarms: Mapping[str, AlarmTag], plan: AlarmPlan
) -> tuple[int, ...]:
    """Ids of those that came up to ``group_s`` before the cause that the plant file gives them."""
    within = timedelta(seconds=plan.group_s)
    return tuple(
        o.id
        for o in others
        if o.id != new.id
        and new.tag in _caused_by(o.tag, alarms)
        and timedelta(0) <= new.last_raised_at - o.last_raised_at <= within
        and not _leads_to(new, o.id, others)
    )


def _caused_by(tag: str, alarms: Mapping[str, AlarmTag]) -> tuple[str, ...]:
    alarm = alarms.get(tag)
    return alarm.caused_by if alarm is not None else ()


def _leads_to(start: Occurrence, wanted: int, others: Sequence[Occurrence]) -> bool:
    """Whether following causes from ``start`` comes to ``wanted``: that would be a circle."""
    by_id = {o.id: o for o in others}
    at: Occurrence | None = start
    for _ in range(len(others) + 1):
        if at is None:
            return False
        if at.id == wanted and wanted:
            return True
        at = by_id.get(at.cause_id) if at.cause_id is not None else None
    return True


# --- shelving and floods -----------------------------------------------------------------------------------


def shelving_refused(
    plan: AlarmPlan, minutes: int, reason: str, shelved_at: Sequence[datetime], now: datetime
) -> tuple[str, str]:
    """Why an alarm may not be shelved, and what to do instead; ("", "") where it may.

    Args:
        shelved_at: when this alarm was shelved before.
    """
    most = int(plan.shelve_most_s // 60)
    if not reason.strip():
        return "The reason is missing.", "Say in a few words why it may wait."
    if not 1 <= minutes <= most:
        return f"An alarm is shelved for 1 to {most} minutes.", "Choose a time within that; it always ends."
    return shelved_too_often(plan, shelved_at, now)


def shelved_too_often(plan: AlarmPlan, shelved_at: Sequence[datetime], now: datetime) -> tuple[str, str]:
    """As ``shelving_refused``, for what does not hang on the time and the reason given."""
    times = sum(now - at < SHELVE_DAY for at in shelved_at)
    if times >= plan.shelve_most_times:
        return (
            f"It was shelved {times} times in the last 24 hours, and {plan.shelve_most_times} is the most.",
            "Request maintenance: an alarm that is always in the way has a cause.",
        )
    return "", ""


def flood(plan: AlarmPlan, raised_at: Sequence[datetime], running: bool, now: datetime) -> bool:
    """Whether there is an alarm flood now (ISA-18.2, 16.5.3: it begins above 10 alarms in ten minutes and
    ends below 5).

    Args:
        raised_at: when alarms were shown; those older than ``flood_s`` do not count.
        running: there was one just before.
    """
    recent = sum(now - at < timedelta(seconds=plan.flood_s) for at in raised_at)
    return recent >= plan.flood_until if running else recent > plan.flood_from
