"""Checks by hand: inspections along Odoo's tests, measurements against limits, summaries of batches.

Only inspections (and what breaches) go to Odoo; a measurement that is inside stays here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from console.domain.equipment import LimitSpec, Machine
from console.domain.holds import Scope
from console.domain.limits import LimitLevel, holds_for, in_words, zone
from console.domain.machine_events import LimitBreached
from console.domain.master_data import QualityQuestion, QualityTest
from console.domain.people import Person
from console.domain.postings import FlowClass
from console.domain.records import PostingKind
from console.domain.validate import number
from console.domain.wording import with_unit
from console.errors import AlreadyDecided, InvalidDecision
from console.services import hold_open
from console.services.check_summary import answers_of
from console.services.facts import context_of
from console.services.follow_quality import breached
from console.services.hold_decide import Circumstances
from console.services.hold_open import Finding, Running
from console.services.record_postings import ask_for, decided
from console.services.trace_ids import new_trace_id
from console.services.views import Decided
from console.store import audit, checks, holds, machines, master, proposals, stock_master
from console.store.checks import NewCheck
from console.store.master import Mirror

# the severity of a hold that a failed inspection proposes
FAILED_SEVERITY = 2
SHOWN = {"pass": "passed", "fail": "failed"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What was checked."""

    lot: str
    order_reference: str
    product_id: int
    product: str
    lot_id: int | None
    machine: Machine | None


# --- inspections -------------------------------------------------------------------------------------------


def inspect(
    tx: Connection,
    here: Circumstances,
    person: Person,
    test_id: int,
    answers: Mapping[int, float | int],
    *,
    lot: str,
    order_reference: str,
    hold_id: int | None,
    note: str,
) -> Decided:
    """Keeps an inspection and asks Odoo to hold it. A failed one proposes a hold.

    Raises:
        InvalidDecision: the test is not known, an answer is missing or impossible, or it says not of what.
    """
    test = stock_master.quality_test(tx, test_id)
    if test is None or not test.active:
        raise InvalidDecision("This test is not (or no longer) in Odoo.", "Choose one of those listed.")
    results = [_answered(q, answers) for q in test.questions]
    strange = set(answers) - {q.id for q in test.questions}
    if strange:
        raise InvalidDecision(f"{test.name} has changed in Odoo since it was shown.", "Open the form again.")
    mirror = master.mirror(tx)
    if hold_id is not None and not lot and not order_reference:
        on = holds.get(tx, hold_id)
        lot, order_reference = (on.lot, on.order_reference) if on is not None else ("", "")
    about = subject_of(tx, here, mirror, lot, order_reference)
    passed = all(r["pass"] for r in results)
    trace_id = new_trace_id()
    check_id = checks.add(
        tx,
        NewCheck(
            trace_id=trace_id,
            kind="inspection",
            state="recorded",
            title=test.name,
            result="pass" if passed else "fail",
            results=results,
            at=here.now,
            machine=about.machine.name if about.machine is not None else "",
            product_id=about.product_id,
            product=about.product,
            lot=about.lot,
            order_reference=about.order_reference,
            test_id=test.id,
            person=person.name,
            hold_id=hold_id,
        ),
    )
    detail = {"test": test.name, "lot": about.lot, "order": about.order_reference, "passed": passed}
    decision_id = _decide(tx, here, person, check_id, "inspect", note, detail, trace_id)
    given = [
        {"question_id": r["question_id"], "value": r["value"], "answer_id": r["answer_id"]} for r in results
    ]
    _post(tx, here, check_id, trace_id, test, about, given, here.now, note, decision_id)
    if passed:
        return Decided(1, 1, f"{test.name} passed.")
    held = _failed(tx, about, test, results, check_id, here.now)
    return Decided(1, 1, f"{test.name} failed. {held}")


