"""What is watched on a machine: limits, upkeep, conditions, alarms' causes, consumption, programs."""

from __future__ import annotations

import pytest

from console.domain.equipment import AlarmTag, ConditionSpec, Counter, LimitSpec, UpkeepSpec
from console.domain.limits import RUN_RULES
from console.plant_file import explain_plant
from tests.unit.plant_file.text import GOOD, changed, is_told, machine, plant, problems_of

LIMIT = "machines.filler1.limits.temperature"
ALARM = "machines.filler1.alarms"
CONDITION = "[machines.filler1.conditions.temperature]"


def test_what_is_watched() -> None:
    filler = machine()
    assert filler.limits == (
        LimitSpec(
            name="temperature",
            tag="filler1.temperature",
            title="Filling temperature",
            unit="degC",
            product="JUICE-1L",
            operation="Filling",
            warning_low=68,
            warning_high=76,
            action_low=66,
            action_high=78,
            target=72,
            sigma=1.2,
            run_rules=("1-beyond-3s", "6-trending"),
            every_s=20,
            severity=1,
            scope="window",
            return_s=3,
        ),
        LimitSpec("humidity", "filler1.humidity", "humidity", "%", warning_high=65, environmental=True),
        LimitSpec("weight", "", "weight", "g", action_low=990),
    )
    assert filler.upkeep == (UpkeepSpec("nozzles", "Clean the nozzles", 160, 100_000, 2),)
    assert filler.conditions == (
        ConditionSpec("filler1.temperature", most_change_per_s=2, missing_cycle_s=30),
    )


def test_the_rest_of_a_machine() -> None:
    filler = machine()
    assert filler.alarms == (
        AlarmTag("filler1.jam", "Jam", guidance="Take out the bottle.", latching=True),
        AlarmTag("filler1.starved", "Starved", caused_by=("filler1.jam",), chatter_s=30),
    )
    assert filler.counters[1] == Counter("filler1.caps", "consumption", 65536, 2000 / 3600, 0.5, "CAP-28")
    assert (filler.program_tag, filler.programs) == (
        "filler1.program",
        (("JUICE-1L", "P-100"), ("PASTE", "7")),
    )
    assert (filler.micro_stop_s, filler.equipment, filler.consumption_tolerance_percent) == (
        30,
        "Filler 1",
        3,
    )
    assert "filler1.program" in filler.tag_names()
    watched = {limit.tag for limit in filler.limits if limit.tag} | {c.tag for c in filler.conditions}
    assert watched <= set(filler.tag_names()) <= {tag.name for tag in plant().tags}


def test_it_is_explained() -> None:
    text = explain_plant(plant())
    for part in (
        "consumption of CAP-28 from filler1.caps, 0.5 a count",
        "program from filler1.program: P-100 for JUICE-1L, 7 for PASTE",
        "limit temperature of filler1.temperature, warning below 68 and above 76, action below 66 and "
        "above 78 degC, 2 run rules, only JUICE-1L, only Filling",
        "limit weight measured by hand, action below 990 g",
        "upkeep Clean the nozzles every 160 running hours or 100000 cycles",
        "condition of filler1.temperature, learned in 1 h of running",
        "requests for Filler 1",
        "stops below 30 s are micro-stops",
    ):
        assert part in text


@pytest.mark.parametrize("rule", RUN_RULES)
def test_every_run_rule_can_be_asked_for(rule: str) -> None:
    text = changed('["1-beyond-3s", "6-trending"]', f'["{rule}"]')
    assert machine(text=text).limits[0].run_rules == (rule,)


