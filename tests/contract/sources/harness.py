"""One face for every (source, server) pair of the contract suite."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from console.domain.equipment import ModbusConnection, OpcuaConnection
from console.domain.ports import TagSource
from console.domain.tags import DataType, LinkState, LinkStatus, Sample, Scalar, Tag
from console.simulator import catalog
from console.simulator.control import Control
from console.simulator.launch import SimulatorProcess, start_simulator
from console.sources import build_source
from tests.rigs.machines import PeerServer, free_port


class Recorder:
    """A sink that remembers everything and can be waited on."""

    def __init__(self) -> None:
        self.batches: list[list[Sample]] = []
        self.links: list[LinkStatus] = []
        self._changed = asyncio.Event()

    def samples(self, batch: Sequence[Sample]) -> None:
        assert self.state is LinkState.UP, "samples over a link that is not up"
        self.batches.append(list(batch))
        self._changed.set()

    def link(self, status: LinkStatus) -> None:
        self.links.append(status)
        self._changed.set()

    @property
    def all(self) -> list[Sample]:
        return [sample for batch in self.batches for sample in batch]

    def of(self, tag: str) -> list[Sample]:
        return [sample for sample in self.all if sample.tag == tag]

    def last(self) -> dict[str, Sample]:
        return {sample.tag: sample for sample in self.all}

    @property
    def state(self) -> LinkState | None:
        return self.links[-1].state if self.links else None

    async def until(self, condition: Callable[[], bool], timeout_s: float = 15.0, what: str = "") -> None:
        """Wait until the condition is true; it is looked at after every delivery, and now and then."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    self._changed.clear()
                    with suppress(TimeoutError):  # a condition may also look at the server
                        async with asyncio.timeout(0.1):
                            await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"not within {timeout_s:g} s: {what}; links {self.links[-3:]}") from None


@asynccontextmanager
async def running(source: TagSource) -> AsyncIterator[Recorder]:
    """The source at work; afterwards it must end when asked, and must not have ended before."""
    recorder = Recorder()
    others = asyncio.all_tasks()
    task = asyncio.create_task(source.run(recorder))
    try:
        yield recorder
        assert not task.done(), f"run() ended by itself: {task}"
    finally:
        task.cancel()
        async with asyncio.timeout(5):
            (result,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(result, asyncio.CancelledError), result
    if len(others) > 2:
        return  # other tests run in this loop: whose tasks these are is not known
    # whatever served the source in this loop may need a moment to notice that it is gone
    for _ in range(50):
        left = asyncio.all_tasks() - others
        if not left:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"tasks left behind: {left}")


def run(work: Coroutine[Any, Any, None], timeout_s: float = 60.0) -> None:
    """A whole asynchronous test, with a limit."""

    async def limited() -> None:
        async with asyncio.timeout(timeout_s):
            await work

    asyncio.run(limited())


class Rig(Protocol):
    """A server under test, and how to read it.

    Attributes:
        tags: what a source reads; `expected` the values of those that stand still; `counter` one that moves.
        unknown: a tag that the server does not have.
    """

    tags: list[Tag]
    expected: dict[str, Scalar]
    counter: str
    unknown: Tag

    def source(self, tags: Sequence[Tag] | None = None, port: int | None = None) -> TagSource: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...
    def freeze(self) -> None: ...
    def thaw(self) -> None: ...
    def hold(self) -> int: ...
    def go(self) -> None: ...


def opcua(url: str, **settings: Any) -> OpcuaConnection:
    defaults: dict[str, Any] = {
        "publishing_interval_ms": 100,
        "sampling_interval_ms": 25,
        "silence_s": 3.0,
        "timeout_s": 2.0,
    }
    return OpcuaConnection("line", url, **{**defaults, **settings})


def modbus(port: int, **settings: Any) -> ModbusConnection:
    return ModbusConnection("line", "127.0.0.1", port, **{"poll_interval_ms": 25, **settings})


def no_secrets(reference: str) -> str:
    raise AssertionError(f"nobody should ask for {reference}")


