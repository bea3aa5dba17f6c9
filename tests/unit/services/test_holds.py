"""Holds: proposed by a breach, kept, released, scrapped; under signatures, and only as Odoo was read back."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from console.domain.equipment import QualityPlan
from console.domain.holds import Disposition, HoldState, Scope
from console.domain.limits import RUN_RULES
from console.domain.people import Role
from console.domain.policies import Flow, Mode
from console.domain.postings import PostingState
from console.domain.proposals import ProposalState
from console.errors import AlreadyDecided, DecisionError, InvalidDecision, NotAllowed, SignInFailed
from console.services.decide import Given
from console.services.policies import Policies
from console.services.quality import Signature
from console.services.screens.common import NotFound
from console.services.screens.machine import event_words
from console.services.signatures import content_of, fingerprint
from console.services.views import Level
from console.store import audit, machines, signatures
from console.store.engine import read
from tests.unit.services.quality_world import (
    CAGE,
    CHILD,
    CUSTOMERS,
    GRANDCHILD,
    L1,
    MEANING,
    QUARANTINE,
    REWORKED,
    SCRAP,
    SCRAPPED,
    SHELF,
    STOCK,
    TEMPERATURE,
    QualityWorld,
    ago,
    signed,
)
from tests.unit.services.shop import PASTE, count, synced


@pytest.fixture
def world(tmp_path: Path) -> QualityWorld:
    return QualityWorld(tmp_path / "world")


def release(world: QualityWorld, hold_id: int = 1, given: Signature | None = None, who: object = None):  # type: ignore[no-untyped-def]
    version = world.hold(hold_id).version
    return world.quality.dispose(
        who or world.inspector,  # type: ignore[arg-type]
        hold_id,
        version,
        Disposition.RELEASE,
        given or signed(),
    )


def set_policy(world: QualityWorld, mode: Mode) -> None:
    policies = Policies(world.ledger, world.plant, "test", world.clock)
    policies.set(world.supervisor, "mixer", Flow.HOLD, mode, 0.0, "trial")


# --- proposed ----------------------------------------------------------------------------------------------


def test_an_action_breach_holds_the_lot_at_once_and_asks_an_inspector(world: QualityWorld) -> None:
    hold = world.breach()
    assert (hold.state, hold.scope, hold.lot, hold.lot_id, hold.severity) == (
        HoldState.PROPOSED, Scope.LOT, "L-1", L1, 2,
    )  # fmt: skip
    assert hold.effective
    assert hold.title == "Paste temperature 9.5 °C, limit 8: lot L-1"
    (item,) = world.floor.open_reviews()
    assert (item.cause, item.domain, item.rule) == (f"hold:{hold.id}", "quality", "action-high v1")
    assert "hold 1" in item.explanation


def test_a_warning_only_shows(world: QualityWorld) -> None:
    world.runs()
    world.value("mixer.temperature", 7.0)
    assert world.held() == []
    assert count(world.floor, "machine_events WHERE kind = 'LimitBreached'") == 1
    (row,) = [x for x in world.quality.holds().limits if x.name == "temperature"]
    assert (row.value, row.level) == (7.0, Level.MEDIUM)


def test_a_second_breach_of_the_lot_is_evidence_not_a_second_hold(world: QualityWorld) -> None:
    world.breach()
    world.value("mixer.temperature", 5.0)
    world.wait(6)
    world.value("mixer.temperature", 9.0)
    world.value("mixer.seal", 4.0)  # another limit, of critical severity; its scope is the output
    (hold, output) = world.held()
    breaches = hold.evidence["breaches"]
    assert [(b["value"], b["ended_at"] is None) for b in breaches] == [(9.5, False), (9.0, True)]
    assert (output.scope, output.severity) == (Scope.OUTPUT, 1)
    # what is most severe comes first
    assert [h.id for h in world.quality.holds().open] == [output.id, hold.id]


def test_a_run_rule_proposes_a_hold_too(tmp_path: Path) -> None:
    spec = replace(TEMPERATURE, target=4.0, sigma=0.5, run_rules=("1-beyond-3s",), action_high=None)
    world = QualityWorld(tmp_path / "w", limits=(spec,))
    world.runs()
    world.value("mixer.temperature", 5.6)
    assert world.held() == []
    world.wait(12)
    (hold,) = world.held()
    assert RUN_RULES["1-beyond-3s"].title in hold.title


def test_a_restart_in_the_middle_of_a_breach_makes_no_second_hold(world: QualityWorld) -> None:
    world.breach()
    world.restart()
    world.value("mixer.temperature", 9.6)
    (hold,) = world.held()
    assert len(hold.evidence["breaches"]) == 1
    world.value("mixer.temperature", 5.0)
    world.wait(6)
    assert world.hold().evidence["breaches"][0]["ended_at"] is not None


def test_a_window_lasts_as_long_as_the_breach_and_grows_by_the_next(world: QualityWorld) -> None:
    world.runs()
    world.value("mixer.level", 5.0)
    began = world.clock()
    (hold,) = world.held()
    assert (hold.scope, hold.window_start, hold.window_end) == (Scope.WINDOW, began, None)
    world.value("mixer.level", 20.0, later_s=30)
    world.wait(6)
    first_end = world.hold().window_end
    assert first_end is not None
    assert first_end > began
    world.value("mixer.level", 5.0, later_s=30)
    assert world.hold().window_end is None
    assert len(world.held()) == 1


def test_output_is_doubtful_since_the_last_good_check(world: QualityWorld) -> None:
    world.runs()
    world.quality.record_measurement(world.inspector, "mixer", "viscosity", 3.0)
    checked = world.clock()
    world.clock.turn(600)
    world.value("mixer.seal", 4.0)
    (hold,) = world.held()
    assert (hold.scope, hold.window_start) == (Scope.OUTPUT, checked)


def test_output_that_breaches_again_after_it_was_kept_is_another_hold(world: QualityWorld) -> None:
    """Both are doubtful since the same good check; the second must not fail the commit of its events."""
    world.runs()
    world.quality.record_measurement(world.inspector, "mixer", "viscosity", 3.0)
    for _ in range(2):
        world.value("mixer.seal", 4.0)
        world.value("mixer.seal", 9.0)
        world.wait(6)
        world.keep(world.held()[-1].id)
    first, second = world.held()
    assert first.window_start == second.window_start
    assert first.cause != second.cause


def test_a_lot_whose_product_was_not_known_at_first_is_held_once(world: QualityWorld) -> None:
    world.runs(order="WH/MO/09999")
    world.value("mixer.temperature", 9.5)
    world.value("mixer.temperature", 5.0)
    world.wait(6)
    world.value("mixer.order", PASTE)
    world.value("mixer.temperature", 9.5)
    (hold,) = world.held()
    assert len(hold.evidence["breaches"]) == 2


def test_without_a_lot_the_time_is_held(world: QualityWorld) -> None:
    world.runs(lot="")
    world.value("mixer.temperature", 9.5)
    (hold,) = world.held()
    assert hold.scope is Scope.WINDOW
    assert "set it aside by hand" in world.keep().message


# --- not-held ----------------------------------------------------------------------------------------------


def hour(world: QualityWorld) -> None:
    """One closed interval of L-1 that was green."""
    world.runs()
    world.makes(50)
    world.floor.next_hour()


def test_confirmations_stop_at_once_and_go_on_when_the_hold_is_over(world: QualityWorld) -> None:
    hour(world)
    assert len(world.floor.picks()) == 1
    picks = world.floor.picks()
    world.value("mixer.temperature", 9.5)
    done = world.floor.decide.confirm(world.floor.lead, picks)
    assert done.decisions == 0
    assert "hold 1" in done.message
    (pick,) = world.floor.picks(ProposalState.REVIEW)
    with pytest.raises(InvalidDecision, match="quality hold"):
        world.floor.decide.choose(world.floor.lead, pick, "amend", Given(quantity=40.0, reason="counted"))
    release(world)
    assert world.floor.ingest.judge_held(world.clock()) == 1
    assert world.floor.confirm_all().decisions == 1


def test_the_edge_judges_again_when_a_hold_begins(world: QualityWorld) -> None:
    hour(world)
    world.floor.ingest.judge_held(world.clock())
    world.value("mixer.temperature", 9.5)
    assert world.floor.ingest.judge_held(world.clock()) == 1
    assert world.floor.picks() == []
    assert world.floor.ingest.judge_held(world.clock()) == 0


# --- policies ----------------------------------------------------------------------------------------------


def test_in_shadow_a_breach_shows_and_stops_nothing(world: QualityWorld) -> None:
    set_policy(world, Mode.SHADOW)
    hold = world.breach()
    assert (hold.shadow, hold.effective) == (True, False)
    assert world.floor.open_reviews() == []
    world.makes(50)
    world.floor.next_hour()
    assert world.floor.confirm_all().decisions == 1
    with pytest.raises(InvalidDecision, match="shadow"):
        world.keep()
    assert "shadow" in next(c.why_not for c in world.shown().choices if c.key is Disposition.KEEP)
    set_policy(world, Mode.CONFIRM)
    world.keep()
    assert world.hold().effective


def test_automatic_keeps_and_books_by_itself_but_never_releases(world: QualityWorld) -> None:
    set_policy(world, Mode.AUTOMATIC)
    hold = world.breach()
    assert (hold.state, hold.decided_by) == (HoldState.HELD, "policy")
    assert world.states() == [("hold", PostingState.READY)]
    assert world.floor.open_reviews() == []
    world.value("mixer.temperature", 5.0)
    world.wait(60)
    assert world.hold().state is HoldState.HELD


# --- keep --------------------------------------------------------------------------------------------------


def test_keeping_moves_all_there_is_of_the_lot_to_quarantine(world: QualityWorld) -> None:
    world.stock({STOCK: 200.0, SHELF: 40.0, CUSTOMERS: 12.0})
    world.breach()
    done = world.keep()
    assert done.postings == 1
    assert "Shipped already: 12 in Partners/Customers" in done.message
    (posting,) = world.postings()
    assert (posting.kind, posting.lane, posting.flow_class) == ("hold", "lot:5", "real_time")
    same = {"product_id": 8, "lot_id": 5, "unit_id": 3, "destination_id": QUARANTINE}
    assert posting.payload["lines"] == [
        same | {"quantity": 200.0, "source_id": STOCK},
        same | {"quantity": 40.0, "source_id": SHELF},
    ]
    assert posting.payload["take_reserved"] is True
    assert world.floor.open_reviews() == []
    assert world.hold().moves == []
    world.land()
    assert len(world.hold().moves) == 2


def test_more_evidence_is_no_reason_not_to_keep_another_decision_is(world: QualityWorld) -> None:
    shown = world.breach()
    world.value("mixer.temperature", 5.0)
    world.wait(6)
    assert world.hold().version > shown.version
    world.quality.keep(world.inspector, shown.id, shown.version, "too warm")
    with pytest.raises(AlreadyDecided):
        world.quality.keep(world.other, shown.id, shown.version, "too warm")
    with pytest.raises(AlreadyDecided, match="kept already"):
        world.keep(who=world.other)


def test_nothing_in_stock_yet_is_asked_for_again_when_there_is(world: QualityWorld) -> None:
    world.stock({})
    world.breach()
    done = world.keep()
    assert (done.postings, world.hold().state, world.hold().effective) == (0, HoldState.HELD, True)
    assert "booked when there is" in done.message
    assert "booked when there is" in world.shown().row.waiting
    world.tend()
    assert world.postings() == []
    world.stock({STOCK: 100.0})
    world.tend()
    (posting,) = world.postings()
    assert posting.quantity == 100.0
    world.tend()
    assert len(world.postings()) == 1


def test_stock_that_comes_later_follows_but_only_once_odoo_was_read_after_the_first(
    world: QualityWorld,
) -> None:
    world.breach()
    world.keep()
    world.land()
    world.tend()  # the mirror still shows 240 in stock, from before
    world.clock.turn(1)
    synced(world.floor)  # Odoo was read, but not where lots lie
    world.tend()
    assert len(world.postings()) == 1
    world.stock({QUARANTINE: 240.0, STOCK: 60.0})
    world.tend()
    assert [p.quantity for p in world.postings()] == [240.0, 60.0]
    assert len({p.posting_key for p in world.postings()}) == 2
    world.land()
    assert sum(m["quantity"] for m in world.hold().moves) == 300.0


def test_a_shipped_lot_stays_on_hold_and_says_where_it_is(world: QualityWorld) -> None:
    world.stock({CUSTOMERS: 240.0})
    world.breach()
    done = world.keep()
    assert done.postings == 0
    assert "Shipped already: 240 in Partners/Customers; call it back." in done.message
    assert world.hold().effective
    assert world.shown().row.stock == "240 kg in Partners/Customers"


def test_without_the_quarantine_location_it_says_what_to_make(world: QualityWorld) -> None:
    world.quality._plant = replace(world.plant, quality=QualityPlan("WH/Nowhere"))
    world.breach()
    assert "WH/Nowhere" in world.keep().message
    assert world.postings() == []


def test_what_lies_below_the_quarantine_location_is_there_already(world: QualityWorld) -> None:
    world.stock({CAGE: 240.0})
    world.breach()
    assert world.keep().postings == 0


def test_tending_writes_nothing_where_nothing_changed(world: QualityWorld) -> None:
    world.stock({})
    world.breach()
    world.keep()
    version = world.hold().version
    for _ in range(3):
        world.clock.turn(60)
        world.tend()
    assert world.hold().version == version


def test_a_lot_younger_in_odoo_than_its_hold_is_found_later(world: QualityWorld) -> None:
    world.runs(lot="L-2")
    world.value("mixer.temperature", 9.5)
    assert "does not know lot L-2 yet" in world.keep().message


def test_an_inspection_under_way_does_not_hold_up_the_quarantine(world: QualityWorld) -> None:
    world.quality.record_check(world.inspector, 3, {31: 9.0, 32: 321}, lot="L-1")
    assert world.keep().postings == 1
    assert [(p.kind, p.lane) for p in world.postings()] == [("inspection", "lot:5"), ("hold", "lot:5")]


def test_two_keep_at_once_and_one_of_them_is_told(world: QualityWorld) -> None:
    shown = world.breach()
    outcomes: list[str] = []

    def decide(person: object) -> None:
        try:
            world.quality.keep(person, shown.id, shown.version, "too warm")  # type: ignore[arg-type]
            outcomes.append("kept")
        except AlreadyDecided:
            outcomes.append("late")

    threads = [threading.Thread(target=decide, args=(p,)) for p in (world.inspector, world.other)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(outcomes) == ["kept", "late"]
    assert len(world.postings()) == 1
    assert count(world.floor, "decisions WHERE subject = 'hold:1'") == 1


def test_child_lots_are_held_with_it_each_by_a_hold_of_its_own(world: QualityWorld) -> None:
    world.stock({STOCK: 240.0}, {STOCK: 24.0})
    world.breach()
    assert world.keep().postings == 1
    below = world.quality.cascade(1)
    assert [(c.lot, c.depth, c.stock, c.held) for c in below] == [
        ("C-1", 1, "24 Units in WH/Stock", False),
        ("C-2", 2, "", False),
    ]
    world.keep(children=[CHILD])
    child = world.held()[-1]
    assert (child.parent_id, child.lot, child.state) == (1, "C-1", HoldState.HELD)
    assert [p.lane for p in world.postings()] == ["lot:5", "lot:6"]
    assert world.quality.cascade(1)[0].held
    with pytest.raises(InvalidDecision, match="not made of lot L-1"):
        world.keep(children=[99])
    # what is held already is not held twice
    world.keep(children=[CHILD, GRANDCHILD])
    assert [h.lot for h in world.held()] == ["L-1", "C-1", "C-2"]


# --- place -------------------------------------------------------------------------------------------------


def test_a_supervisor_places_a_hold_that_is_effective_and_booked(world: QualityWorld) -> None:
    done = world.quality.place_hold(world.supervisor, lot="L-1", severity=1, reason="customer complaint")
    assert (done.decisions, done.postings) == (1, 1)
    hold = world.hold()
    assert (hold.state, hold.severity, hold.opened_by) == (HoldState.HELD, 1, "Lead C")
    with pytest.raises(AlreadyDecided, match="hold 1"):
        world.quality.place_hold(world.inspector, lot="L-1", reason="again")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"lot": "L-9", "reason": "x"}, "L-9 is not known"),
        ({"lot": "L-1", "reason": " "}, "reason is missing"),
        ({"lot": "L-1", "reason": "x", "severity": 4}, "severity"),
        ({"reason": "x"}, "neither lot nor machine"),
        ({"machine": "mixer", "reason": "x"}, "neither lot nor machine"),
    ],
)
def test_a_hold_that_cannot_be_placed_says_why(
    world: QualityWorld, values: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidDecision, match=words):
        world.quality.place_hold(world.supervisor, **values)  # type: ignore[arg-type]
    assert world.held() == []


def test_a_window_is_held_and_booked_by_what_was_made_in_it(world: QualityWorld) -> None:
    world.runs()
    world.clock.turn(60)
    world.makes(50)
    start, end = ago(world, 0.5), world.clock()
    for values, words in (
        ({"machine": "press", "start": start}, "no machine 'press'"),
        ({"machine": "mixer", "start": end, "end": start}, "ends before it begins"),
        ({"machine": "mixer", "start": end + timedelta(hours=1)}, "ends before it begins"),
        ({"machine": "mixer", "start": end - timedelta(days=40)}, "longer than a month"),
    ):
        with pytest.raises(InvalidDecision, match=words):
            world.quality.place_hold(world.supervisor, reason="x", **values)  # type: ignore[arg-type]
    world.clock.turn(1)
    done = world.quality.place_hold(world.supervisor, machine="mixer", start=start, end=end, reason="glass")
    assert "being counted" in done.message
    hold = world.hold()
    assert (hold.scope, hold.lot, hold.order_reference) == (Scope.WINDOW, "L-1", PASTE)
    world.clock.turn(20)
    world.tend()
    (posting,) = world.postings()
    assert (posting.quantity, posting.payload["lines"][0]["quantity"]) == (50.0, 50.0)


# --- release -----------------------------------------------------------------------------------------------


def test_released_is_said_only_when_odoo_was_read_back(world: QualityWorld) -> None:
    hold = world.kept()
    assert world.shown().row.stock == "240 kg in WH/Quarantine"
    done = release(world)
    assert "read back" in done.message
    assert (world.hold().state, world.hold().effective) == (HoldState.RELEASING, True)
    back = world.postings()[-1]
    assert (back.kind, back.lane) == ("release", "lot:5")
    assert back.posting_key != world.postings()[0].posting_key
    (line,) = back.payload["lines"]
    assert (line["source_id"], line["destination_id"], line["quantity"]) == (QUARANTINE, STOCK, 240.0)
    assert back.payload["take_reserved"] is False
    world.land()
    assert (world.hold().state, world.hold().effective) == (HoldState.RELEASED, False)
    assert [r.id for r in world.quality.holds().closed] == [hold.id]


def test_it_is_not_released_while_odoo_is_away(world: QualityWorld) -> None:
    world.kept()
    world.odoo_down()
    with pytest.raises(InvalidDecision, match="Odoo is not reached"):
        release(world)
    assert world.hold().state is HoldState.HELD
    why = {c.key: c.why_not for c in world.shown().choices}
    assert "Odoo is not reached" in why[Disposition.RELEASE]
    world.odoo_up()
    world.clock.turn(60)  # and the edge is silent now
    with pytest.raises(InvalidDecision, match="edge"):
        release(world)
    world.odoo_up()
    release(world)


def test_what_was_never_booked_is_released_here_at_once_signed_all_the_same(world: QualityWorld) -> None:
    world.breach()
    world.odoo_down()
    with pytest.raises(SignInFailed):
        release(world, given=signed(pin="9999"))
    assert world.hold().state is HoldState.PROPOSED
    release(world)
    assert world.hold().state is HoldState.RELEASED
    assert (world.postings(), world.floor.open_reviews()) == ([], [])
    assert count(world.floor, "signatures") == 1


def test_a_booking_under_way_is_waited_for(world: QualityWorld) -> None:
    world.breach()
    world.keep()
    with pytest.raises(InvalidDecision, match="on its way"):
        release(world)
    world.reject()
    with pytest.raises(InvalidDecision, match="in Review first"):
        release(world)


def test_a_lot_that_another_hold_covers_stays_in_quarantine(world: QualityWorld) -> None:
    world.kept()
    world.value("mixer.level", 5.0)  # a window of the same lot
    assert "stays in quarantine for hold 2" in release(world).message
    assert world.hold(1).state is HoldState.RELEASED
    assert [p.kind for p in world.postings()] == ["hold"]
    assert sum(m["quantity"] for m in world.hold(2).moves) == 240.0
    release(world, 2)
    assert world.postings()[-1].kind == "release"


# --- scrap, rework -----------------------------------------------------------------------------------------


def test_scrap_goes_from_quarantine_to_scrap(world: QualityWorld) -> None:
    world.kept()
    give = signed(meaning=SCRAPPED)
    world.quality.dispose(world.inspector, 1, world.hold().version, Disposition.SCRAP, give)
    (line,) = world.postings()[-1].payload["lines"]
    assert (line["source_id"], line["destination_id"]) == (QUARANTINE, SCRAP)
    assert world.hold().state is HoldState.SCRAPPING
    world.land()
    assert world.hold().state is HoldState.SCRAPPED


def test_what_does_not_lie_in_quarantine_cannot_be_scrapped(world: QualityWorld) -> None:
    world.stock({})
    world.breach()
    give = signed(meaning=SCRAPPED)
    with pytest.raises(InvalidDecision, match="Keep it first"):
        world.quality.dispose(world.inspector, 1, world.hold().version, Disposition.SCRAP, give)
    world.keep()
    with pytest.raises(InvalidDecision, match="in quarantine"):
        world.quality.dispose(world.inspector, 1, world.hold().version, Disposition.SCRAP, give)


def test_rework_stays_on_hold_until_it_is_released(world: QualityWorld) -> None:
    world.kept()
    give = signed(meaning=REWORKED)
    world.quality.dispose(world.inspector, 1, world.hold().version, Disposition.REWORK, give)
    assert (world.hold().state, world.hold().effective) == (HoldState.REWORK, True)
    release(world)
    world.land()
    assert world.hold().state is HoldState.RELEASED


# --- taken back --------------------------------------------------------------------------------------------


def test_a_booking_that_is_given_up_leaves_the_hold_here_and_can_be_asked_for_again(
    world: QualityWorld,
) -> None:
    world.breach()
    world.keep()
    world.reject()
    world.take_back()
    hold = world.hold()
    assert (hold.state, hold.effective) == (HoldState.HELD, True)
    assert "given up" in world.shown().row.waiting
    world.stock({STOCK: 240.0})
    world.tend()  # nobody asked for it again
    assert len(world.postings()) == 1
    world.keep()
    assert world.states()[-1] == ("hold", PostingState.READY)


@pytest.mark.parametrize("disposition", [Disposition.RELEASE, Disposition.SCRAP])
def test_a_disposition_that_is_given_up_puts_the_hold_back(
    world: QualityWorld, disposition: Disposition
) -> None:
    world.kept()
    meaning = {Disposition.RELEASE: MEANING, Disposition.SCRAP: SCRAPPED}[disposition]
    world.quality.dispose(world.inspector, 1, world.hold().version, disposition, signed(meaning=meaning))
    world.reject()
    world.take_back()
    assert (world.hold().state, world.hold().disposition) == (HoldState.HELD, None)
    assert sum(m["quantity"] for m in world.hold().moves) == 240.0
    release(world)
    assert world.states()[-1] == ("release", PostingState.READY)


# --- signatures and roles ----------------------------------------------------------------------------------


def test_a_signature_names_who_what_why_and_the_record_as_it_stood(world: QualityWorld) -> None:
    world.kept()
    before = world.hold()
    release(world)
    with read(world.ledger) as tx:
        (row,) = signatures.of_record(tx, "hold:1")
        assert audit.verify(tx).broken_at is None
    assert (row.person, row.role, row.meaning, row.reason) == (
        "Ines", "Inspector", MEANING, "within the deviation",
    )  # fmt: skip
    assert row.content == content_of(before)
    assert row.record_hash == fingerprint(content_of(before))
    assert row.record_hash != fingerprint(content_of(world.hold()))
    assert len(bytes.fromhex(row.record_hash)) == hashlib.sha256().digest_size
    assert "Ines (Inspector)" in world.shown().signatures[0]


def test_a_wrong_pin_counts_and_changes_nothing_else(world: QualityWorld) -> None:
    world.kept()
    version, decisions = world.hold().version, count(world.floor, "decisions")
    for _ in range(5):
        with pytest.raises(SignInFailed):
            release(world, given=signed(pin="0000"))
    with pytest.raises(SignInFailed, match="Too many"):
        release(world)
    assert (world.hold().version, count(world.floor, "decisions")) == (version, decisions)
    assert count(world.floor, "signatures") == 0
    assert count(world.floor, "audit WHERE action = 'wrong PIN'") == 5


@pytest.mark.parametrize(
    ("values", "words"),
    [({"reason": " "}, "reason"), ({"meaning": ""}, "meaning"), ({"meaning": "because"}, "meaning")],
)
def test_a_signature_is_whole_or_none(world: QualityWorld, values: dict[str, str], words: str) -> None:
    world.kept()
    with pytest.raises(InvalidDecision, match=words):
        release(world, given=replace(signed(), **values))
    assert world.hold().state is HoldState.HELD


def test_only_inspectors_decide_and_maintenance_places_none(world: QualityWorld) -> None:
    world.breach()
    fitter = world.person("Mo", Role.MAINTENANCE)
    with pytest.raises(NotAllowed):
        world.keep(who=world.supervisor)
    with pytest.raises(NotAllowed):
        release(world, who=world.supervisor)
    with pytest.raises(NotAllowed):
        world.quality.place_hold(fitter, lot="L-1", reason="x")
    with pytest.raises(NotAllowed):
        world.quality.record_measurement(world.supervisor, "mixer", "viscosity", 3.0)
    assert world.hold().state is HoldState.PROPOSED


def critical(world: QualityWorld) -> None:
    """A hold of severity 1 that lies in quarantine."""
    world.quality.place_hold(world.supervisor, lot="L-1", severity=1, reason="glass")
    world.land()
    world.odoo_up()


def test_a_critical_hold_takes_two_different_people(world: QualityWorld) -> None:
    critical(world)
    two = {c.key for c in world.shown().choices if c.two_people}
    assert two == {Disposition.RELEASE, Disposition.SCRAP}
    with pytest.raises(InvalidDecision, match="second person"):
        release(world)
    for same in ("Ines", "ines "):
        with pytest.raises(InvalidDecision, match="same as the first"):
            release(world, given=signed(witness=same, witness_pin="2468"))
    with pytest.raises(SignInFailed):
        release(world, given=signed(witness="Ivo", witness_pin="0000"))
    with pytest.raises(NotAllowed):
        release(world, given=signed(witness="Lead C", witness_pin="2468"))
    assert (world.hold().state, count(world.floor, "signatures")) == (HoldState.HELD, 0)
    release(world, given=signed(witness="Ivo", witness_pin="2468"))
    assert world.hold().state is HoldState.RELEASING
    assert count(world.floor, "signatures") == 2


def test_where_the_plan_asks_for_it_every_severity_takes_two(tmp_path: Path) -> None:
    world = QualityWorld(tmp_path / "w", two_people_from=2)
    world.breach()
    with pytest.raises(InvalidDecision, match="second person"):
        release(world)
    none = QualityWorld(tmp_path / "n", two_people_from=0)
    critical(none)
    release(none)
    assert none.hold().state is HoldState.RELEASING


def test_two_release_at_once_and_one_of_them_is_told(world: QualityWorld) -> None:
    world.kept()
    version = world.hold().version
    outcomes: list[str] = []

    def decide(person: object) -> None:
        try:
            world.quality.dispose(person, 1, version, Disposition.RELEASE, signed())  # type: ignore[arg-type]
            outcomes.append("released")
        except AlreadyDecided:
            outcomes.append("late")

    threads = [threading.Thread(target=decide, args=(p,)) for p in (world.inspector, world.other)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(outcomes) == ["late", "released"]
    assert [p.kind for p in world.postings()] == ["hold", "release"]
    assert count(world.floor, "signatures") == 1


def test_what_changed_since_it_was_shown_is_not_released(world: QualityWorld) -> None:
    world.kept()
    shown = world.hold().version
    world.value("mixer.temperature", 5.0)
    world.wait(6)
    world.value("mixer.temperature", 9.9)
    with pytest.raises(AlreadyDecided):
        world.quality.dispose(world.inspector, 1, shown, Disposition.RELEASE, signed())


def test_a_hold_that_is_over_takes_nothing_more(world: QualityWorld) -> None:
    world.breach()
    release(world)
    for disposition, meaning in ((Disposition.RELEASE, MEANING), (Disposition.SCRAP, SCRAPPED)):
        give = signed(meaning=meaning)
        with pytest.raises(DecisionError):
            world.quality.dispose(world.inspector, 1, world.hold().version, disposition, give)
    with pytest.raises(AlreadyDecided):
        world.keep()
    assert world.shown().choices == ()


# --- screens -----------------------------------------------------------------------------------------------


def test_one_hold_with_its_evidence(world: QualityWorld) -> None:
    world.kept()
    shown = world.shown()
    assert shown.series is not None
    assert shown.series.values[-2:] == (5.0, 9.5)
    assert [(x.value, x.kind) for x in shown.limits] == [(8.0, "action"), (6.0, "warning")]
    assert shown.highlight is not None
    assert shown.facts is not None
    assert shown.facts.rows[0][0] == "Paste temperature 9.5 °C, limit 8"
    assert [words for _, words in shown.history] == [
        "Proposed by the console",
        "Kept by Ines: too warm",
        "Odoo holds it in quarantine by the console",
    ]
    assert shown.row.posting is PostingState.VERIFIED
    assert shown.row.age_s > 0
    with pytest.raises(NotFound):
        world.quality.hold(99)


def test_the_machines_page_tells_breaches_in_words(world: QualityWorld) -> None:
    world.runs()
    world.value("mixer.temperature", 7.0)
    world.value("mixer.temperature", 9.5)
    world.value("mixer.temperature", 5.0)
    world.wait(6)
    mixer = world.plant.machine("mixer")
    assert mixer is not None
    kinds = ["LimitBreached", "LimitReturned"]
    with read(world.ledger) as tx:
        told = machines.events_of(tx, "mixer", ago(world, 60), world.clock(), kinds)
    assert [event_words(mixer, r) for r in reversed(told)] == [
        ("Paste temperature 7 °C, limit 6", Level.MEDIUM),
        ("Paste temperature 9.5 °C, limit 8", Level.HIGH),
        ("Paste temperature back inside", Level.NORMAL),
    ]


def test_nothing_is_stored_where_the_commit_fails(
    world: QualityWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.kept()

    def torn(*_: object, **__: object) -> None:
        raise RuntimeError("torn")

    monkeypatch.setattr("console.services.quality.sign", torn)
    with pytest.raises(RuntimeError):
        release(world)
    assert (world.hold().state, [p.kind for p in world.postings()]) == (HoldState.HELD, ["hold"])
    with read(world.ledger) as tx:
        assert tx.execute(text("SELECT count(*) FROM decisions WHERE kind = 'release'")).scalar_one() == 0
