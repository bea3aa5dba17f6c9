"""Signatures against the audit: whatever is changed afterwards is found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from console.store import audit, signatures
from console.store.engine import open_ledger, read, write
from console.store.signatures import Signed

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
CONTENT = '{"id":1,"lot":"L-1","state":"held"}'
HASH = hashlib.sha256(CONTENT.encode()).hexdigest()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    """One signature on a hold, as a release leaves it."""
    opened = open_ledger(tmp_path / "ledger.db")
    detail = {"meaning": "released", "reason": "within limits", "record_hash": HASH}
    with write(opened) as tx:
        tx.execute(text("PRAGMA defer_foreign_keys = ON"))
        seq = audit.append(tx, NOW, "Ines", "signed", "hold:1", detail)
        tx.execute(
            text(
                "INSERT INTO decisions (id, subject, kind, quantity, machine_quantity, reason, person, role,"
                " witness, console, at, verdicts, audit_seq)"
                f" VALUES (1, 'hold:1', 'release', 0, 0, '', 'Ines', '', '', '', '2026-03-02', '[]', {seq})"
            )
        )
        signed = Signed(
            1, "Ines", "Inspector", NOW, "released", "within limits", "hold:1", CONTENT, HASH, seq
        )
        signatures.add(tx, signed)
    yield opened
    opened.dispose()


def test_what_nobody_touched_fits(ledger: Engine) -> None:
    with read(ledger) as tx:
        assert signatures.first_that_differs(tx) == ""


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("person", "Bob", "is not what audit entry 1 says"),
        ("record", "hold:2", "is not what audit entry 1 says"),
        ("meaning", "reviewed", "is not what audit entry 1 says"),
        ("reason", "because", "is not what audit entry 1 says"),
        ("record_hash", "a" * 64, "is not what audit entry 1 says"),
        ("content", '{"id":1,"lot":"L-2"}', "was given on was changed afterwards"),
    ],
)
def test_whatever_is_changed_is_found(ledger: Engine, column: str, value: str, words: str) -> None:
    with write(ledger) as tx:
        tx.execute(text(f"UPDATE signatures SET {column} = :value"), {"value": value})
    with read(ledger) as tx:
        assert words in signatures.first_that_differs(tx)
