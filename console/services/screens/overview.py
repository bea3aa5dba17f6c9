"""Overview: every machine as a tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.alarms import Occurrence
from console.domain.equipment import Machine
from console.domain.packml import MachineState
from console.domain.policies import Flow, Mode, Policy
from console.domain.postings import PostingState
from console.domain.proposals import UNDECIDED, ProposalState
from console.domain.propose import RunningOrder, running_order
from console.domain.tags import LinkState, Quality, Sample
from console.services.facts import Context
from console.services.screens.common import (
    EdgeLife,
    Stores,
    ago,
    factor_to_order,
    ordered_quantity,
    product_name,
)
from console.services.screens.header import link_rows
from console.services.views import Level, LinkRow, TileView
from console.store import alarms, machines, outbox, policies, proposals, review
from console.store.engine import read

RATE_WINDOW = timedelta(minutes=5)
# Counts are told every few seconds; the last ones are still under way
RATE_LATEST_S = 15.0
SPARK_SLICES = 24


@dataclass(frozen=True, slots=True)
class Now:
    """Everything that the tiles are made from, read in one go."""

    now: datetime
    edge: EdgeLife
    links: dict[str, LinkRow]
    latest: dict[str, Sample]
    statuses: dict[str, machines.MachineStatus]
    running: dict[str, RunningOrder]
    contexts: dict[str, Context]
    sums: dict[tuple[str, str], list[proposals.RunningSum]]
    posted: dict[tuple[str, str], dict[PostingState, float]]
    advances: list[machines.Advances]
    intervals: list[tuple[str, datetime, datetime, float]]
    waiting: dict[tuple[str, ProposalState], int]
    review_open: dict[str, int]
    alarms: Sequence[Occurrence]
    policies: dict[tuple[str, Flow], Policy]


def overview(stores: Stores) -> tuple[TileView, ...]:
    """All machines, in the plant file's order."""
    return tiles(stores, stores.plant.machines)


def tiles(stores: Stores, chosen: Sequence[Machine]) -> tuple[TileView, ...]:
    """The tiles of some machines."""
    if not chosen:
        return ()
    seen = _look(stores, chosen)
    return tuple(_tile(stores, seen, m) for m in chosen)


def _look(stores: Stores, chosen: Sequence[Machine]) -> Now:
    now, plant = stores.clock(), stores.plant
    edge = stores.edge(now)
    links = {r.name: r for r in link_rows(plant, stores.telemetry.links(), edge, now)}
    latest = stores.telemetry.latest()
    names = [m.name for m in chosen]
    longest = max(m.confirmation_interval_s for m in chosen)
    with read(stores.ledger) as tx:
        known = stores.known(tx)
        statuses, said = machines.statuses(tx), machines.assignments(tx)
        running = {m.name: _running(m, statuses, said, known.released(m)) for m in chosen}
        contexts = {m.name: known.context(m, running[m.name].reference) for m in chosen}
        targets = {c.target.key for c in contexts.values() if c.target is not None}
        sums: dict[tuple[str, str], list[proposals.RunningSum]] = {}
        for each in proposals.running_sums(tx, names, sorted({r.reference for r in running.values()})):
            sums.setdefault((each.machine, each.order_reference), []).append(each)
        return Now(
            now=now,
            edge=edge,
            links=links,
            latest=latest,
            statuses=statuses,
            running=running,
            contexts=contexts,
            sums=sums,
            posted=outbox.sums_of_targets(tx, sorted(targets)),
            advances=machines.advances_since(tx, names, now - RATE_WINDOW),
            intervals=_recent(tx, now, longest),
            waiting=proposals.waiting_intervals(tx),
            review_open=review.open_by_machine(tx),
            alarms=[o for o in alarms.shown(tx, now) if o.standing],
            policies=policies.all_policies(tx),
        )


def _recent(tx: Connection, now: datetime, longest_s: int) -> list[tuple[str, datetime, datetime, float]]:
    return proposals.interval_sums(tx, now - timedelta(seconds=longest_s * (SPARK_SLICES + 1)))


