"""Example rows for Alarms: low air pressure and what it brought along, a chattering sensor, a shelved one."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime

from console.domain.alarms import AlarmState as S
from console.domain.equipment import ConditionSpec
from console.domain.postings import PostingState
from console.services import views as v
from console.services.views import alarms as a
from tests.desktop.rows import NOW, ago

L = v.Level
LEVELS = {1: L.CRITICAL, 2: L.HIGH, 3: L.MEDIUM}


def request(number: int, **over: object) -> a.RequestRow:
    """A request that Odoo works on, unless told otherwise."""
    base = a.RequestRow(
        id=number,
        ticket_id=40 + number,
        title="Filler 2: air pressure too low",
        machine="filler2",
        equipment="Filler 2",
        stage="In Progress",
        done=False,
        priority=2,
        state="requested",
        posting=PostingState.VERIFIED,
        waiting="",
        at=ago(minutes=30),
        by="Maintenance D",
        source="alarm:1",
        trace_id=f"request-{number}",
    )
    return replace(base, **over)  # type: ignore[arg-type]


def alarm(number: int, **over: object) -> a.AlarmRow:
    """An active alarm that nobody acknowledged, unless told otherwise."""
    base = a.AlarmRow(
        id=number,
        version=1,
        machine="filler2",
        title="Filler 2",
        tag="AirPressure",
        text="Air pressure below 5 bar",
        priority=1,
        level=L.CRITICAL,
        state=S.UNACKNOWLEDGED,
        raised_at=ago(minutes=6, seconds=20),
        cleared_at=None,
        acknowledged_by="",
        acknowledged_at=None,
        raises=1,
        in_flood=False,
        shelved_until=None,
        request=None,
        trace_id=f"alarm-{number}",
    )
    return replace(base, **over)  # type: ignore[arg-type]


def groups() -> tuple[a.AlarmRow, ...]:
    """Causes with what they brought along."""
    brought = (
        alarm(2, text="Infeed gate did not open", tag="GateFault", priority=2, level=L.HIGH),
        alarm(
            3,
            machine="capper1",
            title="Capper 1",
            text="No bottles at the infeed",
            tag="Starved",
            priority=3,
            level=L.MEDIUM,
        ),
    )
    return (
        alarm(1, children=brought),
        alarm(
            4,
            machine="labeller1",
            title="Labeller 1",
            text="Label sensor dirty",
            tag="LabelSensor",
            priority=2,
            level=L.HIGH,
            raises=7,
            state=S.ACKNOWLEDGED,
            acknowledged_by="Lead A",
            acknowledged_at=ago(minutes=9),
            raised_at=ago(minutes=24),
            request=request(1, title="Labeller 1: label sensor", machine="labeller1"),
        ),
        alarm(
            5,
            machine="wrapper",
            title="Wrapper",
            text="Guard door opened while running",
            tag="Guard",
            priority=2,
            level=L.HIGH,
            state=S.LATCHED,
            raised_at=ago(minutes=51),
            cleared_at=ago(minutes=48),
        ),
    )


def shelved() -> tuple[a.ShelfRow, ...]:
    """Out of sight for a time."""
    return (
        a.ShelfRow(
            1,
            "cartoner",
            "GlueLevel",
            "Glue level low",
            "Maintenance D",
            "Being worked on",
            NOW.replace(hour=10, minute=40),
        ),
    )


def history() -> tuple[a.AlarmRow, ...]:
    """The newest first."""
    return tuple(
        alarm(
            20 + i,
            text=text,
            priority=priority,
            level=LEVELS[priority],
            state=S.NORMAL,
            raised_at=ago(hours=1 + i),
            cleared_at=ago(hours=1 + i, minutes=-4),
            acknowledged_by="Lead A",
            acknowledged_at=ago(hours=1 + i, minutes=-2),
            raises=1 + 3 * i,
        )
        for i, (text, priority) in enumerate((("Label roll nearly empty", 3), ("Motor 3 overload", 1)))
    )


def proposals() -> tuple[a.RequestRow, ...]:
    """What the console proposes."""
    return (
        request(
            7,
            ticket_id=None,
            title="Filler 1: grease the valve carriage (250 running hours)",
            machine="filler1",
            equipment="Filler 1",
            stage="",
            state="proposed",
            posting=None,
            by="",
            at=ago(hours=3),
            source="upkeep:filler1/grease@3",
            priority=1,
        ),
    )


def requests() -> tuple[a.RequestRow, ...]:
    """Ours, and one that only Odoo has."""
    return (
        request(1, title="Labeller 1: label sensor", machine="labeller1", equipment="Labeller 1"),
        request(
            2,
            ticket_id=None,
            title="Capper 1: torque too high",
            machine="capper1",
            equipment="Capper 1",
            stage="",
            posting=PostingState.POSTED,
            waiting="Written at 11:11:58; Odoo is read back next.",
        ),
        request(
            3,
            title="Wrapper: film guide",
            machine="wrapper",
            equipment="Wrapper",
            stage="Repaired",
            done=True,
            at=ago(days=1),
        ),
        request(
            0,
            ticket_id=77,
            title="Filler 2: noise from the gear",
            stage="New Request",
            posting=None,
            by="a planner, in Odoo",
            source="",
            at=ago(days=2),
            trace_id="",
        ),
    )


def conditions() -> tuple[a.ConditionRow, ...]:
    """Findings."""
    return (
        a.ConditionRow(
            2,
            "filler2",
            "Filler 2",
            "filler2/temperature",
            "drift",
            11.4,
            "Gear temperature drifts up: 3.1 °C above what was learned",
            ago(minutes=40),
            None,
            None,
            "condition-2",
        ),
        a.ConditionRow(
            1,
            "filler1",
            "Filler 1",
            "filler1/current",
            "fast change",
            9.0,
            "Motor current rose by 4 A in one second",
            ago(hours=5),
            ago(hours=4, minutes=50),
            request(1),
            "condition-1",
        ),
    )


def pressure() -> v.Series:
    """Air pressure that falls."""
    start = ago(minutes=16).timestamp()
    times = [start + 2 * i for i in range(480)]
    values = [
        6.1 + 0.05 * math.sin(i / 5.0) - (1.5 / (1 + math.exp(-(i - 290) / 9.0)) if i > 200 else 0.0)
        for i in range(480)
    ]
    return v.Series("filler2/pressure", "bar", tuple(times), tuple(values), 4800)


def form(source: str, version: int, **over: object) -> a.RequestForm:
    """A request, prefilled."""
    base = a.RequestForm(
        source=source,
        version=version,
        machine="Filler 2",
        equipment_id=12,
        equipments=((12, "Filler 2"), (13, "Filler 2 infeed"), (20, "Compressor")),
        title="Filler 2: air pressure below 5 bar",
        description="Alarm AirPressure of Filler 2, raised at 11:05:40, once. The machine stands.",
        kind="corrective",
        priority=3,
        open_requests=(),
        evidence=("4,800 samples of the pressure, 10:56 to 11:12 (CSV)", "Alarm history of the last hour"),
        effect="Makes a maintenance request for Filler 2 in Odoo, team Internal Maintenance.",
        why_not="",
    )
    return replace(base, **over)  # type: ignore[arg-type]


def open_request() -> a.RequestRow:
    """One that is open for the same equipment."""
    return requests()[-1]


def detail(row: a.AlarmRow, request_form: a.RequestForm) -> a.AlarmDetail:
    """All about one alarm."""
    first = row.id == 1
    return a.AlarmDetail(
        row=row,
        guidance="Check the shut-off valve at the machine, then the compressor. Below 4 bar it stops."
        if first
        else "",
        series=pressure() if first else None,
        highlight=(row.raised_at, NOW) if first else None,
        form=request_form,
        history=((row.raised_at, "Raised"),)
        + (((row.acknowledged_at, f"Acknowledged by {row.acknowledged_by}"),) if row.acknowledged_at else ()),
        shelve_why_not="An urgent alarm cannot be shelved." if row.priority == 1 else "",
        shelve_most_min=480,
    )


def many(n: int = 1000) -> tuple[a.AlarmRow, ...]:
    """A flood."""
    return tuple(
        alarm(
            i + 1,
            text=f"Fault {i} of the drive",
            priority=1 + i * 3 // n,
            level=LEVELS[1 + i * 3 // n],
            in_flood=True,
            raises=1 + i % 4,
        )
        for i in range(n)
    )


def spec(**over: object) -> ConditionSpec:
    """What is live."""
    return replace(ConditionSpec("filler2/temperature"), **over)  # type: ignore[arg-type]


def trial(machine: str, parameters: ConditionSpec, start: datetime, end: datetime) -> a.Trial:
    """A drift in the last third; a lower threshold finds it earlier."""
    length = (end - start).total_seconds()
    times = tuple(start.timestamp() + length * i / 600 for i in range(601))
    values = tuple(61 + 0.4 * math.sin(i / 7) + max(0.0, (i - 400) / 40) for i in range(601))
    score = tuple(max(0.0, (i - 400) / 9) + 0.6 * abs(math.sin(i / 5)) for i in range(601))

    def found(threshold: float) -> tuple[a.TrialFinding, ...]:
        place = next((i for i, s in enumerate(score) if s > threshold), None)
        if place is None:
            return ()
        at = datetime.fromtimestamp(times[place], tz=NOW.tzinfo)
        words = f"Drifts up: score {score[place]:.1f} above {threshold:g}"
        return (a.TrialFinding(at, "drift", score[place], words),)

    return a.Trial(
        machine=machine,
        tag=parameters.tag,
        start=start,
        end=end,
        series=v.Series(parameters.tag, "degC", times, values, 60100),
        score=v.Series("score", "", times, score, 60100),
        threshold=parameters.threshold,
        findings=found(parameters.threshold),
        live_findings=found(8.0),
        baseline="learned from 1 h of running: 61.0 °C ± 0.3",
    )
