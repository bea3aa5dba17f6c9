"""The OPC UA face of the simulated plant (asyncua's server)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from asyncua import ua
from asyncua.common.node import Node
from asyncua.server.binary_server_asyncio import BinaryServer
from asyncua.server.server import Server

from console.simulator.catalog import HALL, HALL_POINTS, NAMESPACE_URI, Point
from console.simulator.model import Machine, Plant

_TYPES = {
    "int32": ua.VariantType.Int32,
    "uint32": ua.VariantType.UInt32,
    "uint16": ua.VariantType.UInt16,
    "string": ua.VariantType.String,
    "double": ua.VariantType.Double,
    "bool": ua.VariantType.Boolean,
}
_Value = bool | int | float | str


def signal_value(machine: Machine, signal: str) -> _Value:
    """What the machine shows for a signal, in engineering units."""
    if signal.startswith("alarm_"):
        return machine.alarm(signal)
    values: dict[str, _Value] = {
        "state": machine.state,
        "good": machine.shown("good"),
        "scrap": machine.shown("scrap"),
        "order": machine.order,
        "lot": machine.lot,
        "temperature": round(machine.shown_temperature_degc, 1),
        "speed": machine.speed_per_h,
        "vibration": machine.vibration_mm_s,
        "program": machine.program,
        "material": machine.shown("material"),
    }
    return values[signal]


class OpcuaFace:
    """Serves the OPC UA machines; values change only here, clients can only read."""

    def __init__(self, plant: Plant, port: int) -> None:
        self._hall = plant.hall
        self._machines = [m for m in plant.machines.values() if m.spec.protocol == "opcua"]
        self._port = port
        self._server: Server | None = None
        self._nodes: list[tuple[Callable[[], _Value], Node, ua.VariantType]] = []
        self._last: dict[Any, object] = {}

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"opc.tcp://127.0.0.1:{self._port}/plant/"

    async def start(self) -> None:
        """Build the address space and listen."""
        # the library warns of the missing certificate at each start; the simulator is for loopback only
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        server = Server()
        await server.init()
        server.set_endpoint(self.url)
        server.set_server_name("plant-console simulator")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        index = await server.register_namespace(NAMESPACE_URI)
        plant = await server.nodes.objects.add_folder(ua.NodeId.from_string(f"ns={index};s=Plant"), "Plant")
        folders: dict[str, list[tuple[Point, Callable[[], _Value]]]] = {
            machine.spec.name: [
                (point, partial(signal_value, machine, point.signal))
                for point in machine.spec.served_points()
            ]
            for machine in self._machines
        }
        folders[HALL] = [(point, partial(self._hall.value, point.signal)) for point in HALL_POINTS]
        for name, points in folders.items():
            folder = await plant.add_folder(ua.NodeId.from_string(f"ns={index};s={name}"), name)
            for point, value in points:
                _, _, node_name = point.address.partition(";s=")
                kind = _TYPES[point.data_type]
                node = await folder.add_variable(
                    ua.NodeId.from_string(f"ns={index};s={node_name}"),
                    f"{index}:{node_name.split('.')[1]}",
                    ua.Variant(value(), kind),
                )
                self._nodes.append((value, node, kind))
        self._server = server
        await self.refresh()
        await server.start()

    async def refresh(self) -> None:
        """Put the machines' values into the nodes, where they changed."""
        if self._server is None:
            return
        at = datetime.now(UTC)
        for shown, node, kind in self._nodes:
            value = shown()
            if self._last.get(node.nodeid) == value:
                continue
            self._last[node.nodeid] = value
            data = ua.DataValue(ua.Variant(value, kind), SourceTimestamp=at, ServerTimestamp=at)  # type: ignore[arg-type]
            await self._server.write_attribute_value(node.nodeid, data)

    async def close_sockets(self) -> None:
        """Let nobody in and throw out who is in; the values live on."""
        if self._server is not None and self._server.bserver is not None:
            await self._server.bserver.stop()

    async def open_sockets(self) -> None:
        """Listen again, on the same port."""
        server = self._server
        if server is None or server.bserver is None:
            return
        old = server.bserver
        server.bserver = BinaryServer(server.iserver, old.hostname, old.port, server.limits)
        server.bserver.set_policies(server._policies)
        await server.bserver.start()

    async def stop(self) -> None:
        """Close for good."""
        if self._server is not None:
            await self._server.stop()
            self._server = None
