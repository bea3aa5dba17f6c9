"""Local people: sign-in by PIN (argon2id), roles, and the first administrator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Engine

from console.domain.people import Permission, Person, Role
from console.errors import InvalidDecision, NotAllowed, SignInFailed
from console.store import audit
from console.store import people as rows
from console.store.engine import read, write

SHORTEST_PIN = 4
WRONG_BEFORE_LOCK = 5
LOCK = timedelta(minutes=1)


class People:
    """Who may sign in. A PIN is never stored, logged or shown; only its argon2id hash is kept."""

    def __init__(self, ledger: Engine, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hasher = PasswordHasher()

    def needs_first_person(self) -> bool:
        """Whether nobody was ever created."""
        with read(self._ledger) as tx:
            return rows.count(tx) == 0

    def everybody(self) -> tuple[Person, ...]:
        """All active people."""
        with read(self._ledger) as tx:
            return rows.every(tx)

    def create(self, actor: Person | None, name: str, roles: frozenset[Role], pin: str) -> Person:
        """A new person. Without anybody yet, it becomes administrator and supervisor.

        Raises:
            NotAllowed: ``actor`` may not manage people, or is missing although somebody exists.
            InvalidDecision: the name or PIN cannot be used.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= 60:
            raise InvalidDecision("The name is missing or too long.", "Use 1 to 60 characters.")
        check_pin(pin)
        digest, now = self._hasher.hash(pin), self._clock()
        with write(self._ledger) as tx:
            first = rows.count(tx) == 0
            if not first and (actor is None or not actor.may(Permission.MANAGE_PEOPLE)):
                raise NotAllowed("Only an administrator may create people.", "Ask one to sign in.")
            if rows.by_name(tx, name) is not None:
                raise InvalidDecision(f"There already is a {name}.", "Use another name.")
            if first:
                roles = roles | {Role.ADMINISTRATOR, Role.SUPERVISOR}
            if not roles:
                raise InvalidDecision("A person needs a role.", "Choose at least one.")
            person = rows.add(tx, name, roles, digest, now)
            by = actor.name if actor else name
            detail = {"roles": sorted(r.value for r in roles)}
            audit.append(tx, now, by, "person created", f"person:{person.id}", detail)
        return person

    def sign_in(self, name: str, pin: str, what: str = "signed in") -> Person:
        """The person of this name, where the PIN is right.

        Raises:
            SignInFailed: wrong name or PIN (not said which), or locked after too many wrong PINs.
        """
        now = self._clock()
        with read(self._ledger) as tx:
            known = rows.by_name(tx, name)
        if known is not None and known.locked_until is not None and known.locked_until > now:
            wait = int((known.locked_until - now).total_seconds()) + 1
            raise SignInFailed("Too many wrong PINs.", f"Try again in {wait} s, or ask an administrator.")
        right = known is not None and self._matches(known.pin_hash, pin)
        with write(self._ledger) as tx:
            if known is not None and right:
                rows.set_attempts(tx, known.person.id, 0, None)
                audit.append(tx, now, known.person.name, what, f"person:{known.person.id}", {})
                return known.person
            if known is not None:
                failed = known.failed_attempts + 1
                locked = now + LOCK if failed % WRONG_BEFORE_LOCK == 0 else None
                rows.set_attempts(tx, known.person.id, failed, locked)
                audit.append(tx, now, known.person.name, "wrong PIN", f"person:{known.person.id}", {})
        raise SignInFailed("Name or PIN are not right.", "Try again.")

    def sign_out(self, person: Person, why: str) -> None:
        """Keeps in the audit that a person left."""
        with write(self._ledger) as tx:
            audit.append(tx, self._clock(), person.name, "signed out", f"person:{person.id}", {"why": why})

    def _matches(self, digest: str, pin: str) -> bool:
        try:
            return self._hasher.verify(digest, pin)
        except (VerifyMismatchError, InvalidHashError):
            return False


def check_pin(pin: str) -> None:
    """Refuses PINs that are too short or not digits (badges and keyboards both give digits)."""
    if not pin.isdigit() or len(pin) < SHORTEST_PIN:
        raise InvalidDecision(f"The PIN needs at least {SHORTEST_PIN} digits.", "Use digits only.")
