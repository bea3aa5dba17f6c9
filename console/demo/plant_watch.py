"""What the demo's plant file says beyond signals: shifts, stop reasons, quality, alarms, what is watched.

Durations are this computer's own, while the simulated plant runs ``speed`` times as fast: a stop of two
minutes in the plant is one of two seconds here, at the demo's usual speed.
"""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from console.simulator.catalog import HALL_POINTS, MATERIAL_STEP, MachineSpec

TIMEZONE = "Europe/Berlin"
QUARANTINE = "WH/Quarantine"
BATCH_TEST = "Batch summary"
HUMIDITY = "Hall humidity"
# what the temperature of Filler 2 never reaches by itself, and an excursion by 14 K does
LOWEST_DEGC, HIGHEST_DEGC = 59.0, 80.0
_CLEAR_OF_NOW_MIN = 30
_DAY_MIN = 24 * 60
_SHIFTS = {
    "Morning": ("06:00", (("Breakfast", "09:00", "09:15"), ("Lunch", "12:00", "12:30"))),
    "Afternoon": ("14:00", (("Coffee", "16:00", "16:15"), ("Supper", "18:30", "19:00"))),
    "Night": ("22:00", (("Midnight meal", "01:30", "02:00"), ("Tea", "04:00", "04:15"))),
}
# raw states of every machine (PackML numbers); the names of losses are Odoo's own and those of seed_floor
_REASONS = (
    ("Jam in the infeed", "Equipment Failure", (9,)),
    ("Waiting for material", "Material Availability", (5,)),
    ("Waiting for operator", "Waiting for operator", (11,)),
    ("Changeover", "Setup and Adjustments", ()),
    ("Cleaning", "Cleaning", ()),
)
_GUIDANCE = {
    "alarm_jam": "Stop the infeed, open guard 2, take out what is stuck, close the guard, reset.",
    "alarm_temperature": "Check the cooling water at valve V12; above 80 degC keep the lot back.",
    "alarm_downstream": "Nothing arrives: look at the machine before this one first.",
}


def shifts(around: time | None = None) -> str:
    """Three shifts with breaks. A break near ``around`` (local time; by default now) is left out: a stop
    that the demo makes would be a planned one in it."""
    at = around if around is not None else datetime.now(ZoneInfo(TIMEZONE)).time()
    parts = []
    for name, (start, breaks) in _SHIFTS.items():
        kept = [b for b in breaks if not _near(at, time.fromisoformat(b[1]), time.fromisoformat(b[2]))]
        lines = [f'[[shifts]]\nname = "{name}"\nstart = "{start}"']
        if kept:
            rows = "".join(f'    {{ name = "{n}", start = "{a}", end = "{b}" }},\n' for n, a, b in kept)
            lines.append(f"breaks = [\n{rows}]")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _near(at: time, start: time, end: time) -> bool:
    """Whether the break is on, was lately, or will be soon."""
    after_min = (_minute(at) - _minute(start) + _CLEAR_OF_NOW_MIN) % _DAY_MIN
    return after_min <= (_minute(end) - _minute(start)) % _DAY_MIN + 2 * _CLEAR_OF_NOW_MIN


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def plans() -> str:
    """Stop reasons, quality and the alarm philosophy."""
    reasons = "\n".join(
        f'[[stop_reasons]]\nname = "{name}"\nloss = "{loss}"\nstates = {list(states)}\n'
        for name, loss, states in _REASONS
    )
    return f"""{reasons}
[quality]
quarantine = "{QUARANTINE}"
batch_test = "{BATCH_TEST}"
two_people_from = 1

[alarms]
shelve_most_min = 60
shelve_most_times = 3
flood_from = 10
flood_until = 5
flood_min = 10
group_s = 5
"""


def machine_keys(spec: MachineSpec, speed: float) -> list[str]:
    """Further keys of a machine's own table."""
    return [
        f"micro_stop_s = {120 / speed}",
        f'equipment = "{spec.title}"',
        "consumption_tolerance_percent = 8",
    ]


def alarm_keys(signal: str) -> list[str]:
    """Further keys of an alarm."""
    lines = [f'guidance = "{_GUIDANCE[signal]}"', "chatter_s = 5"]
    if signal == "alarm_downstream":
        lines.append('caused_by = ["alarm_jam"]')
    if signal == "alarm_temperature":
        lines.append("latching = true")
    return lines


def counter_keys(spec: MachineSpec, speed: float, component: str) -> list[str]:
    """Keys of the material counter. It moves in spurts, faster for a moment than the machine's rate asks."""
    per_count = spec.material_per_count / MATERIAL_STEP
    return [
        'kind = "consumption"',
        f'component = "{component}"',
        "modulus = 4294967296",
        f"max_rate_per_h = {spec.max_rate_per_s(speed) * 3600 * per_count * 3}",
        f"units_per_count = {MATERIAL_STEP}",
    ]


def humidity_value() -> str:
    """The hall's humidity as a value of a machine."""
    (point,) = HALL_POINTS
    return f'\n[machines.filler2.values.humidity]\naddress = "{point.address}"\nunit = "{point.unit}"\n'


def watched(name: str, product: str) -> str:
    """What is watched on a machine, by its name in the plant file; product: the code of what it makes."""
    return {
        "filler2": f"""
[machines.filler2.limits.temperature]
value = "temperature"
title = "Filling temperature"
product = "{product}"
warning_low = 63
warning_high = 77
action_low = {LOWEST_DEGC:g}
action_high = {HIGHEST_DEGC:g}
severity = 2
scope = "lot"
return_s = 2

[machines.filler2.limits.humidity]
value = "humidity"
title = "{HUMIDITY}"
warning_low = 38
warning_high = 56
action_high = 62
target = 48
sigma = 2.5
run_rules = ["1-beyond-3s"]
every_s = 5
environmental = true
severity = 3
scope = "window"
return_s = 2

[machines.filler2.limits.fill_quantity]
title = "Filled quantity"
unit = "ml"
product = "{product}"
warning_low = 396
warning_high = 404
action_low = 392
action_high = 408
severity = 2
scope = "output"
""",
        "labeller1": """
[machines.labeller1.upkeep.label_drive]
title = "Grease the label drive"
every_cycles = 100
priority = 1

[machines.labeller1.conditions.vibration]
smoothing = 0.3
slack = 1
threshold = 12
learn_s = 12
""",
        "palletiser": """
[machines.palletiser.upkeep.gripper]
title = "Check the gripper"
every_hours = 500
every_cycles = 20000
priority = 2
""",
    }.get(name, "")
