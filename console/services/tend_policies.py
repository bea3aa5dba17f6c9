"""Confirms counts where a machine's policy says so; everything else waits for a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.services.decide import Decide
from console.services.followers import Fence
from console.services.ingest import Ingest


class TendPolicies:
    """A tender of the edge; see ``followers``."""

    every_s = 1.0

    def __init__(self, ledger: Engine, plant: Plant, console: str) -> None:
        self._now = datetime.fromtimestamp(0, UTC)
        ingest = Ingest(ledger, plant, timedelta(seconds=0))
        self._decide = Decide(ledger, plant, ingest, console, lambda: self._now)

    def tend(self, now: datetime, fence: Fence) -> None:
        """Confirms what is due."""
        self._now = now
        self._decide.confirm_by_policy(fence)
