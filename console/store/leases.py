"""Leases: one edge per device group, one poster per plant.

A lease is held until it expires or is released. Each time it changes hands its token grows, so that a holder
that slept through its expiry is found out: whatever it writes carries its old token, and ``check_token``
refuses it inside the same transaction. The token, not the clock, is what makes this safe; the clock only
says when somebody else may try. (M. Kleppmann, "How to do distributed locking", 2016: fencing tokens.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, insert, select, update

from console.errors import LeaseHeld
from console.store.schema import leases
from console.store.sqlite import read, write


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was when acquired or renewed.

    Attributes:
        holder: names one run of a process, for example ``edge@hall2 4711 2f9c``; shown to people.
        token: the fencing token; grows with every change of hands and is never used twice.
        expires_at: aware UTC; renew well before.
    """

    name: str
    holder: str
    token: int
    expires_at: datetime


def acquire(engine: Engine, name: str, holder: str, now: datetime, ttl: timedelta) -> Lease:
    """Take a free or expired lease, or one's own again (with a new token).

    Raises LeaseHeld with the holder and the expiry where another one has it.
    """
    with write(engine) as tx:
        found = _row(tx, name)
        if found is None:
            lease = Lease(name, holder, 1, now + ttl)
            tx.execute(insert(leases).values(name=name, holder=holder, token=1, expires_at=lease.expires_at))
            return lease
        if found.holder != holder and found.expires_at > now:
            raise _held(found)
        lease = Lease(name, holder, found.token + 1, now + ttl)
        tx.execute(
            update(leases)
            .where(leases.c.name == name)
            .values(holder=holder, token=lease.token, expires_at=lease.expires_at)
        )
        return lease


def renew(engine: Engine, lease: Lease, now: datetime, ttl: timedelta) -> Lease:
    """Hold it for ``ttl`` from now. An expired lease that nobody took is simply held on.

    Raises LeaseHeld where another one has taken it: stop what the lease covers at once.
    """
    renewed = Lease(lease.name, lease.holder, lease.token, now + ttl)
    with write(engine) as tx:
        check_token(tx, lease)
        tx.execute(update(leases).where(leases.c.name == lease.name).values(expires_at=renewed.expires_at))
    return renewed


def release(engine: Engine, lease: Lease, now: datetime) -> None:
    """Let another one have it at once. Nothing happens where it is already lost."""
    with write(engine) as tx:
        # the row stays, so that its token can go on growing
        tx.execute(
            update(leases)
            .where(leases.c.name == lease.name, leases.c.token == lease.token)
            .values(expires_at=now)
        )


def check_token(tx: Connection, lease: Lease) -> None:
    """Refuse work under a lost lease. Call it first in each transaction that the lease covers.

    Raises LeaseHeld, which rolls the caller's transaction back.
    """
    found = _row(tx, lease.name)
    if found is None or found.token != lease.token:
        raise _held(found or lease)


def current(engine: Engine, name: str) -> Lease | None:
    """The lease as it stands, expired or not; None where nobody ever held it."""
    with read(engine) as tx:
        return _row(tx, name)


def _row(tx: Connection, name: str) -> Lease | None:
    c = leases.c
    row = tx.execute(select(c.name, c.holder, c.token, c.expires_at).where(c.name == name)).one_or_none()
    return None if row is None else Lease(*row)


def _held(lease: Lease) -> LeaseHeld:
    until = lease.expires_at.isoformat(sep=" ", timespec="seconds")
    return LeaseHeld(
        f"The lease {lease.name!r} is held by {lease.holder} until {until}.",
        "Stop that process, or wait: a lease whose holder is gone runs out at that time.",
    )
