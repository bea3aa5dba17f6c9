"""Sign-in by PIN: what is kept, what is not, and when it is locked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from console.domain.people import Person, Role
from console.errors import InvalidDecision, NotAllowed, SignInFailed
from console.services import people as module
from console.services.people import LOCK, WRONG_BEFORE_LOCK, People
from console.store import audit
from console.store.engine import open_ledger, read
from tests.rigs.floor import PIN, Clock, Floor
from tests.unit.services.shop import open_shop

SECRET = "80532617"


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    return open_shop(tmp_path)


def dump(floor: Floor) -> str:
    """Everything that the ledger holds, as text."""
    with read(floor.ledger) as tx:
        names = [r[0] for r in tx.execute(text("SELECT name FROM sqlite_schema WHERE type = 'table'"))]
        return "\n".join(str(tuple(r)) for n in names for r in tx.execute(text(f'SELECT * FROM "{n}"')))


def actions(floor: Floor) -> list[tuple[str, str]]:
    with read(floor.ledger) as tx:
        return [(r.actor, r.action) for r in tx.execute(text("SELECT * FROM audit ORDER BY seq"))]


def test_a_pin_is_kept_as_an_argon2id_hash_and_stands_nowhere(floor: Floor, tmp_path: Path) -> None:
    floor.people.create(floor.lead, "Kim", frozenset({Role.INSPECTOR}), SECRET)
    floor.people.sign_in("Kim", SECRET)
    with pytest.raises(SignInFailed):
        floor.people.sign_in("Kim", SECRET + "9")
    with read(floor.ledger) as tx:
        digest = tx.execute(text("SELECT pin_hash FROM people WHERE name = 'Kim'")).scalar_one()
    assert digest.startswith("$argon2id$")
    assert SECRET not in dump(floor)
    floor.ledger.dispose()
    assert not [f for f in tmp_path.iterdir() if SECRET.encode() in f.read_bytes()]


def test_the_same_pin_twice_is_not_the_same_hash(floor: Floor) -> None:
    with read(floor.ledger) as tx:
        digests = tx.execute(text("SELECT pin_hash FROM people")).scalars().all()
    assert len(digests) == len(set(digests)) == 2


def test_the_first_person_becomes_administrator_and_supervisor(tmp_path: Path) -> None:
    people = People(open_ledger(tmp_path / "ledger.db"), Clock())
    assert people.needs_first_person()
    first = people.create(None, "  Ada   Lovelace ", frozenset({Role.INSPECTOR}), PIN)
    assert first.name == "Ada Lovelace"
    assert first.roles == {Role.ADMINISTRATOR, Role.SUPERVISOR, Role.INSPECTOR}
    assert not people.needs_first_person()
    with pytest.raises(NotAllowed):
        people.create(None, "Somebody", frozenset({Role.ADMINISTRATOR}), PIN)


@pytest.mark.parametrize("roles", [{Role.SUPERVISOR}, {Role.INSPECTOR}, {Role.MAINTENANCE}])
def test_only_an_administrator_creates_people(floor: Floor, roles: set[Role]) -> None:
    actor = Person(99, "Not an administrator", frozenset(roles))
    with pytest.raises(NotAllowed):
        floor.people.create(actor, "Kim", frozenset({Role.INSPECTOR}), PIN)
    assert len(floor.people.everybody()) == 2


@pytest.mark.parametrize("name", ["Lead A", "lead a", "  LEAD   A "])
def test_a_name_is_taken_however_it_is_written(floor: Floor, name: str) -> None:
    with pytest.raises(InvalidDecision, match="already"):
        floor.people.create(floor.lead, name, frozenset({Role.INSPECTOR}), PIN)


@pytest.mark.parametrize("name", ["Özgür Ä", "Émile", "Łukasz", "Ирина", "王芳"])
def test_names_of_every_alphabet_sign_in(floor: Floor, name: str) -> None:
    made = floor.people.create(floor.lead, name, frozenset({Role.INSPECTOR}), PIN)
    for written in (name, name.lower(), name.upper()):
        assert floor.people.sign_in(written, PIN).id == made.id
    with pytest.raises(InvalidDecision, match="already"):
        floor.people.create(floor.lead, name.upper(), frozenset({Role.INSPECTOR}), PIN)


@pytest.mark.parametrize(
    ("name", "roles", "pin"),
    [
        ("  ", {Role.INSPECTOR}, PIN),
        ("x" * 61, {Role.INSPECTOR}, PIN),
        ("Kim", set(), PIN),
        ("Kim", {Role.INSPECTOR}, "123"),
        ("Kim", {Role.INSPECTOR}, "12a4"),
        ("Kim", {Role.INSPECTOR}, ""),
    ],
)
def test_what_cannot_be_used_is_refused(floor: Floor, name: str, roles: set[Role], pin: str) -> None:
    with pytest.raises(InvalidDecision) as refused:
        floor.people.create(floor.lead, name, frozenset(roles), pin)
    assert pin == "" or pin not in str(refused.value)
    assert len(floor.people.everybody()) == 2


class TestLock:
    """Argon2 is slow on purpose; here only the counting matters."""

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module.People, "_matches", lambda self, digest, pin: pin == PIN)

    def wrong(self, floor: Floor, times: int) -> None:
        for _ in range(times):
            with pytest.raises(SignInFailed, match="Name or PIN"):
                floor.people.sign_in("Lead A", "0000")

    def test_five_wrong_pins_lock_for_a_while_even_the_right_one(self, floor: Floor) -> None:
        self.wrong(floor, WRONG_BEFORE_LOCK)
        with pytest.raises(SignInFailed, match="Too many wrong PINs") as locked:
            floor.people.sign_in("Lead A", PIN)
        assert "60 s" in locked.value.remedy or "61 s" in locked.value.remedy
        assert floor.people.sign_in("Lead C", PIN).name == "Lead C"  # nobody else is
        floor.clock.now += LOCK
        assert floor.people.sign_in("Lead A", PIN).name == "Lead A"

    def test_guesses_at_the_same_time_count_each(self, floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
        """Five at once, all of them looked up before any is counted."""
        door = threading.Barrier(WRONG_BEFORE_LOCK, timeout=10)

        def slow(_self: People, _digest: str, pin: str) -> bool:
            door.wait()
            return pin == PIN

        with monkeypatch.context() as patch, ThreadPoolExecutor(WRONG_BEFORE_LOCK) as pool:
            patch.setattr(module.People, "_matches", slow)
            guesses = [pool.submit(floor.people.sign_in, "Lead A", "0000") for _ in range(WRONG_BEFORE_LOCK)]
            assert all(isinstance(g.exception(), SignInFailed) for g in guesses)
        with pytest.raises(SignInFailed, match="Too many"):
            floor.people.sign_in("Lead A", PIN)

    def test_the_right_pin_starts_the_count_again(self, floor: Floor) -> None:
        self.wrong(floor, WRONG_BEFORE_LOCK - 1)
        floor.people.sign_in("Lead A", PIN)
        self.wrong(floor, WRONG_BEFORE_LOCK - 1)
        floor.people.sign_in("Lead A", PIN)

    def test_five_more_after_the_lock_lock_again(self, floor: Floor) -> None:
        self.wrong(floor, WRONG_BEFORE_LOCK)
        floor.clock.now += LOCK
        self.wrong(floor, WRONG_BEFORE_LOCK)
        with pytest.raises(SignInFailed, match="Too many"):
            floor.people.sign_in("Lead A", PIN)

    def test_it_is_not_said_whether_the_name_or_the_pin_is_wrong(self, floor: Floor) -> None:
        answers = []
        for name, pin in (("Nobody", PIN), ("Lead A", "0000")):
            with pytest.raises(SignInFailed) as failed:
                floor.people.sign_in(name, pin)
            answers.append(str(failed.value))
        assert answers[0] == answers[1]

    def test_coming_going_and_failing_are_in_the_audit(self, floor: Floor) -> None:
        floor.people.sign_in("lead a", PIN)
        self.wrong(floor, 1)
        floor.people.sign_in("Lead C", PIN, what="witnessed")
        floor.people.sign_out(floor.lead, "left the desk")
        assert actions(floor)[-4:] == [
            ("Lead A", "signed in"),
            ("Lead A", "wrong PIN"),
            ("Lead C", "witnessed"),
            ("Lead A", "signed out"),
        ]
        with read(floor.ledger) as tx:
            assert audit.verify(tx).broken_at is None


# --- leaving and forgetting --------------------------------------------------------------------------------


def test_who_is_deactivated_cannot_sign_in_and_keeps_the_name(floor: Floor) -> None:
    kim = floor.people.create(floor.lead, "Kim", frozenset({Role.INSPECTOR}), SECRET)
    assert not floor.people.set_active(floor.lead, kim.id, False).active
    with pytest.raises(SignInFailed):
        floor.people.sign_in("Kim", SECRET)
    assert kim.id not in {p.id for p in floor.people.everybody()}
    assert kim.id in {p.id for p in floor.people.everybody(archived=True)}
    with pytest.raises(InvalidDecision, match="already") as refused:
        floor.people.create(floor.lead, "kim", frozenset({Role.INSPECTOR}), SECRET)
    assert "again" in refused.value.remedy
    floor.people.set_active(floor.lead, kim.id, True)
    assert floor.people.sign_in("Kim", SECRET) == kim
    told = [action for _, action in actions(floor)]
    assert told.count("person deactivated") == told.count("person activated") == 1


def test_a_state_that_is_so_already_is_not_told_twice(floor: Floor) -> None:
    kim = floor.people.create(floor.lead, "Kim", frozenset({Role.INSPECTOR}), SECRET)
    floor.people.set_active(floor.lead, kim.id, True)
    assert "person activated" not in [action for _, action in actions(floor)]


def test_a_new_pin_ends_the_old_one_and_a_lock(floor: Floor) -> None:
    kim = floor.people.create(floor.lead, "Kim", frozenset({Role.INSPECTOR}), SECRET)
    for _ in range(WRONG_BEFORE_LOCK):
        with pytest.raises(SignInFailed):
            floor.people.sign_in("Kim", "0000")
    floor.people.set_pin(floor.lead, kim.id, "97531")
    assert floor.people.sign_in("Kim", "97531") == kim
    with pytest.raises(SignInFailed):
        floor.people.sign_in("Kim", SECRET)
    assert ("Lead A", "PIN set") in actions(floor)
    assert "97531" not in dump(floor)


def test_only_an_administrator_manages_and_nobody_shuts_themselves_out(floor: Floor) -> None:
    kim = floor.people.create(floor.lead, "Kim", frozenset({Role.SUPERVISOR}), SECRET)
    with pytest.raises(NotAllowed):
        floor.people.set_active(kim, floor.lead.id, False)
    with pytest.raises(NotAllowed):
        floor.people.set_pin(kim, floor.lead.id, "97531")
    with pytest.raises(InvalidDecision, match="themselves"):
        floor.people.set_active(floor.lead, floor.lead.id, False)
    with pytest.raises(InvalidDecision, match="digits"):
        floor.people.set_pin(floor.lead, kim.id, "12")
    with pytest.raises(InvalidDecision, match="no such person"):
        floor.people.set_pin(floor.lead, 999, "97531")
