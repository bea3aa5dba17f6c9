"""The demo's plant: the orders in Odoo for the simulated machines, and the plant file that joins them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

from console.demo import plant_watch
from console.demo.odoo_seed import SeededPlant, SeedMachine, seed
from console.demo.odoo_seed_floor import SeededFloor, seed_floor
from console.demo.odoo_seed_stock import SeededQuality, SeedQuestion, seed_quality
from console.simulator.catalog import MACHINES, MachineSpec, Point

if TYPE_CHECKING:  # the sandbox itself runs on Linux only
    from console.demo.odoo_sandbox import OdooServer

# Two operations of one order on two machines, a lot-tracked product, an order without work orders, cases that
# count as dozens of units: what a real plant has, in small.
_WORK: dict[str, SeedMachine] = {
    "Filler1": SeedMachine("FILL1", "Filling 1", "SH250", "Shampoo 250 ml", 4000, order_key="shampoo"),
    "Capper1": SeedMachine("CAP1", "Capping 1", "SH250", "Shampoo 250 ml", 4000, order_key="shampoo"),
    "Filler2": SeedMachine(
        "FILL2", "Filling 2", "SH400", "Shampoo 400 ml", 3000, tracking="lot", lot_name="L-2611-07"
    ),
    "Labeller1": SeedMachine("LABEL1", "Labelling 1", "BL150", "Body lotion 150 ml", 3600),
    "Cartoner": SeedMachine("CART1", "Cartoning", "CASE12", "Case of 12 x 250 ml", 24000),
    "Palletiser": SeedMachine(
        "PAL1", "Palletising", "GIFT12", "Gift set, 12 pieces", 1200, unit="Dozens", with_operations=False
    ),
}


# of the lot that Filler 2 goes on filling: what is left of an earlier batch, and what was made of the rest
_LEFT, _USED, _SHIPPED = 240.0, 60.0, 24.0


@dataclass(frozen=True, slots=True)
class DemoOdooPlant:
    """What the demo's Odoo holds, by its ids."""

    seeded: SeededPlant
    quality: SeededQuality
    floor: SeededFloor


def seed_demo(server: OdooServer, database: str | None = None) -> DemoOdooPlant:
    """Fill the demo's Odoo: work, stock of the lot on Filler 2 and where it went, tests, equipment, reasons.

    Raises:
        EnvironmentFault: Odoo refused something.
    """
    seeded = seed(server, seed_machines(), database)
    filler = next(n for n, spec in enumerate(MACHINES) if _WORK[spec.name].lot_name)
    order = seeded.order_of(filler)
    assert order.lot_id is not None
    name = plant_watch.HUMIDITY
    quality = seed_quality(
        server,
        order.product_id,
        order.lot_id,
        _LEFT + _USED,
        consumed=_USED,
        shipped=_SHIPPED,
        summary_questions=(
            SeedQuestion(f"{name} mean", 38, 62),
            SeedQuestion(f"{name} max", 38, 62),
            SeedQuestion(f"{name} minutes outside", 0, 5),
        ),
        database=database,
    )
    floor = seed_floor(
        server,
        [(spec.title, f"SN-{spec.work_center}") for spec in MACHINES],
        database=database,
    )
    return DemoOdooPlant(seeded, quality, floor)


@dataclass(frozen=True, slots=True)
class OrderOf:
    """Which order a simulated machine runs."""

    machine: str
    order: str
    lot: str


def seed_machines() -> list[SeedMachine]:
    """What to order in Odoo, one entry a simulated machine."""
    return [_WORK[spec.name] for spec in MACHINES]


def orders_of(seeded: SeededPlant) -> list[OrderOf]:
    """The order (and lot) of each simulated machine, as Odoo names it."""
    return [
        OrderOf(spec.name, seeded.order_of(n).reference, _WORK[spec.name].lot_name)
        for n, spec in enumerate(MACHINES)
    ]


def simulator_orders(orders: list[OrderOf]) -> dict[str, Mapping[str, str]]:
    """What the simulator is told."""
    return {o.machine: {"order": o.order, "lot": o.lot} for o in orders}


@dataclass(frozen=True, slots=True)
class DemoOdoo:
    """The Odoo of the demo as the plant file names it."""

    url: str
    database: str
    api_key: str
    settle_s: float
    timeout_s: float


def plant_file(
    opcua_url: str,
    modbus_host: str,
    modbus_port: int,
    speed: float,
    interval_s: int,
    odoo: DemoOdoo | None,
    *,
    around: time | None = None,
) -> str:
    """The text of the demo's plant file. ``around``: local time of the demo, by default now; no break is
    near it."""
    parts = [_head(odoo), _connections(opcua_url, modbus_host, modbus_port)]
    parts += [_machine(spec, speed, interval_s) for spec in MACHINES]
    parts += [plant_watch.shifts(around), plant_watch.plans()]
    return "\n".join(parts)


