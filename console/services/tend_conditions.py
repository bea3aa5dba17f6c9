"""Condition monitoring of the edge: new samples into the models, findings into the ledger, proposals of them.

A model, where it stands in samples and machine events, and the conditions that it opened or closed are one
commit: after a kill it goes on from there. Nobody listened meanwhile, so that time is a gap to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row

from console.domain.condition import BEGAN, ENDED, Change, Watch, words
from console.domain.condition_model import Model, model_from
from console.domain.equipment import ConditionSpec, Machine, Plant
from console.domain.policies import Flow, Mode
from console.domain.tags import LinkState, LinkStatus, Sample
from console.services import condition_stream as stream
from console.services import request_proposals
from console.services.request_sources import CONDITION_STARS, CORRECTIVE, condition_title, value_label
from console.services.trace_ids import new_trace_id
from console.store import conditions, machines, policies, requests
from console.store.conditions import Condition
from console.store.engine import read, write
from console.store.requests import Request, RequestState
from console.store.telemetry import Telemetry

# counts are told up to five seconds after they were made, samples at once
LAG = timedelta(seconds=10)
MOST_SAMPLES = 20_000
MOST_EVENTS = 20_000
# where nothing changed, a model is stored this often; what came since is read again after a kill
STORED_EACH = timedelta(seconds=30)
RULE = "condition v1"
Key = tuple[str, str]


@dataclass(slots=True)
class Live:
    """One watched value.

    Attributes:
        parameters: what it was begun with; others begin it anew.
        samples_to: source time of the newest sample taken. event_id: the newest machine event taken.
        link_since: since when its link is as it was when last looked at.
    """

    watch: Watch
    parameters: Mapping[str, Any]
    samples_to: datetime
    event_id: int
    stored_at: datetime
    link_since: datetime | None = None
    moved: bool = False

    def to_data(self) -> dict[str, Any]:
        """As stored."""
        return {
            "parameters": dict(self.parameters),
            "samples_to": self.samples_to.isoformat(),
            "event_id": self.event_id,
            "model": self.watch.model.to_data(),
        }


class TendConditions:
    """See the module's text. One round takes a bounded number of samples and events; the rest waits."""

    every_s = 5.0

    def __init__(self, ledger: Engine, telemetry: Telemetry, plant: Plant) -> None:
        self._ledger = ledger
        self._telemetry = telemetry
        self._plant = plant
        self._connection_of = {t.name: t.connection for t in plant.tags}
        self._unit_of = {t.name: t.unit for t in plant.tags}
        self._live: dict[Key, Live] = {}

    def tend(self, now: datetime, fence: Callable[[Connection], None]) -> None:
        """See ``Tender``."""
        held, self._live = self._live, {}  # after a fault what is in memory may be ahead of the ledger
        self._live = self._round(held, now, fence)

    def _round(
        self, held: dict[Key, Live], now: datetime, fence: Callable[[Connection], None]
    ) -> dict[Key, Live]:
        with read(self._ledger) as tx:
            wanted = {
                (m.name, tag): (m, spec, setting)
                for m in self._plant.machines
                for tag, (spec, setting) in stream.live_parameters(tx, m).items()
            }
            lives = {
                key: self._prepare(tx, key, held.get(key), machine, spec, setting, now)
                for key, (machine, spec, setting) in wanted.items()
            }
            lost = [c for c in conditions.open_now(tx) if (c.machine, c.tag) not in wanted]
            first = min((live.event_id for live in lives.values()), default=0)
            events = conditions.events_after(tx, first, stream.KINDS, MOST_EVENTS) if lives else ()
        links = self._telemetry.links()
        latest = self._telemetry.latest([tag for _, tag in lives])
        found = [
            (
                wanted[key][0],
                live,
                self._advance(wanted[key][0], live, events, links, latest.get(key[1]), now),
            )
            for key, live in lives.items()
        ]
        due = [f for f in found if f[2] or (f[1].moved and now - f[1].stored_at >= STORED_EACH)]
        if due or lost:
            with write(self._ledger) as tx:
                fence(tx)
                for condition in lost:  # nobody watches it any more
                    conditions.change(tx, condition.id, ended_at=max(now, condition.started_at))
                for machine, live, changes in due:
                    for change in changes:
                        self._keep(tx, machine, live.watch.spec, change, now)
                    conditions.save_model(tx, machine.name, live.watch.spec.tag, live.to_data(), now)
        for _, live, _ in due:
            live.moved, live.stored_at = False, now
        return lives

    # --- models -------------------------------------------------------------------------------------------

    def _prepare(
        self,
        tx: Connection,
        key: Key,
        known: Live | None,
        machine: Machine,
        spec: ConditionSpec,
        setting: int,
        now: datetime,
    ) -> Live:
        """What is watched on: as held, as stored, or begun anew where the parameters are others."""
        parameters = {**stream.parameters_data(spec), "setting": setting}
        if known is not None and dict(known.parameters) == parameters:
            return known
        watched = stream.watched_states(machine)
        stored = conditions.model(tx, *key) if known is None else None
        if stored is not None and stored.model["parameters"] == parameters:
            watch = Watch(spec, model_from(stored.model["model"]), watched)
            watch.gap(stored.updated_at.timestamp(), now.timestamp())
            samples_to = datetime.fromisoformat(stored.model["samples_to"])
            event_id = int(stored.model["event_id"])
        else:
            watch = Watch(spec, Model(), watched)
            status = machines.statuses(tx).get(machine.name)
            if status is not None:
                watch.state(min(status.since, now).timestamp(), status.state)
            watch.gap(now.timestamp(), now.timestamp())  # what was before does not count
            latest = self._telemetry.latest([spec.tag]).get(spec.tag)
            samples_to = latest.source_time if latest is not None else datetime.fromtimestamp(0, UTC)
            event_id = conditions.newest_event_id(tx)
            watch.go_on_with({f: c.score for f, c in conditions.open_of(tx, *key).items()}, now.timestamp())
        return Live(watch, parameters, samples_to, event_id, now, moved=True)

    def _advance(
        self,
        machine: Machine,
        live: Live,
        events: Sequence[Row[Any]],
        links: Mapping[str, LinkStatus],
        latest: Sample | None,
        now: datetime,
    ) -> list[Change]:
        own = stream.of_machine(events, machine.name, live.event_id)
        samples = self._samples(live, latest)
        until = self._heard_until(machine, live, links, now)
        if until is not None and len(events) >= MOST_EVENTS:
            until = None  # there is more to come
        stream.feed(live.watch, samples, own, self._plant.clock_skew_fail_s, until)
        if events:
            live.event_id = max(live.event_id, events[-1].id)
        live.moved = live.moved or bool(samples or own)
        return live.watch.take()

    def _samples(self, live: Live, latest: Sample | None) -> list[Sample]:
        """New samples; of many, the oldest."""
        tag = live.watch.spec.tag
        if latest is None or latest.source_time == live.samples_to:
            return []
        if latest.source_time < live.samples_to:  # the device's clock was set back
            live.samples_to = latest.source_time
            live.watch.clock_set_back()
            return []
        start, end = live.samples_to + timedelta(microseconds=1), latest.source_time
        while end - start > timedelta(seconds=1) and self._telemetry.count(tag, start, end) > MOST_SAMPLES:
            end = start + (end - start) / 2
        live.samples_to = end
        return self._telemetry.window(tag, start, end)

    def _heard_until(
        self, machine: Machine, live: Live, links: Mapping[str, LinkStatus], now: datetime
    ) -> datetime | None:
        """Up to when all that the machine counted is known; None while its link is down or not known."""
        names = [c.tag for c in machine.counters] or [live.watch.spec.tag]
        behind = {self._connection_of.get(n, "") for n in names}
        known = [links[c] for c in behind if c in links]
        if len(known) < len(behind) or any(x.state is not LinkState.UP for x in known):
            return None
        since = max(x.since for x in known)
        if since != live.link_since:
            live.link_since = since
            live.watch.gap(since.timestamp(), since.timestamp())
        return now - LAG

    # --- what was found -----------------------------------------------------------------------------------

    def _keep(
        self, tx: Connection, machine: Machine, spec: ConditionSpec, change: Change, now: datetime
    ) -> None:
        """A finding as a condition; where it begins, with its proposal."""
        known = conditions.open_of(tx, machine.name, spec.tag).get(change.finding.value)
        at = datetime.fromtimestamp(change.at_s, UTC)
        if change.what == ENDED:
            if known is not None:
                conditions.change(tx, known.id, ended_at=max(at, known.started_at), score=change.score)
            return
        text = words(change.finding, change.evidence, value_label(spec.tag), self._unit_of.get(spec.tag, ""))
        values = {"score": round(change.score, 4), "text": text, "evidence": dict(change.evidence)}
        if known is not None:
            conditions.change(tx, known.id, **values)
            return
        if change.what != BEGAN:
            return
        condition_id = conditions.add(
            tx,
            {
                "trace_id": new_trace_id(),
                "machine": machine.name,
                "tag": spec.tag,
                "finding": change.finding.value,
                "started_at": at,
                **values,
            },
        )
        found = conditions.get(tx, condition_id)
        assert found is not None
        self._propose(tx, machine, found, now)

    def _propose(self, tx: Connection, machine: Machine, found: Condition, now: datetime) -> None:
        """Maintenance of it, unless it runs in shadow, or is asked for already."""
        if policies.policy(tx, machine.name, Flow.MAINTENANCE).mode is Mode.SHADOW:
            return
        request = asked_already(tx, found) or request_proposals.propose(
            tx,
            machine,
            source=f"condition:{found.id}",
            trace_id=found.trace_id,
            title=condition_title(machine.title, found.tag, found.finding),
            words=found.text,
            kind=CORRECTIVE,
            priority=CONDITION_STARS,
            evidence={"score": found.score, **found.evidence},
            rule=RULE,
            now=now,
        )
        requests.link_condition(tx, found.id, request.id)


def asked_already(tx: Connection, found: Condition) -> Request | None:
    """An undecided or unfinished request about the same value."""
    for other in conditions.with_request(tx, found.machine, found.tag):
        request = requests.get(tx, other.request_id) if other.request_id is not None else None
        if request is None or request.state is RequestState.REJECTED:
            continue
        if request.state is RequestState.PROPOSED or not requests.over_in_odoo(tx, request):
            return request
    return None
