"""Says in plain words what a plant file means, for ``plant-console config check``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from console.domain.equipment import (
    AlarmPlan,
    Counter,
    LimitSpec,
    Machine,
    OpcuaConnection,
    Plant,
    ShiftPattern,
    UpkeepSpec,
)
from console.plant_file.states import clash


def explain_plant(plant: Plant) -> str:
    """A summary for people: what is read from where, and what becomes of it. Shows no secret."""
    return "\n".join(_lines(plant))


def _lines(plant: Plant) -> Iterator[str]:
    yield f"{plant.name} ({plant.timezone}), version {plant.version[:12]}"
    if plant.odoo is None:
        yield "Odoo: none; counts are confirmed and kept, and booked nowhere."
    else:
        odoo = plant.odoo
        yield f"Odoo: {odoo.url}, database {odoo.database}, external ids {odoo.site_prefix}.*"
    yield f"Connections: {len(plant.connections)}"
    for connection in plant.connections:
        tags = _counted(len(plant.tags_of(connection.name)), "tag")
        if isinstance(connection, OpcuaConnection):
            yield f"  {connection.name}: OPC UA {connection.url}, security {connection.security}, {tags}"
        else:
            place = f"{connection.host}:{connection.port}, device {connection.device_id}"
            yield f"  {connection.name}: Modbus TCP {place}, {tags}"
    yield f"Machines: {len(plant.machines)}"
    for machine in plant.machines:
        yield from _machine(machine)
    yield f"Shifts: {', '.join(_shift(shift) for shift in plant.shifts) or 'none'}"
    yield f"Stop reasons: {len(plant.stop_reasons) or 'none of your own; those of Odoo are offered'}"
    for reason in plant.stop_reasons:
        said = f", suggested by {', '.join(reason.states)}" if reason.states else ""
        yield f"  {reason.name}: {reason.loss} in Odoo{said}"
    yield f"Quality: held in {plant.quality.quarantine}; {_people(plant)}; {_batch(plant)}"
    yield from _alarm_plan(plant.alarm_plan)
    yield (
        f"Samples are kept {plant.telemetry_keep.total_seconds() / 86_400:g} days, in at most "
        f"{plant.telemetry_max_mb} MB."
    )
    yield (
        f"Clocks: warned from {plant.clock_skew_warn_s:g} s apart, not trusted from "
        f"{plant.clock_skew_fail_s:g} s."
    )


def _machine(machine: Machine) -> Iterator[str]:
    area = f", {machine.area}" if machine.area else ""
    yield f"  {machine.name}: {machine.title}{area}, work center {machine.work_center}"
    for counter in machine.counters:
        yield f"    {_counter(counter, machine)}"
    if not machine.counters:
        yield "    counts nothing"
    if machine.state_tag:
        bits = f", {_counted(len(machine.state_bits), 'bit pattern')}" if machine.state_bits else ""
        mapped = _counted(len(machine.state_map), "raw value")
        yield f"    state from {machine.state_tag}, {mapped} mapped{bits}"
    yield from _overlaps(machine)
    order = machine.order_tag or "a person"
    lot = f", lot from {machine.lot_tag}" if machine.lot_tag else ""
    yield f"    order from {order}{lot}"
    values = _counted(len(machine.process_tags), "process value")
    yield f"    {values}, {_counted(len(machine.alarms), 'alarm')}"
    if machine.program_tag:
        programs = ", ".join(f"{program} for {product}" for product, program in machine.programs)
        yield f"    program from {machine.program_tag}{': ' if programs else ''}{programs}"
    for limit in machine.limits:
        yield f"    limit {_limit(limit)}"
    for upkeep in machine.upkeep:
        yield f"    upkeep {_upkeep(upkeep)}"
    for condition in machine.conditions:
        yield f"    condition of {condition.tag}, learned in {_length(condition.learn_s)} of running"
    if machine.equipment:
        yield f"    requests for {machine.equipment}"
    yield f"    stops below {_length(machine.micro_stop_s)} are micro-stops"
    length = _length(machine.confirmation_interval_s)
    yield f"    one row to confirm every {length}; ideal rate {machine.ideal_rate_per_h:g} {machine.unit}/h"


def _overlaps(machine: Machine) -> Iterator[str]:
    """Patterns that a word can fit both of: their order decides, and one should know."""
    for (first, one), (second, other) in combinations(enumerate(machine.state_bits, 1), 2):
        if clash(one, other) and one.state is not other.state:
            yield f"      where bits {first} and {second} both fit, it is {one.state}, not {other.state}"


def _counter(counter: Counter, machine: Machine) -> str:
    of, unit = "", f" {machine.unit}"
    if counter.component:
        of, unit = f" of {counter.component}", ""
    each = "" if counter.units_per_count == 1 else f", {counter.units_per_count:g}{unit} a count"
    return (
        f"{counter.kind}{of} from {counter.tag}{each}, starts again at {counter.modulus}, at most "
        f"{counter.max_rate_per_s * 3600:g} counts/h"
    )


def _limit(limit: LimitSpec) -> str:
    levels = ", ".join(
        f"{word} {_outside(low, high)}"
        for word, low, high in (
            ("warning", limit.warning_low, limit.warning_high),
            ("action", limit.action_low, limit.action_high),
        )
        if low is not None or high is not None
    )
    rules = _counted(len(limit.run_rules), "run rule") if limit.run_rules else ""
    unit = f" {limit.unit}" if limit.unit and levels else ""
    only = ", ".join(f"only {word}" for word in (limit.product, limit.operation) if word)
    source = f"of {limit.tag}" if limit.tag else "measured by hand"
    return ", ".join(part for part in (f"{limit.name} {source}", f"{levels}{unit}", rules, only) if part)


def _outside(low: float | None, high: float | None) -> str:
    words = [f"below {low:g}"] if low is not None else []
    return " and ".join(words + ([f"above {high:g}"] if high is not None else []))


def _upkeep(upkeep: UpkeepSpec) -> str:
    due = [f"{upkeep.every_hours:g} running hours"] if upkeep.every_hours else []
    due += [f"{upkeep.every_cycles} cycles"] if upkeep.every_cycles else []
    return f"{upkeep.title} every {' or '.join(due)}"


def _shift(shift: ShiftPattern) -> str:
    breaks = ", ".join(f"{one.name} {one.start:%H:%M} to {one.end:%H:%M}" for one in shift.breaks)
    return f"{shift.name} from {shift.start:%H:%M}" + (f" ({breaks})" if breaks else "")


def _people(plant: Plant) -> str:
    most = plant.quality.two_people_from
    if most == 0:
        return "one person releases"
    return f"two people release what is of severity {'1' if most == 1 else f'1 to {most}'}"


def _batch(plant: Plant) -> str:
    test = plant.quality.batch_test
    return f'batches are booked under "{test}"' if test else "no summary of batches"


def _alarm_plan(plan: AlarmPlan) -> Iterator[str]:
    yield (
        f"Alarms: shelved {_length(plan.shelve_most_s)} at most, "
        f"{_counted(plan.shelve_most_times, 'time')} a day; "
        f"more than {plan.flood_from} in {_length(plan.flood_s)} are a flood, until fewer than "
        f"{plan.flood_until}; grouped within {_length(plan.group_s)}"
    )


def _length(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
