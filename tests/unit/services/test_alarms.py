"""The Alarms page and what people do there: acknowledge, shelve."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.alarms import AlarmState
from console.domain.equipment import AlarmPlan
from console.domain.people import Role
from console.errors import AlreadyDecided, InvalidDecision, NotAllowed
from console.services.screens.common import NotFound
from console.services.views import Level
from console.store import audit
from console.store.engine import read
from tests.unit.services.alarm_world import AlarmWorld


@pytest.fixture
def world(tmp_path: Path) -> AlarmWorld:
    return AlarmWorld(tmp_path)


def test_an_empty_page(world: AlarmWorld) -> None:
    view = world.desk.alarms.alarms()
    assert (view.groups, view.counts, view.flood, view.suppressed) == ((), (0, 0, 0), "", "")
    with pytest.raises(NotFound):
        world.desk.alarms.alarm(7)


def test_groups_by_urgency_unseen_before_seen_oldest_first(world: AlarmWorld) -> None:
    ada = world.maintainer()
    world.raises("slow")
    world.turn(seconds=30)
    world.raises("jam")
    row = world.row("jam")
    world.desk.alarms.acknowledge(ada, [(row.id, row.version)])
    world.turn(seconds=30)
    world.raises("air")
    world.turn(seconds=30)
    world.raises("estop")
    assert [g.tag.partition(".")[2] for g in world.groups()] == ["estop", "air", "jam", "slow"]
    assert [g.level for g in world.groups()] == [Level.CRITICAL, Level.HIGH, Level.HIGH, Level.MEDIUM]
    assert world.desk.alarms.alarms().counts == (1, 2, 1)


# --- acknowledge -------------------------------------------------------------------------------------------


def test_acknowledging_is_a_decision_with_its_audit_entry(world: AlarmWorld) -> None:
    ada = world.maintainer()
    world.raises("slow")
    world.turn(seconds=12)
    done = world.desk.alarms.acknowledge(ada, [(1, 1)])
    assert (done.decisions, done.postings, done.message) == (1, 0, "1 alarm acknowledged.")
    row = world.row("slow")
    assert (row.state, row.acknowledged_by, row.acknowledged_at, row.version) == (
        AlarmState.ACKNOWLEDGED,
        "Mia",
        world.now,
        2,
    )
    history = world.desk.alarms.alarm(1).history
    assert [text for _, text in history] == ["Raised", "Mia acknowledged it"]
    with read(world.ledger) as tx:
        assert audit.verify(tx).problem == ""


def test_of_two_people_the_second_is_told_who_was_first(world: AlarmWorld) -> None:
    mia, max_ = world.maintainer(), world.maintainer("Max")
    world.raises("slow")
    world.raises("estop")
    world.desk.alarms.acknowledge(mia, [(1, 1)])
    with pytest.raises(AlreadyDecided, match="Mia acknowledged"):
        world.desk.alarms.acknowledge(max_, [(2, 1), (1, 1)])
    assert world.row("estop").state is AlarmState.UNACKNOWLEDGED  # all or none
    with pytest.raises(AlreadyDecided, match="Mia acknowledged"):
        world.desk.alarms.acknowledge(max_, [(1, 2)])


def test_a_chattering_alarm_can_be_acknowledged(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("slow")
    for _ in range(3):  # while the person looks at it
        world.turn(seconds=1)
        world.clears("slow")
        world.turn(seconds=1)
        world.raises("slow")
    world.desk.alarms.acknowledge(mia, [(1, 1)])
    assert world.row("slow").state is AlarmState.ACKNOWLEDGED


def test_one_shown_anew_meanwhile_is_looked_at_again(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("slow")
    world.clears("slow")
    world.turn(minutes=5)
    world.raises("slow")
    with pytest.raises(AlreadyDecided):
        world.desk.alarms.acknowledge(mia, [(1, 1)])
    world.desk.alarms.acknowledge(mia, [(1, 2)])


def test_who_may_not(world: AlarmWorld) -> None:
    world.maintainer()
    ida = world.person("Ida", Role.INSPECTOR)
    world.raises("slow")
    for act in (
        lambda: world.desk.alarms.acknowledge(ida, [(1, 1)]),
        lambda: world.desk.alarms.shelve(ida, 1, 1, 10, "why"),
        lambda: world.desk.alarms.unshelve(ida, 1),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(InvalidDecision):
        world.desk.alarms.acknowledge(world.people.everybody()[0], [])
    assert world.row("slow").version == 1


# --- shelve ------------------------------------------------------------------------------------------------


def test_a_shelved_alarm_is_out_of_sight_with_who_why_and_until(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("slow")
    world.turn(seconds=20)
    world.raises("estop")
    world.desk.alarms.shelve(mia, 1, 1, 45, " sensor is being changed ")
    view = world.desk.alarms.alarms()
    assert [g.tag for g in view.groups] == ["filler1.estop"]
    assert (view.counts, view.suppressed) == ((1, 0, 0), "1 shelved")
    (shelf,) = view.shelved
    assert (shelf.person, shelf.reason, shelf.text) == ("Mia", "sensor is being changed", "Runs slow")
    assert shelf.until == world.now + timedelta(minutes=45)
    assert world.desk.alarms.alarm(1).row.shelved_until == shelf.until
    assert "Mia shelved it until" in world.desk.alarms.alarm(1).shelve_why_not
    with pytest.raises(AlreadyDecided):  # a colleague who saw it before
        world.desk.alarms.shelve(mia, 1, 1, 10, "me too")
    with pytest.raises(InvalidDecision, match="Mia shelved it"):
        world.desk.alarms.shelve(mia, 1, 2, 10, "me too")


def test_a_shelving_can_be_ended_once(world: AlarmWorld) -> None:
    mia, max_ = world.maintainer(), world.maintainer("Max")
    world.raises("slow")
    world.desk.alarms.shelve(mia, 1, 1, 45, "known")
    shelf = world.desk.alarms.alarms().shelved[0]
    world.desk.alarms.unshelve(max_, shelf.id)
    assert world.desk.alarms.alarms().shelved == ()
    with pytest.raises(AlreadyDecided):
        world.desk.alarms.unshelve(mia, shelf.id)
    assert [t for _, t in world.desk.alarms.alarm(1).history] == [
        "Raised",
        "Mia shelved it: known",
        "Max ended the shelving",
    ]


def test_a_shelving_that_ran_out_cannot_be_ended(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("slow")
    world.desk.alarms.shelve(mia, 1, 1, 10, "known")
    world.turn(minutes=10)
    with pytest.raises(AlreadyDecided):
        world.desk.alarms.unshelve(mia, 1)


def test_limits_of_shelving(tmp_path: Path) -> None:
    world = AlarmWorld(tmp_path, AlarmPlan(shelve_most_s=3600.0, shelve_most_times=2))
    mia = world.maintainer()
    world.raises("slow")
    detail = world.desk.alarms.alarm(1)
    assert (detail.shelve_most_min, detail.shelve_why_not) == (60, "")
    with pytest.raises(InvalidDecision, match="reason"):
        world.desk.alarms.shelve(mia, 1, 1, 10, " ")
    with pytest.raises(InvalidDecision, match="1 to 60 minutes"):
        world.desk.alarms.shelve(mia, 1, 1, 61, "why")
    for version in (1, 2):
        world.desk.alarms.shelve(mia, 1, version, 10, "known")
        world.turn(minutes=10)
    with pytest.raises(InvalidDecision, match="2 times in the last 24 hours"):
        world.desk.alarms.shelve(mia, 1, 3, 10, "known")
    assert "2 times" in world.desk.alarms.alarm(1).shelve_why_not
    world.turn(hours=24)
    assert world.desk.alarms.alarm(1).shelve_why_not == ""


def test_what_is_over_is_not_shelved(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("slow")
    world.desk.alarms.acknowledge(mia, [(1, 1)])
    world.clears("slow")
    with pytest.raises(InvalidDecision, match="nothing to shelve"):
        world.desk.alarms.shelve(mia, 1, 2, 10, "why")
    assert [r.tag for r in world.desk.alarms.alarms().history] == ["filler1.slow"]


# --- the panel ---------------------------------------------------------------------------------------------


def test_the_panel_says_what_to_do_and_shows_the_value_that_tells(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.values("filler1.weight", [250.0 + 0.1 * (i % 3) for i in range(60)])
    world.values("filler1.air_bar", [6.0 + 0.01 * (i % 2) for i in range(54)] + [5.0] * 6)
    world.raises("air")
    world.raises("jam")
    world.turn(minutes=1)
    world.desk.alarms.acknowledge(mia, [(1, 1)])
    detail = world.desk.alarms.alarm(1)
    assert detail.guidance == "Check the compressor."
    assert detail.series is not None
    assert detail.series.tag == "filler1.air_bar"
    assert len(detail.series.times_s) == 60
    assert detail.highlight == (world.now - timedelta(minutes=1), world.now)
    assert [c.tag for c in detail.row.children] == ["filler1.jam"]
    # another machine says nothing of it
    assert world.desk.alarms.alarm(2).form.machine == "filler1"
