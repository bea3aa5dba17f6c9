"""Rules about stops: nothing of this does Odoo check. Each has an id and a version; verdicts are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.domain.master_data import WorkCenter
from console.domain.proposals import Outcome, Override, Verdict
from console.domain.stops import Reason

# clocks and rounding differ by less than this
SLACK_S = 1.0

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class StopFacts:
    """Everything the rules look at, gathered in one transaction.

    Attributes:
        work_center: as mirrored; ``work_center_code`` is what the plant file says.
        reason_key, reason: what is to be given; empty and None where no reason is given now.
        reason_gone: name of the loss reason that Odoo had and has no more, else "".
        start, end: of the stop as it shall be; ``end`` None while it stands.
        most_ahead_s: a machine's clock may be ahead of ours by so much.
        others: the machine's other stops as they shall be; an open one ends at ``now``.
        covered: time that stops covered before and must cover after, where the machine did not execute.
        executed: times in which the machine executed, of those that the stop did not cover before.
    """

    machine: str
    work_center_code: str
    work_center: WorkCenter | None
    reason_key: str
    reason: Reason | None
    reason_gone: str
    start: datetime
    end: datetime | None
    now: datetime
    most_ahead_s: float
    others: Sequence[Span] = ()
    covered: Sequence[Span] = ()
    executed: Sequence[Span] = ()

    @property
    def until(self) -> datetime:
        """Its end; now while it stands."""
        return self.end if self.end is not None else max(self.now, self.start)


@dataclass(frozen=True, slots=True)
class _Word:
    outcome: Outcome
    message: str
    remedy: str = ""
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StopRule:
    """A rule about a stop; ``override``: who may decide so although it fails."""

    id: str
    version: int
    override: Override
    check: Callable[[StopFacts], _Word]


def seconds_in(span: Span, others: Sequence[Span]) -> float:
    """Seconds of a span that these others cover."""
    total, reached = 0.0, span[0]
    for start, end in sorted(others):
        start, end = max(start, reached), min(end, span[1])
        if end > start:
            total += (end - start).total_seconds()
            reached = end
    return total


def _work_center_known(f: StopFacts) -> _Word:
    code = f.work_center_code
    if f.work_center is None:
        return _Word(
            Outcome.FAIL,
            f"Work center {code} of {f.machine} is not known in Odoo.",
            "Correct the work center in the plant file, or create it in Odoo.",
        )
    if not f.work_center.active:
        return _Word(
            Outcome.FAIL, f"Work center {code} is archived in Odoo.", "Unarchive it in Odoo, or map another."
        )
    return _Word(Outcome.PASS, f"Work center {code} is {f.work_center.name}.")


def _reason_known(f: StopFacts) -> _Word:
    if not f.reason_key:
        return _Word(Outcome.PASS, "No reason is given yet.")
    if f.reason_gone:
        return _Word(
            Outcome.FAIL,
            f"The loss reason {f.reason_gone} was deleted or archived in Odoo.",
            "Choose another reason, or bring it back in Odoo.",
            {"reason": f.reason_key},
        )
    if f.reason is None:
        own = f.reason_key.partition("/")[2]
        what = f"The reason {own!r}" if own else f"Loss reason {f.reason_key}"
        return _Word(
            Outcome.FAIL,
            f"{what} is not among those that can be chosen.",
            "Choose one of those shown; the plant file and Odoo name them.",
            {"reason": f.reason_key},
        )
    return _Word(Outcome.PASS, f"{f.reason.title} is booked as {f.reason.loss}.")


def _order_of_times(f: StopFacts) -> _Word:
    if f.end is not None and f.end <= f.start:  # the clock of one that stands may be a bit ahead
        return _Word(
            Outcome.FAIL,
            "The stop would end before it begins, or have no length.",
            "Choose an end after the start.",
            {"start": f.start.isoformat(), "end": f.end.isoformat()},
        )
    return _Word(Outcome.PASS, "It ends after it begins.")


def _not_future(f: StopFacts) -> _Word:
    ahead = (max(f.start, f.until) - f.now).total_seconds()
    if ahead > f.most_ahead_s:
        return _Word(
            Outcome.FAIL,
            f"The stop would reach {ahead:.0f} s into the future.",
            "Choose times that are over.",
            {"ahead_s": ahead},
        )
    return _Word(Outcome.PASS, "It is not in the future.")


def _no_overlap(f: StopFacts) -> _Word:
    common = seconds_in((f.start, f.until), f.others)
    if common > SLACK_S:
        return _Word(
            Outcome.FAIL,
            f"{f.machine} has another stop in the same {_long(common)}: the time would be booked twice.",
            "Merge the two, or choose other times.",
            {"overlap_s": common},
        )
    return _Word(Outcome.PASS, "No other stop has the same time.")


def _no_gap(f: StopFacts) -> _Word:
    after = [*f.others, (f.start, f.until)]
    hole = sum((b - a).total_seconds() - seconds_in((a, b), after) for a, b in f.covered)
    if hole > SLACK_S:
        return _Word(
            Outcome.FAIL,
            f"{_long(hole)} in which {f.machine} did not execute would belong to no stop.",
            "Split the stop instead, so that the rest keeps a reason of its own.",
            {"hole_s": hole},
        )
    return _Word(Outcome.PASS, "All the time in which it stood belongs to a stop.")


def _not_running(f: StopFacts) -> _Word:
    ran = seconds_in((f.start, f.until), f.executed)
    if ran > SLACK_S:
        return _Word(
            Outcome.FAIL,
            f"{f.machine} executed for {_long(ran)} of that time.",
            "Choose times in which it stood; only a merge of two stops, with a reason, takes in what ran "
            "between them.",
            {"executed_s": ran},
        )
    return _Word(Outcome.PASS, "It did not execute in that time.")


def _long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60.0:.0f} min"


STOP_RULES: tuple[StopRule, ...] = (
    StopRule("stop-work-center-known", 1, Override.NOBODY, _work_center_known),
    StopRule("stop-reason-known", 1, Override.NOBODY, _reason_known),
    StopRule("stop-order-of-times", 1, Override.NOBODY, _order_of_times),
    StopRule("stop-not-future", 1, Override.NOBODY, _not_future),
    StopRule("stop-no-overlap", 1, Override.NOBODY, _no_overlap),
    StopRule("stop-no-gap", 1, Override.NOBODY, _no_gap),
    # with a reason only where two stops are merged; a move never has one for it
    StopRule("stop-not-running", 1, Override.REASON, _not_running),
)


def judge_stop(facts: StopFacts, rules: Sequence[StopRule] = STOP_RULES) -> tuple[Verdict, ...]:
    """Every rule's verdict, in the rules' order."""
    verdicts = []
    for rule in rules:
        word = rule.check(facts)
        verdicts.append(
            Verdict(
                rule.id,
                rule.version,
                word.outcome,
                word.message,
                word.remedy,
                rule.override,
                word.evidence or {},
            )
        )
    return tuple(verdicts)
