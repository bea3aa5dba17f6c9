"""One machine's page: live values, events in words, and trends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row

from console.domain.detect import mapped_state
from console.domain.equipment import Machine
from console.domain.limits import LimitLevel
from console.domain.packml import MachineState
from console.domain.tags import Quality, Sample
from console.domain.validate import number
from console.services.hold_open import breach_words
from console.services.screens.common import NotFound, Stores, ago
from console.services.screens.header import link_rows
from console.services.screens.overview import tiles
from console.services.screens.proposal import line
from console.services.views import (
    EventRow,
    Level,
    MachineView,
    Series,
    StateBand,
    Trend,
    ValueRow,
)
from console.store import machines
from console.store.engine import read

EVENTS_FOR = timedelta(hours=12)
EVENTS = 200
BANDS = 2000
# Counts go on all the time; the list shows what is out of the ordinary
_LISTED = (
    "StateChanged",
    "OrderChanged",
    "CounterReset",
    "CounterGlitch",
    "CounterJump",
    "AlarmRaised",
    "AlarmCleared",
    "DataGap",
    "LimitBreached",
    "LimitReturned",
)


def machine(stores: Stores, name: str) -> MachineView:
    """The page of one machine. Raises NotFound."""
    found = stores.machine(name)
    (tile,) = tiles(stores, (found,))
    now = stores.clock()
    edge = stores.edge(now)
    links = {r.name: r for r in link_rows(stores.plant, stores.telemetry.links(), edge, now)}
    own = set(found.tag_names())
    connection = next((t.connection for t in stores.plant.tags if t.name in own), "")
    with read(stores.ledger) as tx:
        rows = machines.events_of(tx, name, now - EVENTS_FOR, now + timedelta(minutes=1), _LISTED, EVENTS)
    return MachineView(
        tile=tile,
        values=_values(stores, found, now, tile.stale_s is not None),
        events=tuple(event_row(stores, found, r) for r in rows),
        connection=links.get(connection),
    )


# --- values ------------------------------------------------------------------------------------------------


def _values(stores: Stores, machine: Machine, now: datetime, lost: bool) -> tuple[ValueRow, ...]:
    names = machine.tag_names()
    latest = stores.telemetry.latest(names)
    return tuple(_value(stores, machine, name, latest.get(name), now, lost) for name in names)


def _value(
    stores: Stores, machine: Machine, name: str, sample: Sample | None, now: datetime, lost: bool
) -> ValueRow:
    tag = next((t for t in stores.plant.tags if t.name == name), None)
    age = (now - sample.received_time).total_seconds() if sample is not None else None
    return ValueRow(
        tag=name,
        label=_label(machine, name),
        value=value_words(machine, name, sample),
        unit=tag.unit if tag is not None else "",
        quality=sample.quality if sample is not None else Quality.BAD,
        age_s=age,
        # a quiet value is not stale while its link is up: sources tell changes only
        stale=lost or sample is None or sample.quality is Quality.BAD,
        numeric=sample is not None
        and isinstance(sample.value, int | float)
        and not isinstance(sample.value, bool),
    )


def _label(machine: Machine, name: str) -> str:
    """``filler1.fill_weight`` -> ``Fill weight``; the machine stands above it already."""
    alarm = next((a for a in machine.alarms if a.tag == name), None)
    if alarm is not None:
        return alarm.text
    words = name.rsplit(".", 1)[-1].replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def value_words(machine: Machine, name: str, sample: Sample | None) -> str:
    """A value as people read it; a dash where there is none."""
    if sample is None or sample.value is None:
        return "–"
    value = sample.value
    if name == machine.state_tag:
        known = mapped_state(machine, value)
        return f"{known.value} ({value})" if known is not MachineState.UNDEFINED else str(value)
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return _decimal(value)
    return f"{value:,}" if isinstance(value, int) else value


def _decimal(value: float) -> str:
    """Four significant figures at most, and no more decimals than they need."""
    if not math.isfinite(value):
        return "–"
    decimals = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{decimals}f}"


# --- events in words ---------------------------------------------------------------------------------------


def event_row(stores: Stores, machine: Machine, row: Row[tuple[object, ...]]) -> EventRow:
    """A machine event as a line."""
    text, level = event_words(machine, row)
    return EventRow(row.at, row.kind, text, level)


def event_words(machine: Machine | None, row: Row[tuple[object, ...]]) -> tuple[str, Level]:
    """A machine event as a sentence, and how abnormal it is; also of a machine that left the plant file."""
    d = row.detail
    match row.kind:
        case "StateChanged":
            return f"{state_word(d['before'])} → {state_word(d['after'])}", Level.NORMAL
        case "OrderChanged":
            return _order_words(d), Level.NORMAL
        case "CountAdvanced":
            how = "" if d["kind"] == "normal" else f" over a {d['kind']}"
            return f"+{number(d['count'])} {d['counter']}{how}", Level.NORMAL
        case "CounterReset":
            return f"The {d['counter']} counter started again: {_moved(d)}", Level.NOTICE
        case "CounterGlitch":
            return (
                f"The {d['counter']} counter showed {number(d['raw_glitch'])} for a moment; not counted",
                Level.NOTICE,
            )
        case "CounterJump":
            return f"The {d['counter']} counter jumped: {_moved(d)}; a person decides", Level.HIGH
        case "AlarmRaised":
            level = {1: Level.CRITICAL, 2: Level.HIGH}.get(int(d["priority"]), Level.MEDIUM)
            over = row.cleared_at is not None
            return f"Alarm: {d['text']}" + (" (over)" if over else ""), Level.NORMAL if over else level
        case "AlarmCleared":
            return f"Alarm over: {d['text']}", Level.NORMAL
        case "DataGap":
            seconds = (row.at - datetime.fromisoformat(d["started_at"])).total_seconds()
            return f"No data of the {d['counter']} counter for {ago(seconds)}: {d['cause']}", Level.NOTICE
        case "LimitBreached":
            level = Level.HIGH if d["level"] == LimitLevel.ACTION.value else Level.MEDIUM
            return breach_words(_limit(machine, d), d["rule"], d["value"], d["bound"], d["unit"]), level
        case "LimitReturned":
            ended = {"other product": "no longer judged", "other side": "beyond the other limit now"}
            return f"{_limit(machine, d)} {ended.get(d['cause'], 'back inside')}", Level.NORMAL
    return row.kind, Level.NORMAL


def _limit(machine: Machine | None, d: Mapping[str, object]) -> str:
    """The limit as people call it, also where the plant file has lost it."""
    limits = machine.limits if machine is not None else ()
    return next((x.title for x in limits if x.name == d["limit"]), str(d["limit"]))


def state_word(state: str) -> str:
    """A machine state as the tiles write it."""
    shown = {MachineState.EXECUTE: "Executing", MachineState.UNDEFINED: "No data"}
    return shown.get(MachineState(state), state.capitalize())


def _order_words(d: dict[str, str]) -> str:
    order = f"Order {d['order_before'] or 'none'} → {d['order_after'] or 'none'}"
    if d["lot_before"] == d["lot_after"]:
        return order
    lot = f"lot {d['lot_before'] or 'none'} → {d['lot_after'] or 'none'}"
    return lot.capitalize() if d["order_before"] == d["order_after"] else f"{order}, {lot}"


def _moved(d: dict[str, int]) -> str:
    return f"{number(d['raw_before'])} → {number(d['raw_after'])}"


# --- trend -------------------------------------------------------------------------------------------------


def trend(stores: Stores, name: str, tag: str, start: datetime, end: datetime, max_points: int) -> Trend:
    """A tag's line with states and gaps behind it. Raises NotFound."""
    found = stores.machine(name)
    if tag not in found.tag_names():
        raise NotFound(f"{found.title} has no tag {tag!r}.", "Choose one of those shown.")
    series = line(stores, tag, start, end, max_points)
    counters = [c.tag for c in found.counters]
    with read(stores.ledger) as tx:
        bands = _bands(tx, name, start, end)
        told = machines.events_of(tx, name, start, end, ["DataGap"], BANDS)
    about = tag if tag in counters else (counters or [""])[0]  # a lost link is told by the counters
    gaps = [
        (max(datetime.fromisoformat(r.detail["started_at"]), start), r.at, str(r.detail["cause"]))
        for r in told
        if r.detail["tag"] == about
    ]
    first = _known_from(stores, series, tag, start)
    if first is not None:  # before the first value there is nothing to be missing
        gaps = [(max(g[0], first), *g[1:]) for g in gaps if g[1] > first]
    return Trend(series, bands, tuple(sorted([*gaps, *_bad_spans(series, gaps)])), first)


