"""Example stops: a morning in which the fillers stood, some of it explained."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from console.domain.packml import MachineState as M
from console.domain.postings import PostingState
from console.domain.stops import StopCategory
from console.services.views import Level, StateBand
from console.services.views.stops import ParetoBar, ReasonNode, StopDetail, StopRow
from tests.desktop.rows import NOW, ago

MACHINES = (
    ("filler1", "Filler 1"),
    ("filler2", "Filler 2"),
    ("capper1", "Capper 1"),
    ("cartoner", "Cartoner"),
)


def node(key: str, title: str, group: str, times: int = 0, **more: object) -> ReasonNode:
    """A reason."""
    base = ReasonNode(key, title, group, "availability", times, False)
    return replace(base, **more)  # type: ignore[arg-type]


def tree() -> tuple[ReasonNode, ...]:
    """Odoo's loss reasons with local ones below."""
    jam = (
        node("2/Jam at infeed", "Jam at infeed", "Availability", 14),
        node("2/Belt torn", "Belt torn", "", 3),
    )
    return (
        node("2", "Equipment Failure", "Availability", 9, children=jam),
        node("1", "Material Availability", "Availability", 11),
        node("3", "Setup and Adjustments", "Availability", 6),
        node("4", "Reduced Speed", "Performance", 0, loss_type="performance"),
        node("5", "Process Defect", "Quality", 1, loss_type="quality"),
        node("6", "Reduced Yield", "Quality", 0, loss_type="quality"),
        node("8", "Cleaning in place", "Planned", 4, loss_type="productive", planned=True),
        node("9", "No staff, break room meeting of the whole shift", "Planned", 2, planned=True),
    )


def top() -> tuple[ReasonNode, ...]:
    """The five likeliest."""
    all_ = tree()
    return (all_[0].children[0], all_[1], all_[0], all_[2], all_[7])


def stop(number: int, machine: int, start: datetime, seconds: float | None, **over: object) -> StopRow:
    """A stop; ``seconds`` None: it stands."""
    name, title = MACHINES[machine]
    end = None if seconds is None else start + timedelta(seconds=seconds)
    length = seconds if seconds is not None else (NOW - start).total_seconds()
    base = StopRow(
        id=number,
        version=1,
        machine=name,
        title=title,
        started_at=start,
        ended_at=end,
        duration_s=length,
        state=M.STOPPED,
        category=StopCategory.UNPLANNED,
        needs_reason=True,
        prompted_at=start + timedelta(minutes=2),
        order_reference="WH/MO/00043",
        reason_key="",
        reason="",
        note="",
        explained_by="",
        posting=None,
        waiting="",
        odoo_minutes=None,
        trace_id=f"t-stop-{number}",
        level=Level.HIGH,
    )
    return replace(base, **over)  # type: ignore[arg-type]


def explained(row: StopRow, key: str, title: str, by: str = "Lead A", **over: object) -> StopRow:
    """With its reason, in Odoo."""
    done = replace(
        row,
        needs_reason=False,
        reason_key=key,
        reason=title,
        explained_by=by,
        posting=PostingState.VERIFIED,
        odoo_minutes=round(row.duration_s / 60, 2),
        level=Level.NORMAL,
    )
    return replace(done, **over)  # type: ignore[arg-type]


def stops() -> tuple[StopRow, ...]:
    """Ten stops, newest first."""
    planned = {
        "category": StopCategory.PLANNED,
        "needs_reason": False,
        "prompted_at": None,
        "level": Level.NORMAL,
    }
    return (
        stop(10, 1, ago(minutes=6, seconds=20), None),
        stop(9, 0, ago(minutes=31), 254),
        explained(
            stop(8, 1, ago(minutes=48), 425), "2/Jam at infeed", "Jam at infeed", note="Cap under the belt"
        ),
        stop(7, 3, ago(minutes=72), 900, **planned),
        explained(
            stop(6, 0, ago(minutes=95), 312),
            "1",
            "Material Availability",
            posting=PostingState.READY,
            odoo_minutes=None,
            waiting="Odoo is not reached.",
        ),
        stop(5, 2, ago(minutes=110), 133, level=Level.MEDIUM),
        explained(
            stop(4, 1, ago(hours=2, minutes=20), 660),
            "3",
            "Setup and Adjustments",
            posting=PostingState.REJECTED,
            odoo_minutes=None,
            waiting="Odoo refused it: the period is closed.",
        ),
        stop(3, 0, ago(hours=2, minutes=44), 540, **planned | {"category": StopCategory.CHANGEOVER}),
        explained(stop(2, 3, ago(hours=3, minutes=30), 1220), "2", "Equipment Failure", "Maintenance D"),
        stop(1, 2, ago(hours=4), 1800, **planned | {"category": StopCategory.NO_ORDER}),
    )