def _running(
    machine: Machine,
    statuses: dict[str, machines.MachineStatus],
    said: dict[str, machines.Assignment],
    released: tuple[str, ...],
) -> RunningOrder:
    status, word = statuses.get(machine.name), said.get(machine.name)
    return running_order(
        (status.order_reference, status.lot) if status else ("", ""),
        (word.order_reference, word.lot) if word else None,
        released,
    )


def _tile(stores: Stores, seen: Now, machine: Machine) -> TileView:
    status = seen.statuses.get(machine.name)
    running, context = seen.running[machine.name], seen.contexts[machine.name]
    factor = factor_to_order(context)
    # one unit a tile: the order's where the machine's converts to it
    there = factor if factor is not None else 1.0
    sums = seen.sums.get((machine.name, running.reference), []) if running.reference else []
    confirmed, verified = _posted(seen, context, machine)
    waiting = sum(s.good for s in sums if s.state in UNDECIDED) * there
    first = min((s.first_at for s in sums), default=None)
    stale_s, stale_reason = staleness(stores, seen, machine)
    standing = [o for o in seen.alarms if o.machine == machine.name]
    attention, level = _attention(seen, machine, running, standing)
    unit = context.order_unit.name if factor is not None and context.order_unit else machine.unit
    hours = (seen.now - first).total_seconds() / 3600 if first else None
    return TileView(
        machine=machine.name,
        title=machine.title,
        area=machine.area,
        work_center=machine.work_center,
        state=status.state if status else MachineState.UNDEFINED,
        since=status.since if status else None,
        stale_s=stale_s,
        stale_reason=stale_reason,
        order_reference=running.reference,
        product=product_name(context),
        lot=running.lot,
        unit=unit,
        made=waiting + confirmed if running.reference else None,
        ordered=ordered_quantity(context) if factor is not None else None,
        confirmed=confirmed,
        verified=verified,
        expected=round(machine.ideal_rate_per_h * there * hours, 1)
        if hours is not None and machine.ideal_rate_per_h
        else None,
        rate_per_h=_rate(seen, machine, there) if stale_s is None else None,
        ideal_rate_per_h=machine.ideal_rate_per_h * there,
        spark=_spark(seen, machine, there),
        attention=attention,
        level=level,
        alarms=tuple(o.text for o in standing),
        policy=policy_words(seen.policies, machine.name),
    )


def policy_words(held: Mapping[tuple[str, Flow], Policy], machine: str) -> str:
    """``automatic 2 %``, ``shadow · hold automatic``: what a person set, its counts first; "" where a person
    confirms everything."""
    told = []
    for flow in Flow:
        policy = held.get((machine, flow))
        if policy is None or policy.mode is Mode.CONFIRM:
            continue
        within = f" {policy.tolerance_percent:g} %" if policy.mode is Mode.AUTOMATIC else ""
        told.append(f"{policy.mode.value}{within}" if flow is Flow.PRODUCTION else f"{flow} {policy.mode}")
    return " · ".join(told)


def _posted(seen: Now, context: Context, machine: Machine) -> tuple[float, float]:
    """(confirmed, verified) of this machine for the running order, in the order's unit."""
    if context.target is None:
        return 0.0, 0.0
    by_state = seen.posted.get((context.target.key, machine.name), {})
    standing = sum((q for s, q in by_state.items() if s is not PostingState.DEAD_LETTER), 0.0)
    return standing, by_state.get(PostingState.VERIFIED, 0.0)


