"""Every rule fails alone for its own reason, and nothing else stands in for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.domain.equipment import Machine
from console.domain.holds import Held, Scope
from console.domain.master_data import (
    Lot,
    Operation,
    OperationState,
    Order,
    OrderState,
    Product,
    Tracking,
    Unit,
    WorkCenter,
)
from console.domain.proposals import Outcome, ProductionProposal, ProposalState
from console.domain.validate import RULES, Facts, number, validate
from tests.rigs.floor import machine

T0 = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
UNITS = Unit(1, "Units", 1, 1.0)
KG = Unit(3, "kg", 3, 1.0)
FILLER: Machine = machine("filler", "FIL1", tolerance_percent=2.0)
ORDER = Order(42, "WH/MO/00042", OrderState.PROGRESS, 7, 1, 1000.0)
OPERATION = Operation(177, 42, 1, "Fill", OperationState.PROGRESS, 1000.0)
PRODUCT = Product(7, "JUICE", "Juice", 1)
PROPOSAL = ProductionProposal(
    id=1,
    trace_id="pc-1",
    machine="filler",
    order_reference=ORDER.reference,
    order_id=42,
    target_key="operation:177",
    lot="",
    interval_start=T0,
    interval_end=T0 + timedelta(hours=1),
    part=1,
    good=100.0,
    scrap=2.0,
    unit="Units",
    expected=600.0,
    jumps=0.0,
    state=ProposalState.OPEN,
    version=1,
    plant_version="f" * 12,
)
GREEN = Facts(
    proposal=PROPOSAL,
    machine=FILLER,
    quantity=100.0,
    now=T0 + timedelta(hours=1),
    work_center=WorkCenter(1, "FIL1", "Filler 1"),
    order=ORDER,
    operation=OPERATION,
    product=PRODUCT,
    machine_unit=UNITS,
    order_unit=UNITS,
    lot=None,
    reported_order=ORDER.reference,
    assigned_order="",
    booked=900.0,
    verified=900.0,
    seen=900.0,
    in_flight=False,
    master_data_age_s=60.0,
    master_data_stale_after_s=3600.0,
    skew_s=0.5,
    skew_warn_s=2.0,
    skew_fail_s=30.0,
    most_in_interval=900.0,
    gap_s=0.0,
    order_changed_in_gap=False,
)


def about_proposal(**values: object) -> Facts:
    return replace(GREEN, proposal=replace(PROPOSAL, **values))  # type: ignore[arg-type]


def tracked(how: Tracking, lot: str = "") -> Facts:
    return replace(about_proposal(lot=lot), product=replace(PRODUCT, tracking=how))


def with_program(program: str) -> Facts:
    """The machine's plan says P-7 for the product."""
    machine = replace(FILLER, program_tag="filler.program", programs=(("JUICE", "P-7"),))
    return replace(about_proposal(program=program), machine=machine)


def held(number: int, title: str, scope: Scope, **values: object) -> Held:
    nothing: dict[str, object] = {
        "machine": "",
        "lot": "",
        "product_id": None,
        "order_reference": "",
        "start": None,
        "end": None,
    }
    return Held(number, title, scope, **(nothing | values))  # type: ignore[arg-type]


HELD_LOT = held(3, "Temperature of lot L-1", Scope.LOT, machine="mixer", lot="L-1", product_id=7)
HELD_WINDOW = held(
    4,
    "Temperature in a window",
    Scope.WINDOW,
    machine="filler",
    start=T0 + timedelta(minutes=50),
    end=T0 + timedelta(hours=2),
)
HELD_ORDER = held(5, "Failed check", Scope.OUTPUT, order_reference=ORDER.reference)

