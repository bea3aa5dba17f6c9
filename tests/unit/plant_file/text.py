"""A plant file with everything that is watched in it, and how its problems are asked for."""

from __future__ import annotations

import pytest

from console.domain.equipment import Machine, Plant
from console.errors import PlantFileError, Problem
from console.plant_file import parse_plant

GOOD = """\
[plant]
name = "Hall 2"
timezone = "Europe/Berlin"
[connections.line1]
type = "opcua"
url = "opc.tcp://192.0.2.10:4840"
[connections.press]
type = "modbus"
host = "192.0.2.20"
[machines.filler1]
work_center = "WC-110"
connection = "line1"
micro_stop_s = 30
equipment = "Filler 1"
consumption_tolerance_percent = 3
[machines.filler1.state]
address = "i=1"
map = { 0 = "stopped", 5 = "suspended", 6 = "execute", RUN = "execute", true = "idle" }
reasons = { 0 = "Jam", true = "Changeover" }
[machines.filler1.program]
address = "i=2"
programs = { "JUICE-1L" = "P-100", PASTE = 7 }
[machines.filler1.counters]
good = { address = "i=3", modulus = 65536, max_rate_per_h = 900 }
[machines.filler1.counters.caps]
address = "i=4"
kind = "consumption"
component = "CAP-28"
modulus = 65536
max_rate_per_h = 2000
units_per_count = 0.5
[machines.filler1.values]
temperature = { address = "i=5", unit = "degC" }
humidity = { address = "i=6", unit = "%" }
recipe = { address = "holding:40:8", connection = "press", data_type = "string" }
[machines.filler1.alarms.jam]
address = "i=7"
text = "Jam"
guidance = "Take out the bottle."
latching = true
[machines.filler1.alarms.starved]
address = "i=8"
text = "Starved"
caused_by = ["jam"]
chatter_s = 30
[machines.filler1.limits.temperature]
value = "temperature"
title = "Filling temperature"
product = "JUICE-1L"
operation = "Filling"
warning_low = 68
warning_high = 76
action_low = 66
action_high = 78
target = 72
sigma = 1.2
run_rules = ["1-beyond-3s", "6-trending"]
every_s = 20
severity = 1
scope = "window"
return_s = 3
[machines.filler1.limits.humidity]
value = "humidity"
warning_high = 65
environmental = true
[machines.filler1.limits.weight]
unit = "g"
action_low = 990
[machines.filler1.upkeep.nozzles]
title = "Clean the nozzles"
every_hours = 160
every_cycles = 100000
priority = 2
[machines.filler1.conditions.temperature]
most_change_per_s = 2
missing_cycle_s = 30
[machines.labeller1]
work_center = "WC-220"
connection = "press"
[machines.labeller1.state]
address = "holding:120"
data_type = "uint16"
bits = [
  { mask = 0x8000, state = "aborted", reason = "Jam" },
  { mask = 0x0003, value = 0x0001, state = "execute" },
  { mask = 0x0003, value = 0x0000, state = "stopped" },
]
[[shifts]]
name = "Morning"
start = "06:00"
breaks = [
  { name = "Lunch", start = "12:00", end = 12:30:00 },
  { name = "Breakfast", start = "09:00", end = "09:15" },
]
[[shifts]]
name = "Night"
start = "22:00"
breaks = [{ name = "Midnight", start = "23:45", end = "00:15" }]
[[stop_reasons]]
name = "Jam"
loss = "Equipment Failure"
[[stop_reasons]]
name = "Changeover"
loss = "Setup and Adjustments"
states = [5, "RUN"]
[quality]
quarantine = "WH/Held"
batch_test = "Batch"
two_people_from = 2
[alarms]
shelve_most_min = 60
shelve_most_times = 2
flood_from = 8
flood_until = 4
flood_min = 5
group_s = 7
"""


def plant(text: str = GOOD) -> Plant:
    return parse_plant(text, "plant.toml")


def machine(name: str = "filler1", text: str = GOOD) -> Machine:
    found = plant(text).machine(name)
    assert found is not None
    return found


def changed(old: str, new: str) -> str:
    """The good file with one place changed."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PlantFileError) as caught:
        plant(text)
    return caught.value.problems


def line_of(part: str, text: str = GOOD) -> int:
    """The line on which this part of the text stands."""
    assert text.count(part) == 1, part
    return text[: text.index(part)].count("\n") + 1


def is_told(old: str, new: str, where: str, line: str, message: str) -> None:
    """After the change this is the only problem, with the line on which ``line`` then stands."""
    text = changed(old, new)
    problems = problems_of(text)
    assert [p.where for p in problems] == [where], problems
    assert message in problems[0].message, problems[0]
    assert problems[0].line == line_of(line, text), problems[0]
