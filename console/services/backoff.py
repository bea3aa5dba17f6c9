"""Waiting times: exponential with full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015)."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST_S = 2.0
CAP_S = 60.0


def delay(attempt: int, cap_s: float = CAP_S) -> timedelta:
    """How long to wait before try ``attempt`` + 1 (from 1): within 2 s at first, 60 s at most."""
    longest = min(cap_s, FIRST_S * 2.0 ** min(max(attempt - 1, 0), 10))
    # jitter, not secrecy
    return timedelta(seconds=random.uniform(0.2, longest))
