"""Leases: one holder, and a holder that slept is found out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from console.errors import LeaseHeld
from console.store.engine import open_ledger, read, write
from console.store.leases import acquire, check_token, current, release, renew

NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
TTL = timedelta(seconds=15)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_ledger(tmp_path / "ledger.db")


def test_the_second_is_told_who_and_until_when(engine: Engine) -> None:
    acquire(engine, "edge", "edge@hall2 11", NOW, TTL)
    with pytest.raises(LeaseHeld, match=r"edge@hall2 11 until 2026-11-02 06:00:15"):
        acquire(engine, "edge", "edge@hall2 12", NOW + timedelta(seconds=14), TTL)


def test_leases_of_other_names_are_independent(engine: Engine) -> None:
    assert acquire(engine, "edge", "a", NOW, TTL).token == 1
    assert acquire(engine, "poster", "b", NOW, TTL).token == 1


def test_an_expired_lease_changes_hands_and_the_sleeper_is_refused(engine: Engine) -> None:
    slept = acquire(engine, "edge", "a", NOW, TTL)
    taken = acquire(engine, "edge", "b", NOW + TTL, TTL)
    assert taken.token == slept.token + 1
    with pytest.raises(LeaseHeld, match="held by b"):
        renew(engine, slept, NOW + TTL, TTL)
    with pytest.raises(LeaseHeld, match="held by b"), write(engine) as tx:
        check_token(tx, slept)
    with write(engine) as tx:
        check_token(tx, taken)


def test_renewing_keeps_the_token(engine: Engine) -> None:
    lease = acquire(engine, "edge", "a", NOW, TTL)
    renewed = renew(engine, lease, NOW + timedelta(seconds=10), TTL)
    assert renewed.token == lease.token
    assert current(engine, "edge") == renewed
    with pytest.raises(LeaseHeld):
        acquire(engine, "edge", "b", NOW + timedelta(seconds=20), TTL)


def test_an_expired_lease_that_nobody_took_is_held_on(engine: Engine) -> None:
    lease = acquire(engine, "edge", "a", NOW, TTL)
    assert renew(engine, lease, NOW + timedelta(hours=1), TTL).expires_at == NOW + timedelta(hours=1) + TTL


def test_a_released_lease_is_free_at_once_and_its_token_goes_on(engine: Engine) -> None:
    lease = acquire(engine, "edge", "a", NOW, TTL)
    release(engine, lease, NOW)
    assert acquire(engine, "edge", "b", NOW, TTL).token == lease.token + 1


def test_releasing_a_lost_lease_does_not_free_the_new_holders(engine: Engine) -> None:
    lost = acquire(engine, "edge", "a", NOW, TTL)
    acquire(engine, "edge", "b", NOW + TTL, TTL)
    release(engine, lost, NOW + TTL)
    with pytest.raises(LeaseHeld):
        acquire(engine, "edge", "c", NOW + TTL, TTL)


def test_a_token_can_be_checked_in_a_snapshot(engine: Engine) -> None:
    lease = acquire(engine, "edge", "a", NOW, TTL)
    with read(engine) as tx:
        check_token(tx, lease)


def test_nobody_ever_held_it(engine: Engine) -> None:
    assert current(engine, "edge") is None
