"""The header: plant, shift, links, outbox, clocks, alarms, what waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from console.domain.equipment import Machine, Plant
from console.domain.holds import HoldState
from console.domain.postings import OPEN_POSTING_STATES, PostingState
from console.domain.proposals import ProposalState
from console.domain.tags import LinkState, LinkStatus, Quality, Sample
from console.services.screens.common import EdgeLife, Stores, odoo_link
from console.services.stop_views import needs_reason
from console.services.views import HeaderView, Level, LinkRow, OdooLink, StopPrompt
from console.store import alarms, holds, master, outbox, proposals, review, stops
from console.store.engine import read
from console.store.master import OdooLinkRow
from console.store.stops import StoredStop

# A sample that came longer ago says nothing about the clocks now
SKEW_RECENT_S = 120.0
# Right after connecting a server tells values of any age
SKEW_AFTER_LINK_S = 3.0
# Asked about above every page; the others are counted
MOST_PROMPTS = 5
# A person has to say what becomes of them
_UNDECIDED = (HoldState.PROPOSED, HoldState.HELD, HoldState.REWORK)


def header(stores: Stores) -> HeaderView:
    """The header as of now."""
    now, plant = stores.clock(), stores.plant
    edge = stores.edge(now)
    links = link_rows(plant, stores.telemetry.links(), edge, now)
    skew = clock_skew(plant, stores.telemetry.latest().values(), links, now) if edge.alive else None
    shift, left = shift_of(plant, now)
    up = {x.name for x in links if x.state is LinkState.UP}
    with read(stores.ledger) as tx:
        link = master.link(tx)
        odoo, reason, remedy = odoo_link(plant, link, edge)
        counts = outbox.counts(tx)
        oldest = outbox.oldest_waiting(tx)
        age, level = _master_data(plant, link, now)
        waiting = _unexplained(tx, plant, now)
        return HeaderView(
            plant=plant.name,
            now=now,
            shift=shift,
            shift_left_s=left,
            links=links,
            odoo=odoo,
            odoo_reason=reason,
            odoo_remedy=remedy,
            odoo_verified_at=outbox.last_verified_at(tx),
            outbox_waiting=sum(counts[s] for s in OPEN_POSTING_STATES),
            outbox_oldest_s=(now - oldest[0]).total_seconds() if oldest else None,
            outbox_late=oldest is not None and oldest[1] < now,
            outbox_unknown=counts[PostingState.UNKNOWN],
            outbox_stuck=counts[PostingState.REJECTED],
            clock_skew_s=skew,
            clock_level=skew_level(plant, skew),
            alarms=alarms.counts(tx, now),
            master_data_age_s=age,
            master_data_level=level if odoo is not OdooLink.NOT_CONFIGURED else Level.NORMAL,
            edge_alive=edge.alive,
            edge_reason=edge.reason,
            counts_waiting=proposals.count_in(tx, ProposalState.PENDING),
            counts_failing=proposals.count_in(tx, ProposalState.REVIEW),
            review_open=review.open_count(tx),
            machines_up=sum(connections_of(plant, m) <= up for m in plant.machines),
            machines_all=len(plant.machines),
            edge_trouble=edge.trouble,
            stops_waiting=len(waiting),
            stop_prompts=_prompts(plant, waiting),
            holds_open=len(holds.in_states(tx, _UNDECIDED)),
        )


def _unexplained(tx: Connection, plant: Plant, now: datetime) -> list[StoredStop]:
    """Stops that wait for a reason: what stands before what ran again, then the longest."""
    micro_s = {m.name: m.micro_stop_s for m in plant.machines}
    found = [s for s in stops.unexplained(tx) if needs_reason(s, micro_s.get(s.machine, 0.0), now)]
    return sorted(found, key=lambda s: (s.ended_at is not None, -s.seconds(now), s.id))


def _prompts(plant: Plant, waiting: list[StoredStop]) -> tuple[StopPrompt, ...]:
    titles = {m.name: m.title for m in plant.machines}
    return tuple(
        StopPrompt(s.id, titles.get(s.machine, s.machine), s.started_at, s.ended_at)
        for s in waiting[:MOST_PROMPTS]
    )


def connections_of(plant: Plant, machine: Machine) -> set[str]:
    """Names of the connections that a machine is read through."""
    names = set(machine.tag_names())
    return {t.connection for t in plant.tags if t.name in names}


def link_rows(
    plant: Plant, links: dict[str, LinkStatus], edge: EdgeLife, now: datetime
) -> tuple[LinkRow, ...]:
    """Every connection of the plant file. Without a living edge none of them is up."""
    behind: dict[str, list[str]] = {}
    for machine in plant.machines:
        for connection in connections_of(plant, machine):
            behind.setdefault(connection, []).append(machine.title)
    return tuple(
        replace(_link(c.name, links.get(c.name), edge, now), machines=tuple(behind.get(c.name, ())))
        for c in plant.connections
    )


def _link(name: str, status: LinkStatus | None, edge: EdgeLife, now: datetime) -> LinkRow:
    if not edge.alive:
        missing = status.missing_tags if status else ()
        return LinkRow(name, LinkState.DOWN, edge.at or now, edge.reason, "", missing, 0)
    if status is None:
        return LinkRow(name, LinkState.CONNECTING, now, "Nothing is known of it yet.", "", (), 0)
    return LinkRow(
        name, status.state, status.since, status.reason, status.remedy, status.missing_tags, status.dropped
    )


def clock_skew(
    plant: Plant, samples: Iterable[Sample], links: tuple[LinkRow, ...], now: datetime
) -> float | None:
    """The largest difference of a source's clock to ours, seconds; positive where the source is ahead.

    A value that did not change for long comes with an old source time and a right clock. Of one connection
    the freshest sample therefore tells the clock: the one with the least delay (as NTP filters).
    """
    connection_of = {t.name: t.connection for t in plant.tags}
    up_since = {x.name: x.since for x in links if x.state is LinkState.UP}
    delays: dict[str, float] = {}
    for sample in samples:
        connection = connection_of.get(sample.tag, "")
        if sample.quality is not Quality.GOOD or connection not in up_since:
            continue
        settled = up_since[connection] + timedelta(seconds=SKEW_AFTER_LINK_S)
        if sample.received_time < settled or (now - sample.received_time).total_seconds() > SKEW_RECENT_S:
            continue
        delay = (sample.received_time - sample.source_time).total_seconds()
        delays[connection] = min(delay, delays.get(connection, delay))
    return max((-d for d in delays.values()), key=abs, default=None)


def skew_level(plant: Plant, skew_s: float | None) -> Level:
    """By the plant's limits."""
    if skew_s is None or abs(skew_s) <= plant.clock_skew_warn_s:
        return Level.NORMAL
    return Level.HIGH if abs(skew_s) > plant.clock_skew_fail_s else Level.MEDIUM