# (rule, what is changed, words that must be in the message)
FAILING: list[tuple[str, Facts, str]] = [
    ("work-center-known", replace(GREEN, work_center=None), "FIL1 of Filler is not known"),
    ("work-center-known", replace(GREEN, work_center=WorkCenter(1, "FIL1", "F", active=False)), "archived"),
    ("order-known", replace(about_proposal(order_reference=""), order=None), "No order is known"),
    ("order-known", replace(GREEN, order=None), "WH/MO/00042 is not known"),
    ("order-known", replace(GREEN, operation=None), "has no operation on Filler 1"),
    ("order-open", replace(GREEN, order=replace(ORDER, state=OrderState.DRAFT)), "draft"),
    ("order-open", replace(GREEN, order=replace(ORDER, state=OrderState.DONE)), "done"),
    ("order-open", replace(GREEN, order=replace(ORDER, state=OrderState.CANCEL)), "cancel"),
    ("order-open", replace(GREEN, operation=replace(OPERATION, state=OperationState.DONE)), "Fill"),
    ("order-open", replace(GREEN, operation=replace(OPERATION, state=OperationState.CANCEL)), "cancel"),
    ("order-not-closing", replace(GREEN, closing=True), "closing of WH/MO/00042 is decided"),
    ("program-agrees", with_program("P-9"), "ran program P-9, Juice is made with P-7"),
    ("machine-order-agree", replace(GREEN, assigned_order="WH/MO/00099"), "WH/MO/00099"),
    ("product-active", replace(GREEN, product=None), "not known here"),
    ("product-active", replace(GREEN, product=replace(PRODUCT, active=False)), "archived"),
    ("unit-match", replace(GREEN, machine_unit=None), "'Units' of Filler is not known"),
    ("unit-match", replace(GREEN, order_unit=KG), "do not convert"),
    ("lot-present", tracked(Tracking.LOT), "no lot is known"),
    ("lot-present", tracked(Tracking.SERIAL, "S-1"), "serial number"),
    ("not-held", replace(about_proposal(lot="L-1"), holds=(HELD_LOT,)), "Temperature of lot L-1 (hold 3)"),
    ("not-held", replace(GREEN, holds=(HELD_WINDOW,)), "Temperature in a window (hold 4)"),
    ("not-held", replace(GREEN, holds=(HELD_ORDER,)), "(hold 5)"),
    ("not-held", replace(GREEN, holds=(HELD_WINDOW, HELD_ORDER)), "(hold 4 and 1 more)"),
    ("counter-explained", about_proposal(jumps=430.0), "up to 430 are left out"),
    ("rate-plausible", replace(GREEN, most_in_interval=101.9), "at most 101.9"),
    ("within-remaining", replace(GREEN, booked=920.01, verified=920.01, seen=920.01), "of 1,000"),
    ("data-gap", replace(GREEN, gap_s=40.0, order_changed_in_gap=True), "for 40 s"),
    ("master-data-fresh", replace(GREEN, master_data_age_s=None), "never fetched"),
    ("master-data-fresh", replace(GREEN, master_data_age_s=3601.0), "1 h old"),
    ("clock-skew", replace(GREEN, skew_s=30.1), "30.1 s off"),
    ("edited-in-odoo", replace(GREEN, seen=950.0), "950 there, 900 verified"),
]
CASES = pytest.mark.parametrize(
    ("rule", "facts", "words"), FAILING, ids=[f"{n}-{c[0]}" for n, c in enumerate(FAILING)]
)


def failing(facts: Facts, rules=RULES) -> list[str]:
    return [v.rule for v in validate(facts, rules) if v.outcome is Outcome.FAIL]


def test_all_rules_pass_without_a_notice() -> None:
    verdicts = validate(GREEN)
    assert [v.rule for v in verdicts] == [r.id for r in RULES]
    assert {v.outcome for v in verdicts} == {Outcome.PASS}
    assert all(v.message for v in verdicts)


def test_a_program_that_agrees_or_is_not_known_stands_in_nobodys_way() -> None:
    assert failing(with_program("P-7")) == []
    assert failing(with_program("")) == []
    other = replace(with_program("P-9"), machine=replace(with_program("").machine, programs=()))
    assert failing(other) == []


def test_no_rule_is_without_a_failing_case_and_none_is_there_twice() -> None:
    assert {rule for rule, _, _ in FAILING} == {r.id for r in RULES}
    assert len({r.id for r in RULES}) == len(RULES)


@CASES
def test_exactly_this_rule_fails_and_says_why(rule: str, facts: Facts, words: str) -> None:
    assert failing(facts) == [rule]
    verdict = next(v for v in validate(facts) if v.outcome is Outcome.FAIL)
    assert words in verdict.message
    assert verdict.remedy
    judged_by = next(r for r in RULES if r.id == rule)
    assert (verdict.version, verdict.override) == (judged_by.version, judged_by.override)


