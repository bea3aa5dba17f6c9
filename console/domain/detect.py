"""From samples to machine events (station [2]): ``detect(machine, memory, samples, now)``.

Pure: memory comes in and goes out. ``pending`` holds counts that were seen but not yet told, so that a
counter that steps each second makes one event every few seconds; the checkpoint to store is always the
memory *before* what is pending.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from console.domain import counters, limits
from console.domain.counters import CounterMemory
from console.domain.equipment import AlarmTag, Machine, same_raw
from console.domain.limits import LimitEvent, LimitMemory, Limits
from console.domain.machine_events import (
    AdvanceKind,
    AlarmCleared,
    AlarmRaised,
    CountAdvanced,
    MachineEvent,
    OrderChanged,
    ProgramChanged,
    StateChanged,
)
from console.domain.packml import MachineState
from console.domain.tags import Quality, Sample, Scalar


@dataclass(slots=True)
class MachineMemory:
    """What is remembered of one machine. Owned by one caller; ``detect`` changes it in place.

    Attributes:
        counters: by tag, including what is pending.
        stored: by tag, the memory that fits the events told so far: the checkpoint.
        pending: by tag, the advance not told yet.
        dirty: tags (and ``limit:...``) whose checkpoint changed since it was last stored.
        limits: the machine's limits and where they stand.
    """

    state: MachineState = MachineState.UNDEFINED
    since: datetime | None = None
    order: str = ""
    lot: str = ""
    program: str = ""
    alarms: dict[str, bool] = field(default_factory=dict)
    counters: dict[str, CounterMemory] = field(default_factory=dict)
    stored: dict[str, CounterMemory] = field(default_factory=dict)
    pending: dict[str, CountAdvanced] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)
    max_skew_s: float = 0.0
    limits: Limits = field(default_factory=Limits)


def booking_time(sample: Sample, skew_fail_s: float) -> datetime:
    """The time a sample counts at: the machine's, or ours where the machine's clock is not sane."""
    skew = abs((sample.received_time - sample.source_time).total_seconds())
    return sample.source_time if skew <= skew_fail_s else sample.received_time


def interval_of(at: datetime, length_s: int) -> tuple[datetime, datetime]:
    """The confirmation interval that a time falls into, counted from the epoch (so hours are hours)."""
    epoch = int(at.timestamp()) // length_s * length_s
    start = datetime.fromtimestamp(epoch, at.tzinfo)
    return start, start + timedelta(seconds=length_s)


def detect(
    machine: Machine,
    memory: MachineMemory,
    samples: Iterable[Sample],
    now: datetime,
    *,
    merge_s: float = 5.0,
    skew_fail_s: float = 30.0,
) -> list[MachineEvent]:
    """The events in ``samples``, oldest first; counts at least ``merge_s`` old are told too.

    Args:
        now: aware UTC; a time of this computer.
        merge_s: counts are collected for so long before they become one event.
    """
    events: list[MachineEvent] = []
    watches = memory.limits.watches(machine) if machine.limits else {}
    if watches:
        events += _noted(machine, memory, memory.limits.rescope(memory.order, now))
    for sample in samples:
        for watch in watches.get(sample.tag, ()):
            told = limits.judge(watch, sample, booking_time(sample, skew_fail_s))
            if told:
                events += _noted(machine, memory, told)
        if sample.tag in memory.limits.alone:
            continue
        found = _one(machine, memory, sample, skew_fail_s)
        events += found
        if watches and sample.tag == machine.order_tag and found:
            at = booking_time(sample, skew_fail_s)
            events += _noted(machine, memory, memory.limits.rescope(memory.order, at))
    if watches:
        events += _noted(machine, memory, memory.limits.look(now))
    for counter in machine.counters:
        known = memory.counters.get(counter.tag)
        if known is not None and known.suspect is not None:
            after, settled = counters.settle(machine.name, counter, known, now)
            memory.counters[counter.tag] = after
            events += _counted(machine, memory, counter.tag, known, settled)
        waiting = memory.pending.get(counter.tag)
        if waiting is not None and now - waiting.started_at >= timedelta(seconds=merge_s):
            events += flush(memory, counter.tag)
    return _joined_order_changes(events)


def _joined_order_changes(events: list[MachineEvent]) -> list[MachineEvent]:
    """Order and lot come as two samples of one change; with nothing counted between they are one event."""
    joined: list[MachineEvent] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, OrderChanged) and isinstance(last, OrderChanged):
            joined[-1] = replace(event, order_before=last.order_before, lot_before=last.lot_before)
        else:
            joined.append(event)
    return joined


def flush(memory: MachineMemory, tag: str | None = None) -> list[MachineEvent]:
    """Tells what is pending: of one tag, or of all."""
    told: list[MachineEvent] = []
    for name in [tag] if tag is not None else list(memory.pending):
        waiting = memory.pending.pop(name, None)
        if waiting is not None:
            told.append(waiting)
        if memory.stored.get(name) != memory.counters.get(name) and name in memory.counters:
            memory.stored[name] = memory.counters[name]
            memory.dirty.add(name)
    return told


def link_lost(machine: Machine, memory: MachineMemory, tags: Iterable[str], at: datetime, cause: str) -> None:
    """Nothing is heard of these tags from ``at`` on."""
    tags = tuple(tags)
    memory.limits.lost(tags)
    for tag in tags:
        known = memory.counters.get(tag)
        if known is not None and machine.counter_of(tag) is not None:
            memory.counters[tag] = counters.mark_gap(known, at, cause)


def _one(machine: Machine, memory: MachineMemory, sample: Sample, skew_fail_s: float) -> list[MachineEvent]:
    counter = machine.counter_of(sample.tag)
    if counter is not None:
        known = memory.counters.get(sample.tag, CounterMemory())
        at = _counted_at(known, sample, skew_fail_s)
        after, events = counters.count(machine.name, counter, known, sample, at)
        memory.max_skew_s = max(memory.max_skew_s, _skew_s(known, after, sample))
        memory.counters[sample.tag] = after
        return _counted(machine, memory, sample.tag, known, events)
    if sample.quality is Quality.BAD or sample.value is None:
        return []
    if sample.tag == machine.state_tag:
        return _state(machine, memory, sample, skew_fail_s)
    if sample.tag in (machine.order_tag, machine.lot_tag):
        return _order(machine, memory, sample, skew_fail_s)
    if sample.tag == machine.program_tag:
        return _program(machine, memory, sample, skew_fail_s)
    alarm = next((a for a in machine.alarms if a.tag == sample.tag), None)
    return _alarm(machine, memory, alarm, sample, skew_fail_s) if alarm else []


def _counted_at(known: CounterMemory, sample: Sample, skew_fail_s: float) -> datetime:
    """As ``booking_time``; in a gap an old source time inside it is the truth, not a wrong clock."""
    counted, gap = known.at, known.gap_at is not None
    if gap and counted is not None and counted <= sample.source_time <= sample.received_time:
        return sample.source_time
    return booking_time(sample, skew_fail_s)


def _skew_s(known: CounterMemory, after: CounterMemory, sample: Sample) -> float:
    """How far the machine's clock is off, as far as this sample can tell; 0 where it cannot.

    A value that stood still comes again after a reconnect with the time at which it was set, which says
    nothing about the clock. A time in the future always does.
    """
    if sample.quality is not Quality.GOOD:
        return 0.0
    late_s = (sample.received_time - sample.source_time).total_seconds()
    fresh = known.raw is not None and after.raw != known.raw and known.gap_at is None
    return abs(late_s) if late_s < 0 or fresh else 0.0


def _counted(
    machine: Machine, memory: MachineMemory, tag: str, known: CounterMemory, events: list[MachineEvent]
) -> list[MachineEvent]:
    """Joins advances to what is pending; anything else is told at once, after what is pending."""
    told: list[MachineEvent] = []
    for event in events:
        waiting = memory.pending.get(tag)
        if isinstance(event, CountAdvanced) and event.kind is AdvanceKind.NORMAL:
            if waiting is None:
                memory.pending[tag] = event
                continue
            if _same_interval(machine, waiting, event):
                memory.pending[tag] = replace(
                    waiting,
                    at=event.at,
                    raw_after=event.raw_after,
                    count=waiting.count + event.count,
                    steps=waiting.steps + 1,
                )
                continue
            told.append(waiting)
            memory.pending[tag] = event
            continue
        if waiting is not None:
            told.append(memory.pending.pop(tag))
        told.append(event)
    changed_quietly = not events and memory.counters[tag] != known
    if told or changed_quietly or tag not in memory.stored:
        _store(memory, tag)
    return told


def _store(memory: MachineMemory, tag: str) -> None:
    """Sets the checkpoint to what has been told: the memory before anything pending."""
    current, waiting = memory.counters[tag], memory.pending.get(tag)
    if waiting is not None:
        current = replace(current, raw=waiting.raw_before, at=waiting.started_at)
    if memory.stored.get(tag) != current:
        memory.stored[tag] = current
        memory.dirty.add(tag)


def _same_interval(machine: Machine, one: CountAdvanced, other: CountAdvanced) -> bool:
    length = machine.confirmation_interval_s
    return interval_of(one.at, length) == interval_of(other.at, length)


def _state(machine: Machine, memory: MachineMemory, sample: Sample, skew_fail_s: float) -> list[MachineEvent]:
    after = mapped_state(machine, sample.value)
    if after is memory.state and memory.since is not None:
        return []
    at, before = booking_time(sample, skew_fail_s), memory.state
    memory.state, memory.since = after, at
    memory.dirty.add(sample.tag)
    return [StateChanged(machine.name, at, before, after, str(sample.value))]


def mapped_state(machine: Machine, raw: Scalar | None) -> MachineState:
    """The machine state that a raw value means, by the map or else by the first bit pattern that fits;
    UNDEFINED where neither has a word for it."""
    if raw is None:
        return MachineState.UNDEFINED
    for key, state in machine.state_map:
        if same_raw(key, raw):
            return state
    bits = machine.bits_of(raw)
    return bits.state if bits is not None else MachineState.UNDEFINED


def _order(machine: Machine, memory: MachineMemory, sample: Sample, skew_fail_s: float) -> list[MachineEvent]:
    text = str(sample.value).strip()
    order = text if sample.tag == machine.order_tag else memory.order
    lot = text if sample.tag == machine.lot_tag else memory.lot
    if (order, lot) == (memory.order, memory.lot):
        return []
    told = flush(memory)  # what was made until now belongs to the order before
    at = booking_time(sample, skew_fail_s)
    told.append(OrderChanged(machine.name, at, memory.order, order, memory.lot, lot))
    memory.order, memory.lot = order, lot
    memory.dirty.add(sample.tag)
    return told


def _program(
    machine: Machine, memory: MachineMemory, sample: Sample, skew_fail_s: float
) -> list[MachineEvent]:
    after, before = str(sample.value).strip(), memory.program
    if after == before:
        return []
    memory.program = after
    memory.dirty.add(sample.tag)
    return [ProgramChanged(machine.name, booking_time(sample, skew_fail_s), before, after)]


def _alarm(
    machine: Machine, memory: MachineMemory, alarm: AlarmTag, sample: Sample, skew_fail_s: float
) -> list[MachineEvent]:
    raised = bool(sample.value)
    if memory.alarms.get(alarm.tag, False) == raised:
        return []
    memory.alarms[alarm.tag] = raised
    memory.dirty.add(alarm.tag)
    kind = AlarmRaised if raised else AlarmCleared
    at = booking_time(sample, skew_fail_s)
    return [kind(machine.name, at, alarm.tag, alarm.text, alarm.priority)]


def _noted(machine: Machine, memory: MachineMemory, told: list[LimitEvent]) -> list[LimitEvent]:
    """The checkpoints of the limits that something was told of go into the same commit."""
    for event in told:
        memory.dirty.add(limits.checkpoint_key(machine.name, event.limit))
    return told


# --- checkpoints -------------------------------------------------------------------------------------------


def checkpoint(machine: Machine, memory: MachineMemory, tag: str) -> dict[str, Any]:
    """What to store for one tag, as JSON-able data."""
    if machine.counter_of(tag) is not None:
        known = memory.stored[tag]
        return {
            "raw": known.raw,
            "at": _iso(known.at),
            "suspect": known.suspect,
            "suspect_at": _iso(known.suspect_at),
            "gap_at": _iso(known.gap_at),
            "gap_cause": known.gap_cause,
        }
    if tag == machine.state_tag:
        return {"state": memory.state.value, "since": _iso(memory.since)}
    if tag == machine.order_tag:
        return {"order": memory.order}
    if tag == machine.lot_tag:
        return {"lot": memory.lot}
    if tag == machine.program_tag:
        return {"program": memory.program}
    if tag.startswith(limits.CHECKPOINT):
        return memory.limits.memories[tag.rpartition("/")[2]].checkpoint()
    return {"alarm": memory.alarms.get(tag, False)}


def remember(
    machine: Machine, stored: Mapping[str, Mapping[str, Any]], heard_until: datetime | None = None
) -> MachineMemory:
    """The memory after a restart, from the checkpoints of the machine's tags.

    The time from a counter's last count to its next value is a gap: nobody listened, at least from
    ``heard_until`` on.
    """
    memory = MachineMemory()
    for tag, data in stored.items():
        if tag.startswith(limits.CHECKPOINT):
            memory.limits.memories[tag.rpartition("/")[2]] = LimitMemory.remember(data)
        elif machine.counter_of(tag) is not None:
            at = _time(data["at"])
            known = CounterMemory(
                raw=data["raw"],
                at=at,
                suspect=data["suspect"],
                suspect_at=_time(data["suspect_at"]),
                gap_at=_time(data["gap_at"]),
                gap_cause=data["gap_cause"],
            )
            memory.stored[tag] = known
            if at is not None:
                known = counters.mark_gap(known, at, "the edge was not running", heard_until)
            memory.counters[tag] = known
        elif tag == machine.state_tag:
            memory.state, memory.since = MachineState(data["state"]), _time(data["since"])
        elif tag == machine.order_tag:
            memory.order = data["order"]
        elif tag == machine.lot_tag:
            memory.lot = data["lot"]
        elif tag == machine.program_tag:
            memory.program = data["program"]
        else:
            memory.alarms[tag] = bool(data["alarm"])
    return memory


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
