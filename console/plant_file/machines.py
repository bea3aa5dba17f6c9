"""Reads the machines of a plant file: their signals become tags, counters and alarms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from console.domain.equipment import AlarmTag, Connection, Counter, Machine, OpcuaConnection
from console.domain.tags import DataType, Tag
from console.plant_file.addresses import ModbusPlace, modbus_place, node_id_fault
from console.plant_file.lines import KeyPath
from console.plant_file.models import (
    AlarmTable,
    CounterTable,
    MachineTable,
    ProgramTable,
    SignalTable,
    StateTable,
    ValueTable,
)
from console.plant_file.problems import NAME, NAME_RULE, Problems, dotted, kind_of, suggest
from console.plant_file.states import StateReader
from console.plant_file.watching import WatchReader

_SECONDS_A_DAY = 86_400
_AnySignal = TypeVar("_AnySignal", bound=SignalTable)
# one more than the largest value
_RANGES = {
    DataType.INT16: 2**15,
    DataType.UINT16: 2**16,
    DataType.INT32: 2**31,
    DataType.UINT32: 2**32,
    DataType.INT64: 2**63,
    DataType.UINT64: 2**64,
    # whole numbers above these are not told apart
    DataType.FLOAT32: 2**24,
    DataType.FLOAT64: 2**53,
}
_FLOATS = (DataType.FLOAT32, DataType.FLOAT64)


class MachineReader:
    """Reads one machine after the other.

    Attributes:
        tags: the tags of the machines read so far.
    """

    def __init__(
        self, problems: Problems, connections: Mapping[str, Connection | None], reasons: Collection[str]
    ) -> None:
        """``connections``: every connection by name; None for one that is itself in fault. ``reasons``: the
        names of all stop reasons."""
        self.tags: list[Tag] = []
        self._problems = problems
        self._connections = connections
        self._states = StateReader(problems, reasons)
        self._paths: dict[str, KeyPath] = {}
        self._places: dict[str, list[tuple[ModbusPlace, KeyPath]]] = {}

    def read(self, name: str, raw: Any) -> Machine | None:
        """The machine; None where too little of it can be used. What is wrong is among the problems."""
        path: KeyPath = ("machines", name)
        if not NAME.fullmatch(name):
            self._problems.add(path, f"is no usable name for a machine: {NAME_RULE}")
        table = self._problems.table(MachineTable, raw, path)
        if table is None:
            return None
        if table.connection:
            self._known(table.connection, (*path, "connection"))
        if _SECONDS_A_DAY % table.confirmation_interval_s:
            self._problems.add(
                (*path, "confirmation_interval_s"),
                f"{table.confirmation_interval_s} s does not divide a day evenly; use 3600, 1800, 900, ...",
            )
        counters = self._counters(table, path)
        machine = Machine(
            name=name,
            title=table.title or name,
            area=table.area,
            work_center=table.work_center,
            counters=tuple(counters),
            unit=table.unit,
            ideal_rate_per_h=table.ideal_rate_per_h,
            confirmation_interval_s=table.confirmation_interval_s,
            tolerance_percent=table.tolerance_percent,
            stale_after_s=table.stale_after_s,
            micro_stop_s=table.micro_stop_s,
            equipment=table.equipment,
            consumption_tolerance_percent=table.consumption_tolerance_percent,
            alarms=tuple(self._alarms(table, path)),
        )
        machine = self._with_program(self._with_state_and_order(machine, table, path), table, path)
        values = self._values(table, path)
        watch = WatchReader(self._problems, machine, values)
        return replace(
            machine,
            process_tags=tuple(tag.name for tag in values.values() if tag is not None),
            limits=watch.limits(table.limits, (*path, "limits")),
            upkeep=watch.upkeep(table.upkeep, (*path, "upkeep")),
            conditions=watch.conditions(table.conditions, (*path, "conditions")),
        )

    # --- kinds of signals ----------------------------------------------------------------------------

    def _with_state_and_order(self, machine: Machine, table: MachineTable, path: KeyPath) -> Machine:
        names = {}
        for key in ("order", "lot"):
            signal = self._signal(SignalTable, getattr(table, key), (*path, key))
            if signal is not None:
                names[key] = self._tag(table, signal, (*path, key)).name
        machine = replace(machine, order_tag=names.get("order", ""), lot_tag=names.get("lot", ""))
        state = self._signal(StateTable, table.state, (*path, "state"))
        if state is None:
            return machine
        tag = self._tag(table, state, (*path, "state"))
        states = self._states.read(state, tag.data_type, (*path, "state"))
        return replace(
            machine,
            state_tag=tag.name,
            state_map=states.map,
            state_bits=states.bits,
            state_reasons=states.reasons,
        )

    def _with_program(self, machine: Machine, table: MachineTable, path: KeyPath) -> Machine:
        program = self._signal(ProgramTable, table.program, (*path, "program"))
        if program is None:
            return machine
        tag = self._tag(table, program, (*path, "program"))
        return replace(machine, program_tag=tag.name, programs=tuple(program.programs.items()))

    def _counters(self, machine: MachineTable, path: KeyPath) -> list[Counter]:
        counters = []
        for name, raw in machine.counters.items():
            place: KeyPath = (*path, "counters", name)
            table = self._signal(CounterTable, raw, place)
            if table is None:
                continue
            kind = table.kind or name
            self._check_kind(kind, table, place)
            tag = self._tag(machine, table, place)
            modulus = self._modulus(table, tag, place)
            fastest = table.max_rate_per_h * table.units_per_count
            if kind == "good" and fastest < machine.ideal_rate_per_h:
                self._problems.add(
                    (*place, "max_rate_per_h"),
                    f"allows {fastest:g} {machine.unit} an hour, less than the machine's ideal_rate_per_h of "
                    f"{machine.ideal_rate_per_h:g}; every count at full speed would be doubted",
                )
            counters.append(
                Counter(
                    tag.name,
                    kind,
                    modulus,
                    table.max_rate_per_h / 3600,
                    table.units_per_count,
                    table.component,
                )
            )
        return counters

    def _check_kind(self, kind: str, table: CounterTable, path: KeyPath) -> None:
        if (*path, "kind") in self._problems:
            return
        if kind not in ("good", "scrap", "consumption"):
            self._problems.add(
                path, 'needs kind = "good", "scrap" or "consumption", unless it is itself so named'
            )
        elif kind == "consumption" and not table.component:
            self._problems.add(
                (*path, "component"), "is required: the code in Odoo of the product that it counts"
            )
        elif kind != "consumption" and table.component:
            self._problems.add(
                (*path, "component"),
                f'is for kind = "consumption" only; a {kind} counter counts the product',
            )

    def _modulus(self, table: CounterTable, tag: Tag, path: KeyPath) -> int:
        """The value at which the counter starts again; taken from a Modbus integer's type where not given."""
        data_type = tag.data_type
        if data_type in (DataType.BOOL, DataType.STRING):
            self._problems.add((*path, "data_type"), f"a counter must be a number, not {data_type}")
            return 2
        limit = _RANGES.get(data_type) if data_type else None
        if table.modulus is not None:
            if limit is not None and table.modulus > limit:
                self._problems.add(
                    (*path, "modulus"),
                    f"{table.modulus} is more than {data_type} can hold, which is {limit} at most",
                )
            return table.modulus
        if limit is None or data_type in _FLOATS:
            # in a Modbus table without a usable data_type that is the problem to mend first
            if data_type is not None or self._is_opcua(tag.connection):
                self._problems.add(
                    (*path, "modulus"),
                    "is required: the value at which the counter starts again at 0, for example 65536 "
                    "(16 bits), 4294967296 (32 bits) or 1000000 (six digits)",
                )
            return 2
        return limit

    def _values(self, machine: MachineTable, path: KeyPath) -> dict[str, Tag | None]:
        """The tag of each value by its short name; None for one in fault."""
        tags: dict[str, Tag | None] = {}
        for name, raw in machine.values.items():
            place: KeyPath = (*path, "values", name)
            tags[name] = None
            table = self._signal(ValueTable, raw, place)
            if table is None:
                continue
            if table.data_type in (DataType.STRING, DataType.BOOL) and (table.scale, table.offset) != (1, 0):
                self._problems.add(
                    (*place, "scale"), f"scale and offset mean nothing for a {table.data_type}"
                )
            if table.scale == 0:
                self._problems.add((*place, "scale"), "must not be 0")
            tags[name] = self._tag(
                machine, table, place, unit=table.unit, scale=table.scale, offset=table.offset
            )
        return tags

    def _alarms(self, machine: MachineTable, path: KeyPath) -> list[AlarmTag]:
        alarms = []
        for name, raw in machine.alarms.items():
            place: KeyPath = (*path, "alarms", name)
            table = self._signal(AlarmTable, raw, place)
            if table is None:
                continue
            tag = self._tag(machine, table, place)
            if tag.data_type not in (None, DataType.BOOL) and (*place, "address") not in self._problems:
                self._problems.add((*place, "data_type"), f"an alarm must be a bool, not {tag.data_type}")
            causes = self._causes(name, table, machine, place)
            alarms.append(
                AlarmTag(
                    tag.name,
                    table.text,
                    table.priority,
                    guidance=table.guidance,
                    caused_by=tuple(f"{path[1]}.{cause}" for cause in causes),
                    latching=table.latching,
                    chatter_s=table.chatter_s,
                )
            )
        self._check_circles(alarms, path)
        return alarms

    def _causes(self, name: str, table: AlarmTable, machine: MachineTable, path: KeyPath) -> list[str]:
        """The alarms that bring this one along, those in fault left out."""
        causes = []
        others = [other for other in machine.alarms if other != name]
        for number, cause in enumerate(table.caused_by):
            place: KeyPath = (*path, "caused_by", number)
            if cause == name:
                self._problems.add(place, "an alarm does not cause itself")
            elif cause in causes:
                self._problems.add(place, f'"{cause}" is in the list already')
            elif cause not in others:
                near = suggest(cause, others) or "; it has no other"
                self._problems.add(place, f'the machine has no alarm named "{cause}"{near}')
            else:
                causes.append(cause)
        return causes

    def _check_circles(self, alarms: list[AlarmTag], path: KeyPath) -> None:
        """An alarm that is its own cause by way of others would be shown below itself."""
        causes = {alarm.tag: alarm.caused_by for alarm in alarms}
        told: set[str] = set()
        for alarm in alarms:
            seen: set[str] = set()
            left = list(alarm.caused_by)
            while left:
                tag = left.pop()
                if tag not in seen:
                    seen.add(tag)
                    left += causes.get(tag, ())
            if alarm.tag in seen and not seen & told:
                told.add(alarm.tag)
                name = alarm.tag.partition(".")[2]
                self._problems.add(
                    (*path, "alarms", name, "caused_by"),
                    "goes round in a circle back to this alarm; take out what is not its cause",
                )

    # --- what all signals share ------------------------------------------------------------------------

    def _signal(self, model: type[_AnySignal], raw: Any, path: KeyPath) -> _AnySignal | None:
        """A signal's table; an address alone may stand for it."""
        if raw is None:
            return None
        if isinstance(raw, str):
            raw = {"address": raw}
        if not isinstance(raw, Mapping):
            self._problems.add(path, f"must be an address in quotes or a table, not {kind_of(raw)}")
            return None
        return self._problems.table(model, raw, path)

    def _tag(self, machine: MachineTable, signal: SignalTable, path: KeyPath, **options: Any) -> Tag:
        """The signal's tag, named ``<machine>.<signal>``."""
        short = str(path[-1])
        name = f"{path[1]}.{short}"
        if not NAME.fullmatch(short):
            self._problems.add(path, f"is no usable name for a signal: {NAME_RULE}")
        if name in self._paths:
            self._problems.add(
                path,
                f"would be a second tag named {name}; the first is {dotted(self._paths[name])}. Rename one",
            )
        self._paths.setdefault(name, path)
        connection = self._connection_of(machine, signal, path)
        data_type = self._checked_address(signal, connection, path)
        tag = Tag(name, connection, signal.address, data_type, **options)
        self.tags.append(tag)
        return tag

    def _connection_of(self, machine: MachineTable, signal: SignalTable, path: KeyPath) -> str:
        if signal.connection:
            self._known(signal.connection, (*path, "connection"))
        elif not machine.connection:
            # told once, for the machine; a connection of the wrong kind was told where it stands
            if (*path, "connection") not in self._problems:
                known = suggest("", self._connections) or "; none is declared"
                self._problems.add((*path[:2], "connection"), f"is required, here or in each signal{known}")
            return ""
        return signal.connection or machine.connection

    def _known(self, connection: str, path: KeyPath) -> None:
        if connection not in self._connections:
            near = suggest(connection, self._connections) or "; none is declared"
            self._problems.add(path, f'there is no connection named "{connection}"{near}')

    def _is_opcua(self, connection: str) -> bool:
        return isinstance(self._connections.get(connection), OpcuaConnection)

    def _checked_address(self, signal: SignalTable, connection: str, path: KeyPath) -> DataType | None:
        """Checks address and data type against the kind of connection; gives the Modbus data type."""
        if self._connections.get(connection) is None or (*path, "data_type") in self._problems:
            return signal.data_type
        if self._is_opcua(connection):
            fault = node_id_fault(signal.address)
            if fault:
                self._problems.add((*path, "address"), fault)
            if signal.data_type is not None:
                self._problems.add(
                    (*path, "data_type"),
                    "is for Modbus only; an OPC UA server says itself what its values are",
                )
            return None
        place = modbus_place(signal.address, signal.data_type)
        if isinstance(place, str):
            self._problems.add((*path, "address"), place)
            return signal.data_type
        self._check_overlap(place, connection, path)
        return place.data_type

    def _check_overlap(self, place: ModbusPlace, connection: str, path: KeyPath) -> None:
        """A string that shares registers with another tag is nearly always a wrong length."""
        others = self._places.setdefault(connection, [])
        for other, other_path in others:
            if (
                DataType.STRING in (place.data_type, other.data_type)
                and place.overlaps(other)
                and place != other
            ):
                self._problems.add(
                    (*path, "address"),
                    f"shares registers with {dotted(other_path)} ({other.table}:{other.start}, {other.count} "
                    "registers); correct the string's length or the address",
                )
        others.append((place, path))
