"""Policies: how far a flow of a machine goes by itself. Changed only with a reason, audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Flow(StrEnum):
    """What a policy is about."""

    PRODUCTION = "production"
    DOWNTIME = "downtime"
    HOLD = "hold"
    MAINTENANCE = "maintenance"


class Mode(StrEnum):
    """How far it goes by itself.

    shadow: it is proposed and shown, nothing can be booked. confirm: a person decides each. automatic: what
    passes every rule and stays within the tolerance is decided by the policy, the rest by a person.
    """

    SHADOW = "shadow"
    CONFIRM = "confirm"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one flow of one machine.

    Attributes:
        tolerance_percent: automatic production: largest difference between the machine's count and what was
            expected; unused elsewhere.
        by, reason, at: who set it; empty and None for the one that holds where nobody set any.
    """

    machine: str
    flow: Flow
    mode: Mode = Mode.CONFIRM
    tolerance_percent: float = 0.0
    by: str = ""
    reason: str = ""
    at: datetime | None = None
