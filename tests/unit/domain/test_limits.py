"""Limits: what is told, once, and when it is over; each run rule by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.domain import limits
from console.domain.detect import MachineMemory, checkpoint, detect, link_lost, remember
from console.domain.equipment import Counter, LimitSpec, Machine
from console.domain.limits import RUN_RULES, broken_rules, in_words
from console.domain.machine_events import LimitBreached, LimitReturned, MachineEvent
from console.domain.tags import Quality, Sample, Scalar

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TEMPERATURE = LimitSpec(
    "temperature",
    "filler.temperature",
    "Product temperature",
    "degC",
    warning_low=1.0,
    warning_high=6.0,
    action_low=-2.0,
    action_high=8.0,
    return_s=5.0,
)
FILLER = Machine(
    "filler",
    "Filler",
    "Hall",
    "FIL1",
    (Counter("filler.good", "good", 65536, 10.0),),
    order_tag="filler.order",
    process_tags=("filler.temperature",),
    limits=(TEMPERATURE,),
)


class Line:
    """A machine whose values are judged; time is in seconds after T0."""

    def __init__(self, machine: Machine = FILLER) -> None:
        self.machine, self.memory = machine, MachineMemory()
        self.told: list[MachineEvent] = []

    def at(
        self,
        seconds: float,
        value: Scalar | None,
        quality: Quality = Quality.GOOD,
        tag: str = "filler.temperature",
    ) -> list[MachineEvent]:
        """A value comes."""
        when = T0 + timedelta(seconds=seconds)
        found = detect(self.machine, self.memory, [Sample(tag, value, quality, when, when)], when)
        self.told += found
        return found

    def wait(self, seconds: float) -> list[MachineEvent]:
        """Nothing comes, time goes on."""
        found = detect(self.machine, self.memory, [], T0 + timedelta(seconds=seconds))
        self.told += found
        return found

    def restarted(self) -> Line:
        """The edge died after its last commit, and is there again."""
        stored = {k: checkpoint(self.machine, self.memory, k) for k in self.memory.dirty}
        line = Line(self.machine)
        line.memory = remember(self.machine, stored)
        return line

    def words(self) -> list[str]:
        """``+action-high`` for a breach, ``-action-high`` for its end."""
        return [
            ("+" if isinstance(e, LimitBreached) else "-") + e.rule
            for e in self.told
            if isinstance(e, LimitBreached | LimitReturned)
        ]


def test_a_value_beyond_the_action_limit_is_told_at_once_with_its_numbers() -> None:
    line = Line()
    assert line.at(0, 5.0) == []
    (event,) = line.at(1, 9.5)
    at, tag = T0 + timedelta(seconds=1), "filler.temperature"
    assert event == LimitBreached("filler", at, tag, "temperature", "action", "action-high", 9.5, 8.0, "degC")


@pytest.mark.parametrize(
    ("value", "rule"),
    [(8.0, "warning-high"), (8.01, "action-high"), (6.0, ""), (0.5, "warning-low"), (-2.01, "action-low")],
)
def test_on_the_limit_is_inside(value: float, rule: str) -> None:
    assert limits.zone(TEMPERATURE, value)[1] == rule


@pytest.mark.parametrize("off", ["action_high", "warning_high", "action_low", "warning_low"])
def test_a_limit_that_is_not_set_says_nothing(off: str) -> None:
    rule = off.replace("_", "-")
    value = {"action_high": 9.0, "warning_high": 7.0, "action_low": -3.0, "warning_low": 0.0}[off]
    assert limits.zone(TEMPERATURE, value)[1] == rule
    assert limits.zone(replace(TEMPERATURE, **{off: None}), value)[1] != rule


def test_a_breach_is_told_once_and_ends_only_after_return_s_inside() -> None:
    line = Line()
    for second in range(10):
        line.at(second, 9.0 if second % 2 else 5.0)  # in and out, never inside for long
    assert line.words() == ["+action-high"]
    line.at(10, 5.0)
    line.at(14, 5.0)
    assert line.words() == ["+action-high"]
    line.at(15, 5.0)
    assert line.words() == ["+action-high", "-action-high"]


def test_a_value_that_stands_still_inside_ends_the_breach_by_time_alone() -> None:
    line = Line()
    line.at(0, 9.0)
    line.at(1, 5.0)
    assert line.wait(5.9) == []
    (event,) = line.wait(6.0)
    assert isinstance(event, LimitReturned)
    assert (event.cause, event.at) == ("inside", T0 + timedelta(seconds=6))


def test_from_warning_to_action_and_back_by_steps() -> None:
    line = Line()
    for second, value in enumerate([7.0, 8.5, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 5.0]):
        line.at(second, value)
    line.wait(20)
    assert line.words() == ["+warning-high", "+action-high", "-action-high", "+warning-high", "-warning-high"]


def test_from_one_side_to_the_other_is_another_breach() -> None:
    line = Line()
    line.at(0, 9.0)
    line.at(1, -3.0)
    assert line.words() == ["+action-high", "-action-high", "+action-low"]


@pytest.mark.parametrize("value", [99.0, None, float("nan"), "99", True])
def test_what_is_bad_or_no_number_is_not_judged(value: Scalar | None) -> None:
    line = Line()
    assert line.at(0, value, Quality.BAD if value == 99.0 else Quality.GOOD) == []


def test_a_bad_value_is_not_inside() -> None:
    line = Line()
    line.at(0, 9.0)
    line.at(1, 5.0)
    line.at(2, 5.0, Quality.BAD)
    line.wait(30)
    assert line.words() == ["+action-high"]
    line.at(31, 5.0)
    line.wait(36)
    assert line.words() == ["+action-high", "-action-high"]


def test_a_lost_link_is_not_inside() -> None:
    line = Line()
    line.at(0, 9.0)
    line.at(1, 5.0)
    link_lost(FILLER, line.memory, ["filler.temperature"], T0 + timedelta(seconds=2), "cable")
    line.wait(60)
    assert line.words() == ["+action-high"]


def test_a_restart_in_the_middle_of_a_breach_neither_loses_nor_doubles_it() -> None:
    line = Line()
    line.at(0, 9.0)
    again = line.restarted()
    again.at(10, 9.2)
    assert again.words() == []
    again.at(11, 5.0)
    again.wait(17)
    assert again.words() == ["-action-high"]
    # and a breach that began while nobody listened is told
    assert again.restarted().at(30, 9.0) != []


def test_limits_of_the_same_name_on_two_machines_have_checkpoints_of_their_own() -> None:
    line = Line()
    line.at(0, 9.0)
    (key,) = line.memory.dirty
    assert key == "limit:filler/temperature"
    assert checkpoint(FILLER, line.memory, key)["rule"] == "action-high"


# --- products and operations -------------------------------------------------------------------------------

SCOPED = replace(FILLER, limits=(replace(TEMPERATURE, product="JUICE"),))
MEANT = {"MO1": frozenset({"temperature"}), "MO2": frozenset[str](), "": frozenset[str]()}


def test_a_limit_of_a_product_is_judged_while_that_product_runs() -> None:
    line = Line(SCOPED)
    line.memory.limits.meant = MEANT
    line.at(0, "MO2", tag="filler.order")
    line.at(1, 9.0)
    assert line.words() == []
    line.at(2, "MO1", tag="filler.order")  # the value stands still, no other one comes
    assert line.words() == ["+action-high"]
    line.at(3, "MO2", tag="filler.order")
    assert line.words() == ["+action-high", "-action-high"]
    (ended,) = [e for e in line.told if isinstance(e, LimitReturned)]
    assert ended.cause == "other product"


def test_a_restart_does_not_end_a_breach_before_it_is_known_what_runs() -> None:
    line = Line(SCOPED)
    line.memory.limits.meant = MEANT
    line.at(0, "MO1", tag="filler.order")
    line.at(1, 9.0)
    again = line.restarted()
    again.at(10, 9.0)
    assert again.words() == []
    again.memory.limits.meant = MEANT
    again.at(11, 9.0)
    assert again.words() == []
    again.memory.limits.meant = {"MO1": frozenset()}  # Odoo says that it makes something else
    again.wait(12)
    assert again.words() == ["-action-high"]


def test_what_a_person_says_runs_counts_where_the_machine_names_no_order() -> None:
    line = Line(replace(SCOPED, order_tag=""))
    line.memory.limits.meant = {"": frozenset({"temperature"})}
    line.at(1, 9.0)
    assert line.words() == ["+action-high"]


def test_holds_for() -> None:
    spec = replace(TEMPERATURE, product="JUICE", operation="Fill")
    assert limits.holds_for(spec, "JUICE", "Fill")
    assert not limits.holds_for(spec, "JUICE", "Cap")
    assert not limits.holds_for(spec, "WATER", "Fill")
    assert limits.holds_for(TEMPERATURE, "WATER", "")


# --- run rules ---------------------------------------------------------------------------------------------

# scores that break the one rule and, with the newest point taken away, do not
BREAKS: dict[str, Sequence[float]] = {
    "1-beyond-3s": [0.5, -3.1],
    "2-of-3-beyond-2s": [2.1, 0.5, 2.2],
    "4-of-5-beyond-1s": [1.1, 1.2, 0.2, 1.3, 1.4],
    "8-on-one-side": [-0.1, 0.1, 0.2, 0.4, 0.3, 0.2, 0.5, 0.1, 0.2],
    "6-trending": [0.0, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3],
    "14-alternating": [0.1, -0.1] * 7,
    "15-within-1s": [1.5, *[0.5, -0.4, 0.3] * 5],
    "8-outside-1s": [0.0, 1.5, -1.5, 1.2, -1.3, 1.4, -1.2, 1.1, -1.6],
}
# near misses: the same picture with the decisive point changed
HOLDS: dict[str, Sequence[float]] = {
    "1-beyond-3s": [0.5, -3.0],
    "2-of-3-beyond-2s": [2.1, 0.5, -2.2],
    "4-of-5-beyond-1s": [1.1, 1.2, 0.2, -1.3, 1.4],
    "8-on-one-side": [0.1, 0.2, 0.4, 0.3, 0.0, 0.5, 0.1, 0.2],
    "6-trending": [-0.2, -0.1, 0.0, 0.0, 0.2, 0.3],
    "14-alternating": [*[0.1, -0.1] * 6, 0.1, 0.2],
    "15-within-1s": [*[0.5, -0.4, 0.3] * 4, 0.5, 1.0, 0.3],
    "8-outside-1s": [1.5, -1.5, 1.2, -1.3, 1.4, -0.9, 1.1, -1.6],
}


def charted(*rules: str) -> LimitSpec:
    return LimitSpec(
        "weight", "filler.weight", "Weight", "g", target=100.0, sigma=2.0, run_rules=rules, every_s=10.0
    )


def points(scores: Sequence[float]) -> list[float]:
    return [100.0 + 2.0 * s for s in scores]


def test_every_rule_is_tried() -> None:
    assert set(BREAKS) == set(HOLDS) == set(RUN_RULES)


@pytest.mark.parametrize("rule", RUN_RULES)
def test_a_run_rule_is_broken_by_its_picture_and_not_by_a_near_one(rule: str) -> None:
    assert broken_rules(charted(rule), points(BREAKS[rule])) == {rule: True}
    assert not broken_rules(charted(rule), points(BREAKS[rule][:-1])).get(rule, False)
    assert broken_rules(charted(rule), points(HOLDS[rule])) == {rule: False}


@pytest.mark.parametrize("rule", RUN_RULES)
def test_a_run_rule_that_is_switched_off_says_nothing(rule: str) -> None:
    others = tuple(r for r in RUN_RULES if r != rule)
    assert rule not in broken_rules(charted(*others), points(BREAKS[rule]))
    assert broken_rules(replace(charted(rule), sigma=0.0), points(BREAKS[rule])) == {}


def run(line: Line, scores: Sequence[float], start: float = 0.0) -> None:
    """Two values a point, ten seconds each, whose mean is the score."""
    for i, score in enumerate(scores):
        value = 100.0 + 2.0 * score
        line.at(start + 10 * i + 1, value - 0.5, tag="filler.weight")
        line.at(start + 10 * i + 6, value + 0.5, tag="filler.weight")


@pytest.mark.parametrize("rule", RUN_RULES)
def test_a_run_rule_is_told_once_from_means_of_every_s(rule: str) -> None:
    line = Line(replace(FILLER, limits=(charted(rule),), process_tags=("filler.weight",)))
    scores = BREAKS[rule]
    run(line, scores)
    assert line.words() == []  # the newest point is not over yet
    line.wait(10 * len(scores) + 1)
    assert line.words() == [f"+{rule}"]
    (event,) = line.told
    assert isinstance(event, LimitBreached)
    assert event.level == "action"
    assert event.value == pytest.approx(100.0 + 2.0 * scores[-1])


def test_a_run_rule_ends_when_it_is_not_broken_any_more() -> None:
    line = Line(replace(FILLER, limits=(charted("1-beyond-3s"),)))
    run(line, [4.0, 4.0, 0.0])
    line.wait(31)
    assert line.words() == ["+1-beyond-3s", "-1-beyond-3s"]


def test_a_hole_in_the_points_ends_the_series() -> None:
    line = Line(replace(FILLER, limits=(charted("2-of-3-beyond-2s"),)))
    run(line, [2.5, 0.0])
    line.at(21, None, Quality.BAD, tag="filler.weight")
    run(line, [2.5, 0.0], start=40.0)
    line.wait(61)
    assert line.words() == []
    run(line, [2.5], start=60.0)
    line.wait(71)
    assert line.words() == ["+2-of-3-beyond-2s"]


def test_a_value_that_stands_still_makes_points() -> None:
    line = Line(replace(FILLER, limits=(charted("8-on-one-side"),)))
    line.at(1, 100.4, tag="filler.weight")
    line.wait(79)
    assert line.words() == []
    line.wait(81)
    assert line.words() == ["+8-on-one-side"]


def test_a_restart_does_not_tell_a_run_rule_again() -> None:
    line = Line(replace(FILLER, limits=(charted("8-on-one-side"),)))
    run(line, [0.5] * 8)
    line.wait(81)
    again = line.restarted()
    run(again, [0.5] * 8, start=100.0)
    again.wait(181)
    assert again.words() == []


def test_in_words() -> None:
    assert in_words(TEMPERATURE) == "-2 to 8 °C, warning 1 to 6"
    assert in_words(replace(charted("6-trending"), action_high=110.0)) == "at most 110 g, target 100, sigma 2"
