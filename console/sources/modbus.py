"""Reader of Modbus TCP devices, on pymodbus' asynchronous client.

Only the four read functions (codes 1-4) are used. What was learned of the library is in docs/sources.md:
a new client for every connection and no reconnecting by the library; one timed-out or senseless answer
ends the connection, so that a late answer can never be taken for the next one's; every answer's length and
function code are checked; the first round after a (re)connect is held back until a second agrees with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from console.domain.equipment import ModbusConnection
from console.domain.ports import SampleSink
from console.domain.tags import Quality, Sample, Scalar, Tag
from console.errors import ConfigurationError
from console.sources.link import (
    LinkLost,
    LinkReporter,
    backoff_delays,
    end_if_cancelled,
    network_fault,
    utc_now,
)
from console.sources.modbus_plan import Block, Place, Table, agree, decode, plan_blocks, split_block
from console.sources.quiet import quiet_libraries

# unchanged values are told again this often, so that silence means trouble
FULL_ROUND_S = 3.0
# after this many rounds a value that will not hold still is delivered all the same
MOST_SETTLING_ROUNDS = 5
MISSING_RETRY_S = 10.0

_FUNCTION_CODES = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}
_EXCEPTIONS = {
    1: "the device does not know this kind of read",
    2: "the device has no such address",
    3: "the device does not accept the length of the read",
    4: "the device reports a failure of its own",
    5: "the device is still working on an earlier request",
    6: "the device is busy",
    8: "the device reports a memory error",
    10: "the gateway has no path to the device",
    11: "the device behind the gateway does not answer",
}
# these answers mean that the place does not exist; the others may pass
_NO_SUCH_PLACE = frozenset({1, 2, 3})
_NO_DEVICE = frozenset({10, 11})


class _Refused(Exception):
    """The device answered a read with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(_EXCEPTIONS.get(code, f"exception code {code}"))
        self.code = code


