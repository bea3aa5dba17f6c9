"""Counting exactly once: what a production counter's values mean.

A counter only tells how far it is; what was made is the difference. The difference has to be explained:

    normal    the counter rose, no faster than the machine can
    rollover  it passed its modulus and started at 0
    reset     somebody or a power cycle set it to 0; what it shows was made since
    glitch    one impossible value, then on as before: nothing was made
    jump      it stays at an impossible value, or two explanations fit: a person decides

``CounterMemory`` is the checkpoint. Stored in the same transaction as the events made from it, it lets a
killed edge go on where it was: what the machine made meanwhile is in the difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from console.domain.equipment import Counter
from console.domain.machine_events import (
    AdvanceKind,
    CountAdvanced,
    CounterGlitch,
    CounterJump,
    CounterReset,
    DataGap,
    MachineEvent,
)
from console.domain.tags import Quality, Sample

# A source reports a change within this time while its link is up; a longer silence means "unchanged".
REPORTING_S = 5.0
# The configured maximum is a nameplate; buffers empty in bursts.
RATE_MARGIN = 1.25
BURST_COUNTS = 2
# A counter that stood within this fraction of its range before its end rolled over: that a reset came just
# then is the far smaller chance. After a longer gap both are told.
NEAR_THE_END = 8
# An impossible value that stays unchanged this long is a jump, not a glitch.
SUSPECT_S = 10.0
# Shorter silences are not worth a record of their own.
SHORTEST_GAP_S = 2.0


@dataclass(frozen=True, slots=True)
class CounterMemory:
    """What must be remembered of a counter between two samples (and over a restart).

    Attributes:
        raw, at: the last counted value and its time; None before the first.
        suspect, suspect_at: an impossible value that waits for the next one to explain it.
        gap_at, gap_cause: since when nothing trustworthy was heard; None while all is well.
        silent_from: of a gap, from when nobody listened, where that is known to be later.
    """

    raw: int | None = None
    at: datetime | None = None
    suspect: int | None = None
    suspect_at: datetime | None = None
    gap_at: datetime | None = None
    gap_cause: str = ""
    silent_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    raw: int
    at: datetime


def possible_counts(counter: Counter, seconds: float) -> int:
    """The most the machine can make in this time, in counts."""
    return math.floor(counter.max_rate_per_s * max(seconds, 0.0) * RATE_MARGIN) + BURST_COUNTS


def mark_gap(
    memory: CounterMemory, at: datetime, cause: str, silent_from: datetime | None = None
) -> CounterMemory:
    """From ``at`` on nothing is known. The first cause of a gap stands.

    Args:
        silent_from: until then somebody listened, and what was heard is just not told yet.
    """
    if memory.gap_at is not None or memory.raw is None:
        return memory
    started = max(at, memory.at) if memory.at is not None else at
    silent = silent_from if silent_from is not None and silent_from > started else None
    return replace(memory, gap_at=started, gap_cause=cause, silent_from=silent)


def count(
    machine: str, counter: Counter, memory: CounterMemory, sample: Sample, at: datetime
) -> tuple[CounterMemory, list[MachineEvent]]:
    """What one sample says.

    Args:
        at: the time to book at: the sample's source time, or the received time where that is not sane.
    """
    raw, fault = _whole(sample, counter)
    if raw is None:
        return mark_gap(memory, at, fault), []
    if memory.raw is None or memory.at is None:
        return CounterMemory(raw=raw, at=at), []
    reading = _Reading(raw, max(at, memory.at))
    events: list[MachineEvent] = []
    if memory.suspect is not None:
        return _after_suspect(machine, counter, memory, reading)
    advance = _explain(machine, counter, memory, reading)
    if advance is None:
        # keep the gap: whether it explains the value is decided with the next one
        return replace(memory, suspect=raw, suspect_at=reading.at), []
    events += _gap(machine, counter, memory, reading)
    events += advance
    return CounterMemory(raw=raw, at=reading.at), events


def settle(
    machine: str, counter: Counter, memory: CounterMemory, now: datetime
) -> tuple[CounterMemory, list[MachineEvent]]:
    """An impossible value that nothing contradicted in SUSPECT_S is where the counter now is: a jump."""
    if memory.suspect is None or memory.suspect_at is None:
        return memory, []
    if now - memory.suspect_at < timedelta(seconds=SUSPECT_S):
        return memory, []
    return _jumped(machine, counter, memory, _Reading(memory.suspect, memory.suspect_at))


def _whole(sample: Sample, counter: Counter) -> tuple[int | None, str]:
    if sample.quality is Quality.BAD or sample.value is None:
        return None, "bad quality"
    value = sample.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, f"not a number: {str(value)[:40]!r}"
    if isinstance(value, float) and not value.is_integer():
        return None, f"not a whole number: {value!r}"
    raw = int(value)
    if not 0 <= raw < counter.modulus:
        return None, f"{raw} is outside 0 to {counter.modulus - 1}, the counter's range as configured"
    return raw, ""


def _seconds_to_make(memory: CounterMemory, at: datetime) -> float:
    """The time in which the difference can have been made."""
    assert memory.at is not None
    since = (at - memory.at).total_seconds()
    # with the link up all the time, the value was still the old one a reporting time ago
    return since if memory.gap_at is not None else min(since + 1.0, REPORTING_S)


def _explain(
    machine: str, counter: Counter, memory: CounterMemory, reading: _Reading
) -> list[MachineEvent] | None:
    """The events of the one explanation that fits; None where none or more than one does."""
    assert memory.raw is not None
    possible = possible_counts(counter, _seconds_to_make(memory, reading.at))
    forward = (reading.raw - memory.raw) % counter.modulus
    if forward == 0:
        return [] if possible < counter.modulus else None
    rose = reading.raw > memory.raw
    forward_fits = forward <= possible and forward + counter.modulus > possible
    reset_fits = not rose and reading.raw <= possible
    wide = possible * NEAR_THE_END > counter.modulus
    if memory.gap_at is not None and wide and forward_fits and reset_fits:
        return None
    if forward_fits:
        kind = AdvanceKind.NORMAL if rose else AdvanceKind.ROLLOVER
        return [_advance(machine, counter, memory, reading, kind, forward)]
    if reset_fits:
        reset = CounterReset(machine, reading.at, counter.tag, counter.kind, memory.raw, reading.raw)
        made = [_advance(machine, counter, memory, reading, AdvanceKind.RESET, reading.raw)]
        return [reset, *(made if reading.raw else [])]
    return None


def _advance(
    machine: str,
    counter: Counter,
    memory: CounterMemory,
    reading: _Reading,
    kind: AdvanceKind,
    made: int,
) -> CountAdvanced:
    assert memory.raw is not None
    assert memory.at is not None
    return CountAdvanced(
        machine=machine,
        at=reading.at,
        tag=counter.tag,
        counter=counter.kind,
        kind=kind,
        raw_before=memory.raw,
        raw_after=reading.raw,
        count=made,
        steps=1,
        started_at=memory.at,
    )


def _gap(machine: str, counter: Counter, memory: CounterMemory, reading: _Reading) -> list[MachineEvent]:
    if memory.gap_at is None or (reading.at - memory.gap_at).total_seconds() < SHORTEST_GAP_S:
        return []
    return [
        DataGap(
            machine=machine,
            at=reading.at,
            tag=counter.tag,
            counter=counter.kind,
            cause=memory.gap_cause,
            started_at=memory.gap_at,
            raw_before=memory.raw,
            raw_after=reading.raw,
            silent_from=memory.silent_from,
        )
    ]


def _after_suspect(
    machine: str, counter: Counter, memory: CounterMemory, reading: _Reading
) -> tuple[CounterMemory, list[MachineEvent]]:
    """The value after an impossible one: back on the old line (glitch), or on from the new (jump)."""
    assert memory.raw is not None
    assert memory.suspect is not None
    plain = replace(memory, suspect=None, suspect_at=None)
    back = _explain(machine, counter, plain, reading)
    stays = (reading.raw - memory.suspect) % counter.modulus <= possible_counts(counter, REPORTING_S)
    if back is not None and not stays:
        glitch = CounterGlitch(
            machine, reading.at, counter.tag, counter.kind, memory.raw, memory.suspect, reading.raw
        )
        gap = _gap(machine, counter, plain, reading)
        return CounterMemory(raw=reading.raw, at=reading.at), [*gap, glitch, *back]
    if stays:
        jumped, events = _jumped(machine, counter, memory, _Reading(memory.suspect, reading.at))
        return _merge(count_on(machine, counter, jumped, reading), events)
    # neither: still jumping about; the newest value is the suspect now
    return replace(memory, suspect=reading.raw, suspect_at=reading.at), []


def count_on(
    machine: str, counter: Counter, memory: CounterMemory, reading: _Reading
) -> tuple[CounterMemory, list[MachineEvent]]:
    """Counts a reading that is known to continue from ``memory``."""
    assert memory.raw is not None
    forward = (reading.raw - memory.raw) % counter.modulus
    if not forward:
        return replace(memory, at=reading.at), []
    kind = AdvanceKind.NORMAL if reading.raw > memory.raw else AdvanceKind.ROLLOVER
    made = _advance(machine, counter, memory, reading, kind, forward)
    return CounterMemory(raw=reading.raw, at=reading.at), [made]


def _merge(
    result: tuple[CounterMemory, list[MachineEvent]], before: list[MachineEvent]
) -> tuple[CounterMemory, list[MachineEvent]]:
    return result[0], [*before, *result[1]]


def _jumped(
    machine: str, counter: Counter, memory: CounterMemory, reading: _Reading
) -> tuple[CounterMemory, list[MachineEvent]]:
    """The counter is somewhere else now. Nothing is counted; every explanation is told."""
    assert memory.raw is not None
    assert memory.at is not None
    possible = possible_counts(counter, _seconds_to_make(memory, reading.at))
    jump = CounterJump(
        machine=machine,
        at=reading.at,
        tag=counter.tag,
        counter=counter.kind,
        raw_before=memory.raw,
        raw_after=reading.raw,
        started_at=memory.at,
        possible=possible,
        explanations=_explanations(counter, memory.raw, reading.raw, possible),
    )
    events = [*_gap(machine, counter, memory, reading), jump]
    return CounterMemory(raw=reading.raw, at=reading.at), events


def _explanations(counter: Counter, before: int, after: int, possible: int) -> tuple[tuple[str, int], ...]:
    """Words and counts, those that the machine can have made first."""
    forward = (after - before) % counter.modulus
    found = [(f"the counter was set by hand from {before:,} to {after:,}: nothing was made", 0)]
    if after < before:
        found.append((f"it was reset to 0 and {after:,} were made since", after))
        found.append((f"it passed {counter.modulus - 1:,} and went on: {forward:,} were made", forward))
    else:
        found.append((f"all {forward:,} were made", forward))
    if possible >= counter.modulus:
        wrapped = forward + counter.modulus
        found.append((f"it passed its end once more than seen: {wrapped:,} were made", wrapped))
    fitting = [e for e in found if 0 < e[1] <= possible]
    return tuple(fitting + [e for e in found if e not in fitting])
