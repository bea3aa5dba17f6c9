"""Feeds condition monitoring: samples and machine events of one value, by time; live as on trial."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from console.domain.condition import Watch
from console.domain.detect import booking_time
from console.domain.equipment import ConditionSpec, Machine
from console.domain.packml import MachineState
from console.domain.tags import Quality, Sample
from console.store import conditions

STATE, GAP = "StateChanged", "DataGap"
# a jump that nobody decided yet still says that the machine moved
CYCLES = ("CountAdvanced", "CounterReset", "CounterJump")
KINDS = (STATE, GAP, *CYCLES)
PRODUCTION = ("good", "scrap")


def watched_states(machine: Machine) -> frozenset[MachineState]:
    """States in which a value is judged: while it executes; always, where the machine tells no state."""
    return frozenset({MachineState.EXECUTE if machine.state_tag else MachineState.UNDEFINED})


def feed(
    watch: Watch,
    samples: Iterable[Sample],
    events: Iterable[Row[Any]],
    skew_fail_s: float,
    until: datetime | None,
) -> None:
    """Everything by time, states before what was measured in them.

    Args:
        events: of the watch's machine, of ``KINDS``.
        until: all that happened up to then is told; None where that cannot be said.
    """
    steps: list[tuple[float, int, Any]] = [(e.at.timestamp(), 0, e) for e in events]
    steps += [
        (booking_time(s, skew_fail_s).timestamp(), 1, float(s.value))
        for s in samples
        if s.quality is Quality.GOOD and isinstance(s.value, int | float) and not isinstance(s.value, bool)
    ]
    steps.sort(key=lambda step: step[:2])
    for at_s, order, what in steps:
        if order == 1:
            watch.value(at_s, what)
        else:
            _event(watch, at_s, what)
    if until is not None:
        watch.until(until.timestamp())


def _event(watch: Watch, at_s: float, event: Row[Any]) -> None:
    detail = event.detail
    if event.kind == STATE:
        watch.state(at_s, MachineState(detail["after"]))
    elif detail.get("counter") not in PRODUCTION:
        return
    elif event.kind == GAP:
        watch.gap(datetime.fromisoformat(detail["started_at"]).timestamp(), at_s)
    else:
        watch.cycle(at_s)


def live_parameters(tx: Connection, machine: Machine) -> dict[str, tuple[ConditionSpec, int]]:
    """What is live by tag: (the plant file's, or what a person set since; id of the setting, 0 for none)."""
    found = {c.tag: (c, 0) for c in machine.conditions}
    for tag, setting in conditions.settings_of(tx, machine.name).items():
        found[tag] = ConditionSpec(**{**setting.parameters, "tag": tag}), setting.id
    return found


def parameters_data(spec: ConditionSpec) -> dict[str, Any]:
    """As stored."""
    return asdict(spec)


def of_machine(events: Sequence[Row[Any]], machine: str, after: int) -> list[Row[Any]]:
    """The events of a machine after one."""
    return [e for e in events if e.machine == machine and e.id > after]