def _head(odoo: DemoOdoo | None) -> str:
    text = f"""# Written by `plant-console demo`. docs/plant-file.md explains each key.
[plant]
name = "Packing hall 2"
timezone = "{plant_watch.TIMEZONE}"

[telemetry]
keep_days = 1
max_mb = 512
"""
    if odoo is None:
        return text
    return (
        text
        + f"""
[odoo]
url = {_quoted(odoo.url)}
database = {_quoted(odoo.database)}
api_key = {_quoted(odoo.api_key)}
site_prefix = "demo_hall2"
timeout_s = {odoo.timeout_s}
settle_s = {odoo.settle_s}
sync_interval_s = 5
"""
    )


def _connections(opcua_url: str, modbus_host: str, modbus_port: int) -> str:
    return f"""
[connections.line1]
type = "opcua"
url = {_quoted(opcua_url)}

[connections.line2]
type = "modbus"
host = {_quoted(modbus_host)}
port = {modbus_port}
poll_interval_ms = 250
"""


def _machine(spec: MachineSpec, speed: float, interval_s: int) -> str:
    name = spec.name.lower()
    connection = "line1" if spec.protocol == "opcua" else "line2"
    points = {p.signal: p for p in spec.served_points()}
    most_per_h = spec.max_rate_per_s(speed) * 3600
    lines = [
        f"[machines.{name}]",
        f"title = {_quoted(spec.title)}",
        f"area = {_quoted(_area(spec))}",
        f"work_center = {_quoted(spec.work_center)}",
        f'connection = "{connection}"',
        f"unit = {_quoted(spec.unit)}",
        f"ideal_rate_per_h = {spec.ideal_rate_per_h * speed * spec.units_per_count}",
        f"confirmation_interval_s = {interval_s}",
        "tolerance_percent = 2",
        *plant_watch.machine_keys(spec, speed),
    ]
    lines += _signal(f"machines.{name}.state", points["state"], spec, 'map = "packml"')
    for kind in ("good", "scrap"):
        modulus = spec.good_modulus if kind == "good" else spec.scrap_modulus
        lines += _signal(
            f"machines.{name}.counters.{kind}",
            points[kind],
            spec,
            f"modulus = {modulus}",
            f"max_rate_per_h = {most_per_h}",
            f"units_per_count = {spec.units_per_count}",
        )
    if "material" in points:
        component = f"RM-{_WORK[spec.name].product_code}"  # as the seed names it
        keys = plant_watch.counter_keys(spec, speed, component)
        lines += _signal(f"machines.{name}.counters.material", points["material"], spec, *keys)
    if "program" in points:
        programs = f"programs = {{ {_quoted(_WORK[spec.name].product_code)} = {_quoted(spec.program)} }}"
        lines += _signal(f"machines.{name}.program", points["program"], spec, programs)
    lines += _signal(f"machines.{name}.order", points["order"], spec)
    lines += _signal(f"machines.{name}.lot", points["lot"], spec)
    for signal in ("temperature", "speed", "vibration"):
        point = points[signal]
        lines += _signal(
            f"machines.{name}.values.{signal}",
            point,
            spec,
            f"unit = {_quoted(point.unit)}",
            # the simulated machine tells its rate by its own clock
            *_scale(point.scale * (speed if signal == "speed" else 1.0)),
        )
    for signal, text, priority in spec.alarms:
        lines += _signal(
            f"machines.{name}.alarms.{signal}",
            points[signal],
            spec,
            f"text = {_quoted(text)}",
            f"priority = {priority}",
            *plant_watch.alarm_keys(signal),
        )
    lines.append(plant_watch.humidity_value() if name == "filler2" else "")
    lines.append(plant_watch.watched(name, _WORK[spec.name].product_code))
    return "\n".join([*lines, ""])


def _signal(table: str, point: Point, spec: MachineSpec, *extra: str) -> list[str]:
    lines = ["", f"[{table}]", f"address = {_quoted(point.address)}"]
    if spec.protocol == "modbus":
        lines.append(f"data_type = {_quoted(point.data_type)}")
    return [*lines, *extra]


def _scale(scale: float) -> list[str]:
    return [f"scale = {scale}"] if scale != 1.0 else []


def _area(spec: MachineSpec) -> str:
    return "Filling" if spec.name in ("Filler1", "Filler2", "Capper1", "Labeller1") else "Packing"


def _quoted(text: str) -> str:
    # a JSON string is a TOML basic string
    return json.dumps(text, ensure_ascii=False)