class SimulatorRig:
    """Our own simulator, one of its two faces."""

    def __init__(self, protocol: str, folder: Path) -> None:
        self._protocol = protocol
        self._folder = folder
        self._ports = {"opcua_port": free_port(), "modbus_port": free_port(), "control_port": free_port()}
        self._running: SimulatorProcess | None = None
        machine = next(m for m in catalog.MACHINES if m.protocol == protocol)
        types = {"int16": DataType.INT16, "uint16": DataType.UINT16, "uint32": DataType.UINT32}
        types |= {"string": DataType.STRING, "bool": DataType.BOOL}
        self.tags = [
            Tag(
                f"{machine.name}.{point.signal}",
                "line",
                point.address,
                types.get(point.data_type) if protocol == "modbus" else None,
                point.scale,
            )
            for point in machine.served_points()
        ]
        self._orders = {machine.name: {"order": "WH/MO/00007", "lot": "LOT-7"}}
        self.expected: dict[str, Scalar] = {
            f"{machine.name}.order": "WH/MO/00007",
            f"{machine.name}.lot": "LOT-7",
            f"{machine.name}.alarm_jam": False,
        }
        self.counter = f"{machine.name}.good"
        self.machine = machine.name
        self.modulus = machine.good_modulus
        address = f"nsu={catalog.NAMESPACE_URI};s=Nobody.Good" if protocol == "opcua" else "holding:111"
        self.unknown = Tag("Nobody.good", "line", "holding:999" if protocol == "modbus" else address)

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self._ports['opcua_port']}/plant/"

    @property
    def control(self) -> Control:
        assert self._running is not None
        return self._running.control

    def source(self, tags: Sequence[Tag] | None = None, port: int | None = None) -> TagSource:
        tags = self.tags if tags is None else tags
        if self._protocol == "opcua":
            url = f"opc.tcp://127.0.0.1:{port}/plant/" if port else self.url
            return build_source(opcua(url), tags, no_secrets)
        return build_source(modbus(port or self._ports["modbus_port"]), tags, no_secrets)

    def start(self) -> None:
        self._running = start_simulator(self._folder, speed=250, orders=self._orders, **self._ports)

    def kill(self) -> None:
        assert self._running is not None
        self._running.process.kill()
        self._running.process.wait()

    def freeze(self) -> None:
        assert self._running is not None
        self._running.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._running is not None
        self._running.process.send_signal(signal.SIGCONT)

    def hold(self) -> int:
        machines = self.control.command("stop_all")["machines"]
        return int(machines[self.machine]["raw"]["good"])

    def go(self) -> None:
        self.control.command("resume")


class OpcuaPeerRig:
    """node-opcua."""

    uri = "urn:plant-console:peer"

    def __init__(self, pki: Path, items: int = 0) -> None:
        self.server = PeerServer("opcua_server.mjs", str(items), "100", str(pki))
        self.tags = [
            self.tag(name) for name in ("State", "Good", "Order", "Temperature", "AlarmJam", "Since")
        ]
        self.expected: dict[str, Scalar] = {
            "Peer1.State": 6,
            "Peer1.Order": "WH/MO/00001",
            "Peer1.Temperature": 71.5,
            "Peer1.AlarmJam": True,
            "Peer1.Since": "2026-01-02T03:04:05+00:00",
        }
        self.counter = "Peer1.Good"
        self.unknown = self.tag("Nothing")

    def tag(self, name: str) -> Tag:
        return Tag(f"Peer1.{name}", "line", f"nsu={self.uri};s=Peer1.{name}")

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.server.port}/peer"

    def source(self, tags: Sequence[Tag] | None = None, port: int | None = None) -> TagSource:
        url = f"opc.tcp://127.0.0.1:{port}/peer" if port else self.url
        return build_source(opcua(url), self.tags if tags is None else tags, no_secrets)

    def start(self) -> None:
        self.server.start()

    def kill(self) -> None:
        self.server.kill()

    def freeze(self) -> None:
        self.server.freeze()

    def thaw(self) -> None:
        self.server.thaw()

    def hold(self) -> int:
        return int(self.server.command("hold")["good"])

    def go(self) -> None:
        self.server.command("go")


class ModbusPeerRig:
    """modbus-serial."""

    def __init__(self) -> None:
        self.server = PeerServer("modbus_server.cjs", "100")
        self.tags = [
            modbus_tag("state", "holding:0", DataType.UINT16),
            modbus_tag("good", "holding:34", DataType.UINT32),
            modbus_tag("good16", "input:1", DataType.UINT16),
            modbus_tag("big", "holding:3", DataType.UINT32),
            modbus_tag("temperature", "holding:5", DataType.INT16, 0.1),
            modbus_tag("float", "input:6", DataType.FLOAT32),
            modbus_tag("wide", "holding:8", DataType.INT64),
            modbus_tag("real", "holding:12", DataType.FLOAT64),
            modbus_tag("order", "holding:20:8", DataType.STRING),
            modbus_tag("coil", "coil:3", DataType.BOOL),
            modbus_tag("discrete", "discrete:4", DataType.BOOL),
        ]
        self.expected: dict[str, Scalar] = {
            "Peer1.state": 6,
            "Peer1.big": 4294967290,
            "Peer1.temperature": -12.5,
            "Peer1.float": 71.5,
            "Peer1.wide": -5000000000,
            "Peer1.real": 3.141592653589793,
            "Peer1.order": "WH/MO/00001",
            "Peer1.coil": True,
            "Peer1.discrete": False,
        }
        self.counter = "Peer1.good"
        self.unknown = modbus_tag("nothing", "holding:55", DataType.UINT16)

    def source(self, tags: Sequence[Tag] | None = None, port: int | None = None) -> TagSource:
        connection = modbus(port or self.server.port)
        return build_source(connection, self.tags if tags is None else tags, no_secrets)

    def start(self) -> None:
        self.server.start()

    def kill(self) -> None:
        self.server.kill()

    def freeze(self) -> None:
        self.server.freeze()

    def thaw(self) -> None:
        self.server.thaw()

    def hold(self) -> int:
        return int(self.server.command("hold")["good"])

    def go(self) -> None:
        self.server.command("go")


def modbus_tag(name: str, address: str, data_type: DataType, scale: float = 1.0) -> Tag:
    return Tag(f"Peer1.{name}", "line", address, data_type, scale)
