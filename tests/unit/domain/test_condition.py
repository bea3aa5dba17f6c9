"""Condition monitoring on recorded and on drawn data: what it finds, and what it must not."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from console.domain.condition import Change, Finding, Watch, baseline_words, parameters_wrong, words
from console.domain.condition_model import Baseline, Model, StateModel, learned, model_from
from console.domain.equipment import ConditionSpec
from console.domain.packml import MachineState

E, S = MachineState.EXECUTE, MachineState.STOPPED
SPEC = ConditionSpec("f.weight", learn_s=3600.0)
RUNS = frozenset({E})
LEARN = 3700  # an hour, and the time to settle


def watch(spec: ConditionSpec = SPEC, *, state: MachineState = E) -> Watch:
    found = Watch(spec, Model(), RUNS, keep_scores=True)
    found.state(0.0, state)
    return found


def feed(w: Watch, values: Iterable[float], start_s: float = 0.0, step_s: float = 1.0) -> list[Change]:
    at_s = start_s
    for value in values:
        w.value(at_s, value)
        at_s += step_s
    w.until(at_s)
    return w.take()


def noise(seed: int, center: float = 250.0, spread: float = 0.5) -> Callable[[int], list[float]]:
    chance = random.Random(seed)
    return lambda number: [chance.gauss(center, spread) for _ in range(number)]


def began(changes: list[Change]) -> list[Finding]:
    return [c.finding for c in changes if c.what == "began"]


# --- what must not be found --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_found_in_ten_thousand_samples_in_control(seed: int) -> None:
    draw, w = noise(seed), watch(replace(SPEC, most_change_per_s=20.0))
    assert feed(w, draw(LEARN)) == []
    assert w.model.states["execute"].baseline is not None
    assert feed(w, draw(10_000), LEARN) == []
    assert len(w.scores) > 600


@pytest.mark.parametrize("seed", range(4))
def test_nor_where_each_sample_is_like_the_one_before(seed: int) -> None:
    """An autocorrelated value, as real temperatures are: without the wider spread this trips often."""
    chance = random.Random(seed)
    values, level = [], 0.0
    for _ in range(LEARN + 10_000):
        level = 0.97 * level + chance.gauss(0.0, 0.1)
        values.append(80.0 + level)
    w = watch()
    assert feed(w, values) == []


def test_single_outliers_are_ignored() -> None:
    draw, w = noise(5), watch(replace(SPEC, most_change_per_s=5.0))
    values = draw(LEARN + 3000)
    for i in range(50, len(values), 97):
        values[i] = 250.0 + (200.0 if i % 2 else -200.0)
    assert feed(w, values) == []


def test_one_wild_sample_in_each_slice_moves_no_point() -> None:
    draw, w = noise(5), watch()
    feed(w, draw(LEARN))
    values = [v + (200.0 if i % 15 == 7 else 0.0) for i, v in enumerate(draw(1500))]
    assert feed(w, values, LEARN) == []


def judged(z: Iterable[float], guard: float = 0.0) -> list[Change]:
    """Findings of these standardised points, one a second."""
    spec = replace(SPEC, learn_s=240.0)
    here = StateModel(baseline=Baseline(0.0, 1.0, guard, 240))
    w = Watch(spec, Model({"execute": here}, "execute", 0.0), RUNS)
    return feed(w, z, 1000.0)


def test_a_limit_touched_once_is_no_finding() -> None:
    assert judged([4.0, 4.0, 1.7, -1.0, *([0.0] * 9)]) == []  # 8.2 of 8, and back
    assert began(judged([4.0, 4.0, 1.7, 0.5, 0.5, 0.0])) == [Finding.DRIFT]


def test_the_baseline_is_trusted_only_as_far_as_it_is_known() -> None:
    """0.6 standard deviations off: more than the slack, less than the slack and what the median may err."""
    assert began(judged([0.6] * 200)) == [Finding.DRIFT]
    assert judged([0.6] * 200, learned(list(range(240))).guard) == []
    assert learned(list(range(240))).guard == pytest.approx(0.1618, abs=1e-4)


def test_a_point_of_nothing_but_an_outlier_is_cut_off() -> None:
    """Where a slice holds one sample, one wild value is one wild point: not enough for a finding."""
    spec = replace(SPEC, learn_s=240.0)  # slices of a second
    draw, w = noise(2), watch(spec)
    assert feed(w, draw(600)) == []
    assert feed(w, [9999.0], 600) == []
    assert feed(w, [0.0, *draw(60)], 601) == []


def test_what_other_states_tell_is_ignored_and_a_change_takes_time_to_settle() -> None:
    draw, w = noise(7), watch()
    feed(w, draw(LEARN))
    baseline = w.model.states["execute"].baseline
    for round_ in range(5):
        at = LEARN + round_ * 1000.0
        w.state(at, S)
        assert feed(w, [20.0] * 300, at) == []  # stands, and cools down
        w.state(at + 300, E)
        assert feed(w, [100.0 + 2.5 * i for i in range(59)], at + 300) == []  # warms up
        assert feed(w, draw(600), at + 360) == []
    assert w.model.states["execute"].baseline == baseline
    assert set(w.model.states) == {"execute"}


def test_without_the_time_to_settle_it_would_be_found() -> None:
    draw, w = noise(7), watch()
    feed(w, draw(LEARN))
    assert Finding.DRIFT in began(feed(w, [100.0] * 120, LEARN))


def test_nothing_is_judged_before_there_is_a_baseline() -> None:
    w = watch()
    assert feed(w, [1000.0 * i for i in range(3000)]) == []
    assert w.scores == []
    assert "still learning" in baseline_words(w.model, SPEC, "g")


# --- what must be found ------------------------------------------------------------------------------------


def test_a_drift_is_found_before_the_limit_either_way() -> None:
    """0.1 g in ten minutes, where the limit stands 2 g away and the noise is 0.5 g."""
    for sign, words_ in ((1, "drifts up"), (-1, "drifts down")):
        draw, w = noise(11), watch()
        feed(w, draw(LEARN))
        drifting = [v + sign * 0.1 * i / 600 for i, v in enumerate(draw(12_000))]
        found = [c for c in feed(w, drifting, LEARN) if c.what == "began" and c.finding is Finding.DRIFT]
        assert len(found) == 1
        drifted_by = 0.1 * (found[0].at_s - LEARN) / 600
        assert drifted_by < 0.6  # a limit 2 g away was not reached for hours
        assert words_ in words(Finding.DRIFT, found[0].evidence, "Fill weight", "g")
        assert found[0].evidence["threshold"] == 8.0


def test_a_higher_threshold_finds_it_later_and_slack_makes_it_blind_to_small_shifts() -> None:
    def found_after(spec: ConditionSpec) -> float:
        draw, w = noise(3), watch(spec)
        feed(w, draw(LEARN))
        told = feed(w, [v + 0.3 for v in draw(6000)], LEARN)
        return next((c.at_s - LEARN for c in told if c.finding is Finding.DRIFT), math.inf)

    assert found_after(SPEC) < found_after(replace(SPEC, threshold=16.0)) < math.inf
    assert found_after(replace(SPEC, slack=3.0)) == math.inf


def test_a_level_that_is_not_the_usual_one_is_found_by_the_average() -> None:
    spec = replace(SPEC, threshold=1e6, smoothing=0.5)  # no CUSUM would tell
    draw, w = noise(4), watch(spec)
    feed(w, draw(LEARN))
    told = feed(w, [v - 1.5 for v in draw(300)], LEARN)
    assert began(told) == [Finding.LEVEL]
    assert "stands too low" in words("level", told[0].evidence, "Fill weight", "g")
    off = watch(replace(spec, smoothing=0.0001))
    feed(off, noise(4)(LEARN))
    assert feed(off, [v - 1.5 for v in noise(4)(300)], LEARN) == []


def test_a_change_that_is_too_fast_is_found_and_is_over_when_it_is_calm() -> None:
    spec = replace(SPEC, most_change_per_s=2.0)
    calm = [80.0 + 0.1 * (i % 2) for i in range(200)]
    ramp = [80.0 + 5.0 * i for i in range(1, 6)]
    after = [105.0] * 200
    told = feed(watch(spec), [*calm, *ramp, *after], 100.0)
    assert [(c.finding, c.what) for c in told if c.what != "grew"] == [
        (Finding.CHANGE, "began"),
        (Finding.CHANGE, "ended"),
    ]
    assert 300 <= told[0].at_s <= 306
    assert words("fast change", told[0].evidence, "Temperature", "degC").startswith("Temperature changes by")
    assert feed(watch(), [*calm, *ramp, *after], 100.0) == []  # not watched
    slow = [80.0 + 1.5 * i for i in range(100)]
    assert feed(watch(spec), [*calm, *slow], 100.0) == []


def test_close_samples_of_a_noisy_value_are_no_fast_change() -> None:
    chance = random.Random(1)
    spec = replace(SPEC, most_change_per_s=5.0)
    assert feed(watch(spec), [chance.gauss(80, 0.3) for _ in range(5000)], 100.0, step_s=0.02) == []


def test_missing_cycles_are_found_and_end_with_the_next_count() -> None:
    w = watch(replace(SPEC, missing_cycle_s=30.0))
    w.until(60.0)  # the machine settles
    for at in (70.0, 90.0, 115.0):
        w.cycle(at)
        w.until(at)
    assert w.take() == []
    w.until(144.9)
    assert w.take() == []
    w.until(160.0)
    (change,) = w.take()
    assert (change.finding, change.what, change.at_s) == (Finding.CYCLES, "began", 145.0)
    assert "No count for 45 s" in words("missing cycles", change.evidence, "", "")
    w.cycle(170.0)
    assert w.take()[-1].what == "ended"
    w.until(190.0)
    assert w.take() == []


@pytest.mark.parametrize("why", ["stopped", "not heard", "not watched"])
def test_silence_that_means_nothing(why: str) -> None:
    w = watch(replace(SPEC, missing_cycle_s=0.0 if why == "not watched" else 30.0))
    w.cycle(70.0)
    if why == "stopped":
        w.state(80.0, S)
    if why == "not heard":
        w.gap(71.0, 1990.0)
    w.until(2000.0)
    assert w.take() == []


# --- the life of a finding ---------------------------------------------------------------------------------


def test_a_finding_grows_and_ends_soon_after_it_was_mended() -> None:
    draw, w = noise(9), watch()
    feed(w, draw(LEARN))
    told = feed(w, [v + 1.0 for v in draw(2000)], LEARN)
    drift = [c for c in told if c.finding is Finding.DRIFT]
    assert drift[0].what == "began"
    assert drift[-1].score == 1.0
    assert drift[0].score >= 0.5
    mended = feed(w, draw(2000), LEARN + 2000)
    ended = [c for c in mended if c.what == "ended" and c.finding is Finding.DRIFT]
    assert len(ended) == 1
    assert ended[0].at_s - LEARN - 2000 < 900
    assert w.model.open == {}


def test_it_goes_on_over_a_restart_as_if_there_had_been_none() -> None:
    spec = replace(SPEC, most_change_per_s=1.5)
    values = [v + (0.8 if i > 5000 else 0.0) for i, v in enumerate(noise(13)(9000))]
    whole, parts = watch(spec), watch(spec)
    told = feed(whole, values)
    pieces: list[Change] = []
    for start in range(0, 9000, 450):
        pieces += feed(parts, values[start : start + 450], float(start))
        stored = json.loads(json.dumps(parts.model.to_data(), allow_nan=False))
        parts = Watch(spec, model_from(stored), RUNS)
    assert pieces == told
    assert Finding.DRIFT in began(told)
    assert parts.model == whole.model


def test_an_empty_model_is_stored_too() -> None:
    assert model_from(json.loads(json.dumps(Model().to_data(), allow_nan=False))) == Model()


def test_samples_that_come_late_and_no_numbers_are_left_out() -> None:
    w = watch()
    w.value(100.0, 1.0)
    w.value(99.0, 1e9)
    w.value(101.0, math.nan)
    w.value(102.0, math.inf)
    assert w.model.slice_values == [1.0]


def test_a_machine_without_states_is_always_watched() -> None:
    w = Watch(replace(SPEC, missing_cycle_s=10.0), Model(), frozenset({MachineState.UNDEFINED}))
    feed(w, noise(1)(LEARN))
    assert w.model.states["undefined"].baseline is not None
    w.cycle(LEARN)
    w.until(LEARN + 20.0)
    assert began(w.take()) == [Finding.CYCLES]


# --- baselines ---------------------------------------------------------------------------------------------


def test_the_baseline_is_robust() -> None:
    chance = random.Random(1)
    points = [chance.gauss(50.0, 2.0) for _ in range(240)]
    dirty = [*points[:200], *([500.0] * 20), *points[200:]]
    clean = learned(points)
    assert abs(clean.center - 50.0) < 0.4
    assert abs(clean.spread - 2.0) < 0.4
    assert abs(learned(dirty).center - clean.center) < 0.4


def test_points_that_are_alike_widen_the_spread() -> None:
    chance, level, points = random.Random(2), 0.0, []
    for _ in range(480):
        level = 0.8 * level + chance.gauss(0.0, 1.0)
        points.append(level)
    shuffled = list(points)
    chance.shuffle(shuffled)
    assert learned(points).spread > 2 * learned(shuffled).spread


def test_a_coarse_value_has_a_spread_of_half_a_step() -> None:
    points = [10.0] * 200 + [10.5] * 20 + [9.5] * 20
    random.Random(1).shuffle(points)
    base = learned(points)
    assert base.center == 10.0
    assert 0.25 <= base.spread < 1.0
    assert learned([10.0] * 240).spread == pytest.approx(0.01)
    assert learned([0.0] * 240).spread > 0


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"smoothing": 0.0}, "smoothing"),
        ({"smoothing": 1.1}, "smoothing"),
        ({"threshold": 0.0}, "threshold"),
        ({"slack": -1.0}, "slack"),
        ({"learn_s": 0.0}, "learn_s"),
        ({"most_change_per_s": math.nan}, "most_change_per_s"),
        ({"missing_cycle_s": -5.0}, "missing_cycle_s"),
    ],
)
def test_wrong_parameters_are_named(values: dict[str, float], word: str) -> None:
    assert word in parameters_wrong(replace(SPEC, **values))  # type: ignore[arg-type]
    assert parameters_wrong(SPEC) == ""
