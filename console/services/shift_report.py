"""The hand-over of a shift, filled by itself; and the same as data, to be sealed and read again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from console.domain.shifts import Shift
from console.domain.validate import number
from console.domain.wording import lasted
from console.services.screens.common import Known, product_name
from console.services.shift_oee import OeeReader
from console.services.stop_views import StopReader, needs_reason
from console.services.views.shift import CountLine, OeeView, ShiftNote, ShiftRef, ShiftView, Term
from console.services.views.stops import ParetoBar
from console.store import alarms, holds, master, review, shifts, stops
from console.store.types import canonical_json

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Reporter:
    """Reads a shift in one transaction."""

    reader: StopReader

    def view(self, ref: ShiftRef, why_not: str) -> ShiftView:
        """The hand-over as the ledger has it now."""
        r, oee = self.reader, OeeReader(self.reader)
        end = min(ref.end, r.now)
        machines = r.plant.machines
        near = stops.overlapping(r.tx, ref.start, max(end, ref.start))
        return ShiftView(
            ref=ref,
            oee=tuple(oee.view(m, ref.start, ref.end) for m in machines),
            counts=self._counts(ref, oee),
            pareto=r.pareto(near, ref.start, end),
            open_holds=tuple(f"{h.title}, {h.state.value}" for h in holds.not_over(r.tx)),
            open_reviews=tuple(i.title for i in review.listed(r.tx, resolved=False, limit=_SHOWN)),
            open_stops=self._open_stops(),
            open_alarms=tuple(
                f"{self._title(a.machine)}: {a.text}, since {self._minute(a.raised_at)}"
                for a in alarms.shown(r.tx, r.now)
            ),
            notes=tuple(ShiftNote(n.at, n.person, n.text) for n in shifts.notes(r.tx, ref.key)),
            sealed="",
            why_not=why_not,
        )

    def _counts(self, ref: ShiftRef, oee: OeeReader) -> tuple[CountLine, ...]:
        """A line for each machine and order that counted anything."""
        r = self.reader
        end = max(min(ref.end, r.now), ref.start)
        known = Known(master.mirror(r.tx))
        sums = {(s.machine, s.order_reference): s for s in shifts.order_sums(r.tx, ref.start, ref.end)}
        lines = []
        for machine in r.plant.machines:
            made: dict[tuple[str, str], float] = {}
            for told in oee.counts(machine, ref.start, end):
                counter = machine.counter_of(told.tag)
                units = told.count * (counter.units_per_count if counter is not None else 1.0)
                key = (told.order_reference, told.counter)
                made[key] = made.get(key, 0.0) + units
            orders = {o for o, _ in made} | {o for m, o in sums if m == machine.name}
            for order in sorted(orders):
                found = stops.overlapping(r.tx, ref.start, end, machine.name)
                figures = oee.reckon(machine, ref.start, end, found, order) if order else None
                busy_h = figures.figure("PBT").value / 60.0 if figures is not None else 0.0
                sums_of = sums.get((machine.name, order))
                lines.append(
                    CountLine(
                        machine=machine.name,
                        order_reference=order,
                        product=product_name(known.context(machine, order)) if order else "",
                        unit=machine.unit,
                        good=made.get((order, "good"), 0.0),
                        scrap=made.get((order, "scrap"), 0.0),
                        expected=round(machine.ideal_rate_per_h * busy_h, 1),
                        confirmed=sums_of.confirmed if sums_of is not None else 0.0,
                        waiting=sums_of.waiting if sums_of is not None else 0.0,
                    )
                )
        return tuple(lines)

    def _open_stops(self) -> tuple[str, ...]:
        r = self.reader
        lines = []
        for stop in stops.unexplained(r.tx):
            machine = r.plant.machine(stop.machine)
            if not needs_reason(stop, machine.micro_stop_s if machine is not None else 0.0, r.now):
                continue
            since = self._minute(stop.started_at)
            long = "stands" if stop.ended_at is None else f"stood {lasted(stop.seconds(r.now))}"
            lines.append(f"{self._title(stop.machine)} {long} since {since}, not explained")
        return tuple(lines[:_SHOWN])

    def _title(self, name: str) -> str:
        machine = self.reader.plant.machine(name)
        return machine.title if machine is not None else name

    def _minute(self, at: datetime) -> str:
        here, now = at.astimezone(self.reader.zone), self.reader.now.astimezone(self.reader.zone)
        return f"{here:%H:%M}" if here.date() == now.date() else f"{here:%Y-%m-%d %H:%M}"


def ref_of(shift: Shift, now: datetime, sealed: bool) -> ShiftRef:
    """A shift as it can be picked."""
    return ShiftRef(
        key=shift.key,
        title=f"{shift.name}, {shift.key.partition('/')[0]}",
        start=shift.start,
        end=shift.end,
        running=shift.start <= now < shift.end,
        sealed=sealed,
    )


# --- sealed ------------------------------------------------------------------------------------------------


def report_of(view: ShiftView) -> dict[str, Any]:
    """The hand-over as data: what is sealed."""
    data: dict[str, Any] = _plain(asdict(view))
    for key in ("sealed", "why_not", "changes"):
        data.pop(key, None)
    return data


def hash_of(report: Mapping[str, Any]) -> str:
    """sha256 of a report in canonical JSON, by which a changed one is found."""
    return hashlib.sha256(canonical_json(report).encode()).hexdigest()


def view_of(report: Mapping[str, Any], ref: ShiftRef, sealed: str, changes: tuple[str, ...]) -> ShiftView:
    """A sealed hand-over as it was."""
    return ShiftView(
        ref=ref,
        oee=tuple(_oee(o) for o in report["oee"]),
        counts=tuple(CountLine(**c) for c in report["counts"]),
        pareto=tuple(ParetoBar(**b) for b in report["pareto"]),
        open_holds=tuple(report["open_holds"]),
        open_reviews=tuple(report["open_reviews"]),
        open_stops=tuple(report["open_stops"]),
        open_alarms=tuple(report["open_alarms"]),
        notes=tuple(
            ShiftNote(datetime.fromisoformat(n["at"]), n["person"], n["text"]) for n in report["notes"]
        ),
        sealed=sealed,
        why_not=sealed,
        changes=changes,
    )


def differences(before: ShiftView, now: ShiftView) -> tuple[str, ...]:
    """What became different after the hand-over was sealed, in words."""
    told = []
    then = {o.machine: o for o in before.oee}
    for oee in now.oee:
        old = then.get(oee.machine)
        for what in ("availability", "effectiveness", "quality_ratio", "oee"):
            a, b = getattr(old, what, None), getattr(oee, what)
            if _percent(a) != _percent(b):
                name = "OEE" if what == "oee" else what.replace("_", " ")
                told.append(f"{oee.title}: {name} {_percent(a)} when sealed, {_percent(b)} now")
    told += _changed_counts(before.counts, now.counts)
    lost = {b.reason: b.minutes for b in before.pareto}
    lost_now = {b.reason: b.minutes for b in now.pareto}
    for reason in sorted(lost | lost_now):
        a, b = lost.get(reason, 0.0), lost_now.get(reason, 0.0)
        if abs(a - b) > 0.05:
            told.append(f"{reason}: {a:.1f} min when sealed, {b:.1f} min now")
    return tuple(told)


def _changed_counts(before: Sequence[CountLine], now: Sequence[CountLine]) -> list[str]:
    told = []
    old = {(c.machine, c.order_reference): c for c in before}
    for line in now:
        known = old.get((line.machine, line.order_reference))
        for what in ("good", "scrap", "confirmed"):
            a, b = getattr(known, what, 0.0), getattr(line, what)
            if abs(a - b) > 1e-6:
                order = line.order_reference or "without an order"
                told.append(
                    f"{line.machine}, {order}: {number(a)} {line.unit} {what} when sealed, {number(b)} now"
                )
    return told


def _percent(value: float | None) -> str:
    return f"{value * 100:.1f} %" if value is not None else "unknown"


def _oee(data: Mapping[str, Any]) -> OeeView:
    values = dict(data)
    values["start"], values["end"] = (datetime.fromisoformat(data[k]) for k in ("start", "end"))
    values["missing"] = tuple(data["missing"])
    values["terms"] = tuple(
        Term(t["symbol"], t["title"], t["value"], t["unit"], tuple((r[0], r[1], r[2]) for r in t["rows"]))
        for t in data["terms"]
    )
    return OeeView(**values)


def _plain(value: Any) -> Any:
    """JSON-able: times as text, tuples as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
