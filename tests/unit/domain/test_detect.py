"""From samples to machine events: states, orders, alarms, and a checkpoint that never counts twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.detect import (
    MachineMemory,
    booking_time,
    checkpoint,
    detect,
    flush,
    interval_of,
    link_lost,
    mapped_state,
    remember,
)
from console.domain.equipment import AlarmTag, Counter, Machine
from console.domain.machine_events import (
    AdvanceKind,
    AlarmCleared,
    AlarmRaised,
    CountAdvanced,
    CounterJump,
    DataGap,
    MachineEvent,
    OrderChanged,
    StateChanged,
)
from console.domain.packml import MachineState
from console.domain.tags import Quality, Sample, Scalar

T0 = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
FILLER = Machine(
    name="f",
    title="Filler",
    area="Hall",
    work_center="FIL1",
    counters=(Counter("f.good", "good", 65536, 2.0), Counter("f.scrap", "scrap", 65536, 2.0)),
    state_tag="f.state",
    state_map=((6, MachineState.EXECUTE), (2, MachineState.STOPPED), ("true", MachineState.HELD)),
    order_tag="f.order",
    lot_tag="f.lot",
    alarms=(AlarmTag("f.jam", "Bottle jam", 2),),
)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def sample(
    signal: str,
    value: Scalar | None,
    seconds: float,
    received: float | None = None,
    quality: Quality = Quality.GOOD,
) -> Sample:
    return Sample(f"f.{signal}", value, quality, at(seconds), at(seconds if received is None else received))


def told(memory: MachineMemory, *samples: Sample, now: float = 0.0, merge_s: float = 0.0):
    latest = max([at(now), *(s.received_time for s in samples)])
    return detect(FILLER, memory, samples, latest, merge_s=merge_s)


def restarted(memory: MachineMemory) -> MachineMemory:
    """What a killed edge starts with: only what was stored, and through JSON as the ledger keeps it."""
    return remember(FILLER, {t: json.loads(json.dumps(checkpoint(FILLER, memory, t))) for t in _tags(memory)})


def _tags(memory: MachineMemory) -> list[str]:
    others = [FILLER.state_tag, FILLER.order_tag, FILLER.lot_tag, *memory.alarms]
    return [*memory.stored, *others]


def counted(events: list[MachineEvent], counter: str = "good") -> int:
    return sum(e.count for e in events if isinstance(e, CountAdvanced) and e.counter == counter)


# --- states ------------------------------------------------------------------------------------------------


def test_a_state_is_told_once_with_the_raw_value_that_said_so() -> None:
    memory = MachineMemory()
    events = told(memory, sample("state", 6, 0), sample("state", 6, 1), sample("state", 2, 5))
    assert events == [
        StateChanged("f", at(0), MachineState.UNDEFINED, MachineState.EXECUTE, "6"),
        StateChanged("f", at(5), MachineState.EXECUTE, MachineState.STOPPED, "2"),
    ]
    assert (memory.state, memory.since) == (MachineState.STOPPED, at(5))


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        (6, MachineState.EXECUTE),
        ("6", MachineState.EXECUTE),
        ("true", MachineState.HELD),
        (77, MachineState.UNDEFINED),
        (None, MachineState.UNDEFINED),
    ],
)
def test_mapped_state(raw: Scalar | None, state: MachineState) -> None:
    assert mapped_state(FILLER, raw) is state


def test_a_raw_value_without_a_word_is_undefined_and_told_even_as_the_first() -> None:
    events = told(MachineMemory(), sample("state", 77, 0))
    assert events == [StateChanged("f", at(0), MachineState.UNDEFINED, MachineState.UNDEFINED, "77")]


@pytest.mark.parametrize(("value", "quality"), [(2, Quality.BAD), (None, Quality.GOOD)])
@pytest.mark.parametrize("signal", ["state", "order", "lot", "jam"])
def test_what_is_not_trustworthy_changes_nothing(signal: str, value: Scalar, quality: Quality) -> None:
    assert told(MachineMemory(), sample(signal, value, 0, quality=quality)) == []


# --- orders ------------------------------------------------------------------------------------------------


def test_order_and_lot_of_one_change_are_one_event() -> None:
    memory = MachineMemory(order="A", lot="L1")
    events = told(memory, sample("order", " B ", 3), sample("lot", "L2", 3.1))
    assert events == [OrderChanged("f", at(3.1), "A", "B", "L1", "L2")]


def test_what_was_counted_between_order_and_lot_keeps_them_apart() -> None:
    memory = MachineMemory(order="A", lot="L1")
    told(memory, sample("good", 10, 0))
    events = told(memory, sample("order", "B", 3), sample("good", 11, 4), sample("lot", "L2", 5))
    assert [type(e) for e in events] == [OrderChanged, CountAdvanced, OrderChanged]


def test_counts_before_a_change_of_order_belong_to_the_order_before() -> None:
    memory = MachineMemory(order="A")
    told(memory, sample("good", 10, 0), sample("scrap", 3, 0))
    events = told(
        memory,
        sample("good", 12, 1),
        sample("scrap", 4, 1),
        sample("order", "B", 2),
        sample("good", 15, 3),
        merge_s=60,
    )
    assert [type(e) for e in events] == [CountAdvanced, CountAdvanced, OrderChanged]
    assert (counted(events), counted(events, "scrap")) == (2, 1)
    assert counted(flush(memory)) == 3


def test_the_same_order_again_is_no_change() -> None:
    assert told(MachineMemory(order="A", lot="L1"), sample("order", "A", 0), sample("lot", "L1 ", 0)) == []


# --- alarms ------------------------------------------------------------------------------------------------


def test_alarms_are_told_when_they_come_and_go() -> None:
    events = told(
        MachineMemory(),
        sample("jam", False, 0),
        sample("jam", True, 1),
        sample("jam", 1, 2),
        sample("jam", 0, 3),
    )
    assert events == [
        AlarmRaised("f", at(1), "f.jam", "Bottle jam", 2),
        AlarmCleared("f", at(3), "f.jam", "Bottle jam", 2),
    ]


# --- pending, merged, told ---------------------------------------------------------------------------------


def test_counts_are_collected_until_they_are_old_enough() -> None:
    memory = MachineMemory()
    steps = [sample("good", 10 + n, n) for n in range(5)]
    assert told(memory, *steps, merge_s=5) == []
    (event,) = told(memory, now=5.0, merge_s=5)
    assert isinstance(event, CountAdvanced)
    assert (event.count, event.steps, event.raw_before, event.raw_after) == (4, 4, 10, 14)
    assert (event.started_at, event.at) == (at(0), at(4))
    assert memory.pending == {}


def test_one_event_never_spans_two_intervals() -> None:
    memory = MachineMemory()
    samples = [sample("good", 10, 3597), sample("good", 12, 3599), sample("good", 15, 3600)]
    told_now = told(memory, *samples, merge_s=60)
    assert [(e.count, e.at) for e in told_now if isinstance(e, CountAdvanced)] == [(2, at(3599))]
    assert [(e.count, e.at) for e in flush(memory) if isinstance(e, CountAdvanced)] == [(3, at(3600))]


def test_what_is_no_plain_rise_is_told_at_once_after_what_waited() -> None:
    memory = MachineMemory()
    events = told(
        memory, sample("good", 65530, 0), sample("good", 65533, 2), sample("good", 1, 4), merge_s=60
    )
    kinds = [(e.kind, e.count) for e in events if isinstance(e, CountAdvanced)]
    assert kinds == [(AdvanceKind.NORMAL, 3), (AdvanceKind.ROLLOVER, 4)]


def test_flush_tells_one_tag_or_all() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 0), sample("scrap", 0, 0))
    told(memory, sample("good", 11, 1), sample("scrap", 1, 1), merge_s=60)
    assert counted(flush(memory, "f.good")) == 1
    assert (counted(rest := flush(memory)), counted(rest, "scrap")) == (0, 1)
    assert flush(memory) == []


def test_interval_boundaries() -> None:
    assert interval_of(at(0), 3600) == (at(0), at(3600))
    assert interval_of(at(3599.999), 3600) == (at(0), at(3600))
    assert interval_of(at(3600), 3600) == (at(3600), at(7200))


# --- gaps and clocks ---------------------------------------------------------------------------------------


def test_a_lost_link_opens_a_gap_of_its_counters_only() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 0), sample("scrap", 0, 0))
    link_lost(FILLER, memory, ["f.good", "f.state", "f.unknown"], at(5), "no route")
    events = told(memory, sample("good", 40, 60), sample("scrap", 1, 60))
    gaps = [e for e in events if isinstance(e, DataGap)]
    assert [(g.tag, g.cause, g.started_at, g.raw_before, g.raw_after) for g in gaps] == [
        ("f.good", "no route", at(5), 10, 40)
    ]
    assert counted(events) == 30


def test_the_first_cause_of_a_gap_stands() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 0))
    link_lost(FILLER, memory, ["f.good"], at(5), "no route")
    link_lost(FILLER, memory, ["f.good"], at(20), "server is gone")
    (gap, _) = told(memory, sample("good", 12, 60))
    assert (gap.cause, gap.started_at) == ("no route", at(5))  # type: ignore[union-attr]


def test_an_old_time_of_a_counter_that_stood_still_is_no_skew() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 0))
    link_lost(FILLER, memory, ["f.good"], at(5), "no route")
    told(memory, sample("good", 10, 0, received=900))
    assert memory.max_skew_s == 0.0


def test_an_old_time_of_a_value_made_in_a_gap_is_when_it_was_made() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 0))
    link_lost(FILLER, memory, ["f.good"], at(5), "no route")
    events = told(memory, sample("good", 14, 100, received=7200))
    made = next(e for e in events if isinstance(e, CountAdvanced))
    assert (made.count, made.at) == (4, at(100))
    assert memory.max_skew_s == 0.0


@pytest.mark.parametrize("raw", [10, 11])
def test_a_time_in_the_future_is_skew_always(raw: int) -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 0))
    told(memory, sample("good", raw, 50, received=8))
    assert memory.max_skew_s == 42.0


def test_a_fresh_count_told_late_is_skew_and_booked_at_our_time() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 100))
    told(memory, sample("good", 11, 41, received=101))
    assert memory.max_skew_s == 60.0
    assert memory.counters["f.good"].at == at(101)


def test_a_sane_clock_is_believed_and_an_insane_one_is_not() -> None:
    assert booking_time(sample("good", 1, 0, received=30), 30.0) == at(0)
    assert booking_time(sample("good", 1, 0, received=31), 30.0) == at(31)
    assert booking_time(sample("good", 1, 31, received=0), 30.0) == at(0)


# --- suspects ----------------------------------------------------------------------------------------------


def test_a_jump_that_nothing_contradicts_is_told_without_a_further_sample() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 100, 0), sample("good", 9000, 1))
    assert told(memory, now=5) == []
    (jump,) = told(memory, now=60)
    assert isinstance(jump, CounterJump)
    assert (jump.raw_before, jump.raw_after) == (100, 9000)
    assert told(memory, now=120) == []


# --- checkpoints -------------------------------------------------------------------------------------------


def test_a_checkpoint_comes_back_as_it_was() -> None:
    memory = MachineMemory()
    told(
        memory,
        sample("state", 6, 0),
        sample("order", "A", 0),
        sample("lot", "L1", 0),
        sample("jam", True, 0),
        sample("good", 100, 0),
        sample("good", 9000, 1),  # a suspect
    )
    assert memory.dirty == {"f.state", "f.order", "f.lot", "f.jam", "f.good"}
    again = restarted(memory)
    assert (again.state, again.since, again.order, again.lot, again.alarms) == (
        memory.state,
        memory.since,
        "A",
        "L1",
        {"f.jam": True},
    )
    assert again.stored == memory.stored
    known = again.counters["f.good"]
    assert (known.raw, known.suspect, known.suspect_at) == (100, 9000, at(1))
    assert (known.gap_at, known.gap_cause) == (at(0), "the edge was not running")
    assert again.pending == {}


def test_the_checkpoint_is_what_was_told_not_what_waits() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 0), sample("good", 12, 1), merge_s=60)
    assert checkpoint(FILLER, memory, "f.good")["raw"] == 10
    flush(memory)
    assert checkpoint(FILLER, memory, "f.good")["raw"] == 12
    assert "f.good" in memory.dirty


def test_a_restart_repeats_neither_state_nor_order_nor_alarm() -> None:
    memory = MachineMemory()
    now = (sample("state", 6, 0), sample("order", "A", 0), sample("lot", "L1", 0), sample("jam", True, 0))
    assert len(told(memory, *now)) == 3
    assert told(restarted(memory), *(replace_time(s, 60) for s in now)) == []


def replace_time(s: Sample, seconds: float) -> Sample:
    return s._replace(source_time=at(seconds), received_time=at(seconds))


def test_a_gap_survives_a_restart_with_its_cause() -> None:
    memory = MachineMemory()
    told(memory, sample("good", 10, 0), sample("good", None, 5, quality=Quality.BAD))
    known = restarted(memory).counters["f.good"]
    assert (known.raw, known.gap_at, known.gap_cause) == (10, at(5), "bad quality")


class Journal:
    """Keeps what one commit holds: events and checkpoints together, or neither."""

    def __init__(self) -> None:
        self.total = {"good": 0, "scrap": 0}
        self.by_order: dict[str, int] = {}
        self.order = ""
        self.stored: dict[str, str] = {}

    def commit(self, memory: MachineMemory, events: list[MachineEvent]) -> None:
        for event in events:
            if isinstance(event, OrderChanged):
                self.order = event.order_after
            if isinstance(event, CountAdvanced):
                self.total[event.counter] += event.count
                if event.counter == "good":
                    self.by_order[self.order] = self.by_order.get(self.order, 0) + event.count
        for tag in memory.dirty:
            self.stored[tag] = json.dumps(checkpoint(FILLER, memory, tag))
        memory.dirty.clear()

    def start(self) -> MachineMemory:
        return remember(FILLER, {t: json.loads(s) for t, s in self.stored.items()})


STEP = st.tuples(
    st.sampled_from(["good", "scrap", "order", "state", "again"]),
    st.integers(0, 2),
    st.sampled_from(["go on", "go on", "go on", "commit", "kill", "lost link"]),
)


@settings(deadline=None, max_examples=200)
@given(
    steps=st.lists(STEP, min_size=1, max_size=60),
    start=st.sampled_from([0, 5, 65520, 65535]),
    merge_s=st.sampled_from([0.0, 5.0, 1000.0]),
)
def test_killed_between_any_two_samples_the_total_is_what_was_made(
    steps: list[tuple[str, int, str]], start: int, merge_s: float
) -> None:
    """The machine goes on while nobody listens; each commit holds events and checkpoints together."""
    journal, raw, made = Journal(), {"good": start, "scrap": 7}, {"good": 0, "scrap": 0}
    first = [sample("good", start, 0), sample("scrap", 7, 0)]
    memory = MachineMemory()
    journal.commit(memory, told(memory, *first, merge_s=merge_s))
    clock = 0.0
    for signal, n, fate in steps:
        clock += 2.0
        if signal in raw:
            raw[signal] = (raw[signal] + n) % 65536
            made[signal] += n
            heard = sample(signal, raw[signal], clock)
        elif signal == "again":
            heard = sample("good", raw["good"], clock)
        else:
            heard = sample(signal, f"WO{n}" if signal == "order" else (6, 2, 77)[n], clock)
        if fate == "kill":  # this sample was never heard, and what waited in memory is gone
            memory = journal.start()
            continue
        if fate == "lost link":
            link_lost(FILLER, memory, ["f.good"], at(clock), "no route")
        journal.commit(memory, told(memory, heard, merge_s=merge_s))
    clock += 2.0
    end = [sample(c, raw[c], clock) for c in raw]
    events = [*told(memory, *end, merge_s=merge_s), *flush(memory)]
    journal.commit(memory, events)
    assert journal.total == made
    assert sum(journal.by_order.values()) == made["good"]


def test_counts_that_waited_at_a_kill_go_to_their_order_if_it_has_not_changed() -> None:
    journal, memory = Journal(), MachineMemory()
    journal.commit(memory, told(memory, sample("order", "A", 0), sample("good", 10, 0), merge_s=60))
    journal.commit(memory, told(memory, sample("good", 14, 3), merge_s=60))  # pending, not told
    memory = journal.start()
    journal.commit(memory, [*told(memory, sample("good", 17, 6), merge_s=60), *flush(memory)])
    assert journal.by_order == {"A": 7}
