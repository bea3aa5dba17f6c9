"""Rows of usage meters: running time and cycles of a machine, and when its preventive work fell due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from console.store.schema import usage_meters


@dataclass(frozen=True, slots=True)
class Meter:
    """What a machine has run and made since it is known.

    Attributes:
        seconds: running time up to ``running_since``, or in all where it does not run.
        triggered: by the name of the work: what ``domain.upkeep`` remembers of it.
    """

    machine: str
    seconds: float
    cycles: int
    running_since: datetime | None
    triggered: Mapping[str, Any]

    def seconds_at(self, now: datetime) -> float:
        """Running time until then, the stretch that runs included."""
        if self.running_since is None:
            return self.seconds
        return self.seconds + max((now - self.running_since).total_seconds(), 0.0)


def _meter(r: Row[Any]) -> Meter:
    return Meter(**r._mapping)


def meter(tx: Connection, machine: str) -> Meter | None:
    """A machine's meter; None before its first machine event."""
    r = tx.execute(select(usage_meters).where(usage_meters.c.machine == machine)).first()
    return _meter(r) if r else None


def meters(tx: Connection) -> dict[str, Meter]:
    """All meters by machine."""
    return {r.machine: _meter(r) for r in tx.execute(select(usage_meters))}


def save(tx: Connection, meter: Meter) -> None:
    """Keeps what a machine has run and made. What fell due is kept with a new meter only: from then on it is
    the tender's, who works beside us."""
    values: dict[str, Any] = {
        "seconds": meter.seconds,
        "cycles": meter.cycles,
        "running_since": meter.running_since,
    }
    where = usage_meters.c.machine == meter.machine
    if tx.execute(update(usage_meters).where(where).values(**values)).rowcount == 0:
        tx.execute(
            insert(usage_meters).values(machine=meter.machine, triggered=dict(meter.triggered), **values)
        )


def set_triggered(tx: Connection, machine: str, triggered: Mapping[str, Any]) -> None:
    """Keeps what fell due; in the commit of the proposals made of it."""
    tx.execute(
        update(usage_meters).where(usage_meters.c.machine == machine).values(triggered=dict(triggered))
    )
