"""Quality holds: what must not move on, how severe, and what becomes of it."""

from __future__ import annotations

from enum import StrEnum


class HoldState(StrEnum):
    """State of a quality hold. Effective here from the first moment; in Odoo once its posting is verified.

    proposed (by a limit) -> held (an inspector keeps it) -> releasing -> released
    proposed -> released (nothing was booked)
    held -> scrapping -> scrapped; held -> rework -> releasing
    """

    PROPOSED = "proposed"
    HELD = "held"
    REWORK = "rework"
    RELEASING = "releasing"  # decided; "released" is said only after Odoo was read back
    RELEASED = "released"
    SCRAPPING = "scrapping"
    SCRAPPED = "scrapped"


# what stops confirmations here
EFFECTIVE = frozenset(
    {HoldState.PROPOSED, HoldState.HELD, HoldState.REWORK, HoldState.RELEASING, HoldState.SCRAPPING}
)


class Disposition(StrEnum):
    """What a person decides about a hold."""

    KEEP = "keep"
    RELEASE = "release"
    SCRAP = "scrap"
    REWORK = "rework"
