"""Rows of electronic signatures (in the sense of 21 CFR Part 11): who, when, what it means, on what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from console.store.schema import signatures


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature.

    Attributes:
        record: "hold:3". record_hash: sha256 of the record as it stood when it was signed.
    """

    decision_id: int
    person: str
    role: str
    at: datetime
    meaning: str
    reason: str
    record: str
    record_hash: str
    audit_seq: int


def add(tx: Connection, signed: Signed) -> int:
    """A new signature; returns its id."""
    result = tx.execute(insert(signatures).values(**asdict(signed)))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def of_record(tx: Connection, record: str) -> Sequence[Row[Any]]:
    """The signatures on a record, oldest first."""
    query = select(signatures).where(signatures.c.record == record).order_by(signatures.c.id)
    return tx.execute(query).fetchall()
