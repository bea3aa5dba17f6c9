"""Reads what holds for the whole plant: the day's shifts and breaks, stop reasons, quality, alarms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from console.domain.equipment import (
    AlarmPlan,
    Break,
    Machine,
    QualityPlan,
    ShiftPattern,
    StopReason,
    same_raw,
)
from console.plant_file.lines import KeyPath
from console.plant_file.models import AlarmsTable, BreakTable, QualityTable, ShiftTable, StopReasonTable
from console.plant_file.problems import Problems, kind_of, suggest

_DAY_S = 86_400


class DayReader:
    """Reads these sections of one file."""

    def __init__(self, raw: Mapping[str, Any], problems: Problems) -> None:
        self._raw = raw
        self._problems = problems

    # --- shifts --------------------------------------------------------------------------------------------

    def shifts(self) -> tuple[ShiftPattern, ...]:
        """The shifts, by their start."""
        shifts: list[tuple[ShiftPattern, KeyPath, Any]] = []
        for path, item in self._listed("shifts"):
            table = self._problems.table(ShiftTable, item, path)
            if table is None:
                continue
            for earlier, _, _ in shifts:
                if earlier.name == table.name:
                    self._problems.add((*path, "name"), f'"{table.name}" is the name of an earlier shift')
                if earlier.start == table.start and (*path, "start") not in self._problems:
                    self._problems.add((*path, "start"), f'is when the shift "{earlier.name}" starts, too')
            shifts.append((ShiftPattern(table.name, table.start), path, table.breaks))
        shifts.sort(key=lambda shift: shift[0].start)
        starts = [shift.start for shift, _, _ in shifts]
        return tuple(
            replace(shift, breaks=self._breaks(breaks, shift.start, end, path))
            for (shift, path, breaks), end in zip(shifts, [*starts[1:], *starts[:1]], strict=True)
        )

    def _breaks(self, raw: Any, start: time, end: time, path: KeyPath) -> tuple[Break, ...]:
        """The breaks of a shift from ``start`` to ``end``, in their order; it may go over midnight."""
        if raw is None:
            return ()
        path = (*path, "breaks")
        if not isinstance(raw, list):
            example = '[{ name = "Lunch", start = "12:00", end = "12:30" }]'
            self._problems.add(path, f"must be a list of breaks, such as {example}")
            return ()
        length_s = _after_s(start, end) or _DAY_S
        # where the shifts themselves are in doubt, nobody can say what is inside one
        sure = not any(("shifts", n, "start") in self._problems for n in range(len(self._raw["shifts"])))
        breaks: list[tuple[int, int, Break]] = []
        for number, item in enumerate(raw):
            place: KeyPath = (*path, number)
            table = self._problems.table(BreakTable, item, place)
            if table is None or self._problems.within(place) or not sure:
                continue
            from_s = _after_s(start, table.start)
            to_s = _after_s(start, table.end) or _DAY_S  # the end of a shift of a whole day
            if to_s <= from_s and table.end <= table.start:
                self._problems.add((*place, "end"), f"{table.end:%H:%M} is not after {table.start:%H:%M}")
            elif not from_s < to_s <= length_s:
                self._problems.add(
                    place,
                    f"{table.start:%H:%M} to {table.end:%H:%M} is not inside its shift, which is from "
                    f"{start:%H:%M} to {end:%H:%M}",
                )
            for other_from, other_to, other in breaks:
                if from_s < other_to and other_from < to_s:
                    self._problems.add(place, f'overlaps the break "{other.name}"; join the two')
            breaks.append((from_s, to_s, Break(table.name, table.start, table.end)))
        return tuple(one for _, _, one in sorted(breaks, key=lambda one: one[0]))

    # --- stop reasons --------------------------------------------------------------------------------------

    def reason_names(self) -> list[str]:
        """Every stop reason's name, also of those in fault, so that nothing follows from their fault."""
        raw = self._raw.get("stop_reasons", [])
        items = raw if isinstance(raw, list) else []
        names = [item.get("name") for item in items if isinstance(item, Mapping)]
        return [name for name in names if isinstance(name, str)]

    def stop_reasons(self, machines: Collection[Machine | None]) -> tuple[StopReason, ...]:
        """The stop reasons in the file's order, which is the order that people see them in.

        ``machines``: None for one in fault.
        """
        reasons: list[StopReason] = []
        usable = [m for m in machines if m is not None]
        # a machine whose states are in fault may well have the raw value
        sure = len(usable) == len(machines) and not any(
            self._problems.within(("machines", m.name, "state")) for m in usable
        )
        for path, item in self._listed("stop_reasons"):
            table = self._problems.table(StopReasonTable, item, path)
            if table is None:
                continue
            named = (*path, "name") not in self._problems
            if named and any(e.name.casefold() == table.name.casefold() for e in reasons):
                self._problems.add((*path, "name"), f'"{table.name}" is the name of an earlier stop reason')
            for number, raw in enumerate(table.states):
                place: KeyPath = (*path, "states", number)
                taken = next((e for e in reasons if any(same_raw(s, raw) for s in e.states)), None)
                if taken is not None:
                    self._problems.add(
                        place,
                        f'{raw} suggests "{taken.name}" already; where machines differ, use the reasons of '
                        "their own state",
                    )
                elif sure and not any(m.maps(raw) for m in usable):
                    known = dict.fromkeys(str(key) for m in usable for key, _ in m.state_map)
                    self._problems.add(
                        place, f"no machine's state has the raw value {raw}{suggest(raw, known)}"
                    )
            reasons.append(StopReason(table.name, table.loss, tuple(table.states)))
        return tuple(reasons)

    # --- plans ---------------------------------------------------------------------------------------------

    def quality(self) -> QualityPlan:
        """How quality is booked."""
        table = self._problems.table(QualityTable, self._raw.get("quality", {}), ("quality",))
        return QualityPlan(**table.model_dump()) if table is not None else QualityPlan()

    def alarms(self) -> AlarmPlan:
        """The plant's alarm philosophy."""
        table = self._problems.table(AlarmsTable, self._raw.get("alarms", {}), ("alarms",))
        if table is None:
            return AlarmPlan()
        if table.flood_until > table.flood_from:
            self._problems.add(
                ("alarms", "flood_until"),
                f"must be at most flood_from ({table.flood_from}), not {table.flood_until}; else a flood "
                "ends before it begins",
            )
        return AlarmPlan(
            shelve_most_s=table.shelve_most_min * 60,
            shelve_most_times=table.shelve_most_times,
            flood_from=table.flood_from,
            flood_until=table.flood_until,
            flood_s=table.flood_min * 60,
            group_s=table.group_s,
        )

    def _listed(self, key: str) -> list[tuple[KeyPath, Any]]:
        """The tables of a section that is a list of them."""
        raw = self._raw.get(key, [])
        if isinstance(raw, list):
            return [((key, number), item) for number, item in enumerate(raw)]
        self._problems.add((key,), f"must be tables, [[{key}]] for each, not {kind_of(raw)}")
        return []


def _after_s(start: time, at: time) -> int:
    """Seconds from ``start`` to the next time that it is ``at``; 0 where they are the same."""
    return (_second(at) - _second(start)) % _DAY_S


def _second(at: time) -> int:
    return (at.hour * 60 + at.minute) * 60 + at.second