def shift_of(plant: Plant, now: datetime) -> tuple[str, float | None]:
    """The shift that runs and the seconds it has left; ("", None) without shifts."""
    if not plant.shifts:
        return "", None
    zone = ZoneInfo(plant.timezone)
    today = now.astimezone(zone).date()
    # local starts of three days, as instants, so that a change of clocks is counted in
    starts = sorted(
        (_instant(today + timedelta(days=d), s.start, zone), s.name) for d in (-1, 0, 1) for s in plant.shifts
    )
    running = max((s for s in starts if s[0] <= now.timestamp()), default=starts[0])
    following = min((s for s in starts if s[0] > now.timestamp()), default=None)
    return running[1], following[0] - now.timestamp() if following else None


def _instant(day: date, start: time, zone: ZoneInfo) -> float:
    return datetime.combine(day, start, zone).timestamp()


def _master_data(plant: Plant, link: OdooLinkRow | None, now: datetime) -> tuple[float | None, Level]:
    if plant.odoo is None:
        return None, Level.NORMAL
    if link is None or link.synced_at is None:
        return None, Level.HIGH
    age = (now - link.synced_at).total_seconds()
    if age > plant.odoo.stale_after_s:
        return age, Level.HIGH
    # three rounds missed: something is in the way, though nothing is wrong yet
    return age, Level.NOTICE if age > 3 * plant.odoo.sync_interval_s else Level.NORMAL
