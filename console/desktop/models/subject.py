"""What the decision panel shows: a count's proposal or a review item, made alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.desktop.formats import Times, quantity, rough, tr
from console.domain.people import Permission
from console.domain.proposals import UNDECIDED, Choice, Outcome, Override
from console.services.views import FactTable, Level, ProposalDetail, ReviewDetail, Series


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to decide.

    Attributes:
        key: kind and id; the same key keeps what a person typed through a refresh.
        pick: proposal id and version where the decision goes to a proposal, else None.
        closed: how it was decided; empty while it is open.
        confirm_needs: what a plain confirmation needs along.
        lead: page and what to open there where it is decided elsewhere: "stops:12".
    """

    key: tuple[str, int]
    version: int
    pick: tuple[int, int] | None
    title: str
    headline: str
    level: Level
    sub: str
    explanation: str
    facts: FactTable | None
    series: Series | None
    highlight: tuple[datetime, datetime] | None
    choices: tuple[Choice, ...]
    orders: tuple[str, ...]
    lot: str
    unit: str
    good: float | None
    trace_id: str
    closed: str
    confirm_needs: Override
    permission: Permission
    can_take: bool
    reason_always: bool
    lead: str = ""


def from_proposal(detail: ProposalDetail, times: Times) -> Subject:
    """A count's proposal."""
    failing = any(v.outcome is Outcome.FAIL for v in detail.verdicts)
    undecided = detail.state in UNDECIDED
    whole = not (detail.interval_start.second or detail.interval_end.second)
    tell = times.minute if whole else times.second
    span = f"{tell(detail.interval_start)} {tr('to')} {tell(detail.interval_end)}"
    expected = tr("{n}, expected {e}", n=quantity(detail.good), e=quantity(detail.expected))
    sub = [detail.order_reference or tr("no order"), detail.product]
    if detail.lot:
        sub.append(tr("lot {lot}", lot=detail.lot))
    if detail.scrap:
        sub.append(tr("scrap {n}", n=quantity(detail.scrap)))
    return Subject(
        key=("proposal", detail.proposal_id),
        version=detail.version,
        pick=(detail.proposal_id, detail.version),
        title=f"{detail.title}, {span}",
        headline=expected,
        level=Level.HIGH if failing and undecided else Level.NORMAL,
        sub=" · ".join(p for p in sub if p),
        explanation=_with_rules(detail),
        facts=detail.facts,
        series=detail.series,
        highlight=detail.highlight,
        choices=detail.choices if undecided else (),
        orders=detail.orders,
        lot=detail.lot,
        unit=detail.unit,
        good=detail.good,
        trace_id=detail.trace_id,
        closed="" if undecided else detail.decided or detail.state.value,
        confirm_needs=detail.needs,
        permission=Permission.CONFIRM_COUNTS,
        can_take=False,
        reason_always=False,
    )


def from_review(
    detail: ReviewDetail, proposal: ProposalDetail | None, times: Times, now: datetime
) -> Subject:
    """A review item; one about a count is decided through its proposal."""
    row = detail.row
    open_ = row.resolved_at is None
    sub = [tr("Rule {rule}", rule=detail.rule)] if detail.rule else []
    sub.append(tr("found at {time}", time=times.near(row.opened_at, now)))
    if row.due_at is not None and open_:
        left = (row.due_at - now).total_seconds()
        sub.append(tr("due in {t}", t=rough(left)) if left > 0 else tr("overdue by {t}", t=rough(-left)))
    sub.append(tr("with {who}", who=row.owner) if row.owner else tr("nobody has taken it"))
    choices = detail.choices or (proposal.choices if proposal else ())
    resolution = row.resolution or tr("resolved")
    return Subject(
        key=("review", row.id),
        version=detail.version,
        pick=(proposal.proposal_id, proposal.version) if proposal else None,
        title=row.title,
        headline="",
        level=row.level if open_ else Level.NORMAL,
        sub=" · ".join(sub),
        explanation=detail.explanation,
        facts=detail.facts or (proposal.facts if proposal else None),
        series=detail.series or (proposal.series if proposal else None),
        highlight=detail.highlight or (proposal.highlight if proposal else None),
        choices=choices if open_ else (),
        orders=detail.orders or (proposal.orders if proposal else ()),
        lot=proposal.lot if proposal else "",
        unit=proposal.unit if proposal else "",
        good=proposal.good if proposal else None,
        trace_id=detail.trace_id,
        closed="" if open_ else resolution,
        confirm_needs=proposal.needs if proposal else Override.NOBODY,
        permission=Permission.CONFIRM_COUNTS if proposal else Permission.RESOLVE_REVIEW,
        can_take=open_,
        reason_always=proposal is None,
        lead=detail.leads_to,
    )


def _with_rules(detail: ProposalDetail) -> str:
    rules = [f"{v.rule} v{v.version}" for v in detail.verdicts if v.outcome is Outcome.FAIL]
    text = detail.explanation
    if rules and not any(r.split()[0] in text for r in rules):
        noun = tr("Rule") if len(rules) == 1 else tr("Rules")
        text = f"{text} {noun} {', '.join(rules)}.".strip()
    return text
