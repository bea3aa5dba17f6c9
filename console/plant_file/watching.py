"""Reads what is watched on a machine: limits of values, upkeep by use, conditions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from console.domain.equipment import ConditionSpec, LimitSpec, Machine, UpkeepSpec
from console.domain.limits import RUN_RULES
from console.domain.tags import DataType, Tag
from console.plant_file.lines import KeyPath
from console.plant_file.models import ConditionTable, LimitTable, UpkeepTable
from console.plant_file.problems import NAME, NAME_RULE, Problems, suggest

_LEVELS = ("action_low", "warning_low", "warning_high", "action_high")


class WatchReader:
    """Reads what is watched on one machine."""

    def __init__(self, problems: Problems, machine: Machine, values: Mapping[str, Tag | None]) -> None:
        """``values``: the machine's values by their short names; None for one in fault."""
        self._problems = problems
        self._machine = machine
        self._values = values

    # --- limits --------------------------------------------------------------------------------------------

    def limits(self, tables: Mapping[str, Any], path: KeyPath) -> tuple[LimitSpec, ...]:
        """The limits in ``tables``; what is wrong is among the problems."""
        read = (self._limit(name, raw, (*path, name)) for name, raw in tables.items())
        return tuple(limit for limit in read if limit is not None)

    def _limit(self, name: str, raw: Any, path: KeyPath) -> LimitSpec | None:
        self._check_name(name, "limit", path)
        table = self._problems.table(LimitTable, raw, path)
        if table is None:
            return None
        tag = self._value(table.value, (*path, "value")) if table.value else None
        if tag is not None and table.unit not in ("", tag.unit):
            self._problems.add(
                (*path, "unit"), f'the value itself is in "{tag.unit}"; leave the unit out, or correct one'
            )
        if table.environmental and not table.value and (*path, "value") not in self._problems:
            self._problems.add(
                (*path, "value"), "is required for an environmental limit, which is measured all the time"
            )
        self._check_levels(table, path)
        self._check_run_rules(table, path)
        return LimitSpec(
            name=name,
            tag=tag.name if tag is not None else "",
            title=table.title or name,
            unit=table.unit or (tag.unit if tag is not None else ""),
            target=table.target or 0.0,
            sigma=table.sigma or 0.0,
            run_rules=tuple(table.run_rules),
            **table.model_dump(exclude={"value", "title", "unit", "target", "sigma", "run_rules"}),
        )

    def _check_levels(self, table: LimitTable, path: KeyPath) -> None:
        """The levels from low to high must rise: a warning comes before its action limit."""
        given = [(key, getattr(table, key)) for key in _LEVELS if getattr(table, key) is not None]
        for (low_key, low), (high_key, high) in pairwise(given):
            if low >= high:
                self._problems.add(
                    (*path, high_key),
                    f"must be more than {low_key} ({low:g}), not {high:g}: from low to high stand "
                    + ", ".join(_LEVELS),
                )
        if not given and not table.run_rules and not self._problems.within(path):
            self._problems.add(path, f"limits nothing; give one of {', '.join(_LEVELS)} or run_rules")
        if table.target is None or self._problems.within(path):
            return
        for key, level in given:
            if table.target <= level if key.endswith("low") else table.target >= level:
                self._problems.add((*path, "target"), f"{table.target:g} is not inside {key} ({level:g})")

    def _check_run_rules(self, table: LimitTable, path: KeyPath) -> None:
        for number, rule in enumerate(table.run_rules):
            place: KeyPath = (*path, "run_rules", number)
            if rule not in RUN_RULES:
                self._problems.add(place, f'there is no run rule "{rule}"{suggest(rule, RUN_RULES)}')
            elif rule in table.run_rules[:number]:
                self._problems.add(place, f'"{rule}" is in the list already')
        if table.run_rules:
            for key, meaning in (("target", "the centre line"), ("sigma", "the standard deviation")):
                if getattr(table, key) is None:
                    self._problems.add((*path, key), f"is required with run_rules: {meaning} that they go by")
        elif table.sigma is not None and (*path, "run_rules") not in self._problems:
            known = ", ".join(RUN_RULES)
            self._problems.add((*path, "sigma"), f"has no effect without run_rules; known are {known}")

    # --- upkeep --------------------------------------------------------------------------------------------

    def upkeep(self, tables: Mapping[str, Any], path: KeyPath) -> tuple[UpkeepSpec, ...]:
        """The upkeep in ``tables``; what is wrong is among the problems."""
        upkeep = []
        for name, raw in tables.items():
            place: KeyPath = (*path, name)
            self._check_name(name, "upkeep", place)
            table = self._problems.table(UpkeepTable, raw, place)
            if table is None:
                continue
            never = table.every_hours is None and table.every_cycles is None
            if never and not self._problems.within(place):
                self._problems.add(place, "is never due; give every_hours, every_cycles or both")
            if table.every_hours is not None:
                self._needs_state((*place, "every_hours"), "running hours are those")
            if table.every_cycles is not None:
                self._needs_counter((*place, "every_cycles"), "cycles are the counts")
            upkeep.append(
                UpkeepSpec(
                    name,
                    table.title or name,
                    table.every_hours or 0.0,
                    table.every_cycles or 0,
                    table.priority,
                )
            )
        return tuple(upkeep)

    # --- conditions ----------------------------------------------------------------------------------------

    def conditions(self, tables: Mapping[str, Any], path: KeyPath) -> tuple[ConditionSpec, ...]:
        """The conditions in ``tables``, each named after the value that it watches."""
        conditions = []
        for name, raw in tables.items():
            place: KeyPath = (*path, name)
            tag = self._value(name, place)
            table = self._problems.table(ConditionTable, raw, place)
            if table is None:
                continue
            self._needs_state(place, "a condition is learned and judged")
            if table.missing_cycle_s:
                self._needs_counter((*place, "missing_cycle_s"), "missing cycles are counts")
            if tag is not None:
                conditions.append(ConditionSpec(tag=tag.name, **table.model_dump()))
        return tuple(conditions)

    # --- what they share -----------------------------------------------------------------------------------

    def _check_name(self, name: str, kind: str, path: KeyPath) -> None:
        if not NAME.fullmatch(name):
            self._problems.add(path, f"is no usable name for a {kind}: {NAME_RULE}")

    def _value(self, name: str, path: KeyPath) -> Tag | None:
        """The tag of one of the machine's values; None where there is none or it is in fault."""
        if name not in self._values:
            near = suggest(name, self._values) or f"; [machines.{self._machine.name}.values] has none"
            self._problems.add(path, f'the machine has no value named "{name}"{near}')
            return None
        tag = self._values[name]
        if tag is not None and tag.data_type in (DataType.BOOL, DataType.STRING):
            self._problems.add(path, f'must name a number; "{name}" is a {tag.data_type}')
        return tag

    def _needs_state(self, path: KeyPath, what: str) -> None:
        if not self._machine.state_tag and not self._problems.within(
            ("machines", self._machine.name, "state")
        ):
            self._problems.add(
                path, f"{what} in which the machine's state is execute, and it has no state; add one"
            )

    def _needs_counter(self, path: KeyPath, what: str) -> None:
        counted = any(c.kind in ("good", "scrap") for c in self._machine.counters)
        if not counted and not self._problems.within(("machines", self._machine.name, "counters")):
            self._problems.add(path, f"{what} of the good and scrap counters, and the machine has none")
