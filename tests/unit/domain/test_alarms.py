"""Alarms by ISA-18.2: every transition, grouping by cause, shelving, floods."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.domain.alarms import (
    AlarmState,
    Occurrence,
    acknowledged,
    cause_of,
    cleared,
    consequences_of,
    flood,
    raised,
    rank,
    shelving_refused,
)
from console.domain.equipment import AlarmPlan, AlarmTag

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
JAM = AlarmTag("f.jam", "Bottle jam", 2, chatter_s=60.0)
LATCH = replace(JAM, latching=True)
PLAN = AlarmPlan()
S = AlarmState


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def occurrence(state: AlarmState, **values: object) -> Occurrence:
    """One that was raised at NOW, cleared 30 s later where its state says so, seen after 20 s likewise."""
    over = state in (S.RETURNED, S.LATCHED, S.NORMAL)
    base = Occurrence(
        "f", "f.jam", "Bottle jam", 2, state, NOW, NOW, id=5, cleared_at=at(30) if over else None
    )
    if state in (S.ACKNOWLEDGED, S.NORMAL):
        base = replace(base, acknowledged_at=at(20), acknowledged_by="Ada")
    return replace(base, **values)  # type: ignore[arg-type]


# --- transitions -------------------------------------------------------------------------------------------


def test_a_first_raise_makes_an_unacknowledged_occurrence() -> None:
    made = raised(None, JAM, "f", NOW)
    assert made is not None
    new, shown = made
    assert (new.id, new.state, new.raised_at, new.raises, shown) == (0, S.UNACKNOWLEDGED, NOW, 1, True)
    assert (new.machine, new.tag, new.text, new.priority) == ("f", "f.jam", "Bottle jam", 2)


@pytest.mark.parametrize(
    ("state", "latching", "after"),
    [
        (S.UNACKNOWLEDGED, False, S.RETURNED),
        (S.ACKNOWLEDGED, False, S.NORMAL),
        (S.UNACKNOWLEDGED, True, S.LATCHED),
        (S.ACKNOWLEDGED, True, S.LATCHED),
        # what has cleared does not clear again
        (S.RETURNED, False, S.RETURNED),
        (S.LATCHED, True, S.LATCHED),
        (S.NORMAL, False, S.NORMAL),
    ],
)
def test_clearing(state: AlarmState, latching: bool, after: AlarmState) -> None:
    before = occurrence(state)
    found = cleared(before, LATCH if latching else JAM, at(40))
    assert found.state is after
    moved = before.state is not after
    assert found.cleared_at == (at(40) if moved else before.cleared_at)
    assert found.version == before.version


def test_an_alarm_that_the_plant_file_lost_clears_like_one_that_does_not_latch() -> None:
    assert cleared(occurrence(S.ACKNOWLEDGED), None, at(40)).state is S.NORMAL


@pytest.mark.parametrize(
    ("state", "after"),
    [(S.UNACKNOWLEDGED, S.ACKNOWLEDGED), (S.RETURNED, S.NORMAL), (S.LATCHED, S.NORMAL)],
)
def test_acknowledging(state: AlarmState, after: AlarmState) -> None:
    found = acknowledged(occurrence(state), "Bo", at(90))
    assert found is not None
    assert (found.state, found.acknowledged_by, found.acknowledged_at) == (after, "Bo", at(90))
    assert found.version == 2


@pytest.mark.parametrize("state", [S.ACKNOWLEDGED, S.NORMAL])
def test_what_was_seen_cannot_be_acknowledged_again(state: AlarmState) -> None:
    assert acknowledged(occurrence(state), "Bo", at(90)) is None


@pytest.mark.parametrize("state", [S.UNACKNOWLEDGED, S.ACKNOWLEDGED])
def test_raising_what_stands_is_nothing(state: AlarmState) -> None:
    assert raised(occurrence(state), JAM, "f", at(10)) is None


@pytest.mark.parametrize(
    ("state", "after"),
    [(S.RETURNED, S.UNACKNOWLEDGED), (S.NORMAL, S.ACKNOWLEDGED), (S.LATCHED, S.UNACKNOWLEDGED)],
)
def test_chatter_is_counted_and_not_shown_again(state: AlarmState, after: AlarmState) -> None:
    made = raised(occurrence(state), JAM, "f", at(30 + 59))
    assert made is not None
    again, shown = made
    assert (again.id, again.state, again.raises, shown) == (5, after, 2, False)
    assert (again.raised_at, again.last_raised_at, again.cleared_at) == (NOW, at(89), None)
    assert again.version == 1  # nobody has to look again because it chatters


def test_a_seen_latched_alarm_that_chatters_stays_seen() -> None:
    latched = occurrence(S.LATCHED, acknowledged_at=at(20), acknowledged_by="Ada")
    made = raised(latched, LATCH, "f", at(80))
    assert made is not None
    assert made[0].state is S.ACKNOWLEDGED


def test_after_the_chatter_time_a_seen_one_is_a_new_occurrence() -> None:
    made = raised(occurrence(S.NORMAL), JAM, "f", at(30 + 60))
    assert made is not None
    new, shown = made
    assert (new.id, new.state, new.raises, new.raised_at, shown) == (0, S.UNACKNOWLEDGED, 1, at(90), True)


@pytest.mark.parametrize("state", [S.RETURNED, S.LATCHED])
def test_after_the_chatter_time_an_unseen_one_asks_anew(state: AlarmState) -> None:
    before = occurrence(state, acknowledged_at=at(20), acknowledged_by="Ada")
    made = raised(before, JAM, "f", at(3600))
    assert made is not None
    again, shown = made
    assert (again.id, again.state, again.raises, shown) == (5, S.UNACKNOWLEDGED, 2, True)
    assert (again.acknowledged_at, again.acknowledged_by, again.version) == (None, "", 2)


def test_priorities_beyond_the_three_count_as_the_nearest() -> None:
    assert [rank(p) for p in (0, 1, 2, 3, 4)] == [1, 1, 2, 3, 3]


# --- cause -------------------------------------------------------------------------------------------------

ALARMS = {
    a.tag: a
    for a in (
        AlarmTag("air", "Air pressure low", 2),
        AlarmTag("jam", "Jam", 2, caused_by=("drive", "air")),
        AlarmTag("drive", "Drive tripped", 2),
        AlarmTag("slow", "Slow", 3),
        AlarmTag("stop", "Emergency stop", 1),
        AlarmTag("ring1", "Ring 1", 3, caused_by=("ring2",)),
        AlarmTag("ring2", "Ring 2", 3, caused_by=("ring1",)),
    )
}


def standing(number: int, tag: str, seconds: float, **values: object) -> Occurrence:
    alarm = ALARMS[tag]
    moment = at(seconds)
    made = Occurrence("f", tag, alarm.text, alarm.priority, S.UNACKNOWLEDGED, moment, moment, id=number)
    return replace(made, **values)  # type: ignore[arg-type]


def cause(new: Occurrence, *others: Occurrence) -> int | None:
    return cause_of(new, others, ALARMS, PLAN)


def test_the_configured_cause_comes_first_however_long_it_stands() -> None:
    air, slow = standing(1, "air", -3600), standing(2, "slow", -1)
    assert cause(standing(3, "jam", 0), air, slow) == 1


def test_of_two_configured_causes_the_first_named_is_taken() -> None:
    assert cause(standing(3, "jam", 0), standing(1, "air", -5), standing(2, "drive", -2)) == 2


def test_a_configured_cause_that_cleared_long_ago_is_none() -> None:
    recent = standing(1, "air", -60, state=S.RETURNED, cleared_at=at(-9))
    assert cause(standing(3, "jam", 0), recent) == 1
    assert cause(standing(3, "jam", 0), replace(recent, cleared_at=at(-11))) is None


def test_else_the_machines_first_alarm_within_the_time() -> None:
    first, second = standing(1, "drive", -10), standing(2, "air", -4, cause_id=1)
    assert cause(standing(3, "slow", 0), first, second) == 1
    assert cause(standing(3, "slow", 0.5), first) is None
    assert cause(standing(3, "slow", 0.5), first, second) is None  # the second is not the first
    assert cause(standing(3, "slow", 0), standing(1, "drive", 1)) is None


def test_a_guess_by_time_never_hides_a_more_urgent_alarm() -> None:
    assert cause(standing(3, "stop", 0), standing(1, "slow", -1)) is None
    assert cause(standing(3, "slow", 0), standing(1, "stop", -1)) == 1


def test_a_cause_that_comes_after_its_consequence_takes_it_over() -> None:
    jam, slow = standing(1, "jam", -8), standing(2, "slow", -8)
    air = standing(3, "air", 0)
    assert cause(air, jam) is None  # not below what it caused
    assert consequences_of(air, [jam, slow, air], ALARMS, PLAN) == (1,)
    late = standing(1, "jam", -11)
    assert consequences_of(air, [late, air], ALARMS, PLAN) == ()


def test_causes_that_name_each_other_make_no_circle() -> None:
    one = standing(1, "ring1", -1, cause_id=2)
    two = standing(2, "ring2", -30)
    assert cause(replace(two, last_raised_at=NOW), one, two) is None
    one, two = standing(1, "ring1", 0, cause_id=2), standing(2, "ring2", -5)
    assert consequences_of(one, [one, two], ALARMS, PLAN) == ()
    assert consequences_of(replace(one, cause_id=None), [one, two], ALARMS, PLAN) == (2,)


# --- shelving and floods -----------------------------------------------------------------------------------


def test_shelving_has_a_reason_an_end_and_a_limit() -> None:
    plan = AlarmPlan(shelve_most_s=3600.0, shelve_most_times=2)
    assert shelving_refused(plan, 60, "noisy sensor", [], NOW) == ("", "")
    assert shelving_refused(plan, 60, "  ", [], NOW)[0] == "The reason is missing."
    assert "1 to 60 minutes" in shelving_refused(plan, 61, "why", [], NOW)[0]
    assert "1 to 60 minutes" in shelving_refused(plan, 0, "why", [], NOW)[0]
    twice = [NOW - timedelta(hours=23), NOW - timedelta(hours=1)]
    assert "2 times" in shelving_refused(plan, 10, "why", twice, NOW)[0]
    assert shelving_refused(plan, 10, "why", [NOW - timedelta(hours=24), twice[1]], NOW) == ("", "")


def test_a_flood_begins_above_ten_and_ends_below_five_in_ten_minutes() -> None:
    def told(number: int) -> list[datetime]:
        return [at(-i) for i in range(number)]

    assert not flood(PLAN, told(10), False, NOW)
    assert flood(PLAN, told(11), False, NOW)
    assert flood(PLAN, told(5), True, NOW)
    assert not flood(PLAN, told(4), True, NOW)
    assert not flood(PLAN, [at(-600)] * 20, False, NOW)  # longer ago than ten minutes
