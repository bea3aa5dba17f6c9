"""The samples that led to a stop, a hold or a request, as their own panels show them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.services.alarm_detail import telling_series
from console.services.hold_views import breach_trend
from console.services.screens.common import Stores
from console.services.screens.proposal import line
from console.services.views import Series
from console.store import alarms, conditions, holds, requests
from console.store.subjects import Subject

AROUND = timedelta(minutes=10)
CONDITION_AROUND = timedelta(hours=1)
POINTS = 600
Shown = tuple[Series | None, tuple[datetime, datetime] | None]
NOTHING: Shown = (None, None)


def series_of(stores: Stores, tx: Connection, subject: Subject, now: datetime) -> Shown:
    """A line and the span that it is about; nothing where no samples led to it, or none are kept."""
    kind, _, number_text = subject.key.partition(":")
    number = int(number_text)
    if kind == "stop":
        return _stop(stores, subject, now)
    if kind == "hold":
        hold = holds.get(tx, number)
        series, _, span = breach_trend(stores, hold, now) if hold is not None else (None, (), None)
        return _seen(series, span)
    if kind == "request":
        request = requests.get(tx, number)
        return _source(stores, tx, request.source, now) if request is not None else NOTHING
    return NOTHING


def _stop(stores: Stores, subject: Subject, now: datetime) -> Shown:
    """What the machine made: it stands still while the machine does."""
    machine = stores.plant.machine(subject.machine)
    tag = next((c.tag for c in machine.counters if c.kind == "good"), "") if machine is not None else ""
    if not tag or subject.start is None:
        return NOTHING
    end = subject.end or max(now, subject.start)
    series = line(stores, tag, subject.start - AROUND, min(end + AROUND, max(now, end)), POINTS)
    return _seen(series, (subject.start, end))


def _source(stores: Stores, tx: Connection, source: str, now: datetime) -> Shown:
    """What a request is made of: an alarm with the value that tells most, or a condition with its own."""
    kind, _, number = source.partition(":")
    if not number.isdigit():
        return NOTHING
    if kind == "alarm" and (alarm := alarms.get(tx, int(number))) is not None:
        end = max(alarm.cleared_at or now, alarm.raised_at)
        return _seen(telling_series(stores, alarm, now), (alarm.raised_at, end))
    if kind == "condition" and (found := conditions.get(tx, int(number))) is not None:
        end = max(found.ended_at or now, found.started_at)
        until = min(end + CONDITION_AROUND, max(now, end))
        series = line(stores, found.tag, found.started_at - CONDITION_AROUND, until, POINTS)
        return _seen(series, (found.started_at, end))
    return NOTHING


def _seen(series: Series | None, span: tuple[datetime, datetime] | None) -> Shown:
    return (series, span) if series is not None and series.samples else NOTHING
