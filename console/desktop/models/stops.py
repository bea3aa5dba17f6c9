"""Stops in words and columns: what the list, the panel and the drafts need, without a widget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from console.desktop.formats import Times, duration, quantity, tr
from console.desktop.models.rows import Column
from console.domain.postings import PostingState
from console.domain.stops import StopCategory
from console.services.views import Level
from console.services.views.stops import ReasonNode, StopDetail, StopRow, StopsView

MOST_TOP = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person began for a stop and did not confirm yet.

    Attributes:
        reason_key: the chosen reason; "" for none.
        note: None where the note was not touched.
    """

    reason_key: str = ""
    note: str | None = None

    @property
    def empty(self) -> bool:
        """Nothing was begun."""
        return not self.reason_key and self.note is None


@dataclass(frozen=True, slots=True)
class StopRequest:
    """What a person asks for; the page hands it to the desk.

    Attributes:
        kind: explain, several, annotate, split, merge or move.
        stops: (id, version); two for a merge, the shown one first.
        reason: why, for the audit trail (split, merge, move).
    """

    kind: str
    stops: tuple[tuple[int, int], ...]
    reason_key: str = ""
    note: str = ""
    at: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    reason: str = ""


def category_words(category: StopCategory) -> str:
    """Why a machine does not execute, as far as the console can tell."""
    return {
        StopCategory.UNPLANNED: tr("Unplanned"),
        StopCategory.MICRO: tr("Micro-stop"),
        StopCategory.PLANNED: tr("Planned break"),
        StopCategory.CHANGEOVER: tr("Changeover"),
        StopCategory.NO_ORDER: tr("No order"),
    }[category]


def reason_words(row: StopRow) -> str:
    """The reason; else what is asked for, or what the console knows by itself."""
    if row.reason:
        return row.reason
    return tr("Say why") if row.needs_reason else category_words(row.category)


def odoo_words(row: StopRow) -> str:
    """How far its posting is."""
    if row.posting is None:
        return row.waiting or (tr("not booked") if row.needs_reason or row.reason else "–")
    words = {
        PostingState.READY: tr("waiting"),
        PostingState.SENDING: tr("sending"),
        PostingState.UNKNOWN: tr("not known"),
        PostingState.POSTED: tr("sent"),
        PostingState.VERIFIED: tr("verified"),
        PostingState.REJECTED: tr("refused"),
        PostingState.DEAD_LETTER: tr("taken back"),
    }
    return words[row.posting]


def odoo_level(row: StopRow) -> Level:
    """Only what a person must look at is abnormal."""
    return {
        PostingState.REJECTED: Level.CRITICAL,
        PostingState.UNKNOWN: Level.MEDIUM,
        PostingState.DEAD_LETTER: Level.HIGH,
    }.get(row.posting, Level.NORMAL) if row.posting else Level.NORMAL  # fmt: skip


def span_words(row: StopRow, times: Times, now: datetime) -> str:
    """``11:05 to 11:08``, ``since 11:05``."""
    start = times.near_second(row.started_at, now)
    if row.ended_at is None:
        return tr("since {start}", start=start)
    return tr("{start} to {end}", start=start, end=times.second(row.ended_at))


def columns(times: Times, now: Callable[[], datetime]) -> tuple[Column[StopRow], ...]:
    """The columns of the list."""

    def ended(row: StopRow) -> str:
        if row.ended_at is None:
            return tr("stands")
        same_day = times.local(row.ended_at).date() == times.local(row.started_at).date()
        return times.second(row.ended_at) if same_day else times.near(row.ended_at, now())

    def minutes(row: StopRow) -> str:
        return "" if row.odoo_minutes is None else tr("{n} min", n=quantity(row.odoo_minutes, 2))

    return (
        Column("machine", tr("Machine"), lambda r: r.title or r.machine, strong=True, width=110),
        Column("from", tr("From"), lambda r: times.near_second(r.started_at, now()), _start, width=112),
        Column("to", tr("To"), ended, lambda r: r.ended_at or now(), width=92),
        Column(
            "length",
            tr("Length"),
            lambda r: duration(r.duration_s),
            lambda r: r.duration_s,
            right=True,
            width=104,
            strong=True,
        ),
        Column(
            "reason",
            tr("Reason"),
            reason_words,
            level=lambda r: r.level if r.needs_reason else Level.NORMAL,
            quiet=lambda r: not r.reason and not r.needs_reason,
            width=0,
        ),
        Column("odoo", tr("Odoo"), odoo_words, level=odoo_level, quiet=_quiet, icon=_icon, width=106),
        Column("category", tr("Kind"), lambda r: category_words(r.category), width=120, hidden=True),
        Column("state", tr("State"), lambda r: r.state.value, width=110, hidden=True),
        Column("order", tr("Order"), lambda r: r.order_reference, width=130, hidden=True),
        Column("by", tr("Explained by"), lambda r: r.explained_by, width=130, hidden=True),
        Column("note", tr("Note"), lambda r: r.note, width=180, hidden=True),
        Column("minutes", tr("In Odoo"), minutes, lambda r: r.odoo_minutes, right=True, hidden=True),
        Column("waiting", tr("Waits for"), lambda r: r.waiting, width=200, hidden=True),
    )