def staleness(stores: Stores, seen: Now, machine: Machine) -> tuple[float | None, str]:
    """(age of the newest value, why it is stale), or (None, "") while the values are live.

    A quiet tag is not stale: sources tell changes only. What counts is the link and the edge behind it.
    """
    names = set(machine.tag_names())
    newest = max((seen.latest[n].received_time for n in names if n in seen.latest), default=None)
    connections = {t.connection for t in stores.plant.tags if t.name in names}
    known = [seen.links[c] for c in sorted(connections) if c in seen.links]
    lost = [x for x in known if x.state is not LinkState.UP]
    key_tags = [c.tag for c in machine.counters] + ([machine.state_tag] if machine.state_tag else [])
    have = [seen.latest[t] for t in key_tags if t in seen.latest]
    if not seen.edge.alive:
        why, since = "the edge does not run, so nothing is read.", seen.edge.at
    elif lost:
        why, since = lost[0].reason or f"{lost[0].name} is {lost[0].state.value}.", lost[0].since
    elif have and all(s.quality is Quality.BAD for s in have):
        why, since = "the device itself calls its values bad.", newest
    elif not have:
        why, since = "the device told none.", newest
    else:
        return None, ""
    if newest is None:
        age = (seen.now - since).total_seconds() if since else 0.0
        return age, f"No value yet: {why}"
    age = (seen.now - newest).total_seconds()
    return age, f"Last value {ago(age)} old ({stores.near(newest, seen.now)}): {why}"


def _rate(seen: Now, machine: Machine, factor: float) -> float | None:
    """Good units per hour over the last minutes; None where nothing is known of that time."""
    told = [a for a in seen.advances if a.machine == machine.name and a.counter == "good"]
    status = seen.statuses.get(machine.name)
    if not told:
        return 0.0 if status is not None else None
    made = 0.0
    for each in told:
        counter = machine.counter_of(each.tag)
        made += each.count * (counter.units_per_count if counter else 1.0)
    start = max(min(a.first_at for a in told), seen.now - RATE_WINDOW)
    last = max(a.last_at for a in told)
    quiet_s = (seen.now - last).total_seconds()
    end = last if quiet_s < RATE_LATEST_S else seen.now
    seconds = (end - start).total_seconds()
    return made * factor * 3600.0 / seconds if seconds >= 1.0 else None


def _spark(seen: Now, machine: Machine, factor: float) -> tuple[float, ...]:
    """Rate per hour of the last closed intervals, intervals without a count as 0."""
    length = timedelta(seconds=machine.confirmation_interval_s)
    closed = {
        start: good * factor * 3600.0 / machine.confirmation_interval_s
        for name, start, end, good in seen.intervals
        if name == machine.name and end <= seen.now
    }
    if not closed:
        return ()
    newest = max(closed)
    while newest + 2 * length <= seen.now:  # hours in which nothing was made are part of the picture
        newest += length
    slices = [newest - i * length for i in range(SPARK_SLICES)]
    oldest = min(closed)
    return tuple(closed.get(s, 0.0) for s in reversed(slices) if s >= oldest)


def _attention(
    seen: Now,
    machine: Machine,
    running: RunningOrder,
    standing: Sequence[Occurrence],
) -> tuple[str, Level]:
    """The most urgent thing, in a word or two."""
    worst = min(standing, key=lambda o: o.priority, default=None)
    priority = worst.priority if worst is not None else 9
    alarm = f"alarm: {worst.text}" if worst is not None else ""
    if priority == 1:
        return alarm, Level.CRITICAL
    if seen.waiting.get((machine.name, ProposalState.REVIEW)) or seen.review_open.get(machine.name):
        return "review", Level.HIGH
    if any(set(link.missing_tags) & set(machine.tag_names()) for link in seen.links.values()):
        return "tag missing", Level.HIGH  # what it counts or does may go unseen
    if priority == 2:
        return alarm, Level.HIGH
    status = seen.statuses.get(machine.name)
    if not running.reference and status is not None and status.state is MachineState.EXECUTE:
        return "no order", Level.MEDIUM
    if alarm:
        return alarm, Level.MEDIUM
    hours = seen.waiting.get((machine.name, ProposalState.PENDING), 0)
    if hours:
        length = machine.confirmation_interval_s
        return f"{_length(hours * length)} to confirm", Level.NORMAL
    return "", Level.NORMAL


def _length(seconds: int) -> str:
    if seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