@pytest.mark.parametrize(
    ("old", "new", "where", "line", "message"),
    [
        ('value = "temperature"', 'value = "temperatur"', f"{LIMIT}.value", '"temperatur"', '"temperature"?'),
        ('value = "temperature"', 'value = "good"', f"{LIMIT}.value", 'value = "good"', "no value named"),
        ('value = "temperature"', 'value = "recipe"', f"{LIMIT}.value", 'value = "recipe"', "is a string"),
        (
            'value = "temperature"\n',
            'value = "temperature"\nunit = "K"\n',
            f"{LIMIT}.unit",
            '"K"',
            'is in "degC"',
        ),
        (
            "warning_low = 68",
            "warning_low = 66",
            f"{LIMIT}.warning_low",
            "warning_low",
            "more than action_low",
        ),
        (
            "warning_high = 76",
            "warning_high = 60",
            f"{LIMIT}.warning_high",
            "high = 60",
            "more than warning_low",
        ),
        (
            "action_high = 78",
            "action_high = 75",
            f"{LIMIT}.action_high",
            "high = 75",
            "more than warning_high",
        ),
        ("target = 72", "target = 77", f"{LIMIT}.target", "target", "not inside warning_high (76)"),
        ("target = 72", "target = 60", f"{LIMIT}.target", "target", "not inside action_low (66)"),
        ("target = 72\n", "", f"{LIMIT}.target", f"[{LIMIT}]", "required with run_rules"),
        ("sigma = 1.2\n", "", f"{LIMIT}.sigma", f"[{LIMIT}]", "required with run_rules"),
        ("sigma = 1.2", "sigma = 0", f"{LIMIT}.sigma", "sigma = 0", "more than 0"),
        (
            'run_rules = ["1-beyond-3s", "6-trending"]\n',
            "",
            f"{LIMIT}.sigma",
            "sigma",
            "known are 1-beyond-3s",
        ),
        ('"6-trending"', '"6-trend"', f"{LIMIT}.run_rules[2]", "run_rules", 'did you mean "6-trending"?'),
        ('"6-trending"', '"1-beyond-3s"', f"{LIMIT}.run_rules[2]", "run_rules", "in the list already"),
        ("severity = 1", "severity = 4", f"{LIMIT}.severity", "severity = 4", "at most 3"),
        ('scope = "window"', 'scope = "windows"', f"{LIMIT}.scope", "scope", 'did you mean "window"?'),
        ("every_s = 20", "every_s = 0", f"{LIMIT}.every_s", "every_s = 0", "more than 0"),
        ("action_low = 990\n", "", "machines.filler1.limits.weight", "limits.weight]", "limits nothing"),
        (
            *("limits.weight]", "limits.Weight]", "machines.filler1.limits.Weight"),
            *("limits.Weight]", "no usable name for a limit"),
        ),
        (
            *('value = "humidity"\n', "", "machines.filler1.limits.humidity.value"),
            *("[machines.filler1.limits.humidity]", "required for an environmental limit"),
        ),
        (
            *("every_hours = 160\nevery_cycles = 100000\n", "", "machines.filler1.upkeep.nozzles"),
            *("upkeep.nozzles]", "is never due"),
        ),
        (
            *("every_hours = 160", "every_hours = 0", "machines.filler1.upkeep.nozzles.every_hours"),
            *("every_hours = 0", "more than 0"),
        ),
        (
            *("priority = 2", "priority = 4", "machines.filler1.upkeep.nozzles.priority"),
            *("priority = 4", "at most 3"),
        ),
        (
            *(CONDITION, CONDITION.replace("temperature", "temprature")),
            *("machines.filler1.conditions.temprature", "temprature", 'did you mean "temperature"?'),
        ),
        (
            *(
                "most_change_per_s = 2",
                "smoothing = 1.5",
                "machines.filler1.conditions.temperature.smoothing",
            ),
            *("smoothing", "at most 1"),
        ),
        ('caused_by = ["jam"]', 'caused_by = ["jamm"]', f"{ALARM}.starved.caused_by[1]", '"jamm"', '"jam"?'),
        (
            'caused_by = ["jam"]',
            'caused_by = "jam"',
            f"{ALARM}.starved.caused_by",
            '= "jam"',
            "must be a list",
        ),
        (
            *('caused_by = ["jam"]', 'caused_by = ["starved"]', f"{ALARM}.starved.caused_by[1]"),
            *('["starved"]', "does not cause itself"),
        ),
        (
            *('caused_by = ["jam"]', 'caused_by = ["jam", "jam"]', f"{ALARM}.starved.caused_by[2]"),
            *('["jam", "jam"]', "in the list already"),
        ),
        (
            *("latching = true", 'caused_by = ["starved"]', f"{ALARM}.jam.caused_by"),
            *('caused_by = ["starved"]', "in a circle"),
        ),
        (
            *('component = "CAP-28"\n', "", "machines.filler1.counters.caps.component"),
            *("[machines.filler1.counters.caps]", "is required: the code in Odoo"),
        ),
        (
            *("max_rate_per_h = 900 }", 'max_rate_per_h = 900, component = "X" }'),
            *("machines.filler1.counters.good.component", '"X"', 'kind = "consumption" only'),
        ),
        (
            *('kind = "consumption"', 'kind = "consumed"', "machines.filler1.counters.caps.kind"),
            *("consumed", 'did you mean "consumption"?'),
        ),
        ("PASTE = 7", "PASTE = 7.5", "machines.filler1.program.programs.PASTE", "7.5", "must be raw values"),
        ("micro_stop_s = 30", "micro_stop_s = -1", "machines.filler1.micro_stop_s", "= -1", "at least 0"),
    ],
)
def test_a_mistake(old: str, new: str, where: str, line: str, message: str) -> None:
    is_told(old, new, where, line, message)


