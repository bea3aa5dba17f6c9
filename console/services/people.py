"""Local people: sign-in by PIN (argon2id), roles, and the first administrator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, Engine

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

    def everybody(self, archived: bool = False) -> tuple[Person, ...]:
        """All active people; with ``archived`` those too who may not sign in any more."""
        with read(self._ledger) as tx:
            return rows.every(tx, archived=archived)

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
            same = rows.by_name(tx, name, archived=True)
            if same is not None:
                remedy = "Use another name." if same.person.active else "Let them sign in again instead."
                raise InvalidDecision(f"There already is a {name}.", remedy)
            if first:
                roles = roles | {Role.ADMINISTRATOR, Role.SUPERVISOR}
            if not roles:
                raise InvalidDecision("A person needs a role.", "Choose at least one.")
            person = rows.add(tx, name, roles, digest, now)
            by = actor.name if actor else name
            detail = {"roles": sorted(r.value for r in roles)}
            audit.append(tx, now, by, "person created", f"person:{person.id}", detail)
        return person

    def set_active(self, actor: Person, person_id: int, active: bool) -> Person:
        """Lets a person sign in, or not any more; nothing that they did is lost.

        Raises:
            NotAllowed: ``actor`` may not manage people.
            InvalidDecision: there is no such person, or it is the actor: one who may manage people must stay.
        """
        _may_manage(actor, "say who may sign in")
        with write(self._ledger) as tx:
            person = _known(tx, person_id)
            if person.id == actor.id and not active:
                raise InvalidDecision("Nobody can shut themselves out.", "Ask another administrator.")
            if rows.set_active(tx, person_id, active):
                what = "person activated" if active else "person deactivated"
                audit.append(tx, self._clock(), actor.name, what, f"person:{person_id}", {})
        return replace(person, active=active)

    def set_pin(self, actor: Person, person_id: int, pin: str) -> Person:
        """Another PIN for a person who forgot theirs; a lock of theirs ends.

        Raises:
            NotAllowed: ``actor`` may not manage people.
            InvalidDecision: there is no such person, or the PIN cannot be used.
        """
        _may_manage(actor, "set a PIN")
        check_pin(pin)
        digest = self._hasher.hash(pin)
        with write(self._ledger) as tx:
            person = _known(tx, person_id)
            rows.set_pin(tx, person_id, digest)
            audit.append(tx, self._clock(), actor.name, "PIN set", f"person:{person_id}", {})
        return person

    def sign_in(self, name: str, pin: str, what: str = "signed in") -> Person:
        """The person of this name, where the PIN is right.

        Args:
            what: for the audit; "" where something else tells it there (a signature).

        Raises:
            SignInFailed: wrong name or PIN (not said which), or locked after too many wrong PINs.
        """
        now = self._clock()
        with read(self._ledger) as tx:
            known = rows.by_name(tx, name)
        _not_locked(known, now)
        right = known is not None and self._matches(known.pin_hash, pin)
        with write(self._ledger) as tx:
            # read again: others may have guessed at the same time, and each guess counts
            known = rows.by_name(tx, name)
            _not_locked(known, now)
            if known is not None and right:
                rows.set_attempts(tx, known.person.id, 0, None)
                if what:
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


def _may_manage(actor: Person, what: str) -> None:
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise NotAllowed(f"Only an administrator may {what}.", "Ask one to sign in.")


def _known(tx: Connection, person_id: int) -> Person:
    person = rows.by_id(tx, person_id)
    if person is None:
        raise InvalidDecision("There is no such person.", "Look at the list again.")
    return person


def _not_locked(known: rows.PersonRow | None, now: datetime) -> None:
    if known is not None and known.locked_until is not None and known.locked_until > now:
        wait = int((known.locked_until - now).total_seconds()) + 1
        raise SignInFailed("Too many wrong PINs.", f"Try again in {wait} s, or ask an administrator.")


def check_pin(pin: str) -> None:
    """Refuses PINs that are too short or not digits (badges and keyboards both give digits)."""
    if not pin.isdigit() or len(pin) < SHORTEST_PIN:
        raise InvalidDecision(f"The PIN needs at least {SHORTEST_PIN} digits.", "Use digits only.")
