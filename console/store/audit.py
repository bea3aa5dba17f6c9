"""The audit: an append-only chain. Each entry's hash covers the entry and the hash before it, so that a
changed, removed or inserted row is found by ``verify`` (the principle of RFC 6962's log, in a line)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from console.store.schema import audit

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The result of a verification.

    Attributes:
        broken_at: seq of the first entry that does not fit; None where the chain is whole.
        problem: what is wrong there, in words.
    """

    entries: int
    head: str
    broken_at: int | None
    problem: str


def _hash(prev_hash: str, seq: int, fields: dict[str, Any]) -> str:
    body = json.dumps([prev_hash, seq, fields], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def _fields(
    at: datetime, actor: str, action: str, subject: str, trace_id: str, detail: dict[str, Any]
) -> dict[str, Any]:
    return {
        "at": at.isoformat(timespec="microseconds"),
        "actor": actor,
        "action": action,
        "subject": subject,
        "trace_id": trace_id,
        # as it will be read again: tuples become lists
        "detail": json.loads(json.dumps(detail)),
    }


def append(
    tx: Connection,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any],
    trace_id: str = "",
) -> int:
    """Adds an entry in the caller's transaction (the ledger has one writer at a time); returns its seq."""
    last = tx.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    seq, prev_hash = (last.seq + 1, last.hash) if last else (1, GENESIS)
    digest = _hash(prev_hash, seq, _fields(at, actor, action, subject, trace_id, detail))
    tx.execute(
        insert(audit).values(
            seq=seq,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            trace_id=trace_id,
            detail=detail,
            prev_hash=prev_hash,
            hash=digest,
        )
    )
    return seq


def verify(tx: Connection) -> AuditReport:
    """Follows the whole chain."""
    prev_hash, expected_seq, entries = GENESIS, 1, 0
    for row in tx.execute(select(audit).order_by(audit.c.seq)):
        if row.seq != expected_seq:
            return AuditReport(entries, prev_hash, expected_seq, f"entry {expected_seq} is missing")
        if row.prev_hash != prev_hash:
            return AuditReport(entries, prev_hash, row.seq, f"entry {row.seq} does not follow the one before")
        fields = _fields(row.at, row.actor, row.action, row.subject, row.trace_id, row.detail)
        if _hash(prev_hash, row.seq, fields) != row.hash:
            return AuditReport(entries, prev_hash, row.seq, f"entry {row.seq} was changed")
        prev_hash, expected_seq, entries = row.hash, row.seq + 1, entries + 1
    return AuditReport(entries, prev_hash, None, "")


def fits(tx: Connection, seq: int) -> bool:
    """Whether an entry is unchanged and linked to both its neighbours. The whole chain: ``verify``."""
    rows = {r.seq: r for r in tx.execute(select(audit).where(audit.c.seq.between(seq - 1, seq + 1)))}
    row, before, after = rows.get(seq), rows.get(seq - 1), rows.get(seq + 1)
    if row is None:
        return False
    fields = _fields(row.at, row.actor, row.action, row.subject, row.trace_id, row.detail)
    linked = row.prev_hash == (before.hash if before is not None else GENESIS if seq == 1 else "")
    return (
        linked
        and _hash(row.prev_hash, row.seq, fields) == row.hash
        and (after is None or after.prev_hash == row.hash)
    )
