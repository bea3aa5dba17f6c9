"""Alarms, requests and conditions as list rows: words, columns, what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.desktop.formats import Times, quantity, rough, tr
from console.desktop.models.rows import Column
from console.desktop.widgets.line_delegate import Line
from console.desktop.widgets.read_back import STUCK, posting_words
from console.domain.alarms import AlarmState
from console.services.views import Level
from console.services.views.alarms import AlarmRow, ConditionRow, RequestRow, ShelfRow

TO_SEE = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED, AlarmState.LATCHED})
PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm in the list; ``cause``: the text of the one that brought it along, "" for a cause."""

    row: AlarmRow
    cause: str = ""


def lines_of(groups: Sequence[AlarmRow]) -> tuple[AlarmLine, ...]:
    """Causes in their order, each followed by what it brought along, however deep."""
    out: list[AlarmLine] = []

    def add(row: AlarmRow, cause: str) -> None:
        out.append(AlarmLine(row, cause))
        for child in row.children:
            add(child, row.text)

    for group in groups:
        add(group, "")
    return tuple(out)


def with_children(row: AlarmRow) -> tuple[AlarmRow, ...]:
    """The row and all that it brought along."""
    return (row, *(one for child in row.children for one in with_children(child)))


def to_acknowledge(row: AlarmRow) -> tuple[tuple[int, int], ...]:
    """Id and version of all of the group that nobody has acknowledged."""
    return tuple((r.id, r.version) for r in with_children(row) if r.state in TO_SEE)


def state_words(row: AlarmRow) -> str:
    """What is true of it now."""
    if row.shelved_until is not None:
        return tr("shelved")
    if row.state is AlarmState.ACKNOWLEDGED:
        who = row.acknowledged_by
        return tr("acknowledged by {who}", who=who) if who else tr("acknowledged")
    return {
        AlarmState.UNACKNOWLEDGED: tr("not acknowledged"),
        AlarmState.RETURNED: tr("over, not acknowledged"),
        AlarmState.LATCHED: tr("latched: over, waits to be acknowledged"),
        AlarmState.NORMAL: tr("over"),
    }[row.state]


def priority_words(priority: int) -> str:
    """Of an alarm, 1 to 3."""
    return {1: tr("urgent"), 2: tr("high"), 3: tr("low")}.get(priority, str(priority))


def stars_words(priority: int) -> str:
    """Of a request, 0 to 3, as Odoo calls them."""
    return (tr("Very low"), tr("Low"), tr("Normal"), tr("High"))[max(0, min(3, priority))]


def progress_words(request: RequestRow | None) -> str:
    """How far a request is: Odoo's stage once it has one."""
    if request is None:
        return ""
    if request.stage:
        return request.stage
    if request.state == PROPOSED:
        return tr("proposed")
    return posting_words(request.posting) or request.state


def request_level(request: RequestRow) -> Level:
    """Abnormal only where it is stuck on its way to Odoo."""
    if request.posting in STUCK:
        return STUCK[request.posting]
    return Level.NOTICE if request.state == PROPOSED else Level.NORMAL


