"""The hand-over: what a shift shows, who may sign it, and that a sealed one stays as it was."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from console.domain.people import Role
from console.errors import AlreadyDecided, InvalidDecision, NotAllowed, SignInFailed
from console.services.screens.common import NotFound
from console.services.shifts import Shifts
from console.store import audit, shifts
from console.store.engine import read
from tests.rigs.floor import PIN
from tests.unit.services.shop import FIRST, count
from tests.unit.services.stops_world import EXECUTE, JAM, STOPPED, Line, open_line

EARLY = "2026-03-02/Early"


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return open_line(tmp_path / "line")


@pytest.fixture
def desk(line: Line) -> Shifts:
    return Shifts(line.floor.ledger, line.floor.plant, line.floor.people, "test", line.floor.clock)


def an_early_shift(line: Line) -> int:
    """Counts, and a stop of 20 minutes that nobody explained; the shift is over at 13:00 UTC."""
    line.floor.makes("filler", 60)
    line.said["filler"].order = FIRST
    stop = line.stood("07:00", "07:20")
    line.turn("13:00:30")
    return stop.id


# --- what is shown -----------------------------------------------------------------------------------------


def test_the_running_shift_comes_first(line: Line, desk: Shifts) -> None:
    line.floor.clock.now = line.floor.clock.now.replace(day=4, hour=6)
    found = desk.shifts(limit=4)
    assert [(r.key, r.running) for r in found] == [
        ("2026-03-04/Early", True),
        ("2026-03-03/Night", False),
        ("2026-03-03/Late", False),
        ("2026-03-03/Early", False),
    ]
    assert desk.shifts(limit=99)[-1].key == EARLY  # nothing was known before the first event


def test_a_shift_that_runs_is_shown_as_far_as_it_is(line: Line, desk: Shifts) -> None:
    line.stood("07:00", "07:20")
    line.turn("08:00")
    view = desk.shift(EARLY)
    assert view.ref.running
    assert view.oee[0].end == line.at("08:00")
    assert "runs until 14:00" in view.why_not
    assert view.open_stops == ("Filler stood 20 min since 08:00, not explained",)
    assert [(b.reason, b.minutes) for b in view.pareto] == [("Not explained", 20.0)]


def test_a_shift_that_nobody_knows(desk: Shifts) -> None:
    with pytest.raises(NotFound):
        desk.shift("2026-03-02/Never")
    with pytest.raises(NotFound):
        desk.oee("nothing", *(desk.shift(EARLY).ref.start,) * 2)


def test_before_anything_is_known_no_ratio_is_made_up(line: Line, desk: Shifts) -> None:
    start = line.at("05:00")
    oee = desk.oee("filler", start, line.at("05:59"))
    assert (oee.availability, oee.effectiveness, oee.quality_ratio, oee.oee) == (None, None, None, None)
    assert oee.formula == "availability unknown x effectiveness unknown x quality unknown = unknown"
    assert "the machine's state was not known" in oee.missing[0]


def test_a_machine_that_is_not_heard_any_more_did_not_go_on_producing(line: Line, desk: Shifts) -> None:
    line.turn("06:30")
    line.floor.makes("filler", 300)
    line.turn("08:00")
    oee = desk.shift(EARLY).oee[0]
    terms = {t.symbol: t.value for t in oee.terms}
    assert (terms["APT"], terms["(unknown)"]) == (30.0, 150.0)
    assert "90.0 min are left out: nothing was heard since." in oee.missing


def test_a_machine_that_stands_is_not_taken_for_silent(line: Line, desk: Shifts) -> None:
    line.state("06:30", STOPPED)
    line.turn("08:00")
    terms = {t.symbol: t.value for t in desk.shift(EARLY).oee[0].terms}
    assert terms["ADET"] == 90.0


def test_counts_are_told_by_order_with_what_people_decided(line: Line, desk: Shifts) -> None:
    line.turn("06:10")
    line.floor.makes("filler", 60)
    line.floor.makes("filler", 4, "scrap")
    line.floor.next_hour()
    line.floor.confirm_all()
    line.turn("07:10")
    line.floor.makes("filler", 30)
    line.turn("07:11")
    (counted,) = [c for c in desk.shift(EARLY).counts if c.machine == "filler"]
    assert (counted.good, counted.scrap, counted.confirmed, counted.waiting) == (90, 4, 60, 30)
    assert (counted.product, counted.unit) == ("Juice", "Units")


def test_odoos_figure_is_explained_with_numbers(line: Line, desk: Shifts) -> None:
    stop_id = an_early_shift(line)
    line.stops.explain(line.lead, stop_id, line.get(stop_id).version, JAM)
    line.sql("UPDATE postings SET state = 'verified'")
    line.sql("UPDATE stops SET odoo_minutes = 5.0")
    note = desk.shift(EARLY).oee[0].odoo_note
    assert "Odoo holds 1 closed downtime rows of this time: 5.0 min by its reckoning, 20.0 min here" in note


# --- notes -------------------------------------------------------------------------------------------------


def test_notes_stay_with_their_shift(line: Line, desk: Shifts) -> None:
    line.turn("12:00")
    desk.add_note(line.lead, EARLY, " watch the infeed ")
    assert [(n.person, n.text) for n in desk.shift(EARLY).notes] == [("Lead A", "watch the infeed")]
    assert desk.shift("2026-03-02/Late").notes == ()


@pytest.mark.parametrize(("key", "text"), [(EARLY, " "), (EARLY, "x" * 2001), ("2026-03-02/Late", "early")])
def test_a_note_that_cannot_be_kept(line: Line, desk: Shifts, key: str, text: str) -> None:
    with pytest.raises(InvalidDecision):
        desk.add_note(line.lead, key, text)
    assert count(line.floor, "shift_notes") == 0


# --- sign-off ----------------------------------------------------------------------------------------------


def test_both_sign_and_the_report_is_kept_with_its_hash(line: Line, desk: Shifts) -> None:
    an_early_shift(line)
    desk.add_note(line.lead, EARLY, "watch the infeed")
    before = desk.shift(EARLY)
    desk.sign_off(line.lead, PIN, "Lead C", PIN, EARLY)
    sealed = desk.shift(EARLY)
    assert sealed.ref.sealed
    assert sealed.sealed == "Lead A handed over to Lead C, 2026-03-02 14:00"
    assert (sealed.oee, sealed.counts, sealed.pareto, sealed.notes) == (
        before.oee,
        before.counts,
        before.pareto,
        before.notes,
    )
    assert (sealed.open_stops, sealed.changes) == (before.open_stops, ())
    with read(line.floor.ledger) as tx:
        seal = shifts.seal(tx, EARLY)
        assert seal is not None
        assert seal.hash == seal.signed_hash
        assert len(seal.hash) == 64
        assert audit.verify(tx).problem == ""
    assert [r.sealed for r in desk.shifts(2)] == [False, True]


def test_what_changes_after_the_seal_is_seen_beside_it(line: Line, desk: Shifts) -> None:
    stop_id = an_early_shift(line)
    desk.sign_off(line.lead, PIN, "Lead C", PIN, EARLY)
    before = desk.shift(EARLY)
    line.stops.explain(line.lead, stop_id, line.get(stop_id).version, "7/Cleaning")
    line.floor.ingest.close_intervals(line.floor.clock())
    line.floor.confirm_all()
    after = desk.shift(EARLY)
    assert after.oee == before.oee
    told = " ".join(after.changes)
    assert "Filler: availability" in told
    assert "Not explained: 20.0 min when sealed, 0.0 min now" in after.changes
    assert f"filler, {FIRST}: 0 Units confirmed when sealed, 60 now" in after.changes


def test_a_report_that_somebody_changed_is_told(line: Line, desk: Shifts) -> None:
    an_early_shift(line)
    desk.sign_off(line.lead, PIN, "Lead C", PIN, EARLY)
    line.sql("UPDATE shift_seals SET report = replace(report, '\"good\":60.0', '\"good\":61.0')")
    assert "was changed" in desk.shift(EARLY).changes[0]


def test_a_changed_report_with_a_hash_to_fit_is_told_too(line: Line, desk: Shifts) -> None:
    from console.services.shift_report import hash_of

    an_early_shift(line)
    desk.sign_off(line.lead, PIN, "Lead C", PIN, EARLY)
    line.sql("UPDATE shift_seals SET report = replace(report, '\"good\":60.0', '\"good\":61.0')")
    with read(line.floor.ledger) as tx:
        seal = shifts.seal(tx, EARLY)
    assert seal is not None
    line.sql(f"UPDATE shift_seals SET hash = '{hash_of(seal.report)}'")
    assert "was changed" in desk.shift(EARLY).changes[0]


def test_a_sealed_shift_is_shown_also_when_the_plant_has_other_shifts(line: Line, desk: Shifts) -> None:
    from dataclasses import replace

    an_early_shift(line)
    desk.sign_off(line.lead, PIN, "Lead C", PIN, EARLY)
    plant = replace(line.floor.plant, shifts=())
    other = Shifts(line.floor.ledger, plant, line.floor.people, "test", line.floor.clock)
    assert other.shift(EARLY).ref.title == "Early, 2026-03-02"


def test_a_shift_that_runs_is_not_signed_off(line: Line, desk: Shifts) -> None:
    line.turn("12:59:59")
    with pytest.raises(InvalidDecision, match="runs until 14:00"):
        desk.sign_off(line.lead, PIN, "Lead C", PIN, EARLY)
    assert count(line.floor, "shift_seals") == 0


@pytest.mark.parametrize("other", ["Lead A", " lead a"])
def test_nobody_hands_over_to_themselves(line: Line, desk: Shifts, other: str) -> None:
    an_early_shift(line)
    with pytest.raises(InvalidDecision, match="same person"):
        desk.sign_off(line.lead, PIN, other, PIN, EARLY)


@pytest.mark.parametrize(("pin", "other_pin"), [("1111", PIN), (PIN, "1111")])
def test_both_pins_are_checked(line: Line, desk: Shifts, pin: str, other_pin: str) -> None:
    an_early_shift(line)
    with pytest.raises(SignInFailed):
        desk.sign_off(line.lead, pin, "Lead C", other_pin, EARLY)
    assert count(line.floor, "shift_seals") == 0


def test_both_must_be_allowed_to(line: Line, desk: Shifts) -> None:
    an_early_shift(line)
    line.floor.people.create(line.lead, "Admin", frozenset({Role.ADMINISTRATOR}), PIN)
    with pytest.raises(NotAllowed):
        desk.sign_off(line.lead, PIN, "Admin", PIN, EARLY)
    admin = next(p for p in line.floor.people.everybody() if p.name == "Admin")
    with pytest.raises(NotAllowed):
        desk.sign_off(admin, PIN, "Lead C", PIN, EARLY)
    with pytest.raises(NotAllowed):
        desk.add_note(admin, EARLY, "note")
    assert count(line.floor, "shift_seals") == 0


def test_a_sealed_shift_takes_neither_a_second_seal_nor_a_note(line: Line, desk: Shifts) -> None:
    an_early_shift(line)
    desk.sign_off(line.lead, PIN, "Lead C", PIN, EARLY)
    with pytest.raises(AlreadyDecided):
        desk.sign_off(line.second, PIN, "Lead A", PIN, EARLY)
    with pytest.raises(AlreadyDecided):
        desk.add_note(line.lead, EARLY, "too late")
    assert (count(line.floor, "shift_seals"), count(line.floor, "shift_notes")) == (1, 0)


def test_two_who_seal_at_once_make_one_seal(line: Line, desk: Shifts) -> None:
    an_early_shift(line)
    ready, outcomes = threading.Barrier(2), []

    def act(one: object, other: str) -> None:
        ready.wait()
        try:
            desk.sign_off(one, PIN, other, PIN, EARLY)  # type: ignore[arg-type]
            outcomes.append("sealed")
        except AlreadyDecided:
            outcomes.append("too late")

    both = [threading.Thread(target=act, args=a) for a in ((line.lead, "Lead C"), (line.second, "Lead A"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(outcomes) == ["sealed", "too late"]
    assert count(line.floor, "shift_seals") == 1


def test_a_shift_that_nobody_knows_is_not_signed(line: Line, desk: Shifts) -> None:
    with pytest.raises(InvalidDecision, match="no shift"):
        desk.sign_off(line.lead, PIN, "Lead C", PIN, "2026-03-02/Never")
    with pytest.raises(InvalidDecision, match="no shift"):
        desk.add_note(line.lead, "x", "text")


def test_executing_in_a_break_is_busy_time(line: Line, desk: Shifts) -> None:
    line.state("06:00:01", EXECUTE)
    line.turn("09:15")
    line.floor.makes("filler", 10)
    terms = {t.symbol: t.value for t in desk.oee("filler", line.at("09:00"), line.at("09:15")).terms}
    assert (terms["APT"], terms["PDOT"], terms["PBT"]) == (15.0, 0.0, 15.0)
