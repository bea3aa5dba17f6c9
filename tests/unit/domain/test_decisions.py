"""What can be done about a proposal, and what it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.domain.decisions import choices_for, required
from console.domain.proposals import Outcome, Override, ProductionProposal, ProposalState, Verdict
from console.domain.validate import RULES
from tests.unit.domain.test_validate import PROPOSAL


def verdict(rule: str) -> Verdict:
    by = next(r for r in RULES if r.id == rule)
    return Verdict(rule, by.version, Outcome.FAIL, "why", "what to do", by.override)


def failing(*rules: str) -> ProductionProposal:
    return replace(PROPOSAL, state=ProposalState.REVIEW, verdicts=tuple(verdict(r) for r in rules))


def keys(proposal: ProductionProposal, jumps: tuple[tuple[str, float], ...] = ()) -> list[str]:
    return [c.key for c in choices_for(proposal, jumps)]


@pytest.mark.parametrize(
    ("rules", "needed"),
    [
        ((), Override.REASON),
        (("within-remaining",), Override.REASON),
        (("within-remaining", "rate-plausible"), Override.SECOND_PERSON),
        (("within-remaining", "rate-plausible", "order-open"), Override.NOBODY),
    ],
)
def test_the_strongest_need_wins(rules: tuple[str, ...], needed: Override) -> None:
    assert required([verdict(r) for r in rules]) is needed


def test_a_passing_verdict_needs_nothing() -> None:
    passing = replace(verdict("order-open"), outcome=Outcome.NOTICE)
    assert required([passing, verdict("data-gap")]) is Override.REASON


@pytest.mark.parametrize(
    "state", [s for s in ProposalState if s not in (ProposalState.PENDING, ProposalState.REVIEW)]
)
def test_nothing_can_be_done_about_what_runs_or_is_decided(state: ProposalState) -> None:
    assert choices_for(replace(PROPOSAL, state=state)) == ()


def test_green_is_confirmed_without_a_word() -> None:
    first, *others = choices_for(replace(PROPOSAL, state=ProposalState.PENDING))
    assert (first.key, first.needs) == ("confirm", Override.NOBODY)
    assert [c.key for c in others] == ["amend", "split", "reject"]
    assert {c.needs for c in others} == {Override.REASON}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (("within-remaining",), ["confirm", "amend", "split", "reject"]),
        (("order-open",), ["assign-order", "amend", "split", "reject"]),
        (("order-known",), ["assign-order", "amend", "split", "reject"]),
        (("machine-order-agree",), ["assign-order", "amend", "split", "reject"]),
        (("lot-present",), ["assign-lot", "amend", "split", "reject"]),
        (("edited-in-odoo",), ["amend", "split", "reject"]),
        (("order-known", "within-remaining"), ["assign-order", "amend", "split", "reject"]),
    ],
)
def test_choices_follow_what_fails(rules: tuple[str, ...], expected: list[str]) -> None:
    assert keys(failing(*rules)) == expected


def test_confirming_in_spite_of_a_rule_says_what_it_needs() -> None:
    confirm = choices_for(failing("rate-plausible"))[0]
    assert (confirm.key, confirm.needs, confirm.quantity) == ("confirm", Override.SECOND_PERSON, 100.0)


def test_each_explanation_of_a_jump_that_adds_something_is_a_choice() -> None:
    jumps = (("all 430 were made", 430.0), ("the counter was set by hand", 0.0), ("it wrapped", 65966.0))
    choices = choices_for(failing("counter-explained"), jumps)
    assert [(c.key, c.quantity) for c in choices][:3] == [
        ("leave-out", 100.0),
        ("count-all:0", 530.0),
        ("count-all:2", 66066.0),
    ]
    assert [c.needs for c in choices][:3] == [
        Override.REASON,
        Override.SECOND_PERSON,
        Override.SECOND_PERSON,
    ]


def test_keys_are_unique() -> None:
    every = keys(failing(*(r.id for r in RULES)), (("a", 1.0), ("b", 2.0)))
    assert len(set(every)) == len(every)
