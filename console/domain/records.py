"""Postings beyond production: one record in Odoo each, asked for as the whole state that it must have.

A record posting carries in its payload everything that the record in Odoo shall hold (absolute, never a
change), so that the newest one of a record stands for all before it, and sending one again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class PostingKind(StrEnum):
    """What a posting books; each kind has its recipe (docs/odoo.md)."""

    PRODUCTION = "production"
    DOWNTIME = "downtime"
    SCRAP = "scrap"
    CONSUMPTION = "consumption"
    OPERATION = "operation"  # start, pause, finish of an operation
    CLOSE = "close"  # of an order
    HOLD = "hold"
    RELEASE = "release"
    INSPECTION = "inspection"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes along; ``key`` is the stem of its external id."""

    key: str
    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordWrite:
    """What one record in Odoo shall hold.

    Attributes:
        key: stem of the external id, unique for the record for ever: letters, digits, "-" and "_".
        payload: the whole state asked for; JSON-able. Its keys are told in the kind's recipe.
        record: "model:id" where the record was seen before, else "".
        before: the payload that was last verified; None where the record was never verified. A record that
            was verified and is gone now was deleted in Odoo: it is not made again.
    """

    kind: PostingKind
    key: str
    payload: Mapping[str, Any]
    record: str = ""
    before: Mapping[str, Any] | None = None
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """What Odoo holds of a record, as read now.

    Attributes:
        holds: Odoo holds exactly what the payload asks for.
        record: "model:id"; "" where there is none (yet).
        state: Odoo's words, for evidence.
        refused: why it cannot be booked as decided (order closed, stock gone, reason deleted), or "".
        edited: in words, what somebody changed in Odoo that this write would go over; "" for nothing.
        detail: JSON-able facts for the screens, such as the minutes that Odoo reckons.
    """

    holds: bool
    record: str
    state: str
    read_at: datetime
    refused: str = ""
    remedy: str = ""
    edited: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Why a posting will not be booked any more.

    Attributes:
        accepted: a person lets stand what somebody changed in Odoo; else it was taken back, as if nobody had
            decided it.
        held: what Odoo was last seen to hold, as in ``RecordSeen.detail``; empty where it held nothing.
    """

    accepted: bool = False
    held: Mapping[str, Any] = field(default_factory=dict)