def _start(row: StopRow) -> datetime:
    return row.started_at


def _quiet(row: StopRow) -> bool:
    return row.posting in (None, PostingState.VERIFIED)


def _icon(row: StopRow) -> str:
    if row.posting is None:
        return ""
    return "circle-check" if row.posting is PostingState.VERIFIED else "clock"


def effect_words(detail: StopDetail, chosen: ReasonNode | None) -> str:
    """What Odoo will hold once the chosen reason is confirmed."""
    if chosen is None:
        return detail.effect
    if chosen.planned:
        return tr(
            "{reason}: a planned stop. Odoo gets no downtime, and it does not count against availability.",
            reason=chosen.title,
        )
    said = (detail.row.reason, "the reason you choose")
    for words in said:  # the desk tells it for the reason as it stands
        if words and f"under {words}" in detail.effect:
            return detail.effect.replace(f"under {words}", f"under {chosen.title}")
    return tr("Odoo gets this downtime under {reason}.", reason=chosen.title)


def all_rows(view: StopsView) -> tuple[StopRow, ...]:
    """The span's rows, and older ones that still wait for a reason; newest first."""
    shown = {row.id for row in view.rows}
    older = [row for row in view.prompts if row.id not in shown]
    return tuple(sorted((*view.rows, *older), key=lambda r: (r.started_at, r.id), reverse=True))


def leaves(nodes: Iterable[ReasonNode]) -> tuple[ReasonNode, ...]:
    """All reasons of a tree, parents before their children."""
    out: list[ReasonNode] = []
    for node in nodes:
        out.append(node)
        out += leaves(node.children)
    return tuple(out)


def find_reason(nodes: Iterable[ReasonNode], key: str) -> ReasonNode | None:
    """The reason with that key."""
    return next((n for n in leaves(nodes) if n.key == key), None)


def common_reasons(trees: Sequence[Sequence[ReasonNode]]) -> tuple[ReasonNode, ...]:
    """What may be said about stops of several machines: the reasons that all of them have."""
    if not trees:
        return ()
    keys = [{n.key for n in leaves(tree)} for tree in trees]
    return _kept(trees[0], set.intersection(*keys))


def _kept(nodes: Iterable[ReasonNode], keys: set[str]) -> tuple[ReasonNode, ...]:
    return tuple(
        ReasonNode(n.key, n.title, n.group, n.loss_type, n.times, n.planned, _kept(n.children, keys))
        for n in nodes
        if n.key in keys
    )


def likeliest(nodes: Iterable[ReasonNode]) -> tuple[ReasonNode, ...]:
    """The five that were said most often."""
    return tuple(sorted(leaves(nodes), key=lambda n: -n.times)[:MOST_TOP])


def several_why_not(rows: Sequence[StopRow]) -> str:
    """Why these cannot be given one reason; empty where they can."""
    if any(r.ended_at is None for r in rows):
        return tr("One of them still stands: explain it by itself.")
    return ""


_CLOCK = re.compile(r"^\s*(\d{1,2})[:.h ]?(\d{2})(?:[:. ]?(\d{2}))?\s*$")


def parse_clock(text: str, near: datetime, times: Times) -> datetime | None:
    """``11:08``, ``11:08:31`` or ``110831``, plant time, as the instant nearest to ``near``; None if none."""
    found = _CLOCK.match(text)
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    if hour > 23 or minute > 59 or second > 59:
        return None
    day = times.local(near).date()
    candidates = [
        datetime.combine(day + timedelta(days=shift), time(hour, minute, second), times.zone)
        for shift in (-1, 0, 1)
    ]
    best = min(candidates, key=lambda c: abs((c - near).total_seconds()))
    return best.astimezone(near.tzinfo)


def split_problem(detail: StopDetail, at: datetime | None, now: datetime) -> str:
    """Why a stop cannot be split there."""
    row = detail.row
    if at is None:
        return tr("Type the time, for example 11:08, or drag the line.")
    if not row.started_at < at < (row.ended_at or now):
        return tr("The time must lie within the stop.")
    return ""


def move_problem(
    detail: StopDetail, start: datetime | None, end: datetime | None, now: datetime, times: Times
) -> str:
    """Why a stop cannot be moved there. A standing stop keeps its open end (``end`` is None then)."""
    row = detail.row
    if start is None or (end is None and row.ended_at is not None):
        return tr("Type start and end, for example 11:08.")
    if start >= (end or now):
        return tr("The end must be later than the start.")
    if start < detail.earliest or (end or now) > max(detail.latest, row.ended_at or now):
        return tr(
            "It can lie between {a} and {b}: its neighbours stand there.",
            a=times.second(detail.earliest),
            b=times.second(detail.latest),
        )
    if start == row.started_at and end == row.ended_at:
        return tr("Drag an edge, or type another time.")
    return ""
