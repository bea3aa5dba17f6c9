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


def every(tx: Connection, *, archived: bool = False) -> tuple[Person, ...]:
    """All active people by name; with ``archived`` those too who may not sign in any more."""
    query = select(people).order_by(people.c.name)
    rows = tx.execute(query if archived else query.where(people.c.active))
    return tuple(Person(r.id, r.name, frozenset(Role(x) for x in r.roles), r.active) for r in rows)


def by_name(tx: Connection, name: str, *, archived: bool = False) -> PersonRow | None:
    """The active person of this name, however it is capitalised; with ``archived`` any person."""
    wanted = name.strip().casefold()
    # compared here: SQLite's lower() knows ASCII only, so "Özgür" would never be found
    found = (r for r in tx.execute(select(people)) if r.name.casefold() == wanted)
    r = next((r for r in found if archived or r.active), None)
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


def by_id(tx: Connection, person_id: int) -> Person | None:
    """A person, archived or not."""
    return next((p for p in every(tx, archived=True) if p.id == person_id), None)


def set_active(tx: Connection, person_id: int, active: bool) -> bool:
    """Lets a person sign in or not; False where that is so already."""
    result = tx.execute(
        update(people).where(people.c.id == person_id, people.c.active.is_not(active)).values(active=active)
    )
    return result.rowcount == 1


def set_pin(tx: Connection, person_id: int, pin_hash: str) -> None:
    """Another PIN; wrong ones before are forgotten."""
    tx.execute(
        update(people)
        .where(people.c.id == person_id)
        .values(pin_hash=pin_hash, failed_attempts=0, locked_until=None)
    )


def set_attempts(tx: Connection, person_id: int, failed: int, locked_until: datetime | None) -> None:
    """Keeps the number of wrong PINs in a row, and the lock that came of it."""
    tx.execute(
        update(people)
        .where(people.c.id == person_id)
        .values(failed_attempts=failed, locked_until=locked_until)
    )