def _known_from(stores: Stores, series: Series, tag: str, start: datetime) -> datetime | None:
    """When the tag told its first value, where that was after ``start``."""
    if not series.times_s or stores.telemetry.count(tag, start - EVENTS_FOR, start):
        return None
    return max(datetime.fromtimestamp(series.times_s[0], UTC), start)


def _bands(tx: Connection, name: str, start: datetime, end: datetime) -> tuple[StateBand, ...]:
    rows = machines.events_of(tx, name, start, end, ["StateChanged"], BANDS)
    state = machines.state_before(tx, name, start)
    bands: list[StateBand] = []
    at = start
    for row in reversed(rows):
        before = state if state is not None else MachineState(row.detail["before"])
        # the very first event leaves "undefined": nothing was known then, so nothing is missing
        if row.at > at and not (state is None and before is MachineState.UNDEFINED):
            bands.append(StateBand(at, row.at, before))
        state, at = MachineState(row.detail["after"]), row.at
    if state is not None and end > at:
        bands.append(StateBand(at, end, state))
    return tuple(bands)


def _bad_spans(
    series: Series, known: list[tuple[datetime, datetime, str]]
) -> list[tuple[datetime, datetime, str]]:
    """Where the line is broken by bad values, and no gap tells it already."""
    spans: list[tuple[datetime, datetime, str]] = []
    since: float | None = None
    for at, value in zip(series.times_s, series.values, strict=True):
        if math.isnan(value):
            since = at if since is None else since
        elif since is not None:
            spans.append(_span(since, at))
            since = None
    if since is not None:
        spans.append(_span(since, series.times_s[-1]))
    return [s for s in spans if not any(g[0] <= s[0] and s[1] <= g[1] for g in known)]


def _span(start_s: float, end_s: float) -> tuple[datetime, datetime, str]:
    from_s, to_s = (datetime.fromtimestamp(x, UTC) for x in (start_s, end_s))
    return from_s, to_s, "bad values"
