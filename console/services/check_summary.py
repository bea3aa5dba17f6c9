"""The summary of a batch: how its surroundings were, as a proposed check that a person books or rejects."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from console.domain.equipment import LimitSpec, Machine, Plant
from console.domain.limits import LimitLevel, zone
from console.domain.master_data import QualityQuestion
from console.domain.tags import Quality, Sample
from console.services.facts import context_of
from console.services.limit_scope import names_for
from console.services.trace_ids import new_trace_id
from console.store import audit, batches, checks, machines, stock_master
from console.store.batches import BatchRow
from console.store.checks import NewCheck
from console.store.master import Mirror
from console.store.telemetry import Telemetry

# read by pieces, so that a long batch at 10 Hz does not fill the memory
PIECE = timedelta(hours=1)
# a value that was set before the batch began holds into it
LEAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Statistics:
    """One value over a batch; each value holds until the next one.

    Attributes:
        covered_s: seconds for which a value is known. outside_s: of these, beyond the action limits.
    """

    minimum: float
    maximum: float
    mean: float
    covered_s: float
    outside_s: float
    samples: int


def statistics(
    samples: Iterable[Sample], spec: LimitSpec, start: datetime, end: datetime
) -> Statistics | None:
    """None where no good value is known. Bad values and gaps count for nothing."""
    low, high, area, covered, outside, count = math.inf, -math.inf, 0.0, 0.0, 0.0, 0
    held: tuple[datetime, float] | None = None

    def take(until: datetime) -> None:
        nonlocal low, high, area, covered, outside
        if held is None or until <= start:
            return
        value = held[1]
        seconds = (until - max(held[0], start)).total_seconds()
        low, high = min(low, value), max(high, value)
        area, covered = area + value * seconds, covered + seconds
        if zone(spec, value)[0] == LimitLevel.ACTION.value:
            outside += seconds

    for sample in samples:
        if sample.source_time > end:
            break
        take(sample.source_time)
        value = sample.value
        good = sample.quality is not Quality.BAD and isinstance(value, int | float) and math.isfinite(value)
        held = (sample.source_time, float(value)) if good and isinstance(value, int | float) else None
        count += 1 if good and sample.source_time >= start else 0
    take(end)
    if not math.isfinite(low):
        return None
    return Statistics(low, high, area / covered if covered else low, covered, outside, count)


def figures(
    tx: Connection, telemetry: Telemetry, machine: Machine, mirror: Mirror, batch: BatchRow, ended: datetime
) -> list[dict[str, Any]]:
    """What the summary of a batch says of each value; taken before it is kept, since it takes long."""
    return [
        _result(tx, telemetry, machine, spec, batch, ended)
        for spec in machine.limits
        if spec.environmental and spec.tag and spec.name in names_for(machine, mirror, batch.order_reference)
    ]


def keep_summary(
    tx: Connection,
    plant: Plant,
    machine: Machine,
    mirror: Mirror,
    batch: BatchRow,
    results: Sequence[Mapping[str, Any]],
    now: datetime,
) -> int | None:
    """The summary as a proposed check; None where it was made already."""
    due = next((b for b in batches.unsummed(tx) if b.id == batch.id), None)
    if due is None or due.ended_at is None:
        return None
    product = context_of(mirror, machine, due.order_reference).product
    test = next((t for t in stock_master.quality_tests(tx) if t.name == plant.quality.batch_test), None)
    trace_id = new_trace_id()
    check_id = checks.add(
        tx,
        NewCheck(
            trace_id=trace_id,
            kind="batch_summary",
            state="proposed",
            title=f"Surroundings of {due.lot or due.order_reference} on {machine.title}",
            result="pass" if results and all(r["pass"] for r in results) else "fail",
            results=results,
            at=due.ended_at,
            machine=machine.name,
            product_id=product.id if product is not None else None,
            product=product.name if product is not None else "",
            lot=due.lot,
            order_reference=due.order_reference,
            test_id=test.id if test is not None else None,
        ),
    )
    batches.summed(tx, due.id, check_id)
    detail = {"machine": due.machine, "lot": due.lot, "order": due.order_reference}
    audit.append(tx, now, "the console", "batch summed up", f"check:{check_id}", detail, trace_id)
    return check_id


def _result(
    tx: Connection, telemetry: Telemetry, machine: Machine, spec: LimitSpec, batch: BatchRow, ended: datetime
) -> dict[str, Any]:
    found = statistics(_pieces(telemetry, spec.tag, batch.started_at, ended), spec, batch.started_at, ended)
    told = machines.events_of(tx, machine.name, batch.started_at, ended, ["LimitBreached"])
    mine = [
        e for e in told if e.detail["limit"] == spec.name and e.detail["level"] == LimitLevel.ACTION.value
    ]
    result: dict[str, Any] = {
        "limit": spec.name,
        "title": spec.title,
        "unit": spec.unit,
        "breaches": len(mine),
        "seconds": (ended - batch.started_at).total_seconds(),
        "covered_s": 0.0,
        # what nobody measured was not shown to be good
        "pass": False,
    }
    if found is not None:
        result |= {
            "minimum": found.minimum,
            "maximum": found.maximum,
            "mean": found.mean,
            "covered_s": found.covered_s,
            "outside_s": found.outside_s,
            "samples": found.samples,
            "pass": not mine and found.outside_s == 0,
        }
    return result


def _pieces(telemetry: Telemetry, tag: str, start: datetime, end: datetime) -> Iterator[Sample]:
    at = start - LEAD
    while at <= end:
        until = min(at + PIECE, end)
        yield from telemetry.window(tag, at, until)
        at = until + timedelta(microseconds=1)


# --- as an inspection --------------------------------------------------------------------------------------

_FIGURES = {"min": "minimum", "max": "maximum", "mean": "mean", "": "mean"}


def answers_of(
    questions: Iterable[QualityQuestion], results: Iterable[Mapping[str, Any]], passed: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """Answers to a test from a summary, and the questions that it has no answer to.

    A quantitative question is matched by its name: the limit's title or name, alone (the mean) or followed by
    ``min``, ``max``, ``mean`` or ``minutes outside``. A qualitative one asks whether all was within limits.
    """
    known: dict[str, float] = {}
    for r in results:
        for name in {r["title"].casefold(), r["limit"].casefold()}:
            for word, key in _FIGURES.items():
                if key in r:
                    known[f"{name} {word}".strip()] = float(r[key])
            if "outside_s" in r:
                known[f"{name} minutes outside"] = float(r["outside_s"]) / 60.0
    answers: list[dict[str, Any]] = []
    without: list[str] = []
    for q in questions:
        if q.kind == "qualitative":
            fitting = [answer_id for answer_id, _, right in q.answers if right is passed]
            if fitting:
                answers.append({"question_id": q.id, "value": None, "answer_id": fitting[0]})
                continue
        elif q.name.casefold().strip() in known:
            value = round(known[q.name.casefold().strip()], 6)
            answers.append({"question_id": q.id, "value": value, "answer_id": None})
            continue
        without.append(q.name)
    return answers, without