def test_a_value_in_fault_is_told_once() -> None:
    """Neither its limit nor its condition is held against it."""
    (problem,) = problems_of(changed('temperature = { address = "i=5", unit = "degC" }', "temperature = 5"))
    assert problem.where == "machines.filler1.values.temperature"


def test_what_needs_a_state_or_counters_says_so() -> None:
    labeller = """[machines.plain]
work_center = "WC-1"
connection = "press"
values.speed = { address = "input:1", data_type = "uint16" }
upkeep.oil = { every_hours = 10 }
upkeep.belt = { every_cycles = 10 }
conditions.speed = { missing_cycle_s = 5 }
"""
    problems = problems_of(GOOD + labeller)
    assert [(p.where, p.message.split(";")[0].split(",")[-1]) for p in problems] == [
        ("machines.plain.upkeep.oil.every_hours", " and it has no state"),
        ("machines.plain.upkeep.belt.every_cycles", " and the machine has none"),
        ("machines.plain.conditions.speed", " and it has no state"),
        ("machines.plain.conditions.speed.missing_cycle_s", " and the machine has none"),
    ]


def test_every_circle_of_causes_is_told_once() -> None:
    more = """[machines.circle]
work_center = "WC-1"
connection = "line1"
alarms.a = { address = "i=1", text = "A", caused_by = ["b"] }
alarms.b = { address = "i=2", text = "B", caused_by = ["c"] }
alarms.c = { address = "i=3", text = "C", caused_by = ["a"] }
alarms.d = { address = "i=4", text = "D", caused_by = ["a"] }
alarms.e = { address = "i=5", text = "E", caused_by = ["f"] }
alarms.f = { address = "i=6", text = "F", caused_by = ["e"] }
"""
    assert [p.where for p in problems_of(GOOD + more)] == [
        "machines.circle.alarms.a.caused_by",
        "machines.circle.alarms.e.caused_by",
    ]


@pytest.mark.parametrize("place", ["limits", "upkeep", "conditions", "program"])
def test_a_table_of_the_wrong_kind(place: str) -> None:
    text = f'{GOOD}[machines.wrong]\nwork_center = "WC-1"\nconnection = "line1"\n{place} = 3\n'
    (problem,) = problems_of(text)
    assert problem.where == f"machines.wrong.{place}"
    assert "must be" in problem.message


@pytest.mark.parametrize("section", ["stop_reasons", "quality", "alarms"])
def test_a_section_of_the_wrong_kind(section: str) -> None:
    text = GOOD[: GOOD.index("[[stop_reasons]]")].replace(
        'reasons = { 0 = "Jam", true = "Changeover" }\n', ""
    )
    text = text.replace(', reason = "Jam"', "")
    (problem,) = problems_of(f"{section} = 3\n{text}")
    assert (problem.where, problem.line) == (section, 1)
