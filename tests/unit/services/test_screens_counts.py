"""The hour grid, the panel beside it, and the preview."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.people import Role
from console.domain.policies import Flow, Mode
from console.domain.postings import PostingState
from console.domain.proposals import Override, ProposalState
from console.domain.validate import RULES
from console.errors import NotAllowed, SignInFailed
from console.services.desk import Pick
from console.services.screens.common import NotFound
from console.services.views import CellLevel
from console.store import proposals
from console.store.engine import read
from tests.unit.services.screens_world import (
    ORDER,
    SECOND,
    START,
    World,
    machine,
    master_data,
    plant_of,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def jumped(world: World) -> int:
    """A closed hour with a jump of 430; its proposal's id."""
    world.sync()
    world.runs("filler1")
    world.make("filler1", 484, world.at(minutes=30))
    world.jump("filler1", 430, world.at(minutes=34))
    world.close(world.at(hours=1, minutes=1))
    return 1


def test_empty_grid(world: World) -> None:
    view = world.desk.counts(None, 6)
    assert (view.columns, view.rows) == ((), ())


def test_levels_from_live_to_verified(world: World) -> None:
    world.sync()
    ada = world.person()
    world.hours("filler1", [587, 600, 612, 590])
    world.make("filler1", 121, world.now + timedelta(minutes=5))
    cells = world.desk.counts(None, 6).rows[0].cells
    assert [c.level for c in cells if c] == [CellLevel.GREEN] * 4 + [CellLevel.LIVE]
    picks = world.picks()
    world.desk.confirm(ada, picks[:1])
    world.desk.choose(ada, picks[1], "amend", quantity=599, reason="one broke")
    world.desk.choose(ada, picks[2], "reject", reason="test run")
    world.book(1)
    cells = world.desk.counts("filler1", 6).rows[0].cells
    told = [(c.level, c.quantity, c.note, c.posting) for c in cells if c]
    assert told[0] == (CellLevel.DONE, 587, "", PostingState.VERIFIED)
    assert told[1] == (CellLevel.DONE, 599, "amended from 600", PostingState.READY)
    assert told[2] == (CellLevel.REJECTED, 612, "rejected: test run", None)
    assert told[3][0] is CellLevel.GREEN


def test_machines_with_other_intervals_share_the_grid(tmp_path: Path) -> None:
    short = machine("m2", "WC2", confirmation_interval_s=1800)
    world = World(tmp_path, plant_of((machine("filler1", "WC1"), short)))
    world.sync()
    world.runs("filler1", ORDER)
    world.runs("m2", SECOND)
    world.make("filler1", 10, world.at(minutes=10))
    world.make("m2", 5, world.at(minutes=10))
    world.make("m2", 6, world.at(minutes=40))
    view = world.desk.counts(None, 10)
    assert [(c.start - START, c.end - START) for c in view.columns] == [
        (timedelta(0), timedelta(minutes=30)),
        (timedelta(0), timedelta(hours=1)),
        (timedelta(minutes=30), timedelta(hours=1)),
    ]
    assert [[c.quantity if c else None for c in r.cells] for r in view.rows] == [
        [None, 10, None],
        [5, None, 6],
    ]


def test_late_counts_get_a_line_of_their_own(world: World) -> None:
    world.sync()
    ada = world.person()
    world.hours("filler1", [587])
    world.desk.confirm(ada, world.picks())
    world.make("filler1", 7, world.at(minutes=59))
    world.close(world.now + timedelta(seconds=1))
    rows = world.desk.counts(None, 6).rows
    assert [(r.unit_note, r.cells[0].quantity if r.cells[0] else None) for r in rows] == [
        ("", 7),  # what is to decide stands first
        ("part 2", 587),
    ]


def test_a_forgotten_hour_stays_in_view(world: World) -> None:
    world.sync()
    ada = world.person()
    world.hours("filler1", [10] * 20)
    world.desk.confirm(ada, world.picks()[1:])
    view = world.desk.counts(None, 6)
    assert len(view.columns) == 7
    assert view.columns[0].start == START


