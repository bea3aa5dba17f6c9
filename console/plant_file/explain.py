"""Says in plain words what a plant file means, for ``plant-console config check``."""

from __future__ import annotations

from collections.abc import Iterator

from console.domain.equipment import Counter, Machine, OpcuaConnection, Plant


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
    shifts = ", ".join(f"{shift.name} from {shift.start:%H:%M}" for shift in plant.shifts)
    yield f"Shifts: {shifts or 'none'}"
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
        yield f"    state from {machine.state_tag}, {_counted(len(machine.state_map), 'raw value')} mapped"
    order = machine.order_tag or "a person"
    lot = f", lot from {machine.lot_tag}" if machine.lot_tag else ""
    yield f"    order from {order}{lot}"
    values = _counted(len(machine.process_tags), "process value")
    yield f"    {values}, {_counted(len(machine.alarms), 'alarm')}"
    rows = machine.confirmation_interval_s
    length = f"{rows / 60:g} min" if rows >= 60 else f"{rows} s"
    yield f"    one row to confirm every {length}; ideal rate {machine.ideal_rate_per_h:g} {machine.unit}/h"


def _counter(counter: Counter, machine: Machine) -> str:
    each = "" if counter.units_per_count == 1 else f", {counter.units_per_count:g} {machine.unit} a count"
    return (
        f"{counter.kind} from {counter.tag}{each}, starts again at {counter.modulus}, at most "
        f"{counter.max_rate_per_s * 3600:g} counts/h"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
