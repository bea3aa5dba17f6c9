"""Reads what a machine's raw states mean: the map, the bits of status words, the stop reasons suggested."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.domain.equipment import StateBits, same_raw
from console.domain.packml import PACKML_NUMBERS, MachineState
from console.domain.tags import DataType, Scalar
from console.plant_file.lines import KeyPath
from console.plant_file.models import BitsTable, StateTable
from console.plant_file.problems import Problems, kind_of, suggest

_WORDS = [state.value for state in MachineState]
_NO_WORD = (DataType.BOOL, DataType.STRING, DataType.FLOAT32, DataType.FLOAT64)


@dataclass(frozen=True, slots=True)
class States:
    """What a state signal says; the fields are those of ``Machine``."""

    map: tuple[tuple[Scalar, MachineState], ...] = ()
    bits: tuple[StateBits, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()


class StateReader:
    """Reads one state signal after the other."""

    def __init__(self, problems: Problems, reasons: Collection[str]) -> None:
        """``reasons``: names of every stop reason, also of those in fault."""
        self._problems = problems
        self._reasons = reasons

    def read(self, table: StateTable, data_type: DataType | None, path: KeyPath) -> States:
        """The states of the signal at ``path``; what is wrong is among the problems."""
        if table.map is None and table.bits is None:
            self._problems.add(
                (*path, "map"),
                'is required: what the raw values mean, "packml" or a table such as { 0 = "stopped" }; or, '
                "for a status word, bits",
            )
            return States()
        state_map = self._map(table.map, (*path, "map")) if table.map is not None else ()
        bits = self._bits(table.bits, data_type, (*path, "bits")) if table.bits is not None else ()
        whole_map = (*path, "map") not in self._problems
        reasons = self._suggested(table.reasons, state_map if whole_map else None, (*path, "reasons"))
        return States(state_map, bits, reasons)

    # --- raw values ----------------------------------------------------------------------------------------

    def _map(self, raw: Any, path: KeyPath) -> tuple[tuple[Scalar, MachineState], ...]:
        if raw == "packml":
            return tuple(PACKML_NUMBERS.items())
        if not isinstance(raw, Mapping) or not raw:
            self._problems.add(path, 'must be "packml" or a table such as { 0 = "stopped", 1 = "execute" }')
            return ()
        return tuple((raw_value(key), self._state(value, (*path, key))) for key, value in raw.items())

    def _state(self, value: object, path: KeyPath) -> MachineState:
        """The state of this name; UNDEFINED where there is none, which is told."""
        if isinstance(value, str) and value in _WORDS:
            return MachineState(value)
        self._problems.add(path, f"{value!r} is no PackML state{suggest(value, _WORDS)}")
        return MachineState.UNDEFINED

    def _suggested(
        self, raw: Any, state_map: Sequence[tuple[Scalar, MachineState]] | None, path: KeyPath
    ) -> tuple[tuple[str, str], ...]:
        """``state_map`` None: it could not be read, and nothing is held against it."""
        if raw is None:
            return ()
        if not isinstance(raw, Mapping):
            example = '{ 9 = "Jam at infeed" }'
            self._problems.add(path, f"must be a table from raw value to stop reason, such as {example}")
            return ()
        suggested = []
        for key, name in raw.items():
            place: KeyPath = (*path, key)
            value = raw_value(key)
            if state_map is not None:
                known = next((state for one, state in state_map if same_raw(one, value)), None)
                if known is None:
                    near = suggest(key, [str(one) for one, _ in state_map])
                    self._problems.add(place, f"the state's map has no raw value {key}{near}")
                elif known is MachineState.EXECUTE:
                    self._problems.add(place, f"{key} is execute, which is no stop and needs no reason")
            if self._is_reason(name, place):
                suggested.append((str(value), name))
        return tuple(suggested)

    def _is_reason(self, name: Any, path: KeyPath) -> bool:
        if not isinstance(name, str):
            self._problems.add(path, f"must be the name of a stop reason, not {kind_of(name)}")
        elif name not in self._reasons:
            near = suggest(name, self._reasons) or "; [[stop_reasons]] names none"
            self._problems.add(path, f'there is no stop reason named "{name}"{near}')
        else:
            return True
        return False

    # --- status words --------------------------------------------------------------------------------------

    def _bits(self, raw: Any, data_type: DataType | None, path: KeyPath) -> tuple[StateBits, ...]:
        if not isinstance(raw, list) or not raw:
            example = '[{ mask = 0x01, state = "execute" }]'
            self._problems.add(path, f"must be a list of bit patterns, such as {example}")
            return ()
        if data_type in _NO_WORD:
            self._problems.add(
                path, f"a {data_type} has no bits; the state's data_type must be a whole number's"
            )
            return ()
        patterns: list[tuple[int, StateBits]] = []
        for number, item in enumerate(raw):
            place: KeyPath = (*path, number)
            table = self._problems.table(BitsTable, item, place)
            if table is None:
                continue
            value = table.mask if table.value is None else table.value
            bits = StateBits(table.mask, value, self._state(table.state, (*place, "state")), table.reason)
            self._check(bits, data_type, place)
            if not self._problems.within(place):
                self._check_reached(bits, patterns, place)
                patterns.append((number, bits))
        return tuple(bits for _, bits in patterns)

    def _check(self, bits: StateBits, data_type: DataType | None, path: KeyPath) -> None:
        width = int(data_type.value[-2:]) if data_type is not None else 64
        if bits.mask >= 2**width:
            self._problems.add((*path, "mask"), f"{bits.mask:#x} asks for more bits than {data_type} has")
        if bits.value & ~bits.mask:
            self._problems.add(
                (*path, "value"),
                f"{bits.value:#x} has bits that the mask {bits.mask:#x} leaves out; it can never be seen",
            )
        if bits.reason:
            if bits.state is MachineState.EXECUTE:
                self._problems.add((*path, "reason"), "execute is no stop and needs no reason")
            self._is_reason(bits.reason, (*path, "reason"))

    def _check_reached(self, bits: StateBits, earlier: list[tuple[int, StateBits]], path: KeyPath) -> None:
        """The first pattern that fits wins; one that never is the first says nothing."""
        if _some_word(bits.mask, bits.value, [one for _, one in earlier]):
            return
        covering = [number for number, one in earlier if clash(one, bits)]
        told = " and ".join(f"bits[{number + 1}]" for number in covering)
        self._problems.add(
            path,
            f"is never reached: every word that fits it fits {told} before; put it first, or take it out",
        )


def clash(one: StateBits, other: StateBits) -> bool:
    """Whether some word fits both patterns."""
    return (one.value ^ other.value) & one.mask & other.mask == 0


def _some_word(mask: int, value: int, others: list[StateBits]) -> bool:
    """Whether a word fits ``mask`` and ``value`` and none of ``others``."""
    for number, other in enumerate(others):
        if (value ^ other.value) & mask & other.mask:
            continue  # no word fits both
        free = other.mask & ~mask
        while free:
            bit = free & -free
            free ^= bit
            # a word that differs from the other pattern in this bit
            if _some_word(mask | bit, value | (~other.value & bit), others[number + 1 :]):
                return True
            # what else there is has this bit as the other pattern has it
            mask, value = mask | bit, value | (other.value & bit)
        return False
    return True


def raw_value(key: str) -> Scalar:
    """A key of a table as the machine's raw value: TOML keys are always text."""
    if key in ("true", "false"):
        return key == "true"
    try:
        return int(key)
    except ValueError:
        return key
