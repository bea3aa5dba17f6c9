"""Rows of electronic signatures (in the sense of 21 CFR Part 11): who, when, what it means, on what."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from console.store.schema import audit, signatures


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature.

    Attributes:
        record: "hold:3". content: the record as it stood when it was signed, in one fixed form (JSON).
        record_hash: sha256 of the content.
    """

    decision_id: int
    person: str
    role: str
    at: datetime
    meaning: str
    reason: str
    record: str
    content: str
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


def first_that_differs(tx: Connection) -> str:
    """Whether every signature is what its audit entry says it was; in words what is not, "" where all are.

    The audit's chain is followed by ``audit.verify``; this joins the signatures to it.
    """
    a, s = audit.c, signatures.c
    rows = tx.execute(
        select(signatures, a.actor, a.subject, a.detail).join(audit, a.seq == s.audit_seq).order_by(s.id)
    )
    for r in rows:
        said = (
            r.actor,
            r.subject,
            r.detail.get("record_hash"),
            r.detail.get("meaning"),
            r.detail.get("reason"),
        )
        if said != (r.person, r.record, r.record_hash, r.meaning, r.reason):
            return f"signature {r.id} of {r.person} is not what audit entry {r.audit_seq} says"
        if hashlib.sha256(r.content.encode()).hexdigest() != r.record_hash:
            return f"what signature {r.id} of {r.person} was given on was changed afterwards"
    return ""
