"""Decisions (station [4]): what can be done about a proposal, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence

from console.domain.proposals import (
    Choice,
    Outcome,
    Override,
    ProductionProposal,
    ProposalState,
    Verdict,
)
from console.domain.validate import number

_ORDER_RULES = {"order-known", "order-open", "machine-order-agree"}


def required(verdicts: Sequence[Verdict]) -> Override:
    """What it takes to confirm in spite of what fails; NOBODY where it cannot be confirmed as it stands."""
    failing = [v.override for v in verdicts if v.outcome is Outcome.FAIL]
    for strongest in (Override.NOBODY, Override.SECOND_PERSON, Override.REASON):
        if strongest in failing:
            return strongest
    return Override.REASON


def choices_for(
    proposal: ProductionProposal, jump_choices: Sequence[tuple[str, float]] = ()
) -> tuple[Choice, ...]:
    """What can be done about a closed proposal, likeliest first.

    Args:
        jump_choices: the explanations of doubtful counter steps and the units each adds.
    """
    if proposal.state not in (ProposalState.PENDING, ProposalState.REVIEW):
        return ()
    failing = {v.rule for v in proposal.failing}
    found: list[Choice] = []
    unit = proposal.unit
    if "counter-explained" in failing:
        found += _jump_choices(proposal, jump_choices)
    elif not failing:
        found.append(
            Choice("confirm", f"Confirm {number(proposal.good)}", f"Books {number(proposal.good)} {unit}.")
        )
    elif required(proposal.failing) is not Override.NOBODY:
        needs = required(proposal.failing)
        found.append(
            Choice(
                "confirm",
                f"Count {number(proposal.good)} as it stands",
                f"Needs {needs.value}.",
                proposal.good,
                needs,
            )
        )
    if failing & _ORDER_RULES:
        found.insert(
            0,
            Choice(
                "assign-order",
                "Say which order it was",
                "Checked again against that order at once.",
                None,
                Override.REASON,
            ),
        )
    if "lot-present" in failing:
        found.insert(0, Choice("assign-lot", "Give the lot", "Checked again with that lot at once.", None))
    found.append(Choice("amend", "Enter another quantity", "Needs a reason.", None, Override.REASON))
    found.append(Choice("split", "Split between orders", "Needs a reason.", None, Override.REASON))
    found.append(
        Choice("reject", "Book nothing", "Needs a reason; stays in the audit.", 0.0, Override.REASON)
    )
    return tuple(found)


def _jump_choices(proposal: ProductionProposal, jump_choices: Sequence[tuple[str, float]]) -> list[Choice]:
    found = [
        Choice(
            "leave-out",
            f"Count {number(proposal.good)}: leave the jump out",
            "Nothing was made in the jump.",
            proposal.good,
            Override.REASON,
        )
    ]
    for index, (words, extra) in enumerate(jump_choices):
        if extra <= 0:
            continue
        total = proposal.good + extra
        found.append(
            Choice(
                f"count-all:{index}",
                f"Count {number(total)}",
                f"{words[:1].upper()}{words[1:]}. Needs a reason and a second person.",
                total,
                Override.SECOND_PERSON,
            )
        )
    return found
