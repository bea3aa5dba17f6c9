"""OEE of a machine over a time, from the ledger: states, stops, counts, gaps. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from console.domain.equipment import Machine
from console.domain.oee import Counted, Figure, Oee, formula, reckon
from console.domain.postings import PostingState
from console.domain.stops import StopCategory
from console.domain.time_model import Gap, Stood, slices
from console.services.stop_facts import executed_spans, span_of
from console.services.stop_postings import subject_of
from console.services.stop_views import StopReader
from console.services.views.shift import OeeView, Term
from console.store import outbox, shifts, stops
from console.store.shifts import Told
from console.store.stops import StoredStop

# an executing machine whose counters tell nothing for so long is no more heard of
SILENCE_S = 60.0
SILENT_ITEMS = 10.0
_WORDS = {
    StopCategory.UNPLANNED: "stop, not explained",
    StopCategory.MICRO: "micro-stop",
    StopCategory.PLANNED: "planned break",
    StopCategory.CHANGEOVER: "changeover",
    StopCategory.NO_ORDER: "no order",
}


@dataclass(frozen=True, slots=True)
class OeeReader:
    """Reckons OEE in one transaction; what was counted in a time is summed once."""

    reader: StopReader
    _sums: dict[tuple[str, datetime, datetime], list[Told]] = field(default_factory=dict)

    def counts(self, machine: Machine, start: datetime, end: datetime) -> list[Told]:
        """See ``store.shifts.counts``."""
        key = (machine.name, start, end)
        if key not in self._sums:
            self._sums[key] = shifts.counts(self.reader.tx, *key)
        return self._sums[key]

    def view(self, machine: Machine, start: datetime, end: datetime, order_reference: str = "") -> OeeView:
        """OEE of a machine; of one order where it is given. What is still to come is not looked at."""
        end = max(min(end, self.reader.now), start)
        found = stops.overlapping(self.reader.tx, start, end, machine.name)
        oee = self.reckon(machine, start, end, found, order_reference)
        return OeeView(
            machine=machine.name,
            title=machine.title,
            order_reference=order_reference,
            start=start,
            end=end,
            availability=oee.availability,
            effectiveness=oee.effectiveness,
            quality_ratio=oee.quality_ratio,
            oee=oee.oee,
            terms=tuple(self._term(f) for f in oee.figures),
            formula=formula(oee),
            odoo_note=self._odoo_note(found, start, end),
            missing=oee.missing,
        )

    def reckon(
        self,
        machine: Machine,
        start: datetime,
        end: datetime,
        found: Sequence[StoredStop],
        order_reference: str = "",
    ) -> Oee:
        """The figures."""
        tx = self.reader.tx
        executed = executed_spans(tx, machine.name, start, end)
        gaps = self._gaps(machine, start, end)
        spans = self.order_spans(machine, start, end, order_reference) if order_reference else [(start, end)]
        stood = [self._stood(s) for s in found]
        time = tuple(s for a, b in spans for s in slices(a, b, stood, executed, gaps))
        counted = self._counted(machine, self.counts(machine, start, end), order_reference)
        across = [
            c
            for g in gaps
            for c in self._counted(
                machine,
                shifts.counts_across(tx, machine.name, max(g.start, start), min(g.end, end)),
                order_reference,
            )
        ]
        again = shifts.rework(tx, machine.name, start, end, order_reference or None)
        return reckon(time, _less(counted, across), across, again, machine.ideal_rate_per_h, machine.unit)

    def order_spans(
        self, machine: Machine, start: datetime, end: datetime, order_reference: str
    ) -> list[tuple[datetime, datetime]]:
        """When an order ran: as the machine told it; where it tells none, from first to last count."""
        told = shifts.orders_told(self.reader.tx, machine.name, start, end)
        edges = [at for at, _ in told[1:]] + [end]
        spans = [
            (at, until)
            for (at, order), until in zip(told, edges, strict=True)
            if order == order_reference and until > at
        ]
        if spans or any(order for _, order in told):
            return spans
        sums = shifts.order_sums(self.reader.tx, start, end, machine.name)
        return [
            (max(s.first_at, start), min(s.last_at, end))
            for s in sums
            if s.order_reference == order_reference and s.last_at > start and s.first_at < end
        ]

    # --- what it is reckoned from -------------------------------------------------------------------------

    def _stood(self, stop: StoredStop) -> Stood:
        start, end = span_of(stop, self.reader.now)
        text = self.reader.title(stop.reason_key) or _WORDS[stop.category]
        return Stood(start, end, stop.category, stop.planned, text)

    def _gaps(self, machine: Machine, start: datetime, end: datetime) -> list[Gap]:
        """Gaps of the data, and the time since anything was heard of a machine that executed then."""
        told = shifts.gaps(self.reader.tx, machine.name, start, end)
        found = [Gap(a, b, f"a gap in the data ({cause})") for a, b, cause in told]
        heard = shifts.last_heard(self.reader.tx, machine.name)
        rate = machine.ideal_rate_per_h
        silence_s = max(SILENCE_S, SILENT_ITEMS * 3600.0 / rate if rate > 0 else 0.0)
        if heard is not None and (self.reader.now - heard).total_seconds() > silence_s and heard < end:
            found.append(Gap(heard, end + timedelta(seconds=1), "nothing was heard since"))
        return found

    def _counted(self, machine: Machine, told: Sequence[Told], order_reference: str) -> list[Counted]:
        """What the counters told, in units; of one order where it is given."""
        found = []
        for each in told:
            if order_reference and each.order_reference != order_reference:
                continue
            counter = machine.counter_of(each.tag)
            units = each.count * (counter.units_per_count if counter is not None else 1.0)
            order = f" for {each.order_reference}" if each.order_reference else ""
            found.append(Counted(each.start, each.end, each.counter, units, f"counted by {each.tag}{order}"))
        return found

    # --- for people ---------------------------------------------------------------------------------------

    def _term(self, figure: Figure) -> Term:
        """A figure's parts as rows."""
        rows = tuple(
            (self._span(p.start, p.end) if p.start is not None else "", p.text, p.value) for p in figure.parts
        )
        return Term(figure.symbol, figure.title, figure.value, figure.unit, rows)

    def _span(self, start: datetime, end: datetime | None) -> str:
        zone = self.reader.zone
        first = f"{start.astimezone(zone):%H:%M:%S}"
        return f"{first} to {end.astimezone(zone):%H:%M:%S}" if end is not None else first

    def _odoo_note(self, found: Sequence[StoredStop], start: datetime, end: datetime) -> str:
        """Why Odoo shows another figure, with the numbers."""
        postings = outbox.newest_of_subjects(self.reader.tx, [subject_of(s.id) for s in found])
        booked: list[StoredStop] = []
        others: list[StoredStop] = []
        for stop in found:
            posting = postings.get(subject_of(stop.id))
            verified = posting is not None and posting.state is PostingState.VERIFIED
            (booked if verified and stop.ended_at is not None and not stop.planned else others).append(stop)
        ours = sum(s.seconds(self.reader.now) for s in booked) / 60.0
        theirs = sum(s.odoo_minutes or 0.0 for s in booked)
        rest = sum(s.seconds(self.reader.now) for s in others) / 60.0
        return (
            f"Odoo holds {len(booked)} closed downtime rows of this time: {theirs:.1f} min by its reckoning, "
            f"{ours:.1f} min here; it counts only the hours of the work center's calendar. "
            f"{len(others)} stops of {rest:.1f} min are not among them: standing, micro, planned, not "
            "explained or on their way. Odoo's OEE is its own productive rows over all closed rows of the "
            "last month; it knows neither rate nor scrap."
        )


def _less(counted: Sequence[Counted], across: Sequence[Counted]) -> list[Counted]:
    """What was counted outside of the gaps: each counter's interval less what it told across them."""
    left: dict[tuple[datetime, datetime, str, str], float] = {}
    for each in across:
        key = (each.start, each.end, each.kind, each.text)
        left[key] = left.get(key, 0.0) + each.units
    found = [replace(c, units=c.units - left.get((c.start, c.end, c.kind, c.text), 0.0)) for c in counted]
    return [c for c in found if c.units]
