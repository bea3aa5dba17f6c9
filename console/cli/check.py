"""``plant-console check``: tries all that the plant file names, and says in plain words what is missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from console import secrets
from console.bootstrap import read_plant
from console.domain.equipment import Connection, Plant
from console.domain.tags import LinkState, LinkStatus, Quality, Sample
from console.errors import ConsoleError
from console.odoo import preflight
from console.settings import Settings
from console.sources.build import build_source
from console.store.engine import open_ledger, open_telemetry

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was tried."""

    name: str
    outcome: str
    message: str
    remedy: str = ""


class _Listener:
    """Collects what a source delivers while it is tried."""

    def __init__(self) -> None:
        self.values: dict[str, Sample] = {}
        self.status: LinkStatus | None = None

    def samples(self, batch: Sequence[Sample]) -> None:
        for sample in batch:
            self.values[sample.tag] = sample

    def link(self, status: LinkStatus) -> None:
        self.status = status


async def check(settings: Settings, seconds: float, as_json: bool) -> int:
    """Exit status 0 where nothing fails."""
    plant = read_plant(settings)
    lines = [Line("plant file", OK, f"{settings.plant_file}: {len(plant.machines)} machines")]
    lines += _stores(settings)
    tried = [_machine_side(plant, c, seconds) for c in plant.connections]
    for found in await asyncio.gather(*tried):
        lines += found
    lines += await _odoo_side(plant)
    if as_json:
        print(json.dumps([asdict(line) for line in lines], indent=2, ensure_ascii=False))
    else:
        for line in lines:
            print(f"{line.outcome:5} {line.name}: {line.message}")
            if line.remedy and line.outcome != OK:
                print(f"      -> {line.remedy}")
    failing = sum(line.outcome == FAIL for line in lines)
    if not as_json:
        print("Everything that was tried works." if not failing else f"{failing} of {len(lines)} fail.")
    return 1 if failing else 0


def _stores(settings: Settings) -> list[Line]:
    lines = []
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = f"{settings.data_dir} cannot be made: {error.strerror}"
        return [Line("data folder", FAIL, why, "Choose another with PLANT_CONSOLE_DATA.")]
    for name, opening, place in (
        ("ledger", open_ledger, settings.ledger),
        ("telemetry", open_telemetry, settings.telemetry),
    ):
        try:
            opening(place).dispose()
            lines.append(Line(name, OK, "can be opened and written"))
        except ConsoleError as error:
            lines.append(Line(name, FAIL, error.what, error.remedy))
    return lines


async def _machine_side(plant: Plant, connection: Connection, seconds: float) -> list[Line]:
    """Connects, waits for a value of every tag, and tells which did not come."""
    name, tags = f"connection {connection.name}", plant.tags_of(connection.name)
    listener = _Listener()
    try:
        source = build_source(connection, tags, secrets.resolve)
        running = asyncio.create_task(source.run(listener))
        waiting = {t.name for t in tags}
        deadline = asyncio.get_running_loop().time() + seconds
        while waiting - set(listener.values) and not running.done():
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.1)
        if running.done():
            running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    except ConsoleError as error:
        return [Line(name, FAIL, error.what, error.remedy)]
    status = listener.status
    if status is None or (status.state is not LinkState.UP and not listener.values):
        reason = status.reason if status and status.reason else f"nothing was heard in {seconds:g} s"
        return [Line(name, FAIL, reason, status.remedy if status else "Check address and cable.")]
    return [*_tags(name, [t.name for t in tags], listener)]


def _tags(name: str, tags: Sequence[str], listener: _Listener) -> list[Line]:
    good = [t for t in tags if t in listener.values and listener.values[t].quality is not Quality.BAD]
    bad = [t for t in tags if t not in good]
    lines = [Line(name, OK, f"connected; {len(good)} of {len(tags)} tags have a value")]
    lines += [
        Line(f"tag {t}", FAIL, "is not found or has no good value", "Correct its address in the plant file.")
        for t in bad
    ]
    return lines


async def _odoo_side(plant: Plant) -> list[Line]:
    if plant.odoo is None:
        return [Line("Odoo", WARN, "is not configured: counts can be seen but not booked", "Add [odoo].")]
    try:
        key = secrets.resolve(plant.odoo.api_key)
    except ConsoleError as error:
        return [Line("Odoo key", FAIL, error.what, error.remedy)]
    codes = list(dict.fromkeys(m.work_center for m in plant.machines))
    equipment = [m.equipment for m in plant.machines if m.equipment]
    results = await preflight.check(plant.odoo, key, codes, equipment)
    return [Line(f"Odoo {r.name}", r.status.value, r.message, r.remedy) for r in results]
