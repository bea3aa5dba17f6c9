"""Alarms by ISA-18.2: the states of an occurrence and what moves it."""

from __future__ import annotations

from enum import StrEnum


class AlarmState(StrEnum):
    """State of an alarm occurrence (ISA-18.2, figure 3).

    unacknowledged: active, nobody has seen it. acknowledged: active, seen. returned: cleared, not yet seen.
    latched: cleared and seen too late to end by itself: waits for a reset by acknowledging. normal: over.
    """

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    LATCHED = "latched"
    NORMAL = "normal"
