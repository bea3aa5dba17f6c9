"""Hands a person's request to the desk; shared by Counts and Review."""

from __future__ import annotations

from console.desktop.widgets.decision_panel import Request
from console.domain.people import Person
from console.services.desk import Desk, Pick
from console.services.views import Decided


def decide(desk: Desk, person: Person, request: Request) -> Decided:
    """Called in a worker thread. The second person proves themselves first; a wrong PIN changes nothing."""
    name, pin = request.witness
    witness = desk.verify_witness(name, pin) if name else None
    subject = request.subject
    if subject.pick is None:
        return desk.resolve_review(
            person, subject.key[1], subject.version, request.choice, reason=request.reason, witness=witness
        )
    return desk.choose(
        person,
        Pick(*subject.pick),
        request.choice,
        quantity=request.quantity,
        parts=request.parts,
        order_reference=request.order_reference,
        lot=request.lot,
        reason=request.reason,
        witness=witness,
    )