def _answered(q: QualityQuestion, answers: Mapping[int, float | int]) -> dict[str, Any]:
    if q.id not in answers:
        raise InvalidDecision(f"{q.name} is not answered.", "Answer every question of the test.")
    given = answers[q.id]
    result: dict[str, Any] = {
        "question_id": q.id,
        "title": q.name,
        "unit": q.unit,
        "value": None,
        "answer_id": None,
    }
    if q.kind == "qualitative":
        answer = next((a for a in q.answers if a[0] == given), None)
        if answer is None:
            raise InvalidDecision(f"{q.name} has no such answer.", "Choose one of those listed.")
        return result | {"answer_id": answer[0], "text": answer[1], "pass": answer[2]}
    if isinstance(given, bool) or not math.isfinite(given):
        raise InvalidDecision(f"{q.name} needs a number.", "Type what was measured.")
    value = float(given)
    limits = f"{number(q.minimum)} to {number(q.maximum)}"
    return result | {
        "value": value,
        "text": with_unit(number(value), q.unit),
        "limits": limits,
        "pass": q.minimum <= value <= q.maximum,
    }


def subject_of(
    tx: Connection, here: Circumstances, mirror: Mirror, lot: str, order_reference: str
) -> Subject:
    """Lot, order and product of a check. Raises InvalidDecision where it cannot be told."""
    lot, order_reference = lot.strip(), order_reference.strip()
    if not lot and not order_reference:
        raise InvalidDecision("It says neither lot nor order.", "Scan or type what was checked.")
    order = mirror.order(order_reference) if order_reference else None
    if order_reference and order is None:
        raise InvalidDecision(f"Order {order_reference!r} is not known.", "Type or scan it as Odoo shows it.")
    told = [r.proposal for r in proposals.found(tx, lot or order_reference, 200)]
    told = [p for p in told if (p.lot == lot if lot else p.order_reference == order_reference)]
    if order is None and told:
        order = mirror.order(told[0].order_reference)
    same = [x for x in mirror.lots if x.name == lot] if lot else []
    if order is not None:
        same = [x for x in same if x.product_id == order.product_id]
    if lot and not same and not any(p.lot == lot for p in told):
        raise InvalidDecision(f"Lot {lot} is not known.", "Scan it, or type it as the label shows it.")
    if order is None and len({x.product_id for x in same}) > 1:
        raise InvalidDecision(f"Lot {lot} is there for several products.", "Give the order too.")
    product_id = order.product_id if order is not None else next((x.product_id for x in same), None)
    product = mirror.products.get(product_id) if product_id is not None else None
    if product is None:
        raise InvalidDecision("The product of it is not known here.", "Wait for the next synchronisation.")
    machine = here.plant.machine(told[0].machine) if told else None
    reference = order.reference if order is not None else ""
    lot_id = same[0].id if same else None
    return Subject(lot, reference, product.id, product.name, lot_id, machine)


def _failed(
    tx: Connection,
    about: Subject,
    test: QualityTest,
    results: Sequence[Mapping[str, Any]],
    check_id: int,
    now: datetime,
) -> str:
    wrong = [f"{r['title']}: {r['text']}" for r in results if not r["pass"]]
    words = f"{test.name} failed ({', '.join(wrong)})"
    product = master.mirror(tx).products.get(about.product_id)
    at = now.isoformat()
    machine = about.machine
    good = checks.last_good_at(tx, machine.name if machine else "", about.order_reference, about.lot, now)
    found = Finding(
        key=f"check:{test.id}",
        title=words,
        rule="check-passed v1",
        severity=FAILED_SEVERITY,
        scope=Scope.LOT if about.lot else Scope.OUTPUT,
        breach={"words": words, "check": check_id, "at": at, "ended_at": at},
        since=good,
        # what is made next is as doubtful, until a check passes
        until=None,
    )
    runs = Running(about.order_reference, about.lot, product, about.lot_id)
    hold = hold_open.propose(tx, machine, runs, found, now)
    if hold.shadow:
        return f"Hold {hold.id} is shown only: holds are in shadow."
    return f"Hold {hold.id} is proposed and effective: {hold.title}."


