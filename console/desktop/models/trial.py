"""Parameters of condition monitoring as a person types them, and what two sets of them found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from console.desktop.formats import quantity, tr
from console.domain.equipment import ConditionSpec
from console.services.views.alarms import Trial, TrialFinding


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name in ``ConditionSpec``, words, unit and what it may be."""

    name: str
    title: str
    hint: str
    least: float
    most: float = 1e9
    above: bool = False  # least itself is not allowed


def parameters() -> tuple[Parameter, ...]:
    """In the order of the form."""
    return (
        Parameter("smoothing", tr("Smoothing"), tr("weight of the newest sample, 0 to 1"), 0, 1, above=True),
        Parameter("slack", tr("Slack"), tr("deviations that are let pass, usual 0.5"), 0, 100),
        Parameter("threshold", tr("Threshold"), tr("score of a finding, usual 8"), 0, 1e6, above=True),
        Parameter("most_change_per_s", tr("Fastest change"), tr("a second; 0: not watched"), 0),
        Parameter("missing_cycle_s", tr("Missing cycle"), tr("seconds without a count; 0: not watched"), 0),
        Parameter("learn_s", tr("Learns from"), tr("seconds of running"), 0, above=True),
    )


def problem_of(parameter: Parameter, value: float | None) -> str:
    """Why a value cannot be taken; empty where it can."""
    if value is None:
        return tr("{title}: type a number, as 0.5.", title=parameter.title)
    low = value <= parameter.least if parameter.above else value < parameter.least
    if low or value > parameter.most:
        least = quantity(parameter.least)
        span = tr("more than {n}", n=least) if parameter.above else tr("{n} or more", n=least)
        if parameter.most < 1e9:
            span = f"{span}, {tr('at most {n}', n=quantity(parameter.most))}"
        return tr("{title}: {span}.", title=parameter.title, span=span)
    return ""


def with_values(spec: ConditionSpec, values: Mapping[str, float]) -> ConditionSpec:
    """The parameters with these numbers."""
    known = {f.name for f in fields(ConditionSpec)}
    return replace(spec, **{k: v for k, v in values.items() if k in known})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One finding: by the new parameters, by those that are live, or by both."""

    at: datetime
    finding: str
    score: float
    text: str
    new: bool
    live: bool


def found_rows(trial: Trial) -> tuple[FoundRow, ...]:
    """All findings in time; the same one (kind and time) of both stands once."""

    def key(found: TrialFinding) -> tuple[datetime, str]:
        return found.at, found.finding

    live = {key(f): f for f in trial.live_findings}
    new = {key(f): f for f in trial.findings}
    out = [
        FoundRow(f.at, f.finding, f.score, f.text, k in new, k in live) for k, f in {**live, **new}.items()
    ]
    return tuple(sorted(out, key=lambda r: (r.at, r.finding)))


def summary(trial: Trial) -> str:
    """What the new parameters find, beside those that are live."""
    words = tr("Findings: {n} new, {m} live", n=len(trial.findings), m=len(trial.live_findings))
    return f"{words} · {trial.baseline}" if trial.baseline else words
