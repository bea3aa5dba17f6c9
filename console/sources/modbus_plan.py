"""Which Modbus registers to read together, and what their contents mean. Pure functions.

Sources: MODBUS Application Protocol Specification V1.1b3 (tables, 125 registers or 2,000 bits a read);
the order of the words of 32- and 64-bit values is each maker's choice, so it is configured.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.domain.tags import DataType, Scalar, Tag
from console.errors import ConfigurationError

MOST_REGISTERS = 125
MOST_BITS = 2000
_BITS_PER_REGISTER = 16

_LAYOUTS = {
    DataType.INT16: ">h",
    DataType.UINT16: ">H",
    DataType.INT32: ">i",
    DataType.UINT32: ">I",
    DataType.INT64: ">q",
    DataType.UINT64: ">Q",
    DataType.FLOAT32: ">f",
    DataType.FLOAT64: ">d",
}


class Table(StrEnum):
    """The four tables of a Modbus device; the values are the words used in addresses."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def is_bits(self) -> bool:
        """True where one address is one bit."""
        return self in (Table.COIL, Table.DISCRETE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the value of one tag stands: `count` addresses of `table` from `start`."""

    tag: Tag
    table: Table
    start: int
    count: int
    data_type: DataType

    @property
    def end(self) -> int:
        """First address after the value."""
        return self.start + self.count


@dataclass(frozen=True, slots=True)
class Block:
    """One read: `count` addresses of `table` from `start`, and the places inside."""

    table: Table
    start: int
    count: int
    places: tuple[Place, ...]


def place_of(tag: Tag) -> Place:
    """Where the tag's address and data type point to.

    Errors: ConfigurationError for an address that no device can have.
    """
    table_word, _, rest = tag.address.partition(":")
    start_word, _, length_word = rest.partition(":")
    try:
        table = Table(table_word.strip().lower())
        start = int(start_word)
        length = int(length_word) if length_word else None
    except ValueError:
        raise _bad_address(tag, "it is not of the form holding:100, coil:3 or holding:40:8") from None
    data_type = tag.data_type or (DataType.BOOL if table.is_bits else DataType.UINT16)
    if table.is_bits and data_type is not DataType.BOOL:
        raise _bad_address(tag, f"a {table} holds one bit, not {data_type}")
    if data_type is DataType.STRING and length is None:
        raise _bad_address(tag, "a string needs its length in registers, for example holding:40:8")
    if data_type is not DataType.STRING and length not in (None, data_type.registers):
        raise _bad_address(tag, f"{data_type} takes {data_type.registers} registers, not {length}")
    count = data_type.registers if length is None else length
    if start < 0 or start + count > 65536 or not 1 <= count <= MOST_REGISTERS:
        raise _bad_address(tag, "addresses run from 0 to 65535, and a value has at most 125 registers")
    return Place(tag, table, start, count, data_type)


def _bad_address(tag: Tag, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The Modbus address {tag.address!r} of tag {tag.name} cannot be used: {why}.",
        "Correct the tag in the plant file.",
    )


def plan_blocks(tags: Iterable[Tag], max_block: int, max_gap: int) -> tuple[Block, ...]:
    """The reads that fetch every tag, in order of table and address.

    Reading 125 registers costs 1.2 times reading one, so up to `max_gap` unused registers are read along.
    A value is never split over two blocks: its halves would be of two moments. For bits the limits count
    in 16s. A value longer than `max_block` gets a block of its own.

    Errors: ConfigurationError as `place_of`.
    """
    places = sorted((place_of(tag) for tag in tags), key=lambda p: (p.table, p.start, p.end))
    blocks: list[Block] = []
    group: list[Place] = []
    end = 0
    for place in places:
        longest, gap = _limits(place.table, max_block, max_gap)
        fits = (
            bool(group)
            and place.table is group[0].table
            and place.start - end <= gap
            and max(end, place.end) - group[0].start <= longest
        )
        if group and not fits:
            blocks.append(block_of(group))
            group = []
        end = max(end, place.end) if group else place.end
        group.append(place)
    if group:
        blocks.append(block_of(group))
    return tuple(blocks)


def _limits(table: Table, max_block: int, max_gap: int) -> tuple[int, int]:
    if table.is_bits:
        return min(max_block * _BITS_PER_REGISTER, MOST_BITS), max_gap * _BITS_PER_REGISTER
    return min(max_block, MOST_REGISTERS), max_gap


def block_of(places: Sequence[Place]) -> Block:
    """The smallest block around these places of one table."""
    start = min(p.start for p in places)
    return Block(places[0].table, start, max(p.end for p in places) - start, tuple(places))


def split_block(block: Block) -> tuple[Block, ...]:
    """Two halves of a block that the device would not give, to find the tag at fault; () for a single tag."""
    if len(block.places) < 2:
        return ()
    middle = len(block.places) // 2
    return block_of(block.places[:middle]), block_of(block.places[middle:])


def decode(place: Place, registers: Sequence[int], word_order: str) -> Scalar | None:
    """The engineering value in these registers (or bits); None where they hold no value.

    No value is: a float that is not a number or infinite, text that is not UTF-8.
    """
    if place.data_type is DataType.BOOL:
        return any(bool(r) for r in registers)
    if place.data_type is DataType.STRING:
        return _decode_text(registers)
    words = registers if word_order == "big" else list(reversed(registers))
    raw = struct.unpack(_LAYOUTS[place.data_type], struct.pack(f">{len(words)}H", *words))[0]
    return to_engineering(place.tag, raw)


def to_engineering(tag: Tag, raw: Scalar) -> Scalar | None:
    """raw * scale + offset; integers stay integers where nothing is scaled. None for NaN and infinity."""
    if isinstance(raw, bool | str):
        return raw
    value = raw if tag.scale == 1 and tag.offset == 0 else raw * tag.scale + tag.offset
    return value if isinstance(value, int) or math.isfinite(value) else None


def _decode_text(registers: Sequence[int]) -> str | None:
    # high byte first, ended by NUL or padded with blanks: what PLC makers agree on
    raw = struct.pack(f">{len(registers)}H", *registers).split(b"\0", 1)[0]
    try:
        return raw.decode("utf-8").rstrip()
    except UnicodeDecodeError:
        return None


# counts that a machine may make between two polls; a device that answers zeros at its start differs by more
PLAUSIBLE_STEP = 1000


def agree(place: Place, before: Sequence[int], after: Sequence[int], word_order: str) -> bool:
    """Whether two reads of a place, one after the other, can both be true.

    Only integers are judged: their distance, also across a rollover, is small. Everything else agrees.
    """
    layout = _LAYOUTS.get(place.data_type)
    if layout is None or layout[-1] in "fd":
        return True
    modulus = 1 << (16 * place.count)
    distance = (_unsigned(after, word_order) - _unsigned(before, word_order)) % modulus
    return min(distance, modulus - distance) <= PLAUSIBLE_STEP


def _unsigned(registers: Sequence[int], word_order: str) -> int:
    value = 0
    for word in registers if word_order == "big" else reversed(registers):
        value = (value << 16) | word
    return value