def _post(
    tx: Connection,
    here: Circumstances,
    check_id: int,
    trace_id: str,
    test: QualityTest,
    about: Subject,
    answers: Sequence[Mapping[str, Any]],
    at: datetime,
    note: str,
    decision_id: int,
) -> int:
    lane = f"lot:{about.lot_id}" if about.lot_id is not None else f"product:{about.product_id}"
    what = f"lot {about.lot}" if about.lot else about.order_reference
    return ask_for(
        tx,
        kind=PostingKind.INSPECTION,
        subject=f"check:{check_id}",
        trace_id=trace_id,
        record_key=f"{trace_id}-check",
        revision=1,
        lane=lane,
        payload={
            "test_id": test.id,
            "product_id": about.product_id,
            "quantity": 1.0,
            "at": at.isoformat(),
            "lot": about.lot,
            "order_reference": about.order_reference,
            "answers": [dict(a) for a in answers],
            "notes": note,
        },
        summary=f"{test.name}, {what}",
        decision_id=decision_id,
        now=here.now,
        flow=FlowClass.NEAR_REAL_TIME,
        machine=about.machine.name if about.machine is not None else "",
        order_reference=about.order_reference,
        lot=about.lot,
        quantity=1.0,
        unit="inspection",
    )


# --- measurements ------------------------------------------------------------------------------------------


def measure(
    tx: Connection, here: Circumstances, person: Person, machine: Machine, spec: LimitSpec, value: float
) -> Decided:
    """Keeps a value measured by hand; beyond an action limit it proposes a hold.

    Raises:
        InvalidDecision: no number, or the limit holds for another product than the one that runs.
    """
    if isinstance(value, bool) or not math.isfinite(value):
        raise InvalidDecision(f"{spec.title} needs a number.", "Type what was measured.")
    mirror = master.mirror(tx)
    status = machines.statuses(tx).get(machine.name)
    reported = (status.order_reference, status.lot) if status is not None else ("", "")
    runs = hold_open.running_on(tx, mirror, machine, reported)
    operation = context_of(mirror, machine, runs.order_reference).operation
    product = runs.product.code if runs.product is not None else ""
    if not holds_for(spec, product, operation.name if operation is not None else ""):
        meant = " ".join(w for w in (spec.product, spec.operation) if w)
        raise InvalidDecision(
            f"{spec.title} is meant for {meant}; {machine.title} runs {product or 'nothing known'}.",
            "Choose a limit of the product that runs.",
        )
    level, rule, bound = zone(spec, value)
    trace_id = new_trace_id()
    outside = level == LimitLevel.ACTION.value
    shown = with_unit(number(value), spec.unit)
    result = {
        "limit": spec.name,
        "title": spec.title,
        "value": value,
        "unit": spec.unit,
        "text": shown,
        "limits": in_words(spec),
        "level": level,
        "pass": not outside,
    }
    hold = None
    if outside:
        event = LimitBreached(
            machine.name, here.now, spec.tag, spec.name, level, rule, value, bound, spec.unit
        )
        hold = breached(tx, here.plant, mirror, machine, spec, runs, event, here.now, by=person.name)
    check_id = checks.add(
        tx,
        NewCheck(
            trace_id=trace_id,
            kind="measurement",
            state="recorded",
            title=spec.title,
            result="fail" if outside else "pass",
            results=[result],
            at=here.now,
            machine=machine.name,
            product_id=runs.product_id,
            product=runs.product.name if runs.product is not None else "",
            lot=runs.lot,
            order_reference=runs.order_reference,
            person=person.name,
            hold_id=hold.id if hold is not None else None,
        ),
    )
    audit.append(tx, here.now, person.name, "measured", f"check:{check_id}", result, trace_id)
    if hold is None:
        word = "beyond the warning limit" if level else "inside"
        return Decided(1, 0, f"{spec.title} {shown}: {word}.")
    shadow = "shown only: holds are in shadow" if hold.shadow else "effective"
    return Decided(1, 0, f"{spec.title} {shown} is beyond {number(bound)}: hold {hold.id} is {shadow}.")


