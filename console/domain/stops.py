"""Stops: a machine that does not execute while it should, told apart by why (ISO 22400, PackML)."""

from __future__ import annotations

from enum import StrEnum


class StopCategory(StrEnum):
    """Why a machine does not execute, as far as the console can tell by itself.

    unplanned: nobody planned it. micro: shorter than the machine's threshold; counted, not asked about.
    planned: a break of the shift. changeover: the order changed while it stood. no_order: nothing to make.
    """

    UNPLANNED = "unplanned"
    MICRO = "micro"
    PLANNED = "planned"
    CHANGEOVER = "changeover"
    NO_ORDER = "no_order"
