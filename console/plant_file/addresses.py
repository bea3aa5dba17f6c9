"""The form of tag addresses, without asking any device. OPC 10000-6 (5.3.1.10) for node ids."""

from __future__ import annotations

import re
from dataclasses import dataclass

from console.domain.tags import DataType

_NODE_ID = re.compile(
    r"(?:nsu=[^;]+;|ns=\d{1,5};)?"
    r"(?:i=\d{1,10}|s=.+|g=[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|b=[A-Za-z0-9+/]+={0,2})",
    re.DOTALL,
)
_MODBUS_PLACE = re.compile(r"(holding|input|coil|discrete):(\d{1,6})(?::(\d{1,4}))?")
_BITS = ("coil", "discrete")
_MOST_REGISTERS = 125
_HIGHEST = 65_535


@dataclass(frozen=True, slots=True)
class ModbusPlace:
    """``count`` addresses of a table from ``start``."""

    table: str
    start: int
    count: int
    data_type: DataType

    def overlaps(self, other: ModbusPlace) -> bool:
        """Whether one address belongs to both."""
        return (
            self.table == other.table
            and self.start < other.start + other.count
            and other.start < self.start + self.count
        )


def node_id_fault(address: str) -> str:
    """What is wrong with an OPC UA node id; empty when it has the right form."""
    if _NODE_ID.fullmatch(address):
        return ""
    if _MODBUS_PLACE.fullmatch(address):
        return f"{address!r} is a Modbus place, but the connection is of type opcua"
    forms = '"nsu=<namespace URI>;s=<name>", "ns=2;s=<name>" or "i=<number>"'
    return f"{address!r} is no OPC UA node id; write {forms}"


def modbus_place(address: str, data_type: DataType | None) -> ModbusPlace | str:
    """Where the value stands, or what is wrong with its address or data type."""
    found = _MODBUS_PLACE.fullmatch(address)
    if not found:
        if _NODE_ID.fullmatch(address):
            return f"{address!r} is an OPC UA node id, but the connection is of type modbus"
        return f'{address!r} is no Modbus place; write "holding:100", "input:7", "coil:3" or "holding:40:8"'
    table, start, length = found[1], int(found[2]), int(found[3]) if found[3] else None
    if table in _BITS:
        if data_type not in (None, DataType.BOOL) or length not in (None, 1):
            return f"a {table} holds one bit; leave data_type and the length out"
        data_type = DataType.BOOL
    if data_type is None:
        return f'a {table} register needs a data_type, for example data_type = "uint16"'
    if data_type is DataType.STRING and not length:
        return "a string needs its length in registers (two letters each), for example holding:40:8"
    if data_type is not DataType.STRING and length not in (None, data_type.registers):
        return f"{data_type} takes {data_type.registers} registers, not {length}; leave the length out"
    place = ModbusPlace(table, start, length or data_type.registers, data_type)
    if place.count > _MOST_REGISTERS:
        return f"a value has at most {_MOST_REGISTERS} registers, not {place.count}"
    if start + place.count - 1 > _HIGHEST:
        return f"Modbus addresses run from 0 to {_HIGHEST} (without the table's leading digit)"
    return place