@CASES
def test_without_the_rule_nothing_fails(rule: str, facts: Facts, words: str) -> None:
    assert failing(facts, tuple(r for r in RULES if r.id != rule)) == []


@pytest.mark.parametrize(
    "facts",
    [
        replace(GREEN, order=replace(ORDER, has_operations=False), operation=None),
        replace(GREEN, operation=replace(OPERATION, state=OperationState.BLOCKED)),
        replace(GREEN, order=replace(ORDER, state=OrderState.TO_CLOSE)),
        replace(GREEN, assigned_order=ORDER.reference),
        replace(GREEN, reported_order="", assigned_order="WH/MO/00099"),
        replace(GREEN, order_unit=Unit(2, "Dozens", 1, 12.0)),
        tracked(Tracking.LOT, "L-1"),
        replace(tracked(Tracking.LOT, "L-1"), lot=Lot(5, "L-1", 7)),
        # a person said another quantity, so the jump is answered
        replace(about_proposal(jumps=430.0), quantity=110.0),
        replace(GREEN, most_in_interval=102.0),
        # what is held is another lot, product, machine, time or order
        replace(about_proposal(lot="L-2"), holds=(HELD_LOT,)),
        replace(GREEN, holds=(HELD_LOT,)),
        replace(about_proposal(lot="L-1"), holds=(replace(HELD_LOT, product_id=8),)),
        replace(GREEN, holds=(replace(HELD_WINDOW, machine="packer"),)),
        replace(GREEN, holds=(replace(HELD_WINDOW, start=T0 + timedelta(minutes=61)),)),
        replace(GREEN, holds=(HELD_WINDOW,), made=(T0, T0 + timedelta(minutes=49))),
        replace(GREEN, holds=(replace(HELD_WINDOW, start=None, end=T0 - timedelta(minutes=1)),)),
        replace(GREEN, holds=(replace(HELD_ORDER, order_reference="WH/MO/00099"),)),
        replace(GREEN, booked=920.0, verified=920.0, seen=920.0),
        replace(GREEN, master_data_age_s=3600.0),
        replace(GREEN, skew_s=2.0),
        replace(GREEN, verified=None, seen=950.0),
        replace(GREEN, verified=None, seen=None),
        replace(GREEN, seen=950.0, in_flight=True),
        replace(GREEN, seen=900.004),
    ],
)
def test_the_near_side_of_each_limit_passes(facts: Facts) -> None:
    assert failing(facts) == []


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("data-gap", replace(GREEN, gap_s=40.0)),
        ("clock-skew", replace(GREEN, skew_s=2.1)),
    ],
)
def test_what_is_worth_knowing_but_stops_nobody_is_a_notice(rule: str, facts: Facts) -> None:
    assert [v.rule for v in validate(facts) if v.outcome is Outcome.NOTICE] == [rule]
    assert failing(facts) == []


def test_the_order_unit_counts_not_the_machines() -> None:
    """100 cases of a dozen are 8.33 dozens; 10 dozens are left."""
    dozens = Unit(2, "Dozens", 1, 12.0)
    near = replace(GREEN, order_unit=dozens, booked=1011.66, verified=1011.66, seen=1011.66)
    assert failing(near) == []
    assert failing(replace(near, booked=1011.7)) == ["within-remaining"]


def test_what_a_person_said_about_the_very_interval_stands_against_the_machine() -> None:
    """The machine still shows an order that was closed; a person moved the interval to another one."""
    said = replace(about_proposal(order_reference="WH/MO/00099"), assigned_order="WH/MO/00099")
    assert failing(said) == []


def test_evidence_names_the_numbers() -> None:
    facts = replace(GREEN, booked=990.0, verified=990.0, seen=990.0)
    (verdict,) = [v for v in validate(facts) if v.outcome is Outcome.FAIL]
    assert verdict.evidence == {"ordered": 1000.0, "booked": 990.0, "after": 1090.0, "limit": 1020.0}


@pytest.mark.parametrize(
    ("value", "words"),
    [(1202, "1,202"), (12.5, "12.5"), (0.1 + 0.2, "0.3"), (7.0000001, "7"), (1.005, "1"), (0, "0")],
)
def test_numbers_as_people_read_them(value: float, words: str) -> None:
    assert number(value) == words
