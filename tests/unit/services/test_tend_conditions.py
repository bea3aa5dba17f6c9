"""Condition monitoring of the edge: models over restarts, conditions, proposals; parameters tried and set."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from console.domain.equipment import ConditionSpec
from console.domain.machine_events import DataGap, StateChanged
from console.domain.packml import MachineState
from console.domain.people import Role
from console.domain.policies import Flow, Mode, Policy
from console.domain.tags import LinkState, Quality, Sample
from console.errors import InvalidDecision, NotAllowed
from console.services import tend_conditions
from console.services.screens.common import NotFound
from console.services.tend_conditions import TendConditions
from console.services.views.alarms import ConditionRow
from console.store import audit, conditions, policies, requests
from console.store.engine import read, write
from console.store.requests import RequestState
from tests.unit.services.alarm_world import FILLER, AlarmWorld

TAG = "filler1.weight"
# an hour's work in four minutes: slices of a second
SPEC = ConditionSpec(TAG, learn_s=240.0)
E, S = MachineState.EXECUTE, MachineState.STOPPED


class Watched(AlarmWorld):
    """A filler whose weight is watched; one sample a second."""

    def __init__(self, folder: Path, **values: Any) -> None:
        super().__init__(folder, conditions=(replace(SPEC, **values),))
        self.chance = random.Random(1)
        self.again()

    def again(self) -> None:
        """The edge starts."""
        self.conditions = TendConditions(self.ledger, self.telemetry, self.plant)

    def watch(self) -> None:
        """One round."""
        self.conditions.tend(self.now, lambda tx: None)

    def state(self, after: MachineState) -> None:
        """The machine changes its state."""
        before = self.memories["filler1"].state
        self.tell("filler1", StateChanged("filler1", self.now, before, after, "x"))

    def goes_on(self, seconds: int, shift: float = 0.0, *, rounds: bool = True, tag: str = TAG) -> None:
        """Time passes, a sample a second, a round each fifteen."""
        for start in range(0, seconds, 15):
            batch = []
            for _ in range(min(15, seconds - start)):
                self.turn(seconds=1)
                value = self.chance.gauss(250.0 + shift, 0.5)
                batch.append(Sample(tag, value, Quality.GOOD, self.now, self.now))
            self.telemetry.append(batch)
            if rounds:
                self.watch()

    def rows(self) -> tuple[ConditionRow, ...]:
        """What the page shows."""
        return self.desk.alarms.alarms().conditions

    def learned(self) -> dict[str, Any]:
        """The baseline as stored."""
        with read(self.ledger) as tx:
            stored = conditions.model(tx, "filler1", TAG)
        assert stored is not None
        found: dict[str, Any] = stored.model["model"]["states"]["execute"]["baseline"]
        return found


@pytest.fixture
def world(tmp_path: Path) -> Watched:
    made = Watched(tmp_path)
    made.watch()
    made.state(E)
    made.goes_on(300)
    return made


def test_a_drift_becomes_a_condition_with_a_proposal(world: Watched) -> None:
    assert world.rows() == ()
    world.goes_on(60, 2.0)
    (row,) = [r for r in world.rows() if r.finding == "drift"]
    assert (row.machine, row.tag, row.ended_at) == ("filler1", TAG, None)
    assert row.score >= 0.5
    assert "Weight drifts up" in row.text
    assert row.request is not None
    assert (row.request.state, row.request.source) == ("proposed", f"condition:{row.id}")
    assert row.request.title == "Filler1: Weight drift"
    with read(world.ledger) as tx:
        made = requests.get(tx, row.request.id)
    assert made is not None
    assert (made.equipment_id, made.kind, made.trace_id) == (FILLER.id, "corrective", row.trace_id)
    assert [i.cause for i in world.open_items()] == [f"request:{row.request.id}"]


def test_several_findings_of_one_value_are_one_proposal(world: Watched) -> None:
    world.goes_on(120, 4.0)
    assert {r.finding for r in world.rows()} == {"drift", "level"}
    assert len({r.request.id for r in world.rows() if r.request is not None}) == 1
    assert len(world.desk.alarms.alarms().proposals) == 1


def test_a_condition_ends_when_all_is_usual_and_comes_again_under_the_same_request(world: Watched) -> None:
    world.goes_on(60, 2.0)
    world.goes_on(120)
    assert all(r.ended_at is not None for r in world.rows())
    world.goes_on(60, -2.0)
    assert len(world.desk.alarms.alarms().proposals) == 1  # nobody decided the first yet
    mia = world.maintainer()
    (proposal,) = world.desk.alarms.alarms().proposals
    world.desk.alarms.dismiss(mia, proposal.id, proposal.version, "scale was being cleaned")
    world.goes_on(120)
    world.goes_on(60, 2.0)
    assert len(world.desk.alarms.alarms().proposals) == 1  # a new one


def test_a_person_sends_it_with_the_samples(world: Watched) -> None:
    mia = world.maintainer()
    world.goes_on(60, 2.0)
    (row,) = [r for r in world.rows() if r.finding == "drift"]
    form = world.desk.alarms.form(f"condition:{row.id}")
    assert "proposed" not in form.why_not
    world.desk.alarms.request(
        mia,
        form.source,
        form.version,
        equipment_id=FILLER.id,
        title=form.title,
        description=form.description,
        priority=form.priority,
    )
    (posting,) = world.postings()
    assert posting.subject == f"request:{row.request.id if row.request else 0}"
    assert [a["name"] for a in posting.payload["attachments"]] == ["samples.csv"]
    assert world.open_items() == []
    with pytest.raises(InvalidDecision, match="Mia requested it"):
        world.desk.alarms.request(
            mia, form.source, form.version, equipment_id=31, title="x", description="", priority=1
        )


def test_in_shadow_a_condition_is_shown_and_nothing_proposed(world: Watched) -> None:
    with write(world.ledger) as tx:
        policies.add(tx, Policy("filler1", Flow.MAINTENANCE, Mode.SHADOW, 0.0, "Ada", "try", world.now))
    world.goes_on(60, 2.0)
    assert [r.request for r in world.rows() if r.finding == "drift"] == [None]
    assert world.desk.alarms.alarms().proposals == ()
    assert world.open_items() == []


def test_even_automatic_sends_nothing_by_itself(world: Watched) -> None:
    with write(world.ledger) as tx:
        policies.add(tx, Policy("filler1", Flow.MAINTENANCE, Mode.AUTOMATIC, 0.0, "Ada", "try", world.now))
    world.goes_on(60, 2.0)
    assert len(world.desk.alarms.alarms().proposals) == 1
    assert world.postings() == []


def test_a_restart_goes_on_with_what_was_learned(world: Watched) -> None:
    world.goes_on(60)
    before = world.learned()
    world.again()
    world.turn(hours=2)  # the edge was away
    world.goes_on(60)
    assert world.learned() == before
    assert world.rows() == ()
    world.again()
    world.goes_on(60, 2.0)
    assert [r.finding for r in world.rows() if r.finding == "drift"] == ["drift"]
    count = len(world.rows())
    world.again()
    world.goes_on(60, 2.0)
    assert len(world.rows()) == count  # not opened once more


def test_a_fault_while_storing_loses_no_finding(world: Watched) -> None:
    class Lost(Exception):
        pass

    def fence(tx: object) -> None:
        raise Lost

    world.goes_on(60, 2.0, rounds=False)
    with pytest.raises(Lost):
        world.conditions.tend(world.now, fence)
    assert world.rows() == ()
    world.watch()
    assert "drift" in {r.finding for r in world.rows()}


def test_a_round_takes_a_bounded_number_of_samples(world: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tend_conditions, "MOST_SAMPLES", 40)
    world.goes_on(160, 2.0, rounds=False)
    taken = []
    for _ in range(8):
        world.watch()
        taken.append(world.conditions._live["filler1", TAG].samples_to)
    steps = [b - a for a, b in pairwise(taken) if b > a]
    assert steps
    assert max(steps) <= timedelta(seconds=41)
    assert taken[-1] == world.now
    assert "drift" in {r.finding for r in world.rows()}


def test_other_states_are_ignored_live_too(world: Watched) -> None:
    world.state(S)
    world.goes_on(60, -250.0)
    world.state(E)
    world.goes_on(3, -100.0)  # it settles
    world.goes_on(60)
    assert world.rows() == ()


def test_values_that_the_device_doubts_are_not_judged(world: Watched) -> None:
    for _ in range(60):
        world.turn(seconds=1)
        world.telemetry.append([Sample(TAG, 300.0, Quality.UNCERTAIN, world.now, world.now)])
    world.watch()
    assert world.rows() == ()


def test_a_device_whose_clock_was_set_back_is_watched_on(world: Watched) -> None:
    behind, newest = timedelta(seconds=20), []
    for _ in range(80):
        world.turn(seconds=1)
        value = world.chance.gauss(252.0, 0.5)
        told = world.now - behind
        world.telemetry.append([Sample(TAG, value, Quality.GOOD, told, world.now)])
        world.watch()
        newest.append((world.conditions._live["filler1", TAG].watch.model.last_s, told.timestamp()))
    assert newest[1][0] == newest[1][1]  # from the second on: not only when its clock has come this far again
    assert "drift" in {r.finding for r in world.rows()}


# --- missing cycles ----------------------------------------------------------------------------------------


@pytest.fixture
def counting(tmp_path: Path) -> Watched:
    made = Watched(tmp_path, missing_cycle_s=30.0)
    made.alive()
    made.watch()
    made.state(E)
    made.turn(seconds=20)
    made.make("filler1", 5, made.now)
    made.watch()
    made.turn(seconds=15)
    made.make("filler1", 5, made.now)
    made.watch()  # and is stored
    return made


def found_cycles(world: Watched) -> list[datetime | None]:
    return [r.ended_at for r in world.rows() if r.finding == "missing cycles"]


def test_missing_cycles_are_found_live_and_end_with_a_count(counting: Watched) -> None:
    counting.turn(seconds=39)
    counting.watch()
    assert found_cycles(counting) == []
    counting.turn(seconds=2)
    counting.watch()
    assert found_cycles(counting) == [None]
    assert "Filler1: missing cycles" in {p.title for p in counting.desk.alarms.alarms().proposals}
    counting.make("filler1", 1, counting.now)
    counting.watch()
    assert found_cycles(counting) == [counting.now]


@pytest.mark.parametrize("why", ["the link is down", "the link is new", "the edge was away"])
def test_no_cycles_are_missed_where_nobody_could_hear_them(counting: Watched, why: str) -> None:
    if why == "the link is down":
        counting.link("opcua", LinkState.DOWN)
    counting.turn(minutes=10)
    if why == "the link is new":
        counting.link("opcua")
    if why == "the edge was away":
        counting.again()
    counting.watch()
    assert found_cycles(counting) == []


def test_a_gap_in_the_data_is_no_silence(counting: Watched) -> None:
    spec = replace(SPEC, missing_cycle_s=30.0)
    start = counting.at(seconds=-1)
    counting.values(TAG, [250.0] * 5)
    counting.turn(minutes=5)
    gap = DataGap(
        "filler1",
        counting.now,
        "filler1.good",
        "good",
        "values were bad",
        counting.at(seconds=36),
        1,
        1,
    )
    counting.tell("filler1", gap)
    counting.turn(seconds=20)
    counting.make("filler1", 1, counting.now)
    assert counting.desk.conditions.trial("filler1", spec, start, counting.now).findings == ()
    counting.turn(seconds=60)
    told = counting.desk.conditions.trial("filler1", spec, start, counting.now).findings
    assert [(f.finding, f.at) for f in told] == [("missing cycles", counting.now - timedelta(seconds=30))]


# --- parameters --------------------------------------------------------------------------------------------


def test_parameters_are_tried_on_what_was_recorded_as_live(world: Watched) -> None:
    start = world.at(seconds=-1)
    world.goes_on(120, 0.9)
    told = world.desk.conditions.trial("filler1", SPEC, start, world.now)
    live = {(r.finding, r.started_at) for r in world.rows()}
    assert {(f.finding, f.at) for f in told.findings} == live
    assert told.live_findings == told.findings
    assert told.threshold == 0.5
    assert len(told.score.times_s) == len(told.score.values) > 100
    assert max(told.score.values) >= 0.5
    assert told.series.samples == 420
    assert "is usual while the machine is in execute" in told.baseline
    blind = world.desk.conditions.trial("filler1", replace(SPEC, slack=9.0, smoothing=0.6), start, world.now)
    assert blind.findings == ()
    assert blind.live_findings == told.live_findings
    with read(world.ledger) as tx:  # a trial changes nothing
        assert conditions.settings_of(tx, "filler1") == {}


@pytest.mark.parametrize(
    ("spec", "hours", "error", "words"),
    [
        (replace(SPEC, smoothing=2.0), (-1, 1), InvalidDecision, "smoothing"),
        (SPEC, (1, 1), InvalidDecision, "31 days"),
        (SPEC, (-900, 1), InvalidDecision, "31 days"),
        (SPEC, (-9, -8), InvalidDecision, "Samples are kept for 7 days"),
        (replace(SPEC, tag="m2.good"), (-1, 1), NotFound, "has no value"),
        (replace(SPEC, tag="nothing"), (-1, 1), NotFound, "filler1.weight"),
    ],
)
def test_a_trial_that_cannot_be_made(
    world: Watched, spec: ConditionSpec, hours: tuple[int, int], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        world.desk.conditions.trial("filler1", spec, world.at(hours=hours[0]), world.at(hours=hours[1]))
    with pytest.raises(NotFound):
        world.desk.conditions.parameters("nobody")


def test_parameters_go_live_with_a_reason_and_are_learned_anew(world: Watched) -> None:
    mia = world.maintainer()
    assert world.desk.conditions.parameters("filler1") == (SPEC,)
    wanted = replace(SPEC, threshold=12.0)
    with pytest.raises(InvalidDecision, match="reason"):
        world.desk.conditions.activate(mia, "filler1", wanted, "")
    world.goes_on(60, 2.0)
    assert {r.ended_at for r in world.rows()} == {None}
    done = world.desk.conditions.activate(mia, "filler1", wanted, "too nervous")
    assert "4 minutes of running" in done.message
    assert world.desk.conditions.parameters("filler1") == (wanted,)
    world.goes_on(300, 2.0)  # this is the usual now
    assert world.learned()["center"] == pytest.approx(252.0, abs=0.2)
    assert all(r.ended_at is not None for r in world.rows())
    with read(world.ledger) as tx:
        assert audit.verify(tx).problem == ""
        (told,) = requests.history(tx, [f"monitoring:{TAG}"])
    assert (told.person, told.kind, told.reason) == ("Mia", "activate", "too nervous")


def test_another_value_can_be_watched_and_who_may_not_set_it(world: Watched) -> None:
    ida = world.person("Ida", Role.INSPECTOR)
    other = replace(SPEC, tag="filler1.air_bar")
    with pytest.raises(NotAllowed):
        world.desk.conditions.activate(ida, "filler1", other, "why")
    mia = world.maintainer()
    world.desk.conditions.activate(mia, "filler1", other, "compressor is old")
    assert [p.tag for p in world.desk.conditions.parameters("filler1")] == [TAG, "filler1.air_bar"]
    world.watch()
    assert set(world.conditions._live) == {("filler1", TAG), ("filler1", "filler1.air_bar")}


def test_a_value_that_is_watched_no_more_leaves_no_condition_open(world: Watched) -> None:
    world.goes_on(60, 2.0)
    assert {r.ended_at for r in world.rows()} == {None}
    machines = tuple(replace(m, conditions=()) for m in world.plant.machines)
    TendConditions(world.ledger, world.telemetry, replace(world.plant, machines=machines)).tend(
        world.now, lambda tx: None
    )
    assert {r.ended_at for r in world.rows()} == {world.now}
    with read(world.ledger) as tx:
        assert len(requests.listed(tx, [RequestState.PROPOSED])) == 1  # what was asked stays