class AlarmWords:
    """Rows and columns; times in the plant's zone.

    Attributes:
        titles: machines as people call them, by name; the page fills it in.
    """

    def __init__(self, times: Times, now: Callable[[], datetime]) -> None:
        self._times, self._now = times, now
        self.titles: dict[str, str] = {}

    def machine(self, name: str) -> str:
        """A machine as people call it."""
        return self.titles.get(name, name)

    def age(self, at: datetime) -> str:
        """Since then, in one unit."""
        return rough((self._now() - at).total_seconds())

    def alarm(self, line: AlarmLine) -> Line:
        """An alarm that stands, below its cause where it has one."""
        row = line.row
        parts = [row.title or row.machine, state_words(row), self.age(row.raised_at)]
        if row.request is not None:
            parts.append(tr("request: {p}", p=progress_words(row.request)))
        elif line.cause:
            parts.append(tr("brought by: {cause}", cause=line.cause))
        return Line(
            row.text,
            " · ".join(p for p in parts if p),
            row.level,
            priority=row.priority,
            badge=f"×{row.raises}" if row.raises > 1 else "",
            indent=1 if line.cause else 0,
        )

    def past(self, line: AlarmLine) -> Line:
        """One of the history."""
        row = line.row
        when = self._times.near_second(row.raised_at, self._now())
        parts = [row.title or row.machine, when, state_words(row)]
        if row.acknowledged_by:
            parts.append(tr("acknowledged by {who}", who=row.acknowledged_by))
        badge = f"×{row.raises}" if row.raises > 1 else ""
        foot = " · ".join(p for p in dict.fromkeys(parts) if p)
        return Line(row.text, foot, priority=row.priority, quiet=True, badge=badge)

    def shelf(self, row: ShelfRow) -> Line:
        """A shelved one: who, why, until when."""
        until = tr("until {t}", t=self._times.near(row.until, self._now()))
        parts = (self.machine(row.machine), row.person, row.reason)
        return Line(row.text, " · ".join(p for p in parts if p), icon="bell-off", badge=until)

    def request(self, row: RequestRow) -> Line:
        """A proposal or request."""
        machine = self.machine(row.machine)
        parts = [machine, row.equipment if row.equipment != machine else "", row.by]
        if row.at is not None:
            parts.append(self.age(row.at))
        if row.stage:
            parts.append(posting_words(row.posting))
        level = request_level(row)
        abnormal = level not in (Level.NORMAL, Level.NOTICE)
        return Line(
            row.title,
            " · ".join(p for p in parts if p),
            level,
            icon="" if abnormal else "wrench",
            badge=progress_words(row),
            quiet=row.done or row.state == "rejected",
        )

    def condition(self, row: ConditionRow) -> Line:
        """A scored anomaly."""
        parts = [row.title or row.machine, row.tag, self.age(row.started_at)]
        parts.append(tr("over") if row.ended_at is not None else tr("goes on"))
        if row.request is not None:
            parts.append(tr("request: {p}", p=progress_words(row.request)))
        over = row.ended_at is not None
        level = Level.NORMAL if over else Level.MEDIUM
        return Line(
            row.text,
            " · ".join(p for p in parts if p),
            level,
            quiet=over,
            badge=tr("score {s}", s=quantity(row.score, 1)),
        )

    # --- columns ----------------------------------------------------------------------------------
    def alarm_columns(self) -> tuple[Column[AlarmLine], ...]:
        """All that a list of alarms can show."""
        full = self._times.full
        return (
            Column(
                "alarm",
                tr("Alarm"),
                lambda r: r.row.text,
                lambda r: (r.row.priority, r.row.raised_at),
                width=0,
            ),
            _more("machine", tr("Machine"), lambda r: r.row.title or r.row.machine),
            _more("state", tr("State"), lambda r: state_words(r.row), width=170),
            _more(
                "priority", tr("Priority"), lambda r: priority_words(r.row.priority), lambda r: r.row.priority
            ),
            _more(
                "raised", tr("Raised"), lambda r: full(r.row.raised_at), lambda r: r.row.raised_at, width=160
            ),
            _more(
                "cleared",
                tr("Over"),
                lambda r: full(r.row.cleared_at),
                lambda r: r.row.cleared_at,
                width=160,
            ),
            _more("raises", tr("Times"), lambda r: str(r.row.raises), lambda r: r.row.raises, width=80),
            _more("cause", tr("Brought by"), lambda r: r.cause, width=160),
            _more("tag", tr("Tag"), lambda r: r.row.tag, width=160),
            _more("request", tr("Request"), lambda r: progress_words(r.row.request), width=140),
        )

    def shelf_columns(self) -> tuple[Column[ShelfRow], ...]:
        """All that the list of shelved ones can show."""
        full = self._times.full
        return (
            Column("alarm", tr("Shelved"), lambda r: r.text, lambda r: r.until, width=0),
            _more("until", tr("Until"), lambda r: full(r.until), lambda r: r.until, width=160),
            _more("person", tr("By"), lambda r: r.person),
            _more("reason", tr("Reason"), lambda r: r.reason, width=200),
            _more("machine", tr("Machine"), lambda r: self.machine(r.machine)),
            _more("tag", tr("Tag"), lambda r: r.tag, width=160),
        )

    def request_columns(self) -> tuple[Column[RequestRow], ...]:
        """All that the list of requests can show."""
        full = self._times.full
        return (
            Column("request", tr("Request"), lambda r: r.title, width=0),
            _more("stage", tr("In Odoo"), progress_words, width=140),
            _more("equipment", tr("Equipment"), lambda r: r.equipment, width=160),
            _more("machine", tr("Machine"), lambda r: self.machine(r.machine)),
            _more("priority", tr("Priority"), lambda r: stars_words(r.priority), lambda r: r.priority),
            _more("at", tr("When"), lambda r: full(r.at), lambda r: r.at, width=160),
            _more("by", tr("By"), lambda r: r.by),
            _more("waiting", tr("Waits for"), lambda r: r.waiting, width=200),
        )

    def condition_columns(self) -> tuple[Column[ConditionRow], ...]:
        """All that the list of findings can show."""
        full = self._times.full
        return (
            Column("condition", tr("Finding"), lambda r: r.text, lambda r: r.started_at, width=0),
            _more("machine", tr("Machine"), lambda r: r.title or r.machine),
            _more("tag", tr("Tag"), lambda r: r.tag, width=160),
            _more("score", tr("Score"), lambda r: quantity(r.score, 1), lambda r: r.score, right=True),
            _more("start", tr("Since"), lambda r: full(r.started_at), lambda r: r.started_at, width=160),
            _more("end", tr("Until"), lambda r: full(r.ended_at), lambda r: r.ended_at, width=160),
        )


def _more(
    key: str, title: str, text: Callable[[Any], str], sort: Callable[[Any], Any] | None = None, **more: Any
) -> Column[Any]:
    """A column that is hidden until a person wants it."""
    return Column(key, title, text, sort, hidden=True, **more)