def test_a_machine_that_left_the_plant_file_is_still_shown(world: World, tmp_path: Path) -> None:
    world.sync()
    world.hours("filler1", [587])
    other = World(tmp_path, plant_of((machine("m2", "WC2"),)))  # over the same ledger
    other.now = world.now
    assert other.desk.counts(None, 6).rows[0].title == "filler1"
    detail = other.desk.proposal(1)
    assert (detail.title, detail.series, detail.orders) == ("filler1", None, ())


# --- the panel ------------------------------------------------------------------------------------------


def test_a_jump_is_explained_in_plain_words(world: World) -> None:
    detail = world.desk.proposal(jumped(world))
    assert detail.explanation == (
        "The counter rose by 430 within one second at 09:34. The machine makes at most 1 a second. "
        "Rule counter-explained v1."
    )
    assert detail.highlight == (world.at(minutes=34, seconds=-1), world.at(minutes=34))
    assert [c.key for c in detail.choices] == ["leave-out", "count-all:1", "amend", "split", "reject"]
    assert detail.needs is Override.NOBODY
    assert detail.orders == (ORDER, SECOND)
    assert detail.facts is not None
    assert detail.facts.rows[-1] == ("Counted", "484", "Units")


def test_a_green_hour_and_a_running_one(world: World) -> None:
    world.sync()
    world.runs("filler1")
    world.make("filler1", 484, world.at(minutes=30))
    assert world.desk.proposal(1).explanation == "The interval still runs."
    assert world.desk.proposal(1).choices == ()
    world.close(world.at(hours=1, minutes=1))
    detail = world.desk.proposal(1)
    assert detail.explanation == f"All {len(RULES)} rules pass."
    assert detail.choices[0].key == "confirm"


def test_the_panel_draws_the_counter_of_its_interval(world: World) -> None:
    world.sync()
    world.runs("filler1")
    for minute in (-20, -3, 10, 50, 70):
        world.now = world.at(minutes=minute)
        world.sample("filler1.good", 1000 + minute, late_s=0)
    world.make("filler1", 484, world.at(minutes=30))
    series = world.desk.proposal(1).series
    assert series is not None
    assert series.values == (997, 1010, 1050)


def test_who_decided_and_how(world: World) -> None:
    jumped(world)
    ada, bo = world.person("Ada"), world.person("Bo")
    with pytest.raises(SignInFailed):
        world.desk.verify_witness("Bo", "9999")
    witness = world.desk.verify_witness("Bo", "1234")
    assert witness == bo
    detail = world.desk.proposal(1)
    pick = Pick(1, detail.version)
    world.desk.choose(ada, pick, "count-all:1", reason="weighed", witness=witness)
    detail = world.desk.proposal(1)
    assert detail.state is ProposalState.AMENDED
    assert detail.decided == "Amended from 484 to 914 Units by Ada, with Bo, at 10:01:00: weighed"
    assert detail.choices == ()


def test_an_unknown_proposal(world: World) -> None:
    with pytest.raises(NotFound):
        world.desk.proposal(99)


# --- preview --------------------------------------------------------------------------------------------


def test_what_a_confirmation_will_do(world: World) -> None:
    world.sync()
    ada = world.person()
    world.hours("filler1", [1202, 900, 898])
    picks = world.picks()
    world.desk.confirm(ada, picks[:1])
    view = world.desk.preview(picks[1:])
    (line,) = view.lines
    assert (view.cells, view.total, view.unit, view.why_not) == (2, 1798, "Units", "")
    assert (line.order_reference, line.before, line.after, line.ordered) == (ORDER, 1202, 3000, 2000)
    assert line.over == 1000
    assert line.components == ("1,798 bottle", "449.5 kg liquid")


def test_what_is_in_shadow_is_left_out_and_says_so(world: World) -> None:
    world.sync()
    ada = world.person()
    world.runs("m2", ORDER)
    world.make("m2", 90, world.at(minutes=20))
    world.hours("filler1", [100])
    world.desk.policies.set(ada, "filler1", Flow.PRODUCTION, Mode.SHADOW, 0.0, "tried out first")
    picks = world.picks()
    view = world.desk.preview(picks)
    assert (view.cells, view.total, view.why_not) == (1, 90, "")
    assert [x.title for x in view.lines] == ["M2"]
    assert view.left_out == "1 of Filler1 is left out: production is in shadow there."
    both = {p.proposal_id: p for p in picks}
    with read(world.ledger) as tx:
        own = [p for k, p in both.items() if proposals.get(tx, k).proposal.machine == "filler1"]  # type: ignore[union-attr]
    view = world.desk.preview(own)
    assert view.why_not == "Production of Filler1 is in shadow: it is shown, nothing is booked."
    assert (view.cells, view.left_out) == (0, "")


