"""Every explanation of a counter's difference, and a model that the counting must agree with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain import counters
from console.domain.counters import CounterMemory, count, mark_gap, settle
from console.domain.equipment import Counter
from console.domain.machine_events import (
    AdvanceKind,
    CountAdvanced,
    CounterGlitch,
    CounterJump,
    CounterReset,
    DataGap,
)
from console.domain.tags import Quality, Sample, Scalar

T0 = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
WORD = Counter("m.good", "good", 65536, max_rate_per_s=1.0)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def sample(value: Scalar | None, seconds: float, quality: Quality = Quality.GOOD) -> Sample:
    return Sample("m.good", value, quality, at(seconds), at(seconds))


def run(
    values: list[tuple[Scalar | None, float]], counter: Counter = WORD, memory: CounterMemory | None = None
):
    memory, events = memory or CounterMemory(), []
    for value, seconds in values:
        memory, new = count("m", counter, memory, sample(value, seconds), at(seconds))
        events += new
    return memory, events


def counted(events: list) -> int:
    return sum(e.count for e in events if isinstance(e, CountAdvanced))


def test_the_first_value_is_a_baseline_not_a_count():
    memory, events = run([(41220, 0)])
    assert events == []
    assert memory.raw == 41220


def test_a_rise_is_counted():
    _, events = run([(10, 0), (11, 1), (13, 2)])
    assert [e.kind for e in events] == [AdvanceKind.NORMAL, AdvanceKind.NORMAL]
    assert counted(events) == 3


def test_rollover_goes_on_at_zero():
    _, events = run([(65534, 0), (1, 3)])
    assert [(e.kind, e.count) for e in events] == [(AdvanceKind.ROLLOVER, 3)]


def test_rollover_at_the_very_end_and_beginning():
    _, events = run([(65535, 0), (0, 1)])
    assert [(e.kind, e.count) for e in events] == [(AdvanceKind.ROLLOVER, 1)]


def test_reset_counts_what_it_shows_now():
    _, events = run([(30000, 0), (2, 3)])
    assert isinstance(events[0], CounterReset)
    assert [(e.kind, e.count) for e in events[1:]] == [(AdvanceKind.RESET, 2)]


def test_reset_to_zero_counts_nothing():
    memory, events = run([(30000, 0), (0, 3)])
    assert [type(e) for e in events] == [CounterReset]
    assert memory.raw == 0


def test_a_glitch_down_counts_nothing_and_goes_on():
    memory, events = run([(30000, 0), (12000, 1), (30001, 2)])
    assert [type(e) for e in events] == [CounterGlitch, CountAdvanced]
    assert counted(events) == 1
    assert memory.raw == 30001
    assert events[0].raw_glitch == 12000


def test_a_glitch_up_counts_nothing_and_goes_on():
    _, events = run([(30000, 0), (50000, 1), (30002, 2)])
    assert [type(e) for e in events] == [CounterGlitch, CountAdvanced]
    assert counted(events) == 2


def test_a_jump_is_left_out_and_its_explanations_told():
    memory, events = run([(30000, 0), (30430, 1), (30431, 2)])
    jump = events[0]
    assert isinstance(jump, CounterJump)
    assert (jump.raw_before, jump.raw_after) == (30000, 30430)
    assert 430 in [n for _, n in jump.explanations]
    assert 0 in [n for _, n in jump.explanations]
    assert counted(events) == 1  # only what was made after it
    assert memory.raw == 30431


def test_a_jump_after_which_nothing_changes_is_settled_by_time():
    memory, events = run([(30000, 0), (30430, 1)])
    assert events == []
    same, none = settle("m", WORD, memory, at(2))
    assert (same, none) == (memory, [])
    after, events = settle("m", WORD, memory, at(1 + counters.SUSPECT_S))
    assert [type(e) for e in events] == [CounterJump]
    assert (after.raw, after.suspect) == (30430, None)


def test_an_idle_machine_does_not_make_a_jump_plausible():
    """An hour of unchanged values with the link up is not an hour in which 430 can have been made."""
    memory, events = run([(30000, 0), (30430, 3600)])
    assert events == []
    assert memory.suspect == 30430


def test_a_gap_makes_what_was_made_meanwhile_plausible():
    memory, _ = run([(30000, 0)])
    memory = mark_gap(memory, at(1), "link lost")
    memory, events = run([(33000, 3600)], memory=memory)
    gap, made = events
    assert isinstance(gap, DataGap)
    assert (gap.cause, gap.raw_before, gap.raw_after) == ("link lost", 30000, 33000)
    assert made.count == 3000
    assert memory.gap_at is None


def test_after_a_gap_rollover_and_reset_may_both_fit_and_a_person_is_asked():
    memory, _ = run([(60000, 0)])
    memory = mark_gap(memory, at(1), "link lost")
    _, events = run([(3000, 20000), (3001, 20001)], memory=memory)
    jump = next(e for e in events if isinstance(e, CounterJump))
    assert {3000, 65536 - 60000 + 3000} <= {n for _, n in jump.explanations}
    assert counted(events) == 1


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "bad quality"),
        (12.5, "not a whole number"),
        ("12", "not a number"),
        (True, "not a number"),
        (-1, "outside"),
        (65536, "outside"),
        (float("nan"), "not a whole number"),
        (float("inf"), "not a whole number"),
    ],
)
def test_a_value_that_is_no_count_opens_a_gap_and_says_why(value, why):
    memory, events = run([(10, 0), (value, 1)])
    assert events == []
    assert why in memory.gap_cause
    _, events = run([(11, 9)], memory=memory)
    assert [type(e) for e in events] == [DataGap, CountAdvanced]


def test_a_blink_of_bad_quality_is_no_gap_worth_telling():
    memory, _ = run([(10, 0), (None, 1)])
    _, events = run([(11, 1.5)], memory=memory)
    assert [type(e) for e in events] == [CountAdvanced]


@settings(deadline=None, max_examples=200)
@given(
    start=st.integers(0, 65535),
    made=st.lists(st.integers(0, 2), min_size=1, max_size=120),
    kills=st.sets(st.integers(0, 119)),
)
def test_counting_agrees_with_what_was_made_also_across_restarts(start, made, kills):
    """Whatever the start value and wherever the edge is killed, the sum of counts is what was made."""
    raw, total, memory = start, 0, CounterMemory()
    memory, _ = count("m", WORD, memory, sample(raw, 0), at(0))
    for i, n in enumerate(made, 1):
        raw = (raw + n) % 65536
        if i in kills:  # nobody listens to this sample; the checkpoint stands
            memory = mark_gap(memory, at(i * 2), "killed")
            continue
        memory, events = count("m", WORD, memory, sample(raw, i * 2), at(i * 2))
        total += counted(events)
    memory, events = count("m", WORD, memory, sample(raw, len(made) * 2 + 2), at(len(made) * 2 + 2))
    assert total + counted(events) == sum(made)
