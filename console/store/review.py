"""Rows of the Review queue. Never deleted, only resolved with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from console.domain.proposals import Choice, Override, ReviewDomain, ReviewState
from console.errors import AlreadyDecided
from console.store.schema import review_items


@dataclass(frozen=True, slots=True)
class NewItem:
    """What needs a person.

    Attributes:
        cause: what it is about; while an item with this cause is open no second one is made.
        evidence: JSON-able facts; ``facts`` in it is a table as views.FactTable.
    """

    cause: str
    domain: ReviewDomain
    level: str
    rule: str
    title: str
    explanation: str
    choices: Sequence[Choice]
    evidence: dict[str, Any] = field(default_factory=dict)
    machine: str = ""
    order_reference: str = ""
    proposal_id: int | None = None
    posting_id: int | None = None
    target_key: str = ""
    trace_id: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A review item as stored."""

    id: int
    cause: str
    domain: str
    level: str
    rule: str
    title: str
    explanation: str
    evidence: dict[str, Any]
    choices: tuple[Choice, ...]
    machine: str
    order_reference: str
    proposal_id: int | None
    posting_id: int | None
    target_key: str
    trace_id: str
    state: ReviewState
    version: int
    owner: str
    opened_at: datetime
    due_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str
    resolution: str
    reason: str


def choices_to_data(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """As stored."""
    return [asdict(c) for c in choices]


def _row(r: Row[Any]) -> ItemRow:
    values = dict(r._mapping)
    values["choices"] = tuple(
        Choice(c["key"], c["title"], c["effect"], c["quantity"], Override(c["needs"])) for c in r.choices
    )
    values["state"] = ReviewState(r.state)
    return ItemRow(**values)


def open_item(tx: Connection, item: NewItem, now: datetime) -> int:
    """Opens an item, or brings the open one of the same cause up to date; returns its id."""
    values = asdict(item) | {"choices": choices_to_data(item.choices), "domain": item.domain.value}
    known = tx.execute(
        select(review_items.c.id).where(
            review_items.c.cause == item.cause, review_items.c.state == ReviewState.OPEN.value
        )
    ).scalar()
    if known is not None:
        tx.execute(
            update(review_items)
            .where(review_items.c.id == known)
            .values(**values, version=review_items.c.version + 1)
        )
        return int(known)
    result = tx.execute(
        insert(review_items).values(**values, state=ReviewState.OPEN.value, opened_at=now, version=1)
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def get(tx: Connection, item_id: int) -> ItemRow | None:
    """One item."""
    r = tx.execute(select(review_items).where(review_items.c.id == item_id)).first()
    return _row(r) if r else None


def listed(tx: Connection, resolved: bool, limit: int = 2000) -> list[ItemRow]:
    """Open items, oldest first; or resolved ones, newest first."""
    state = ReviewState.RESOLVED if resolved else ReviewState.OPEN
    order = review_items.c.resolved_at.desc() if resolved else review_items.c.opened_at
    query = select(review_items).where(review_items.c.state == state.value).order_by(order).limit(limit)
    return [_row(r) for r in tx.execute(query)]


def open_of_target(tx: Connection, target_key: str) -> ItemRow | None:
    """An open item about an Odoo record, if any."""
    r = tx.execute(
        select(review_items).where(
            review_items.c.target_key == target_key,
            review_items.c.state == ReviewState.OPEN.value,
            review_items.c.proposal_id.is_(None),
        )
    ).first()
    return _row(r) if r else None


def take(tx: Connection, item_id: int, owner: str) -> None:
    """Somebody says: mine."""
    tx.execute(
        update(review_items)
        .where(review_items.c.id == item_id, review_items.c.state == ReviewState.OPEN.value)
        .values(owner=owner, version=review_items.c.version + 1)
    )


def resolve(
    tx: Connection, item_id: int, version: int | None, by: str, resolution: str, reason: str, now: datetime
) -> None:
    """Closes an item.

    Args:
        version: as the person saw it; None where the console itself closes it.

    Raises:
        AlreadyDecided: somebody was faster, or it changed meanwhile.
    """
    where = [review_items.c.id == item_id, review_items.c.state == ReviewState.OPEN.value]
    if version is not None:
        where.append(review_items.c.version == version)
    done = tx.execute(
        update(review_items)
        .where(*where)
        .values(
            state=ReviewState.RESOLVED.value,
            resolved_at=now,
            resolved_by=by,
            resolution=resolution,
            reason=reason,
            version=review_items.c.version + 1,
        )
    )
    if done.rowcount == 0:
        raise AlreadyDecided(
            "This item was resolved or changed since it was shown.", "Look at it again and decide then."
        )


def resolve_cause(tx: Connection, cause: str, by: str, resolution: str, reason: str, now: datetime) -> None:
    """Closes the open item of a cause, if there is one."""
    found = tx.execute(
        select(review_items.c.id).where(
            review_items.c.cause == cause, review_items.c.state == ReviewState.OPEN.value
        )
    ).scalar()
    if found is not None:
        resolve(tx, int(found), None, by, resolution, reason, now)


def open_count(tx: Connection) -> int:
    """How many items are open."""
    return int(
        tx.execute(
            select(func.count())
            .select_from(review_items)
            .where(review_items.c.state == ReviewState.OPEN.value)
        ).scalar_one()
    )


def open_by_machine(tx: Connection) -> dict[str, int]:
    """Open items by the machine that they are about; an empty name for none."""
    rows = tx.execute(
        select(review_items.c.machine, func.count())
        .where(review_items.c.state == ReviewState.OPEN.value)
        .group_by(review_items.c.machine)
    )
    return {r[0]: int(r[1]) for r in rows}
