"""Electronic signatures: the PIN again, what it means, why, and on exactly what (21 CFR Part 11, subpart C).

The PIN is checked before the transaction that it signs (hashing takes long on purpose, and a wrong one has to
count even where nothing else changes); the permission is asked inside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Connection

from console.domain.people import Person
from console.errors import InvalidDecision
from console.services.people import People
from console.store import audit, signatures
from console.store.signatures import Signed


@dataclass(frozen=True, slots=True)
class Signature:
    """An electronic signature as it is given: the PIN is checked in the action that it signs.

    Attributes:
        witness, witness_pin: the second person, where two must sign; "" else.
    """

    pin: str
    meaning: str
    reason: str
    witness: str = ""
    witness_pin: str = ""


def signers(people: People, person: Person, given: Signature, two: bool) -> tuple[Person, ...]:
    """Who signs: the person, and the second one where two must.

    Raises:
        InvalidDecision: meaning, reason or second person are missing, or it is the same person twice.
        SignInFailed: a PIN is not right; it counts as a failed attempt.
    """
    if not given.reason.strip():
        raise InvalidDecision("The reason is missing.", "Say in a few words why.")
    if not given.meaning.strip():
        raise InvalidDecision("The signature has no meaning.", "Choose what it stands for.")
    if two and not given.witness.strip():
        raise InvalidDecision("This needs a second person.", "Let a colleague sign with their PIN.")
    if two and given.witness.strip().casefold() == person.name.casefold():
        raise InvalidDecision("The second person is the same as the first.", "Ask a colleague.")
    first = people.sign_in(person.name, given.pin, what="")
    if not two:
        return (first,)
    return first, people.sign_in(given.witness, given.witness_pin, what="")


def sign(
    tx: Connection,
    who: Sequence[Person],
    given: Signature,
    *,
    record: str,
    content: str,
    decision_id: int,
    now: datetime,
    console: str,
    trace_id: str,
) -> None:
    """Keeps the signatures and their audit entries, in the commit of the decision that they sign.

    Args:
        content: of the record as it was shown (``content_of``); its hash goes into the audit.
    """
    record_hash = fingerprint(content)
    for person in who:
        detail = {
            "meaning": given.meaning,
            "reason": given.reason,
            "record_hash": record_hash,
            "decision": decision_id,
            "console": console,
        }
        seq = audit.append(tx, now, person.name, "signed", record, detail, trace_id)
        signatures.add(
            tx,
            Signed(
                decision_id=decision_id,
                person=person.name,
                role=person.title,
                at=now,
                meaning=given.meaning,
                reason=given.reason,
                record=record,
                content=content,
                record_hash=record_hash,
                audit_seq=seq,
            ),
        )


def content_of(record: Any) -> str:
    """A stored row as it stands, in one fixed form."""
    return json.dumps(
        asdict(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def fingerprint(content: str) -> str:
    """Its sha256."""
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no fixed form")
