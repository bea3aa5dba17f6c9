"""What holds for the whole plant: shifts with breaks, stop reasons, quality, the alarm philosophy."""

from __future__ import annotations

from datetime import time

import pytest

from console.domain.equipment import AlarmPlan, Break, QualityPlan, StopReason
from console.plant_file import explain_plant
from tests.unit.plant_file.text import GOOD, changed, is_told, plant, problems_of

LUNCH = '{ name = "Lunch", start = "12:00", end = 12:30:00 }'
BREAKFAST = '{ name = "Breakfast", start = "09:00", end = "09:15" }'
MIDNIGHT = '{ name = "Midnight", start = "23:45", end = "00:15" }'
MORNING = "shifts[1].breaks"


def test_breaks_are_in_the_order_of_the_shift() -> None:
    morning, night = plant().shifts
    assert [b.name for b in morning.breaks] == ["Breakfast", "Lunch"]
    assert morning.breaks[1] == Break("Lunch", time(12), time(12, 30))
    assert night.breaks == (Break("Midnight", time(23, 45), time(0, 15)),)


def test_reasons_quality_and_alarms() -> None:
    read = plant()
    assert read.stop_reasons == (
        StopReason("Jam", "Equipment Failure"),
        StopReason("Changeover", "Setup and Adjustments", ("5", "RUN")),
    )
    assert read.quality == QualityPlan("WH/Held", "Batch", 2)
    assert read.alarm_plan == AlarmPlan(3600, 2, 8, 4, 300, 7)


def test_without_them_the_usual_holds() -> None:
    read = plant(GOOD[: GOOD.index("[quality]")])
    assert (read.quality, read.alarm_plan) == (QualityPlan(), AlarmPlan())


def test_they_are_explained() -> None:
    text = explain_plant(plant())
    for part in (
        "Morning from 06:00 (Breakfast 09:00 to 09:15, Lunch 12:00 to 12:30)",
        "Changeover: Setup and Adjustments in Odoo, suggested by 5, RUN",
        "two people release what is of severity 1 to 2",
        'batches are booked under "Batch"',
        "shelved 1 h at most, 2 times a day; more than 8 in 5 min are a flood, until fewer than 4",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        (LUNCH, '{ name = "Lunch", start = "14:00" }', f"{MORNING}[1].end", "is required: local time of day"),
        (LUNCH, '{ start = "12:00", end = "12:30" }', f"{MORNING}[1].name", "is required: the break's name"),
        (LUNCH, '{ name = "Lunch", start = "noon", end = "12:30" }', f"{MORNING}[1].start", "no time of day"),
        (LUNCH, '{ name = "Lunch", start = "12:30", end = "12:00" }', f"{MORNING}[1].end", "not after 12:30"),
        (LUNCH, '{ name = "Lunch", start = "12:00", end = "12:00" }', f"{MORNING}[1].end", "not after 12:00"),
        (
            LUNCH,
            '{ name = "Lunch", start = "21:45", end = "22:15" }',
            f"{MORNING}[1]",
            "is not inside its shift",
        ),
        (LUNCH, '{ name = "Lunch", start = "22:00", end = "22:15" }', f"{MORNING}[1]", "from 06:00 to 22:00"),
        (
            LUNCH,
            '{ name = "Lunch", start = "05:45", end = "06:15" }',
            f"{MORNING}[1]",
            "is not inside its shift",
        ),
        (BREAKFAST, '{ name = "Two", start = "12:15", end = "13:00" }', f"{MORNING}[2]", 'the break "Lunch"'),
        (LUNCH, "3", f"{MORNING}[1]", "must be a table"),
        (MIDNIGHT, '{ name = "M", start = "05:30", end = "06:30" }', "shifts[2].breaks[1]", "not inside"),
        (f"[{MIDNIGHT}]", '"23:45"', "shifts[2].breaks", "must be a list of breaks"),
        ('name = "Changeover"', 'name = "jam"', "stop_reasons[2].name", "an earlier stop reason"),
        ('loss = "Equipment Failure"\n', "", "stop_reasons[1].loss", "is required: Odoo's loss reason"),
        ('[5, "RUN"]', '[5, "RUNN"]', "stop_reasons[2].states[2]", 'did you mean "RUN"?'),
        ('[5, "RUN"]', "5", "stop_reasons[2].states", "must be a list"),
        ('[5, "RUN"]', "[5.5]", "stop_reasons[2].states[1]", "must be raw values"),
        ("two_people_from = 2", "two_people_from = 4", "quality.two_people_from", "at most 3"),
        ('quarantine = "WH/Held"', 'quarantine = ""', "quality.quarantine", "must not be empty"),
        ("batch_test", "batchtest", "quality.batchtest", 'did you mean "batch_test"?'),
        ("flood_until = 4", "flood_until = 9", "alarms.flood_until", "at most flood_from (8)"),
        ("shelve_most_min = 60", "shelve_most_min = 0", "alarms.shelve_most_min", "more than 0"),
    ],
)
def test_a_mistake(old: str, new: str, where: str, message: str) -> None:
    text = changed(old, new)
    problems = [p for p in problems_of(text) if "Changeover" not in p.message and '"Jam"' not in p.message]
    assert [p.where for p in problems] == [where], problems
    assert message in problems[0].message


def test_lines() -> None:
    is_told(LUNCH, LUNCH.replace("12:30:00", "11:30:00"), f"{MORNING}[1].end", '"Lunch"', "not after 12:00")
    is_told(LUNCH, LUNCH.replace("12:30:00", "06:00:00"), f"{MORNING}[1]", '"Lunch"', "not inside")
    is_told('"RUN"]', '"RUNN"]', "stop_reasons[2].states[2]", "states = [", "no machine's state")


def test_one_raw_value_suggests_one_reason() -> None:
    text = changed('loss = "Equipment Failure"', 'loss = "Equipment Failure"\nstates = ["5"]')
    (problem,) = problems_of(text)
    assert problem.where == "stop_reasons[2].states[1]"
    assert '5 suggests "Jam" already' in problem.message


def test_a_single_shift_lasts_the_whole_day() -> None:
    text = changed('[[shifts]]\nname = "Night"\nstart = "22:00"\nbreaks = [' + MIDNIGHT + "]\n", "")
    end = '{ name = "Late", start = "05:30", end = "06:00" }'
    (only,) = plant(text.replace(BREAKFAST, end)).shifts
    assert [b.name for b in only.breaks] == ["Lunch", "Late"]
    (problem,) = problems_of(text.replace(BREAKFAST, end.replace("06:00", "06:15")))
    assert "is not inside its shift" in problem.message


def test_breaks_are_not_judged_by_a_shift_that_is_itself_in_doubt() -> None:
    (problem,) = problems_of(changed('start = "22:00"', 'start = "10pm"'))
    assert problem.where == "shifts[2].start"


def test_raw_values_are_not_judged_by_a_machine_that_is_itself_in_doubt() -> None:
    text = changed(
        'map = { 0 = "stopped", 5 = "suspended", 6 = "execute", RUN = "execute", true = "idle" }\n', ""
    )
    problems = problems_of(text)
    assert [p.where for p in problems] == ["machines.filler1.state.map"]