@dataclass
class _Session:
    """What is known within one connection to the device.

    Attributes:
        blocks: the reads of every round.
        absent: single tags that the device does not know; tried again every MISSING_RETRY_S.
        raw: registers of the last round, until settled.
        held: samples of the first round (refusals only: no value is believed yet).
        settled: tags whose values are believed.
        told: last delivered value and quality of each tag.
        retry_at, full_at: monotonic seconds of the next retry of absent tags and of the next full round.
    """

    client: AsyncModbusTcpClient
    blocks: list[Block]
    absent: list[Block] = field(default_factory=list)
    raw: dict[str, Sequence[int]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    told: dict[str, tuple[Scalar | None, Quality]] = field(default_factory=dict)
    held: list[Sample] = field(default_factory=list)
    rounds: int = 0
    retry_at: float = 0.0
    full_at: float = 0.0
    refusal: str = ""


class ModbusSource:
    """Delivers the tags of one Modbus TCP device (implements ``domain.ports.TagSource``)."""

    def __init__(self, connection: ModbusConnection, tags: Sequence[Tag]) -> None:
        """Errors: ConfigurationError for an address that no device can have."""
        if connection.word_order not in ("big", "little"):
            raise ConfigurationError(
                f"The word order {connection.word_order!r} of connection {connection.name} is not known.",
                'Use "big" (high word first) or "little".',
            )
        self._connection = connection
        self._blocks = plan_blocks(tags, connection.max_block, connection.max_gap)
        self._link = LinkReporter(connection.name)
        self._answered = False

    @property
    def connection(self) -> str:
        """The name of the connection it serves."""
        return self._connection.name

    async def run(self, sink: SampleSink) -> None:
        """Connect, poll, deliver; connect again after each loss; until cancelled."""
        quiet_libraries()
        self._link.start(sink)
        delays = backoff_delays()
        while True:
            session = _Session(self._new_client(), list(self._blocks))
            try:
                await self._open(session.client)
                await self._poll(session, sink)
            except LinkLost as lost:
                self._link.down(lost)
            finally:
                session.client.close()
            end_if_cancelled()
            if session.settled:
                delays = backoff_delays()
            await asyncio.sleep(next(delays))

    def _new_client(self) -> AsyncModbusTcpClient:
        # reconnect_delay=0: the library must not reconnect behind our back; retries=0: a repeated request
        # would only make a slow device slower
        return AsyncModbusTcpClient(
            self._connection.host,
            port=self._connection.port,
            name=self._connection.name,
            timeout=self._connection.timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._overhear,
        )

    def _overhear(self, sending: bool, packet: bytes) -> bytes:
        """Called by the library with what goes over the wire; tells nonsense from silence."""
        self._answered = not sending
        return packet

    async def _open(self, client: AsyncModbusTcpClient) -> None:
        """Connect. The library swallows the cause of a failure; a bare connection then asks for it again."""
        host, port = self._connection.host, self._connection.port
        try:
            connected = await client.connect()
            end_if_cancelled()
            if connected:
                return
            async with asyncio.timeout(self._connection.timeout_s):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, UnicodeError) as error:  # UnicodeError: a host name that cannot be one
            raise network_fault(error, host, port) from error
        writer.close()
        raise network_fault(TimeoutError(), host, port)

    async def _poll(self, session: _Session, sink: SampleSink) -> None:
        """Rounds of reads at the configured pace, without drift and without bursts after a delay."""
        interval_s = self._connection.poll_interval_ms / 1000
        due = time.monotonic()
        while True:
            await self._round(session, sink)
            now = time.monotonic()
            due += interval_s
            if due < now:
                due += -(-(now - due) // interval_s) * interval_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _round(self, session: _Session, sink: SampleSink) -> None:
        now = time.monotonic()
        if session.absent and now >= session.retry_at:
            session.blocks += session.absent
            session.absent = []
            session.retry_at = now + MISSING_RETRY_S
        batch: list[Sample] = []
        session.refusal = ""
        for block in tuple(session.blocks):
            batch += await self._read_block(session, block)
        session.rounds += 1
        if session.rounds < 2:
            session.held = batch  # the first round only serves the second; what was refused is not forgotten
            return
        batch = session.held + batch
        session.held = []
        missing = [p.tag.name for b in session.absent for p in b.places]
        # first the link, then what flows over it
        self._link.up(
            missing, session.refusal, "Check the addresses, and the device." if session.refusal else ""
        )
        fresh = self._changed(session, batch)
        if fresh:
            sink.samples(fresh)

    def _changed(self, session: _Session, batch: list[Sample]) -> list[Sample]:
        """Samples that differ from what was told last; all of them once every FULL_ROUND_S."""
        now = time.monotonic()
        if now >= session.full_at:
            session.full_at = now + FULL_ROUND_S
            fresh = batch
        else:
            fresh = [s for s in batch if session.told.get(s.tag) != (s.value, s.quality)]
        session.told.update((s.tag, (s.value, s.quality)) for s in fresh)
        return fresh

    async def _read_block(self, session: _Session, block: Block) -> list[Sample]:
        """Samples of one block; one that the device refuses is halved until the tags at fault stand alone."""
        try:
            values = await self._ask(session.client, block)
        except _Refused as refused:
            return await self._refused_block(session, block, refused)
        at = utc_now()
        samples: list[Sample] = []
        for place in block.places:
            offset = place.start - block.start
            registers = values[offset : offset + place.count]
            if not self._settle(session, place, registers):
                continue
            value = decode(place, registers, self._connection.word_order)
            quality = Quality.BAD if value is None else Quality.GOOD
            samples.append(Sample(place.tag.name, value, quality, at, at))
        return samples

    async def _refused_block(self, session: _Session, block: Block, refused: _Refused) -> list[Sample]:
        if refused.code in _NO_DEVICE:
            raise LinkLost(
                f"{self._where()}: {refused}.",
                f"Check the device with unit id {self._connection.device_id} and its line to the gateway.",
            )
        samples: list[Sample] = []
        halves = split_block(block) if refused.code in _NO_SUCH_PLACE else ()
        if halves:
            session.blocks.remove(block)
            session.blocks += halves
            for half in halves:
                samples += await self._read_block(session, half)
            return samples
        at = utc_now()
        if refused.code in _NO_SUCH_PLACE:
            session.blocks.remove(block)
            if not session.absent:
                session.retry_at = time.monotonic() + MISSING_RETRY_S
            session.absent.append(block)
        else:
            session.refusal = f"{self._where()}: {refused}."
        return [Sample(p.tag.name, None, Quality.BAD, at, at) for p in block.places]

    def _settle(self, session: _Session, place: Place, registers: Sequence[int]) -> bool:
        """Whether the value is believed: since the connection, two reads in a row agreed.

        A device that has just started answers zeros for a moment, and a counter that seems to fall to zero
        and to come back would be counted wrongly. A value that never holds still (a noisy measurement) is
        believed after MOST_SETTLING_ROUNDS.
        """
        name = place.tag.name
        if name in session.settled:
            return True
        before = session.raw.get(name)
        session.raw[name] = registers
        if before is None:
            return False
        if (
            agree(place, before, registers, self._connection.word_order)
            or session.rounds >= MOST_SETTLING_ROUNDS
        ):
            session.settled.add(name)
            session.raw.pop(name)
            return True
        return False

    async def _ask(self, client: AsyncModbusTcpClient, block: Block) -> Sequence[int]:
        """One read: exactly `block.count` registers or bits.

        Errors: _Refused for the device's exception answer; LinkLost for everything else.
        """
        read = {
            Table.COIL: client.read_coils,
            Table.DISCRETE: client.read_discrete_inputs,
            Table.HOLDING: client.read_holding_registers,
            Table.INPUT: client.read_input_registers,
        }[block.table]
        self._answered = False
        try:
            # a wall-clock limit around the library's own, which it applies to the answer only
            async with asyncio.timeout(self._connection.timeout_s * 1.5):
                answer = await read(block.start, count=block.count, device_id=self._connection.device_id)
                end_if_cancelled()
        except (ModbusException, OSError, ValueError) as error:
            raise self._no_answer(client, error) from error
        return self._checked(block, answer)

    def _no_answer(self, client: AsyncModbusTcpClient, error: Exception) -> LinkLost:
        host, port = self._connection.host, self._connection.port
        if self._answered:
            return self._senseless("what comes back is no Modbus")
        if client.connected or isinstance(error, TimeoutError):
            return LinkLost(
                f"{self._where()} does not answer a read within {self._connection.timeout_s:g} s.",
                f"Check that unit id {self._connection.device_id} exists and is not overloaded.",
            )
        return network_fault(ConnectionResetError(), host, port)

    def _checked(self, block: Block, answer: ModbusPDU) -> Sequence[int]:
        if answer.isError():
            raise _Refused(int(getattr(answer, "exception_code", 0)))
        if answer.function_code != _FUNCTION_CODES[block.table]:
            raise self._senseless("an answer to another question")
        if block.table.is_bits:
            # bits come padded to whole bytes, by some devices to whole registers
            if not block.count <= len(answer.bits) < block.count + 16:
                raise self._senseless(f"{len(answer.bits)} bits instead of {block.count}")
            return answer.bits[: block.count]
        if len(answer.registers) != block.count:
            raise self._senseless(f"{len(answer.registers)} registers instead of {block.count}")
        return answer.registers

    def _senseless(self, what: str) -> LinkLost:
        return LinkLost(
            f"{self._where()} gives answers that make no sense: {what}.",
            "Check that the port speaks Modbus TCP and that no other program shares a serial line behind it.",
        )

    def _where(self) -> str:
        return f"{self._connection.host}:{self._connection.port}"
