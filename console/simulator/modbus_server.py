"""The Modbus TCP face of the simulated plant (pymodbus' server).

Holding registers from each machine's base, see ``catalog``; words of 32-bit values high first; alarms as
coils. Input registers and discrete inputs show the same as holding registers and coils.
"""

from __future__ import annotations

import struct

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from console.simulator import catalog
from console.simulator.catalog import COILS, MODBUS_UNIT, REGISTERS, TEXT_REGISTERS
from console.simulator.model import Machine, Plant


def registers_of(machine: Machine) -> list[int]:
    """The machine's holding registers from its base."""
    text_bytes = 2 * TEXT_REGISTERS
    words = [0] * REGISTERS

    def put(offset: int, raw: bytes) -> None:
        words[offset : offset + len(raw) // 2] = struct.unpack(f">{len(raw) // 2}H", raw)

    put(catalog.STATE, struct.pack(">H", machine.state))
    put(catalog.GOOD_16, struct.pack(">H", machine.shown("good") % 65536))
    put(catalog.GOOD_32, struct.pack(">I", machine.shown("good")))
    put(catalog.SCRAP_32, struct.pack(">I", machine.shown("scrap")))
    put(catalog.TEMPERATURE, struct.pack(">h", round(machine.shown_temperature_degc * 10)))
    put(catalog.SPEED, struct.pack(">H", min(65535, round(machine.speed_per_h))))
    put(catalog.VIBRATION, struct.pack(">H", min(65535, round(machine.vibration_mm_s * 100))))
    put(catalog.MATERIAL_32, struct.pack(">I", machine.shown("material")))
    put(catalog.ORDER, machine.order.encode()[:text_bytes].ljust(text_bytes, b"\0"))
    put(catalog.LOT, machine.lot.encode()[:text_bytes].ljust(text_bytes, b"\0"))
    return words


class ModbusFace:
    """Serves the Modbus machines; writing is refused."""

    def __init__(self, plant: Plant, port: int) -> None:
        self._machines = [m for m in plant.machines.values() if m.spec.protocol == "modbus"]
        self._port = port
        self._server: ModbusTcpServer | None = None

    def _device(self) -> SimDevice:
        bases = [m.spec.base for m in self._machines]
        holding = [SimData(b, count=REGISTERS, values=0, datatype=DataType.REGISTERS) for b in bases]
        inputs = [SimData(b, count=REGISTERS, values=0, datatype=DataType.REGISTERS) for b in bases]
        last_coil = max(bases) + len(COILS)
        # the library cannot leave holes between coils
        coils = [SimData(0, values=[False] * (last_coil + 1), datatype=DataType.BITS)]
        discrete = [SimData(0, values=[False] * (last_coil + 1), datatype=DataType.BITS)]
        return SimDevice(id=MODBUS_UNIT, simdata=(coils, discrete, holding, inputs), action=self._answer)

    async def _answer(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Called by the library for each request, just before it reads `current`: fill in the present."""
        if written is not None:
            return ExcCodes.ILLEGAL_FUNCTION
        for machine in self._machines:
            base = machine.spec.base
            if function_code in (1, 2):
                for offset, signal in enumerate(COILS):
                    on = machine.alarm(signal)
                    word, bit = divmod(base + offset, 16)
                    current[word] = current[word] & ~(1 << bit) | (on << bit)
                continue
            first = base - start_address
            current[first : first + REGISTERS] = registers_of(machine)
            if address < base + catalog.SCRAP_32 + 2 and address + count > base + catalog.GOOD_16:
                machine.take_glitch("good")  # it was seen by one read
                machine.take_glitch("scrap")
        return None

    async def start(self) -> None:
        """Listen."""
        self._server = ModbusTcpServer(self._device(), address=("127.0.0.1", self._port))
        await self._server.serve_forever(background=True)

    async def stop(self) -> None:
        """Let nobody in and throw out who is in; the machines go on."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]
            self._server = None