def test_components_stand_once_an_order(world: World) -> None:
    world.sync()
    world.runs("m2", ORDER)
    world.make("m2", 90, world.at(minutes=20))
    world.hours("filler1", [100])
    lines = world.desk.preview(world.picks()).lines
    assert [(x.after, x.components) for x in lines] == [(100, ("100 bottle", "25 kg liquid")), (90, ())]


def test_why_it_cannot_be_confirmed(world: World) -> None:
    assert world.desk.preview([]).why_not == "Nothing is selected."
    jumped(world)
    detail = world.desk.proposal(1)
    assert "cannot have made" in world.desk.preview([Pick(1, detail.version)]).why_not
    assert "not there" in world.desk.preview([Pick(5, 1)]).why_not
    world.make("filler1", 10, world.now + timedelta(minutes=1))
    assert "still runs" in world.desk.preview([Pick(2, 2)]).why_not


def test_a_pick_that_changed_meanwhile(world: World) -> None:
    world.sync()
    world.hours("filler1", [100])
    (pick,) = world.picks()
    assert world.desk.preview([replace(pick, version=pick.version - 1)]).why_not.endswith(
        "changed since it was shown."
    )
    ada = world.person()
    world.desk.confirm(ada, [pick])
    assert world.desk.preview([pick]).why_not.endswith("is confirmed already.")


def test_only_a_role_that_permits_it_confirms(world: World) -> None:
    world.sync()
    world.person()
    cy = world.person("Cy", Role.INSPECTOR)
    world.hours("filler1", [100])
    with pytest.raises(NotAllowed):
        world.desk.confirm(cy, world.picks())


def test_a_synchronisation_is_seen_at_once(world: World) -> None:
    world.sync()
    world.hours("filler1", [100])
    assert world.desk.counts(None, 6).rows[0].product == "Shampoo 250 ml"
    data = master_data(world.now)
    renamed = replace(data, products=(replace(data.products[0], name="Shampoo 300 ml"),))
    world.sync(renamed)
    assert world.desk.counts(None, 6).rows[0].product == "Shampoo 300 ml"


def test_a_running_hour_is_expected_to_have_made_its_part(world: World) -> None:
    world.sync()
    world.runs("filler1")
    world.make("filler1", 121, world.at(minutes=12))
    world.now = world.at(minutes=12, seconds=3)
    (cell,) = world.desk.counts(None, 6).rows[0].cells
    assert cell is not None
    assert (cell.level, cell.expected) == (CellLevel.LIVE, 120)  # of 600, whole as the machine counts


def test_a_preview_names_machines_and_sums_like_units_only(tmp_path: Path) -> None:
    world = World(tmp_path)
    cased = replace(master_data(START).orders[1], unit_id=2)
    data = master_data(START)
    world.sync(replace(data, orders=(data.orders[0], cased)))
    world.runs("m2", SECOND)
    world.make("m2", 24, world.at(minutes=20))
    world.hours("filler1", [100])
    view = world.desk.preview(world.picks())
    assert [(x.title, x.order_reference, x.after) for x in view.lines] == [
        ("Filler1", ORDER, 100),
        ("M2", SECOND, 2),
    ]
    assert (view.unit, view.orders) == ("", 2)


def test_components_are_told_short(world: World) -> None:
    data = master_data(START)
    long = replace(data.bom_uses[1], product_name="[RM-SH400] Material of Shampoo 400 ml", per_unit=0.2504)
    coded = replace(data.bom_uses[0], product_name="[B1] bottle")
    world.sync(replace(data, bom_uses=(coded, long)))
    world.hours("filler1", [114])
    (line,) = world.desk.preview(world.picks()).lines
    assert line.components == ("114 [B1] bottle", "28.5 kg Material of Shampoo 400 ml")
