"""What follows from machine events besides counts: stops, holds, alarms, consumption.

A follower works inside the commit of the events (``Ingest.store``), so that a kill loses and doubles nothing.
A tender looks after what only time brings about: a stop that passes its threshold, a shelving that ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from console.domain.equipment import Machine, Plant
from console.domain.machine_events import MachineEvent
from console.services.follow_alarms import FollowAlarms, TendAlarms
from console.services.follow_quality import FollowQuality
from console.services.follow_stops import FollowStops, TendStops
from console.services.tend_conditions import TendConditions
from console.services.tend_quality import TendBatches, TendHolds
from console.services.tend_upkeep import FollowUse, TendUpkeep
from console.store.telemetry import Telemetry

Fence = Callable[[Connection], None]


class Follower(Protocol):
    """Follows the events of a machine."""

    def follow(
        self, tx: Connection, machine: Machine, events: Sequence[tuple[int, MachineEvent]], now: datetime
    ) -> None:
        """Called once for each commit with the machine's new events (row id, event), oldest first."""


class Tender(Protocol):
    """Looks after what time brings about."""

    every_s: float

    def tend(self, now: datetime, fence: Fence) -> None:
        """One round; ``fence`` comes first in every write transaction and raises where the lease is lost."""


def followers(plant: Plant) -> tuple[Follower, ...]:
    """All followers, in the order in which they work."""
    return (FollowStops(plant), FollowAlarms(plant), FollowQuality(plant), FollowUse())


def tenders(ledger: Engine, telemetry: Telemetry, plant: Plant) -> tuple[Tender, ...]:
    """All tenders; the edge runs each in a task of its own."""
    from console.services.tend_policies import TendPolicies  # it decides, and deciding stands above us

    return (
        TendStops(ledger, plant),
        TendAlarms(ledger, plant),
        TendUpkeep(ledger, plant),
        TendConditions(ledger, telemetry, plant),
        TendHolds(ledger, plant),
        TendBatches(ledger, telemetry, plant),
        TendPolicies(ledger, plant, "edge"),
    )
