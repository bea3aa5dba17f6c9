"""Review items about postings and Odoo records: what each choice does, and that it is done once."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.domain.proposals import Choice, Override, ReviewDomain
from console.errors import AlreadyDecided, InvalidDecision, NotAllowed
from console.services.posting_items import open_edited
from console.store import audit, outbox, proposals, review
from console.store.engine import read, write
from console.store.review import ItemRow
from tests.rigs.floor import Floor
from tests.unit.services.shop import FIRST, a_green_hour, count, open_shop, synced

S = PostingState
TARGET = "operation:11"
WHY = "the planner said so"


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    """Three confirmed hours of 60: one verified, two waiting."""
    floor = open_shop(tmp_path)
    for _ in range(3):
        a_green_hour(floor)
    floor.confirm_all()
    put(floor, 0, S.VERIFIED)
    with write(floor.ledger) as tx:
        outbox.change_balance(tx, TARGET, verified=60.0, verified_at=floor.clock())
    return floor


def put(floor: Floor, index: int, state: PostingState) -> None:
    with write(floor.ledger) as tx:
        assert outbox.move(tx, floor.postings()[index], state, error="the order is done")


def item_of(floor: Floor) -> ItemRow:
    (item,) = floor.open_reviews()
    return item


def refused(floor: Floor, index: int = 1) -> ItemRow:
    """Odoo did not take a posting."""
    put(floor, index, S.REJECTED)
    posting = floor.postings()[index]
    choices = tuple(Choice(k, k, "", None, Override.REASON) for k in ("retry", "take-back"))
    new = review.NewItem(
        cause=f"posting:{posting.id}/refused",
        domain=ReviewDomain.SYNCHRONISATION,
        level="high",
        rule="odoo-accepts v1",
        title="Odoo does not take it",
        explanation="",
        choices=choices,
        posting_id=posting.id,
        target_key=TARGET,
        trace_id=posting.trace_id,
    )
    with write(floor.ledger) as tx:
        review.open_item(tx, new, floor.clock())
    return item_of(floor)


def edited(floor: Floor, seen: float) -> ItemRow:
    """Somebody wrote another quantity in Odoo."""
    with write(floor.ledger) as tx:
        outbox.change_balance(tx, TARGET, seen=seen, seen_at=floor.clock(), seen_state="progress")
        balance = outbox.balance(tx, TARGET)
        about = outbox.last_of_target(tx, TARGET)
        assert balance is not None
        assert about is not None
        open_edited(tx, balance, about, floor.clock())
    return item_of(floor)


def balance(floor: Floor) -> outbox.Balance:
    with read(floor.ledger) as tx:
        found = outbox.balance(tx, TARGET)
    assert found is not None
    return found


def targets(floor: Floor) -> list[tuple[PostingState, float]]:
    return [(p.state, p.target_quantity) for p in floor.postings()]


def decided(floor: Floor, item: ItemRow, choice: str) -> None:
    floor.reviews.resolve(floor.lead, item.id, item.version, choice, WHY)


# --- choices -----------------------------------------------------------------------------------------------


def test_retry_lets_what_was_refused_go_again(floor: Floor) -> None:
    decided(floor, refused(floor), "retry")
    assert targets(floor) == [(S.VERIFIED, 60.0), (S.READY, 120.0), (S.READY, 180.0)]
    assert floor.open_reviews() == []


def test_take_back_leaves_the_later_ones_without_it(floor: Floor) -> None:
    decided(floor, refused(floor), "take-back")
    assert targets(floor) == [(S.VERIFIED, 60.0), (S.DEAD_LETTER, 120.0), (S.READY, 120.0)]
    assert balance(floor).decided == 120.0
    # and what is confirmed next stands on that
    synced(floor)
    a_green_hour(floor)
    floor.confirm_all()
    assert floor.postings()[-1].target_quantity == 180.0


def test_accepting_an_edit_adds_what_waits_to_it(floor: Floor) -> None:
    decided(floor, edited(floor, 75.0), "accept")
    assert targets(floor) == [(S.VERIFIED, 60.0), (S.READY, 135.0), (S.READY, 195.0)]
    assert (balance(floor).expected, balance(floor).booked) == (75.0, 195.0)


def test_putting_back_writes_what_was_decided_over_the_edit(floor: Floor) -> None:
    decided(floor, edited(floor, 75.0), "put-back")
    assert targets(floor) == [(S.VERIFIED, 60.0), (S.READY, 120.0), (S.READY, 180.0)]
    assert (balance(floor).expected, balance(floor).booked) == (75.0, 180.0)


def test_putting_back_with_nothing_waiting_makes_a_posting_of_its_own(floor: Floor) -> None:
    put(floor, 1, S.VERIFIED)
    put(floor, 2, S.VERIFIED)
    with write(floor.ledger) as tx:
        outbox.change_balance(tx, TARGET, verified=180.0)
    item = edited(floor, 75.0)
    decided(floor, item, "put-back")
    again = floor.postings()[-1]
    assert (again.state, again.target_quantity, again.quantity) == (S.READY, 180.0, 105.0)
    assert again.posting_key.endswith(f"-again-{item.id}")
    assert balance(floor).decided == 180.0  # nothing more was decided
    with read(floor.ledger) as tx:
        decision = proposals.decision(tx, again.decision_id)
    assert decision is not None
    assert (decision.kind, decision.reason, decision.person) == ("put-back", WHY, "Lead A")


# --- who, why, once ----------------------------------------------------------------------------------------


def test_decision_and_audit_belong_together(floor: Floor) -> None:
    before = count(floor, "decisions")
    decided(floor, refused(floor), "retry")
    assert count(floor, "decisions") == before + 1
    with read(floor.ledger) as tx:
        (done,) = (i for i in review.listed(tx, resolved=True) if i.rule == "odoo-accepts v1")
        assert audit.verify(tx).broken_at is None
    assert (done.resolved_by, done.resolution, done.reason) == ("Lead A", "retry", WHY)


def test_nobody_without_the_right(floor: Floor) -> None:
    item, guest = refused(floor), Person(9, "Guest", frozenset())
    with pytest.raises(NotAllowed):
        floor.reviews.resolve(guest, item.id, item.version, "retry", WHY)
    with pytest.raises(NotAllowed):
        floor.reviews.take(guest, item.id)
    inspector = Person(9, "Kim", frozenset({Role.INSPECTOR}))
    with pytest.raises(NotAllowed):
        floor.reviews.retry_posting(inspector, floor.postings()[1].id, WHY)
    assert item_of(floor).version == item.version


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(floor: Floor, reason: str) -> None:
    item = refused(floor)
    with pytest.raises(InvalidDecision, match="reason"):
        floor.reviews.resolve(floor.lead, item.id, item.version, "retry", reason)


def test_a_choice_that_is_not_offered(floor: Floor) -> None:
    item = refused(floor)
    with pytest.raises(InvalidDecision):
        decided(floor, item, "put-back")
    assert item_of(floor).version == item.version


def test_an_item_is_resolved_once_and_only_as_it_was_shown(floor: Floor) -> None:
    item = refused(floor)
    floor.reviews.take(floor.second, item.id)
    with pytest.raises(AlreadyDecided):
        decided(floor, item, "take-back")  # it was taken meanwhile
    taken = item_of(floor)
    assert taken.owner == "Lead C"
    decided(floor, taken, "take-back")
    for version in (taken.version, taken.version + 1):
        with pytest.raises(AlreadyDecided):
            floor.reviews.resolve(floor.lead, item.id, version, "take-back", WHY)
    assert balance(floor).decided == 120.0
    with pytest.raises(AlreadyDecided):
        floor.reviews.resolve(floor.lead, 999, 1, "retry", WHY)


def test_items_about_counts_are_not_decided_here(floor: Floor) -> None:
    synced(floor)
    a_green_hour(floor, order="WH/MO/77777")
    item = item_of(floor)
    with pytest.raises(InvalidDecision):
        decided(floor, item, item.choices[0].key)


# --- the outbox --------------------------------------------------------------------------------------------


def test_a_waiting_posting_goes_at_once(floor: Floor) -> None:
    posting = floor.postings()[1]
    with write(floor.ledger) as tx:
        outbox.move(tx, posting, S.READY, not_before=floor.clock.now.replace(year=2027))
    floor.reviews.retry_posting(floor.lead, posting.id, "")
    assert floor.postings()[1].not_before is None


def test_a_rejected_posting_needs_a_reason_and_no_open_item(floor: Floor) -> None:
    item = refused(floor)
    with pytest.raises(InvalidDecision, match="review item"):
        floor.reviews.retry_posting(floor.lead, floor.postings()[1].id, WHY)
    with write(floor.ledger) as tx:
        review.resolve(tx, item.id, None, "the console", "x", "", floor.clock())
    with pytest.raises(InvalidDecision, match="reason"):
        floor.reviews.retry_posting(floor.lead, floor.postings()[1].id, " ")
    floor.reviews.retry_posting(floor.lead, floor.postings()[1].id, WHY)
    assert floor.postings()[1].state is S.READY


@pytest.mark.parametrize("state", [S.VERIFIED, S.DEAD_LETTER])
def test_what_is_settled_is_not_tried_again(floor: Floor, state: PostingState) -> None:
    put(floor, 1, state)
    with pytest.raises(InvalidDecision, match="settled"):
        floor.reviews.retry_posting(floor.lead, floor.postings()[1].id, WHY)
    assert floor.postings()[1].state is state
    assert floor.postings()[1].order_reference == FIRST
