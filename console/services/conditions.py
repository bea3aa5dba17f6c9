"""Condition monitoring: parameters tried on recorded days before they go live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from console.domain.condition import AT_LIMIT, BEGAN, Change, Watch, baseline_words, parameters_wrong, words
from console.domain.condition_model import Model
from console.domain.equipment import ConditionSpec, Machine, Plant
from console.domain.people import Permission, Person
from console.errors import InvalidDecision
from console.services import condition_stream as stream
from console.services.permit import must
from console.services.record_postings import decided
from console.services.request_sources import value_label
from console.services.screens.common import NotFound, Stores
from console.services.screens.proposal import line
from console.services.trace_ids import new_trace_id
from console.services.views import Decided, Series
from console.services.views.alarms import Trial, TrialFinding
from console.store import conditions, machines
from console.store.engine import read, write
from console.store.telemetry import Telemetry

LONGEST_TRIAL = timedelta(days=31)
CHART_POINTS = 1500
SLICE = timedelta(hours=1)
MOST_EVENTS = 1_000_000


class Conditions:
    """Reads, tries and activates parameters of condition monitoring."""

    def __init__(
        self, ledger: Engine, telemetry: Telemetry, plant: Plant, console: str, clock: Callable[[], datetime]
    ) -> None:
        self._stores = Stores(ledger, telemetry, plant, clock, "")
        self._console = console

    def parameters(self, machine: str) -> tuple[ConditionSpec, ...]:
        """What is live: the plant file's, or what a person set since. Raises NotFound."""
        found = self._stores.machine(machine)
        with read(self._stores.ledger) as tx:
            return tuple(spec for spec, _ in stream.live_parameters(tx, found).values())

    def trial(self, machine: str, parameters: ConditionSpec, start: datetime, end: datetime) -> Trial:
        """What these parameters would have found in recorded samples, learning from the first of them.

        The same code as live. Raises NotFound, InvalidDecision.
        """
        stores, found = self._stores, self._stores.machine(machine)
        self._check(found, parameters)
        if end <= start or end - start > LONGEST_TRIAL:
            raise InvalidDecision(
                f"A trial spans {LONGEST_TRIAL.days} days at most, and ends after it begins.",
                "Choose another span.",
            )
        with read(stores.ledger) as tx:
            live = stream.live_parameters(tx, found).get(parameters.tag)
        specs = [parameters] + ([live[0]] if live is not None else [])
        watches = [Watch(s, Model(), stream.watched_states(found), keep_scores=True) for s in specs]
        told = self._run(found, watches, start, end)
        series = line(stores, parameters.tag, start, end, CHART_POINTS)
        if not series.samples:
            kept = stores.plant.telemetry_keep
            raise InvalidDecision(
                f"No sample of {parameters.tag} is kept from {start:%Y-%m-%d %H:%M} to "
                f"{end:%Y-%m-%d %H:%M} UTC.",
                f"Samples are kept for {kept.days} days (see the plant file); choose a later span.",
            )
        unit = series.unit
        return Trial(
            machine=machine,
            tag=parameters.tag,
            start=start,
            end=end,
            series=series,
            score=thinned(watches[0].scores, parameters.tag, CHART_POINTS),
            threshold=AT_LIMIT,
            findings=findings(told[0], parameters.tag, unit),
            live_findings=findings(told[1], parameters.tag, unit) if len(told) > 1 else (),
            baseline=baseline_words(watches[0].model, parameters, unit),
        )

    def activate(self, person: Person, machine: str, parameters: ConditionSpec, reason: str) -> Decided:
        """Makes them live; with a reason, audited. What is usual is learned anew from then on, also where the
        parameters are the same: so a mended machine is learned.

        Raises:
            NotFound, NotAllowed, InvalidDecision.
        """
        found = self._stores.machine(machine)
        self._check(found, parameters)
        if not reason.strip():
            raise InvalidDecision("The reason is missing.", "Say in a few words why.")
        now = self._stores.clock()
        with write(self._stores.ledger) as tx:
            must(tx, person, Permission.TUNE_CONDITIONS)
            before = stream.live_parameters(tx, found).get(parameters.tag)
            data = stream.parameters_data(parameters)
            conditions.add_setting(tx, machine, parameters.tag, data, person.name, reason.strip(), now)
            decided(
                tx,
                person=person,
                subject=f"monitoring:{parameters.tag}",
                kind="activate",
                reason=reason.strip(),
                detail={
                    "machine": machine,
                    "before": stream.parameters_data(before[0]) if before is not None else None,
                    "after": data,
                },
                now=now,
                console=self._console,
                trace_id=new_trace_id(),
            )
        learn = round(parameters.learn_s / 60)
        return Decided(1, 0, f"Live from now on; {learn} minutes of running are learned first.")

    # --- what a trial does --------------------------------------------------------------------------------

    def _check(self, machine: Machine, parameters: ConditionSpec) -> None:
        known = {t.name for t in self._stores.plant.tags}
        own = {*machine.tag_names(), *(c.tag for c in machine.conditions), *(x.tag for x in machine.limits)}
        if parameters.tag not in own & known:
            raise NotFound(
                f"{machine.title} has no value {parameters.tag!r}.",
                f"Its values are: {', '.join(sorted(set(machine.process_tags) & known)) or 'none'}.",
            )
        wrong = parameters_wrong(parameters)
        if wrong:
            raise InvalidDecision(wrong, "Mend it and try again.")

    def _run(
        self, machine: Machine, watches: list[Watch], start: datetime, end: datetime
    ) -> list[list[Change]]:
        """Both in one pass over the samples, an hour at a time."""
        stores, told = self._stores, [list[Change]() for _ in watches]
        with read(stores.ledger) as tx:
            self._begin(tx, machine, watches, start)
        tag, at = watches[0].spec.tag, start
        while at < end:
            until = min(at + SLICE, end)
            with read(stores.ledger) as tx:
                rows = machines.events_of(tx, machine.name, at, until, stream.KINDS, MOST_EVENTS)
            events = [r for r in reversed(rows) if at < r.at or at == start]
            samples = stores.telemetry.window(tag, at + timedelta(microseconds=at != start), until)
            for watch, changes in zip(watches, told, strict=True):
                stream.feed(watch, samples, events, stores.plant.clock_skew_fail_s, until)
                changes += watch.take()
            at = until
        return told

    def _begin(self, tx: Connection, machine: Machine, watches: list[Watch], start: datetime) -> None:
        """In the state that the machine was in, as if it had just come into it."""
        state = machines.state_before(tx, machine.name, start)
        for watch in watches:
            if state is not None:
                watch.state(start.timestamp(), state)


def findings(changes: list[Change], tag: str, unit: str) -> tuple[TrialFinding, ...]:
    """Each finding once, when it began, with the largest score that it reached."""
    found: list[TrialFinding] = []
    newest: dict[str, int] = {}
    for change in changes:
        if change.what == BEGAN:
            newest[change.finding.value] = len(found)
            at = datetime.fromtimestamp(change.at_s, UTC)
            text = words(change.finding, change.evidence, value_label(tag), unit)
            found.append(TrialFinding(at, change.finding.value, change.score, text))
        elif change.finding.value in newest:
            known = found[newest[change.finding.value]]
            score = max(known.score, change.score)
            found[newest[change.finding.value]] = TrialFinding(known.at, known.finding, score, known.text)
    return tuple(sorted(found, key=lambda f: f.at))


def thinned(scores: list[tuple[float, float]], tag: str, most: int) -> Series:
    """The scores as a line; of many, the largest of each step."""
    scores = sorted(scores)
    step = -(-len(scores) // most) or 1
    picked = [max(scores[i : i + step], key=lambda s: s[1]) for i in range(0, len(scores), step)]
    return Series(tag, "", tuple(s[0] for s in picked), tuple(s[1] for s in picked), len(scores))
