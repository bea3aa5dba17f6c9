"""Resolves review items that are about a posting or an Odoo record (those about counts go through decide)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from console.domain.people import Permission, Person
from console.domain.postings import FlowClass, PostingState
from console.domain.records import GivenUp, PostingKind
from console.domain.validate import number
from console.errors import AlreadyDecided, InvalidDecision
from console.services.landed import TAKEN_BACK
from console.services.permit import must
from console.services.views import Decided
from console.store import audit, outbox, proposals, review
from console.store.engine import write
from console.store.review import ItemRow

_WAITING = (PostingState.READY, PostingState.REJECTED)


class Reviews:
    """Takes and resolves review items."""

    def __init__(self, ledger: Engine, console: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._console = console
        self._clock = clock

    def take(self, person: Person, item_id: int) -> None:
        """Says that somebody looks after it."""
        with write(self._ledger) as tx:
            must(tx, person, Permission.RESOLVE_REVIEW)
            review.take(tx, item_id, person.name)
            audit.append(tx, self._clock(), person.name, "review taken", f"review:{item_id}", {})

    def resolve(self, person: Person, item_id: int, version: int, choice: str, reason: str) -> Decided:
        """Carries out a choice. Decision, audit and what follows are one commit.

        Raises:
            NotAllowed, AlreadyDecided; InvalidDecision for a missing reason or an unknown choice.
        """
        if not reason.strip():
            raise InvalidDecision("The reason is missing.", "Say in a few words why.")
        now = self._clock()
        with write(self._ledger) as tx:
            must(tx, person, Permission.RESOLVE_REVIEW)
            item = review.get(tx, item_id)
            if item is None:
                raise AlreadyDecided("This item is not there any more.", "Look at the list again.")
            if choice not in {c.key for c in item.choices} or item.proposal_id is not None:
                raise InvalidDecision(f"There is no choice {choice!r} here.", "Choose one of those shown.")
            review.resolve(tx, item_id, version, person.name, choice, reason, now)
            decision_id = self._decision(tx, person, item, choice, reason, now)
            if choice == "retry":
                return self._retry(tx, item)
            if "/" in item.target_key:  # a record posting
                return self._settle_record(tx, item, choice, now)
            if choice == "take-back":
                return self._take_back(tx, item)
            return self._settle_edit(tx, item, choice, decision_id, now)

    def retry_posting(self, person: Person, posting_id: int, reason: str) -> None:
        """Lets a waiting or rejected posting try again at once."""
        now = self._clock()
        with write(self._ledger) as tx:
            must(tx, person, Permission.ACT_ON_OUTBOX)
            row = outbox.get(tx, posting_id)
            if row is None or row.state in (PostingState.VERIFIED, PostingState.DEAD_LETTER):
                raise InvalidDecision("This posting is settled.", "There is nothing to try again.")
            if row.state is PostingState.REJECTED:
                if not reason.strip():
                    raise InvalidDecision("The reason is missing.", "Say in a few words what was mended.")
                if review.open_of_target(tx, row.target_key) is not None:
                    raise InvalidDecision("A review item about this posting is open.", "Decide it there.")
                outbox.move(tx, row, PostingState.READY, not_before=None)
            else:
                outbox.move(tx, row, row.state, not_before=None)
            detail = {"reason": reason, "state": row.state.value}
            audit.append(
                tx, now, person.name, "posting retried", f"posting:{posting_id}", detail, row.trace_id
            )

    # --- choices ------------------------------------------------------------------------------------------

    def _decision(
        self, tx: Connection, person: Person, item: ItemRow, choice: str, reason: str, now: datetime
    ) -> int:
        detail: dict[str, Any] = {
            "choice": choice,
            "reason": reason,
            "title": item.title,
            "evidence": item.evidence,
            "console": self._console,
        }
        seq = audit.append(
            tx, now, person.name, f"review {choice}", f"review:{item.id}", detail, item.trace_id
        )
        return proposals.add_decision(
            tx,
            {
                "review_item_id": item.id,
                "kind": choice,
                "quantity": 0.0,
                "machine_quantity": 0.0,
                "reason": reason,
                "person": person.name,
                "role": person.title,
                "console": self._console,
                "at": now,
                "verdicts": [],
                "audit_seq": seq,
            },
        )

    def _retry(self, tx: Connection, item: ItemRow) -> Decided:
        rows = [r for r in outbox.of_target(tx, item.target_key) if r.state is PostingState.REJECTED]
        for row in rows:
            outbox.move(tx, row, PostingState.READY, not_before=None)
        return Decided(1, len(rows), f"{len(rows)} postings try again.")

    def _settle_record(self, tx: Connection, item: ItemRow, choice: str, now: datetime) -> Decided:
        """Gives up what Odoo refused or somebody changed there, or writes ours over the change."""
        rows = [r for r in outbox.of_target(tx, item.target_key) if r.state in _WAITING]
        if choice == "put-back":
            for row in rows:
                seen = {**row.seen, "write_over": item.evidence["edited"]}
                outbox.move(tx, row, PostingState.READY, not_before=None, error="", remedy="", seen=seen)
            return Decided(1, len(rows), "It is written over what stands in Odoo.")
        for row in rows:
            outbox.move(tx, row, PostingState.DEAD_LETTER)
        follows = TAKEN_BACK.get(PostingKind(rows[-1].kind)) if rows else None
        if follows is not None:
            how = GivenUp(choice == "accept", item.evidence.get("odoo", {}))
            follows(tx, rows[-1], how, now)
        return Decided(1, 0, "It is not booked." if choice == "take-back" else "What Odoo holds stands.")

    def _take_back(self, tx: Connection, item: ItemRow) -> Decided:
        """Rejected postings become dead letters; what was decided later stands without them."""
        taken = 0.0
        dead = 0
        for row in outbox.of_target(tx, item.target_key):
            if row.state is PostingState.REJECTED:
                outbox.move(tx, row, PostingState.DEAD_LETTER)
                taken, dead = taken + row.quantity, dead + 1
            elif row.state is PostingState.READY:
                outbox.move(tx, row, row.state, target_quantity=row.target_quantity - taken)
        balance = outbox.balance(tx, item.target_key)
        assert balance is not None
        outbox.change_balance(tx, item.target_key, decided=balance.decided - taken)
        return Decided(1, 0, f"{dead} postings over {number(taken)} are not booked.")

    def _settle_edit(
        self, tx: Connection, item: ItemRow, choice: str, decision_id: int, now: datetime
    ) -> Decided:
        """Somebody edited the record in Odoo: take their value as the start, or write ours over it."""
        balance = outbox.balance(tx, item.target_key)
        assert balance is not None
        seen = float(item.evidence["seen"])
        shift = seen - balance.expected if choice == "accept" else 0.0
        outbox.change_balance(
            tx, item.target_key, verified=seen, verified_at=now, seen=seen, baseline=balance.baseline + shift
        )
        waiting = [r for r in outbox.of_target(tx, item.target_key) if r.state in _WAITING]
        for row in waiting:
            target = row.target_quantity + shift
            outbox.move(
                tx, row, PostingState.READY, target_quantity=target, not_before=None, error="", remedy=""
            )
        if choice == "put-back" and not waiting:
            self._put_back(tx, item, seen, balance.booked, decision_id, now)
            return Decided(1, 1, f"{number(balance.booked)} is written again.")
        return Decided(1, len(waiting), f"{number(seen)} is the new start; {len(waiting)} postings go on.")

    def _put_back(
        self, tx: Connection, item: ItemRow, seen: float, booked: float, decision_id: int, now: datetime
    ) -> None:
        like = outbox.last_of_target(tx, item.target_key)
        assert like is not None
        outbox.add(
            tx,
            {
                "posting_key": f"{like.trace_id}-again-{item.id}",
                "trace_id": like.trace_id,
                "kind": like.kind,
                "lane": like.lane,
                "target_key": like.target_key,
                "decision_id": decision_id,
                "order_id": like.order_id,
                "order_reference": like.order_reference,
                "machine": like.machine,
                "product_id": like.product_id,
                "unit_id": like.unit_id,
                "unit": like.unit,
                "lot": like.lot,
                "quantity": booked - seen,
                "target_quantity": like.target_quantity,
                "flow_class": FlowClass.NEAR_REAL_TIME.value,
                "state": PostingState.READY.value,
                "created_at": now,
                "due_at": now + timedelta(seconds=FlowClass.NEAR_REAL_TIME.deadline_s),
            },
        )
