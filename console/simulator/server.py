"""The running simulator: the model's clock, both faces, the control channel and the truth file."""

from __future__ import annotations

import asyncio
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.simulator.catalog import HALL
from console.simulator.modbus_server import ModbusFace
from console.simulator.model import Plant
from console.simulator.opcua_server import OpcuaFace

STEP_S = 0.1
TRUTH_EVERY_S = 1.0
# an OPC UA sampler of 100 ms sees a value that stands this long
GLITCH_S = 0.25


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says. Ports are real ones (not 0)."""

    seed: int
    speed: float
    opcua_port: int
    modbus_port: int
    control_port: int
    truth: Path | None
    ready: Path | None
    orders: dict[str, dict[str, str]]


class Simulator:
    """Owns the plant and everything that serves it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.plant = Plant(settings.seed, settings.speed)
        for name, order in settings.orders.items():
            machine = self.plant.machine(name)
            machine.made.clear()
            machine.set_order(order.get("order", ""), order.get("lot", ""))
        self._opcua = OpcuaFace(self.plant, settings.opcua_port)
        self._modbus = ModbusFace(self.plant, settings.modbus_port)
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_gap = False

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._opcua.start()
        await self._modbus.start()
        control = await asyncio.start_server(self._serve_control, "127.0.0.1", self._settings.control_port)
        self._announce()
        try:
            await self._clock()
        finally:
            control.close()
            for task in tuple(self._tasks):
                task.cancel()
            await self._modbus.stop()
            await self._opcua.stop()

    def _announce(self) -> None:
        said = {
            "pid": os.getpid(),
            "opcua_url": self._opcua.url,
            "modbus_host": "127.0.0.1",
            "modbus_port": self._settings.modbus_port,
            "control_port": self._settings.control_port,
        }
        self._write_truth()
        if self._settings.ready is not None:
            write_atomically(self._settings.ready, said)
        print(json.dumps(said), flush=True)

    async def _clock(self) -> None:
        """Steps of real time; after a pause of the computer the plant catches up, in one longer step."""
        last = time.monotonic()
        truth_at = last
        while True:
            await asyncio.sleep(STEP_S)
            now = time.monotonic()
            self.plant.step(now - last, time.time())
            last = now
            await self._opcua.refresh()
            if now >= truth_at:
                truth_at = now + TRUTH_EVERY_S
                self._write_truth()

    def _write_truth(self) -> None:
        if self._settings.truth is not None:
            write_atomically(self._settings.truth, {"at": time.time(), **self._told({})})

    async def _serve_control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._obey(line)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass  # the asker went away
        finally:
            writer.close()

    async def _obey(self, line: bytes) -> dict[str, Any]:
        """Carry out one command. What is wrong with it goes back to the asker."""
        try:
            asked = json.loads(line)
            action = self._actions().get(asked["cmd"])
            if action is None:
                return {"ok": False, "error": f"unknown command {asked['cmd']!r}"}
            result = action(asked)
        except KeyError as error:
            return {"ok": False, "error": f"unknown or missing: {error}"}
        except (ValueError, TypeError) as error:
            return {"ok": False, "error": f"not understood: {error}"}
        self.plant.note(time.time())
        await self._opcua.refresh()
        return {"ok": True, **result}

    def _actions(self) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        return {
            "ping": lambda asked: {},
            "truth": self._told,
            "stop_all": self._stop_all,
            "resume": self._resume,
            "glitch": self._glitch,
            "jump": self._jump,
            "reset": self._reset,
            "gap": self._gap,
            "set_order": self._set_order,
            "set_program": self._set_program,
            "breakdown": self._breakdown,
            "excursion": self._excursion,
            "raise_alarm": self._raise_alarm,
            "scrap": self._scrap,
            "drift": self._drift,
        }

    def _told(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"machines": self.plant.truth(), "hall": self.plant.hall.truth()}

    def _stop_all(self, asked: dict[str, Any]) -> dict[str, Any]:
        for machine in self.plant.machines.values():
            machine.stop(self.plant.acting_s)
        return {"machines": self.plant.truth()}

    def _resume(self, asked: dict[str, Any]) -> dict[str, Any]:
        for machine in self.plant.machines.values():
            machine.resume(self.plant.acting_s)
        return {}

    def _glitch(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self.plant.machine(asked["machine"])
        counter = _counter(asked)
        value = machine.put_glitch(counter)
        if machine.spec.protocol == "opcua":  # at Modbus one read takes it away

            async def recover() -> None:
                await asyncio.sleep(GLITCH_S)
                machine.take_glitch(counter)
                await self._opcua.refresh()

            self._keep(recover())
        return {"value": value}

    def _jump(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self.plant.machine(asked["machine"])
        machine.jump(_counter(asked), int(asked["n"]))
        return {"raw": machine.truth()["raw"]}

    def _reset(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self.plant.machine(asked["machine"])
        machine.reset(_counter(asked))
        return {"raw": machine.truth()["raw"]}

    def _set_order(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.plant.machine(asked["machine"]).set_order(str(asked["order"]), str(asked.get("lot", "")))
        return {}

    def _set_program(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self.plant.machine(asked["machine"])
        if not machine.spec.program:
            raise ValueError(f"{machine.spec.name} shows no program")
        machine.program = str(asked["program"])
        return {}

    def _breakdown(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self.plant.machine(asked["machine"])
        machine.break_down(_number(asked, "seconds"), self.plant.acting_s)
        return {}

    def _excursion(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = str(asked["machine"])
        place = self.plant.hall if name.lower() == HALL.lower() else self.plant.machine(name)
        place.make_excursion(_number(asked, "by"), _number(asked, "seconds"))
        return {}

    def _raise_alarm(self, asked: dict[str, Any]) -> dict[str, Any]:
        machine = self.plant.machine(asked["machine"])
        return {"alarm": machine.raise_alarm(str(asked["alarm"]), _number(asked, "seconds"))}

    def _scrap(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.plant.machine(asked["machine"]).make_scrap(int(asked["n"]))
        return {}

    def _drift(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.plant.machine(asked["machine"]).drift_mm_s_per_h = _number(asked, "per_hour")
        return {}

    def _gap(self, asked: dict[str, Any]) -> dict[str, Any]:
        seconds = float(asked["seconds"])
        if self._in_gap:
            raise ValueError("there is a gap already")
        self._in_gap = True
        self._keep(self._close_for(seconds))
        return {"seconds": seconds}

    async def _close_for(self, seconds: float) -> None:
        await self._opcua.close_sockets()
        await self._modbus.stop()
        await asyncio.sleep(seconds)
        await self._opcua.open_sockets()
        await self._modbus.start()
        self._in_gap = False

    def _keep(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _counter(asked: dict[str, Any]) -> str:
    counter = asked.get("counter", "good")
    if counter not in ("good", "scrap"):
        raise ValueError(f"no counter {counter!r}")
    return str(counter)


def _number(asked: dict[str, Any], key: str) -> float:
    number = float(asked[key])
    if not math.isfinite(number):
        raise ValueError(f"{key} is not a number: {number}")
    return number


def write_atomically(path: Path, content: object) -> None:
    """Readers see the old file or the new one, never a part."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(path)
