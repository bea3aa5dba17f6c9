"""Proposals, verdicts and review items (station [3])."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What a rule says."""

    PASS = "pass"
    NOTICE = "notice"
    FAIL = "fail"


class Override(StrEnum):
    """Who may confirm although a rule fails."""

    NOBODY = "nobody"
    REASON = "a reason"
    SECOND_PERSON = "a reason and a second person"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's word on one proposal. Data: stored with the proposal, shown with it, never recomputed away.

    Attributes:
        message: plain words with the numbers in them.
        remedy: what a person can do.
        evidence: JSON-able facts the rule looked at.
    """

    rule: str
    version: int
    outcome: Outcome
    message: str
    remedy: str = ""
    override: Override = Override.NOBODY
    evidence: dict[str, Any] = field(default_factory=dict)


class ProposalState(StrEnum):
    """State of a production proposal.

    open (its interval runs) -> pending (green) | review (a rule fails)
    pending | review -> confirmed | amended | split | rejected
    """

    OPEN = "open"
    PENDING = "pending"
    REVIEW = "review"
    CONFIRMED = "confirmed"
    AMENDED = "amended"
    SPLIT = "split"
    REJECTED = "rejected"


UNDECIDED = frozenset({ProposalState.OPEN, ProposalState.PENDING, ProposalState.REVIEW})


class DecisionKind(StrEnum):
    """What a person did with a proposal."""

    CONFIRM = "confirm"
    AMEND = "amend"
    SPLIT = "split"
    REJECT = "reject"


class ReviewState(StrEnum):
    """State of a review item; never deleted, only resolved with a reason."""

    OPEN = "open"
    RESOLVED = "resolved"


class ReviewDomain(StrEnum):
    """Which part of the work a review item belongs to."""

    COUNT = "count"
    STOP = "stop"
    QUALITY = "quality"
    MAINTENANCE = "maintenance"
    SYNCHRONISATION = "synchronisation"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to resolve a review item, and what it will do.

    Attributes:
        key: names the action for services and the command line, for example "put-back".
        quantity: the quantity it results in, where it has one.
        needs: what must be given along.
    """

    key: str
    title: str
    effect: str
    quantity: float | None = None
    needs: Override = Override.NOBODY


@dataclass(frozen=True, slots=True)
class ProductionProposal:
    """What the machine suggests to book for one machine, order and interval.

    Attributes:
        order_reference: as the machine or a person said it; empty where nobody knows.
        good, scrap: in ``unit`` (counts times units_per_count).
        jumps: counts left out because their explanation is doubtful (sum of most generous explanations).
        part: 1, or more where something came in after the interval was decided.
        version: raised by every change; guards decisions.
        program: that the machine ran when the interval was opened; empty where it does not say.
    """

    id: int
    trace_id: str
    machine: str
    order_reference: str
    order_id: int | None
    target_key: str
    lot: str
    interval_start: datetime
    interval_end: datetime
    part: int
    good: float
    scrap: float
    unit: str
    expected: float
    jumps: float
    state: ProposalState
    version: int
    plant_version: str
    verdicts: tuple[Verdict, ...] = ()
    program: str = ""

    @property
    def failing(self) -> tuple[Verdict, ...]:
        """The verdicts that stand in the way."""
        return tuple(v for v in self.verdicts if v.outcome is Outcome.FAIL)
