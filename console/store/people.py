"""Rows of people. PIN hashes stay in here and in the service that checks them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from console.domain.people import Person, Role
from console.store.schema import people


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with what is needed to check a PIN."""

    person: Person
    pin_hash: str
    failed_attempts: int
    locked_until: datetime | None


def count(tx: Connection) -> int:
    """How many people there are, archived ones included."""
    return int(tx.execute(select(func.count()).select_from(people)).scalar_one())


def every(tx: Connection) -> tuple[Person, ...]:
    """All active people by name."""
    rows = tx.execute(select(people).where(people.c.active).order_by(people.c.name))
    return tuple(Person(r.id, r.name, frozenset(Role(x) for x in r.roles), r.active) for r in rows)


def by_name(tx: Connection, name: str) -> PersonRow | None:
    """The active person of this name, however it is capitalised."""
    wanted = name.strip().casefold()
    # compared here: SQLite's lower() knows ASCII only, so "Özgür" would never be found
    found = (r for r in tx.execute(select(people).where(people.c.active)) if r.name.casefold() == wanted)
    r = next(found, None)
    if r is None:
        return None
    person = Person(r.id, r.name, frozenset(Role(x) for x in r.roles), r.active)
    return PersonRow(person, r.pin_hash, r.failed_attempts, r.locked_until)


def add(tx: Connection, name: str, roles: frozenset[Role], pin_hash: str, at: datetime) -> Person:
    """A new person."""
    result = tx.execute(
        insert(people).values(
            name=name, roles=sorted(r.value for r in roles), pin_hash=pin_hash, active=True, created_at=at
        )
    )
    assert result.inserted_primary_key is not None
    return Person(int(result.inserted_primary_key[0]), name, roles)


def set_attempts(tx: Connection, person_id: int, failed: int, locked_until: datetime | None) -> None:
    """Keeps the number of wrong PINs in a row, and the lock that came of it."""
    tx.execute(
        update(people)
        .where(people.c.id == person_id)
        .values(failed_attempts=failed, locked_until=locked_until)
    )
