"""Each rule about stops, off and on: a rule that is switched off lets through what it was made for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.domain.master_data import WorkCenter
from console.domain.proposals import Outcome, Override
from console.domain.stop_rules import STOP_RULES, StopFacts, judge_stop, seconds_in
from console.domain.stops import Reason

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


FINE = StopFacts(
    machine="Filler",
    work_center_code="FIL1",
    work_center=WorkCenter(1, "FIL1", "Filler"),
    reason_key="2",
    reason=Reason("2", "Equipment Failure", 2, "Equipment Failure", "availability"),
    reason_gone="",
    start=at(0),
    end=at(10),
    now=at(30),
    most_ahead_s=30.0,
    others=((at(-20), at(0)), (at(10), at(12))),
    covered=((at(0), at(12)),),
    executed=((at(12), at(30)),),
)

FAILING: dict[str, tuple[dict[str, Any], str]] = {
    "stop-work-center-known": ({"work_center": None}, "is not known in Odoo"),
    "stop-reason-known": ({"reason": None}, "not among those"),
    "stop-order-of-times": ({"end": at(0), "covered": ()}, "before it begins"),
    "stop-not-future": ({"end": at(31), "others": (), "executed": ()}, "60 s into the future"),
    "stop-no-overlap": ({"others": ((at(9), at(12)),)}, "another stop in the same 60 s"),
    "stop-no-gap": ({"others": ((at(11), at(12)),)}, "60 s in which Filler did not execute"),
    "stop-not-running": ({"executed": ((at(5), at(7)),)}, "executed for 2 min"),
}


def failing(facts: StopFacts, without: str = "") -> list[str]:
    rules = [r for r in STOP_RULES if r.id != without]
    return [v.rule for v in judge_stop(facts, rules) if v.outcome is Outcome.FAIL]


def test_a_stop_as_it_should_be_passes_every_rule() -> None:
    assert failing(FINE) == []
    assert {v.rule for v in judge_stop(FINE)} == set(FAILING)


@pytest.mark.parametrize("rule", FAILING)
def test_each_rule_alone_keeps_its_case_back(rule: str) -> None:
    values, words = FAILING[rule]
    facts = replace(FINE, **values)
    assert failing(facts) == [rule]
    assert failing(facts, without=rule) == []
    (verdict,) = [v for v in judge_stop(facts) if v.outcome is Outcome.FAIL]
    assert words in verdict.message
    assert verdict.remedy
    assert verdict.version == 1


def test_only_what_ran_may_be_overridden() -> None:
    assert [r.id for r in STOP_RULES if r.override is not Override.NOBODY] == ["stop-not-running"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"work_center": WorkCenter(1, "FIL1", "Filler", active=False)}, "archived"),
        ({"reason": None, "reason_gone": "Equipment Failure"}, "Equipment Failure was deleted or archived"),
        ({"reason": None, "reason_key": "2/Jam"}, "'Jam'"),
    ],
)
def test_the_words_name_what_is_wrong(values: dict[str, Any], words: str) -> None:
    (verdict,) = [v for v in judge_stop(replace(FINE, **values)) if v.outcome is Outcome.FAIL]
    assert words in verdict.message


def test_no_reason_is_no_fault_where_none_is_given() -> None:
    assert failing(replace(FINE, reason=None, reason_key="")) == []


def test_a_stop_that_stands_may_begin_a_bit_ahead_of_our_clock() -> None:
    standing = replace(FINE, start=at(30.4), end=None, others=(), covered=(), executed=())
    assert failing(standing) == []
    assert failing(replace(standing, start=at(30.6))) == ["stop-not-future"]


def test_seconds_are_not_counted_twice() -> None:
    spans = [(at(0), at(2)), (at(1), at(3)), (at(9), at(20))]
    assert seconds_in((at(0), at(10)), spans) == 240.0
