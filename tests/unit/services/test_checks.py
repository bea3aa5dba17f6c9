"""Checks by hand, and the summaries of batches."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.domain.equipment import LimitSpec
from console.domain.holds import HoldState, Scope
from console.domain.people import Role
from console.domain.postings import PostingState
from console.domain.tags import Quality, Sample
from console.errors import AlreadyDecided, InvalidDecision, NotAllowed
from console.services.check_summary import answers_of, figures, keep_summary, statistics
from console.store import batches, checks, machines, master
from console.store.engine import read, write
from tests.unit.services.quality_world import BATCH_TEST, HALL, LIMITS, TEST, QualityWorld
from tests.unit.services.shop import FIRST, PASTE, count

GOOD = {31: 1.1, 32: 321}


@pytest.fixture
def world(tmp_path: Path) -> QualityWorld:
    return QualityWorld(tmp_path / "world")


# --- inspections -------------------------------------------------------------------------------------------


def test_the_tests_of_odoo_are_forms(world: QualityWorld) -> None:
    forms = {f.id: f for f in world.quality.tests()}
    assert set(forms) == {3, 4}
    density, colour = forms[3].questions
    assert (density.title, density.kind, density.minimum, density.maximum, density.unit) == (
        "Density", "quantitative", 1.0, 1.2, "kg/l",
    )  # fmt: skip
    assert colour.answers == ((321, "right"), (322, "off"))


def test_an_inspection_is_booked_with_every_answer(world: QualityWorld) -> None:
    done = world.quality.record_check(world.inspector, 3, GOOD, lot="L-1", note="sample 4")
    assert (done.decisions, done.postings, done.message) == (1, 1, "Paste release passed.")
    (posting,) = world.postings()
    assert (posting.kind, posting.lane, posting.subject) == ("inspection", "lot:5", "check:1")
    assert posting.payload == {
        "test_id": 3,
        "product_id": 8,
        "quantity": 1.0,
        "at": world.clock().isoformat(),
        "lot": "L-1",
        "order_reference": "",
        "answers": [
            {"question_id": 31, "value": 1.1, "answer_id": None},
            {"question_id": 32, "value": None, "answer_id": 321},
        ],
        "notes": "sample 4",
    }
    assert world.held() == []
    (row,) = world.quality.holds().checks
    assert (row.result, row.text, row.posting) == (
        "pass",
        "Density: 1.1 kg/l, Colour: right",
        PostingState.READY,
    )


@pytest.mark.parametrize("answers", [{31: 1.21, 32: 321}, {31: 0.99, 32: 321}, {31: 1.1, 32: 322}])
def test_a_failed_inspection_holds_the_lot(world: QualityWorld, answers: dict[int, float]) -> None:
    done = world.quality.record_check(world.inspector, 3, answers, lot="L-1")
    (hold,) = world.held()
    assert (hold.state, hold.scope, hold.lot, hold.effective) == (HoldState.PROPOSED, Scope.LOT, "L-1", True)
    assert f"Hold {hold.id} is proposed" in done.message
    # what failed is booked as failed, and a second failure is evidence
    assert [p.kind for p in world.postings()] == ["inspection"]
    world.quality.record_check(world.inspector, 3, answers, lot="L-1")
    assert len(world.held()) == 1


@pytest.mark.parametrize("answers", [{31: 1.0, 32: 321}, {31: 1.2, 32: 321}])
def test_on_the_bound_passes(world: QualityWorld, answers: dict[int, float]) -> None:
    assert "passed" in world.quality.record_check(world.inspector, 3, answers, lot="L-1").message


def test_a_failed_inspection_of_an_order_without_lot_holds_what_is_made_for_it(world: QualityWorld) -> None:
    world.floor.runs("filler", FIRST)
    world.floor.makes("filler", 60)
    world.floor.next_hour()
    picks = world.floor.picks()
    world.quality.record_check(world.inspector, 3, GOOD | {31: 9.0}, order_reference=FIRST)
    (hold,) = world.held()
    assert (hold.scope, hold.machine, hold.order_reference) == (Scope.OUTPUT, "filler", FIRST)
    assert "went to Review" in world.floor.decide.confirm(world.floor.lead, picks).message


@pytest.mark.parametrize(
    ("answers", "values", "words"),
    [
        ({31: 1.1}, {"lot": "L-1"}, "Colour is not answered"),
        ({31: math.nan, 32: 321}, {"lot": "L-1"}, "Density needs a number"),
        ({31: 1.1, 32: 99}, {"lot": "L-1"}, "no such answer"),
        (GOOD | {33: 1.0}, {"lot": "L-1"}, "changed in Odoo"),
        (GOOD, {}, "neither lot nor order"),
        (GOOD, {"lot": "L-9"}, "Lot L-9 is not known"),
        (GOOD, {"order_reference": "WH/MO/99"}, "is not known"),
    ],
)
def test_an_inspection_that_cannot_be_kept_says_why(
    world: QualityWorld, answers: dict[int, float], values: dict[str, str], words: str
) -> None:
    with pytest.raises(InvalidDecision, match=words):
        world.quality.record_check(world.inspector, 3, answers, **values)  # type: ignore[arg-type]
    assert count(world.floor, "checks") == 0


def test_a_test_that_is_gone_and_a_role_that_may_not(world: QualityWorld) -> None:
    with pytest.raises(InvalidDecision, match=r"not .* in Odoo"):
        world.quality.record_check(world.inspector, 99, GOOD, lot="L-1")
    with pytest.raises(NotAllowed):
        world.quality.record_check(world.supervisor, 3, GOOD, lot="L-1")


def test_a_check_on_a_hold_stands_with_its_evidence(world: QualityWorld) -> None:
    world.breach()
    world.quality.record_check(world.inspector, 3, GOOD, hold_id=1)
    (check,) = world.shown().checks
    assert (check.result, check.lot) == ("pass", "L-1")


# --- measurements ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "held"), [(4.0, False), (4.01, True), (1.99, True)])
def test_a_measurement_beyond_its_action_limit_holds_the_lot(
    world: QualityWorld, value: float, held: bool
) -> None:
    world.runs()
    done = world.quality.record_measurement(world.inspector, "mixer", "viscosity", value)
    assert (len(world.held()) == 1) is held
    assert ("hold 1 is effective" in done.message) is held
    assert world.postings() == []  # only what breaches goes to Odoo, as a hold that is kept
    (row,) = [x for x in world.quality.holds().limits if x.name == "viscosity"]
    assert (row.value, row.by_hand) == (value, True)
    assert [c.result for c in world.quality.holds().checks] == ["fail" if held else "pass"]
    if held:
        (hold,) = world.held()
        assert (hold.lot, hold.severity, hold.evidence["breaches"][0]["by"]) == ("L-1", 3, "Ines")


def test_a_measurement_that_cannot_be_kept_says_why(tmp_path: Path) -> None:
    juice = replace(next(x for x in LIMITS if x.name == "viscosity"), product="JUICE")
    world = QualityWorld(tmp_path / "w", limits=(juice,))
    world.runs()
    for machine, limit, value, words in (
        ("press", "viscosity", 3.0, "no machine"),
        ("mixer", "weight", 3.0, "no limit 'weight'"),
        ("mixer", "viscosity", math.inf, "needs a number"),
        ("mixer", "viscosity", 3.0, "meant for JUICE; Mixer runs PASTE"),
    ):
        with pytest.raises(InvalidDecision, match=words):
            world.quality.record_measurement(world.inspector, machine, limit, value)
    assert count(world.floor, "checks") == 0


def test_limits_of_a_product_are_judged_for_that_product_only(tmp_path: Path) -> None:
    paste = replace(LIMITS[0], product="PASTE")
    world = QualityWorld(tmp_path / "w", limits=(paste, replace(LIMITS[3], product="JUICE")))
    world.memories["mixer"].limits.meant = world.floor.ingest.limits_meant()["mixer"]
    world.runs()
    world.value("mixer.temperature", 9.5)
    world.value("mixer.level", 1.0)
    assert [h.title.partition(" ")[0] for h in world.held()] == ["Paste"]


# --- batches -----------------------------------------------------------------------------------------------


def running(world: QualityWorld) -> tuple[str, str] | None:
    with read(world.ledger) as tx:
        batch = batches.running(tx, "mixer")
    return (batch.order_reference, batch.lot) if batch is not None else None


def test_another_lot_is_another_batch(world: QualityWorld) -> None:
    world.runs()
    assert running(world) == (PASTE, "L-1")
    world.value("mixer.lot", "L-2", later_s=60)
    assert running(world) == (PASTE, "L-2")
    with read(world.ledger) as tx:
        done = batches.unsummed(tx)
    assert [b.lot for b in done] == ["L-1"]
    assert done[-1].ended_at == world.clock()


def test_a_machine_without_environmental_limits_keeps_no_batches(tmp_path: Path) -> None:
    world = QualityWorld(tmp_path / "w", limits=tuple(x for x in LIMITS if not x.environmental))
    world.runs()
    assert running(world) is None
    world.tend_batches()
    assert count(world.floor, "batches") == 0


def test_where_a_person_says_what_runs_the_batch_follows(world: QualityWorld) -> None:
    with write(world.ledger) as tx:
        machines.assign(tx, "mixer", PASTE, "L-1", "Ada", world.clock())
    world.tend_batches()
    assert running(world) == (PASTE, "L-1")
    world.tend_batches()
    assert count(world.floor, "batches") == 1


def summary(world: QualityWorld, warm: float = 22.0) -> None:
    """A batch of some minutes, over and summed up."""
    world.runs()
    world.value("mixer.hall", 20.0, later_s=0)
    world.value("mixer.hall", warm, later_s=60)
    world.value("mixer.hall", 20.0, later_s=60)
    world.value("mixer.lot", "L-2", later_s=60)
    world.clock.turn(11)
    world.tend_batches()


def test_a_batch_that_is_over_is_summed_up_once_and_booked_by_a_person(world: QualityWorld) -> None:
    summary(world)
    world.tend_batches()
    rows = [c for c in world.quality.holds().checks if c.lot == "L-1"]
    (row,) = rows
    assert (row.kind, row.state, row.result) == ("batch_summary", "proposed", "pass")
    assert row.text.startswith("Hall temperature 20 to 22 °C, mean 20.6")
    assert world.postings() == []
    done = world.quality.decide_summary(world.inspector, row.id, row.version, True, "")
    assert done.postings == 1
    (posting,) = world.postings()
    assert (posting.kind, posting.payload["test_id"], posting.payload["lot"]) == ("inspection", 4, "L-1")
    assert posting.payload["answers"] == [
        {"question_id": 41, "value": 22.0, "answer_id": None},
        {"question_id": 42, "value": 0.0, "answer_id": None},
        {"question_id": 43, "value": None, "answer_id": 431},
    ]
    with pytest.raises(AlreadyDecided):
        world.quality.decide_summary(world.other, row.id, row.version, True, "")


def test_a_summary_is_rejected_with_a_reason_only(world: QualityWorld) -> None:
    summary(world)
    (row,) = [c for c in world.quality.holds().checks if c.lot == "L-1"]
    with pytest.raises(InvalidDecision, match="reason"):
        world.quality.decide_summary(world.inspector, row.id, row.version, False, " ")
    with pytest.raises(NotAllowed):
        world.quality.decide_summary(world.person("Mo", Role.MAINTENANCE), row.id, row.version, False, "x")
    world.quality.decide_summary(world.inspector, row.id, row.version, False, "probe was out")
    assert world.postings() == []
    (after,) = [c for c in world.quality.holds().checks if c.lot == "L-1"]
    assert after.state == "rejected"


def test_a_batch_test_that_odoo_has_not_says_so(world: QualityWorld) -> None:
    summary(world)
    (row,) = [c for c in world.quality.holds().checks if c.lot == "L-1"]
    world.quality._plant = replace(world.plant, quality=replace(world.plant.quality, batch_test="Nobody's"))
    with pytest.raises(InvalidDecision, match='no test "Nobody\'s"'):
        world.quality.decide_summary(world.inspector, row.id, row.version, True, "")


def test_without_values_a_batch_was_not_shown_to_be_good(world: QualityWorld) -> None:
    world.runs()
    world.value("mixer.lot", "L-2", later_s=60)
    world.clock.turn(11)
    world.tend_batches()
    (row,) = [c for c in world.quality.holds().checks if c.lot == "L-1"]
    assert (row.result, row.text) == ("fail", "Hall temperature: no values")
    with pytest.raises(InvalidDecision, match="no answer to: Hall temperature max"):
        world.quality.decide_summary(world.inspector, row.id, row.version, True, "")


def test_no_summary_where_the_plan_names_no_test(world: QualityWorld) -> None:
    world.plant = replace(world.plant, quality=replace(world.plant.quality, batch_test=""))
    summary(world)
    assert world.quality.holds().checks == ()


def test_two_make_the_summary_at_once_and_one_is_kept(world: QualityWorld) -> None:
    world.runs()
    world.value("mixer.lot", "L-2", later_s=60)
    mixer = world.plant.machine("mixer")
    assert mixer is not None
    with write(world.ledger) as tx:
        (batch,) = batches.unsummed(tx)
        mirror = master.mirror(tx)
        results = figures(tx, world.telemetry, mixer, mirror, batch, world.clock())
        assert keep_summary(tx, world.plant, mixer, mirror, batch, results, world.clock()) is not None
        assert keep_summary(tx, world.plant, mixer, mirror, batch, results, world.clock()) is None
    with read(world.ledger) as tx:
        assert len(checks.newest(tx, 10)) == 1


def test_order_and_lot_that_come_one_after_the_other_are_one_change(world: QualityWorld) -> None:
    world.runs()
    world.value("mixer.order", FIRST, later_s=60)
    world.value("mixer.lot", "L-7")
    assert running(world) == (FIRST, "L-7")
    assert count(world.floor, "batches") == 2


def test_a_lot_that_is_named_later_is_the_lot_of_the_whole_batch(world: QualityWorld) -> None:
    world.value("mixer.order", PASTE)
    world.value("mixer.lot", "L-1", later_s=600)
    assert (running(world), count(world.floor, "batches")) == ((PASTE, "L-1"), 1)
    world.value("mixer.lot", "", later_s=600)
    assert running(world) == (PASTE, "")
    assert count(world.floor, "batches") == 2


# --- figures -----------------------------------------------------------------------------------------------

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
COLD = LimitSpec("hall", "hall", "Hall", "degC", action_high=25.0, environmental=True)


def at(seconds: float, value: float | None, quality: Quality = Quality.GOOD) -> Sample:
    when = T0 + timedelta(seconds=seconds)
    return Sample("hall", value, quality, when, when)


def test_each_value_holds_until_the_next_one() -> None:
    found = statistics([at(-5, 10.0), at(10, 20.0), at(20, 30.0)], COLD, T0, T0 + timedelta(seconds=40))
    assert found is not None
    assert (found.minimum, found.maximum, found.covered_s, found.outside_s) == (10.0, 30.0, 40.0, 20.0)
    assert found.mean == pytest.approx((10 * 10 + 10 * 20 + 20 * 30) / 40)
    assert found.samples == 2


def test_bad_values_count_for_nothing() -> None:
    samples = [at(0, 20.0), at(10, 99.0, Quality.BAD), at(30, 20.0)]
    found = statistics(samples, COLD, T0, T0 + timedelta(seconds=40))
    assert found is not None
    assert (found.maximum, found.covered_s, found.mean) == (20.0, 20.0, 20.0)
    assert statistics([at(0, None, Quality.BAD)], COLD, T0, T0 + timedelta(seconds=40)) is None
    assert statistics([], COLD, T0, T0 + timedelta(seconds=40)) is None


def test_what_comes_after_the_end_is_another_batch() -> None:
    found = statistics([at(0, 20.0), at(50, 99.0)], COLD, T0, T0 + timedelta(seconds=40))
    assert found is not None
    assert found.maximum == 20.0


def test_questions_are_answered_by_their_names() -> None:
    results = [
        {
            "limit": HALL.name,
            "title": HALL.title,
            "minimum": 1.0,
            "maximum": 3.0,
            "mean": 2.0,
            "outside_s": 90.0,
        }
    ]
    answers, without = answers_of(BATCH_TEST.questions, results, False)
    assert [(a["question_id"], a["value"], a["answer_id"]) for a in answers] == [
        (41, 3.0, None),
        (42, 1.5, None),
        (43, None, 432),
    ]
    assert without == []
    assert answers_of(TEST.questions, results, True)[1] == ["Density"]