# --- summaries ---------------------------------------------------------------------------------------------


def decide_summary(
    tx: Connection,
    here: Circumstances,
    person: Person,
    check_id: int,
    version: int,
    accept: bool,
    reason: str,
) -> Decided:
    """Books the summary of a batch under its test, or rejects it.

    Raises:
        AlreadyDecided: it was decided or changed meanwhile.
        InvalidDecision: no reason, no such test, or a question of it that the summary cannot answer.
    """
    row = checks.get(tx, check_id)
    if row is None or row.kind != "batch_summary":
        raise AlreadyDecided(f"There is no summary {check_id}.", "Look at the list again.")
    if row.state != "proposed" or row.version != version:
        raise AlreadyDecided("This summary was decided since it was shown.", "Look at it again.")
    if not accept and not reason.strip():
        raise InvalidDecision("The reason is missing.", "Say in a few words why it is not booked.")
    detail = {"title": row.title, "result": row.result, "lot": row.lot, "order": row.order_reference}
    kind = "accept" if accept else "reject"
    if not accept:
        _decide(tx, here, person, check_id, kind, reason, detail, row.trace_id)
        checks.change(tx, check_id, version, state="rejected", person=person.name)
        return Decided(1, 0, "Rejected: nothing is booked.")
    wanted = here.plant.quality.batch_test
    test = next((t for t in stock_master.quality_tests(tx) if t.name == wanted), None)
    if test is None:
        raise InvalidDecision(
            f"Odoo has no test {wanted!r}.",
            "Make it there, or correct [quality] batch_test in the plant file.",
        )
    answers, without = answers_of(test.questions, row.results, row.result == "pass")
    if without:
        raise InvalidDecision(
            f"The summary has no answer to: {', '.join(without)}.",
            "Name the test's questions after the limits, such as 'Hall temperature max'.",
        )
    mirror = master.mirror(tx)
    about = subject_of(tx, here, mirror, row.lot, row.order_reference)
    decision_id = _decide(tx, here, person, check_id, kind, reason, detail, row.trace_id)
    _post(
        tx,
        here,
        check_id,
        row.trace_id,
        test,
        about,
        answers,
        row.at,
        summary_words(row.results),
        decision_id,
    )
    checks.change(tx, check_id, version, state="recorded", person=person.name, test_id=test.id)
    return Decided(1, 1, f"{row.title}: {SHOWN[row.result]}, booked under {test.name}.")


def summary_words(results: Sequence[Mapping[str, Any]]) -> str:
    """``Hall temperature 18.2 to 24.1 °C, mean 20.3, outside 0 min, 0 breaches``."""
    words = []
    for r in results:
        if "mean" not in r:
            words.append(f"{r['title']}: no values")
            continue
        span = with_unit(f"{number(r['minimum'])} to {number(r['maximum'])}", r["unit"])
        outside = number(r["outside_s"] / 60.0)
        missing = r["seconds"] - r["covered_s"]
        gap = f", {number(missing / 60.0)} min without values" if missing > 60 else ""
        words.append(
            f"{r['title']} {span}, mean {number(r['mean'])}, outside {outside} min, "
            f"{r['breaches']} breaches{gap}"
        )
    return "; ".join(words)


def _decide(
    tx: Connection,
    here: Circumstances,
    person: Person,
    check_id: int,
    kind: str,
    reason: str,
    detail: Mapping[str, Any],
    trace_id: str,
) -> int:
    return decided(
        tx,
        person=person,
        subject=f"check:{check_id}",
        kind=kind,
        reason=reason,
        detail=detail,
        now=here.now,
        console=here.console,
        trace_id=trace_id,
    )