def micro(count: int = 14) -> tuple[StopRow, ...]:
    """Short ones."""
    return tuple(
        stop(
            1000 + n,
            n % 3,
            ago(minutes=9 + 11 * n),
            18 + n,
            category=StopCategory.MICRO,
            needs_reason=False,
            prompted_at=None,
            level=Level.NORMAL,
        )
        for n in range(count)
    )


def many(count: int) -> tuple[StopRow, ...]:
    """A thousand stops."""
    few = stops()
    return tuple(
        replace(
            few[n % len(few)],
            id=count - n,
            started_at=ago(minutes=6 + 7 * n),
            ended_at=ago(minutes=5 + 7 * n),
            duration_s=60,
        )
        for n in range(count)
    )


def pareto() -> tuple[ParetoBar, ...]:
    """What took the time."""
    given = (
        ("Equipment Failure", 20.3, 1),
        ("not explained", 12.8, 3),
        ("Setup and Adjustments", 11.0, 1),
        ("Jam at infeed", 7.1, 1),
        ("Material Availability", 5.2, 1),
        ("Cleaning in place", 4.1, 2),
        ("Belt torn", 1.2, 1),
    )
    total, out, so_far = sum(g[1] for g in given), [], 0.0
    for reason, minutes, count in given:
        so_far += minutes
        out.append(ParetoBar(reason, minutes, count, minutes / total, so_far / total))
    return tuple(out)


def bands(row: StopRow) -> tuple[StateBand, ...]:
    """Ran before, stood, ran after; short stops around it, and a gap in the data."""
    end = row.ended_at or NOW
    out, at = [], row.started_at - timedelta(minutes=40)
    for minutes, state in (
        (12, M.EXECUTE),
        (1.5, M.SUSPENDED),
        (14, M.EXECUTE),
        (2, M.UNDEFINED),
        (10.5, M.EXECUTE),
    ):
        out.append(StateBand(at, at + timedelta(minutes=minutes), state))
        at += timedelta(minutes=minutes)
    out.append(StateBand(row.started_at, end, row.state))
    if row.ended_at is not None:
        until = min(NOW, end + timedelta(minutes=30))
        out.append(StateBand(end, until, M.EXECUTE))
    return tuple(out)


def effect(row: StopRow) -> str:
    """In the desk's words."""
    under = f"under {row.reason or 'the reason you choose'}"
    if row.ended_at is None:
        return (
            f"Odoo gets an open row on WC-111 from 11:05 {under}. It blocks the work center there, and is "
            "closed by itself when the machine executes again."
        )
    return f"Odoo gets {row.duration_s / 60:.0f} min on WC-111, {under}."


def detail(row: StopRow, every: tuple[StopRow, ...]) -> StopDetail:
    """The panel of one stop."""
    same = sorted((r for r in every if r.machine == row.machine), key=lambda r: r.started_at)
    place = next(n for n, r in enumerate(same) if r.id == row.id)
    before = same[place - 1] if place else None
    after = same[place + 1] if place + 1 < len(same) else None
    note = ""
    if row.odoo_minutes is not None:
        note = "Odoo counts only the working hours of its calendar."
    history = [(row.started_at, f"{row.title} stopped: {row.state.value}")]
    if row.reason:
        history.append((row.started_at + timedelta(minutes=9), f"{row.explained_by}: {row.reason}"))
    return StopDetail(
        row=row,
        top=top(),
        tree=tree(),
        before=before,
        after=after,
        earliest=(before.ended_at or before.started_at) if before else row.started_at - timedelta(minutes=40),
        latest=after.started_at if after else NOW,
        bands=bands(row),
        effect=effect(row),
        why_not="",
        odoo_note=note,
        history=tuple(history),
    )
