"""Shifts that live in memory: for the desktop's tests only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from console.domain.people import Person
from console.errors import AlreadyDecided, ConsoleError, SignInFailed
from console.services.shifts import Shifts
from console.services.views import Decided
from console.services.views.shift import CountLine, OeeView, ShiftNote, ShiftRef, ShiftView, Term
from tests.desktop import rows_stops
from tests.desktop.rows import NOW, ago

PIN = "1234"


def ref(day: int, name: str, hour: int, **over: object) -> ShiftRef:
    """A shift of eight hours."""
    start = datetime(2026, 11, day, hour, tzinfo=NOW.tzinfo)
    base = ShiftRef(
        f"2026-11-{day}/{name}", f"{name}, {day} Nov", start, start + timedelta(hours=8), False, False
    )
    return replace(base, **over)  # type: ignore[arg-type]


def refs() -> tuple[ShiftRef, ...]:
    """The running one, one that is over, sealed ones."""
    return (
        ref(20, "Morning", 5, running=True),
        ref(19, "Night", 21),
        ref(19, "Evening", 13, sealed=True),
        ref(19, "Morning", 5, sealed=True),
    )


def oee(machine: str, title: str, a: float, e: float, q: float, **over: object) -> OeeView:
    """OEE with its terms."""
    planned, made = 432.0, 3202.0
    good = round(made * q)
    stops = tuple((f"{7 + n}:14", reason, 12.5 + n) for n, reason in enumerate(("Jam at infeed", "Failure")))
    terms = (
        Term(
            "PBT",
            "Planned busy time",
            planned,
            "min",
            (("05:00", "Morning", 480.0), ("08:00", "Break", -48.0)),
        ),
        Term("APT", "Actual production time", planned * a, "min", (("05:00", "Planned", planned), *stops)),
        Term("PRI", "Planned run time per item", 0.1, "min", (("WH/MO/00042", "600 an hour", 0.1),)),
        Term(
            "PQ",
            "Produced quantity",
            made,
            "ea",
            tuple((f"{5 + n:02}:00", "counted", 640.4) for n in range(5)),
        ),
        Term("GQ", "Good quantity", good, "ea", (("WH/MO/00042", "counted good", good),)),
    )
    total = a * e * q
    base = OeeView(
        machine=machine,
        title=title,
        order_reference="",
        start=ago(hours=5),
        end=NOW,
        availability=a,
        effectiveness=e,
        quality_ratio=q,
        oee=total,
        terms=terms,
        formula=f"availability {a:.2f} × effectiveness {e:.2f} × quality {q:.2f} = {total:.2f}",
        odoo_note=f"Odoo shows {total * 100 + 6:.0f} %: it counts calendar hours and closed rows only.",
        missing=(),
    )
    return replace(base, **over)  # type: ignore[arg-type]


def view(of: ShiftRef) -> ShiftView:
    """The hand-over of one shift."""
    return ShiftView(
        ref=of,
        oee=(
            oee("filler1", "Filler 1", 0.93, 0.98, 0.995),
            oee("filler2", "Filler 2", 0.71, 0.91, 0.99),
            oee("capper1", "Capper 1", 0.96, 0.97, 1.0, odoo_note=""),
            oee(
                "cartoner",
                "Cartoner",
                0.88,
                0.0,
                0.0,
                effectiveness=None,
                quality_ratio=None,
                oee=None,
                formula="",
                missing=("No ideal rate is known for Case 12 × 250 ml: effectiveness is left out.",),
            ),
        ),
        counts=(
            CountLine("Filler 1", "WH/MO/00042", "Shampoo 250 ml", "ea", 3123, 12, 3100, 2402, 721),
            CountLine("Filler 2", "WH/MO/00043", "Shampoo 400 ml", "ea", 2791, 8, 2900, 2791, 0),
            CountLine("Capper 1", "WH/MO/00042", "Shampoo 250 ml", "ea", 3115, 3, 3100, 3115, 0),
            CountLine("Cartoner", "WH/MO/00039", "Case 12 × 250 ml", "case", 259, 1, 260, 249, 10),
        ),
        pareto=rows_stops.pareto(),
        open_holds=("Lot L-2611-07: fill weight 243.1 g below 245 g, Inspector B",),
        open_reviews=(
            "Filler 2 counted 914 in an hour, at most 720 is possible",
            "Tag Wrapper/State is missing",
        ),
        open_stops=("Filler 2 stands since 11:05", "Filler 1, 10:41 to 10:45", "Capper 1, 09:22 to 09:24"),
        open_alarms=(),
        notes=(
            ShiftNote(ago(hours=3), "Lead A", "Filler 2: new nozzle 4 since 08:10, watch the weight."),
            ShiftNote(ago(minutes=50), "Maintenance D", "Belt of the capper will be changed at 14:30."),
        ),
        sealed="Sealed 13:02: Lead A handed over, Lead E took over." if of.sealed else "",
        why_not="The shift runs until 14:00." if of.running else "",
    )


class MemoryShifts(Shifts):
    """Answers from its attributes, tells the desk what was asked.

    Attributes:
        views: by key.
    """

    def __init__(self, tell: Callable[[tuple[str, Any]], object], read: Callable[[str], object]) -> None:
        self.tell, self.read = tell, read
        self.views: dict[str, ShiftView] = {}
        self.error: ConsoleError | None = None

    def few(self) -> None:
        """Two days."""
        self.views = {r.key: view(r) for r in refs()}

    def many(self, count: int) -> None:
        """A plant with very many machines."""
        self.few()
        for key, base in self.views.items():
            self.views[key] = replace(
                base,
                oee=tuple(
                    replace(base.oee[n % 4], machine=f"m{n}", title=f"Machine {n}") for n in range(count)
                ),
                counts=tuple(
                    replace(base.counts[n % 4], machine=f"Machine {n}", order_reference=f"MO/{n}")
                    for n in range(count)
                ),
                open_stops=tuple(f"Machine {n} stands since 11:05" for n in range(count)),
                notes=tuple(ShiftNote(ago(minutes=n), "Lead A", f"Note {n}") for n in range(count)),
            )

    def shifts(self, limit: int = 30) -> tuple[ShiftRef, ...]:
        self.read("shifts")
        return tuple(v.ref for v in self.views.values())[:limit]

    def shift(self, key: str) -> ShiftView:
        self.read("shift")
        return self.views[key]

    def oee(self, machine: str, start: datetime, end: datetime, order_reference: str = "") -> OeeView:
        return next(v for shift in self.views.values() for v in shift.oee if v.machine == machine)

    def add_note(self, person: Person, key: str, text: str) -> Decided:
        self.tell(("add_note", (person, key, text)))
        if self.error is not None:
            raise self.error
        old = self.views[key]
        self.views[key] = replace(old, notes=(*old.notes, ShiftNote(NOW, person.name, text)))
        return Decided(1, 0, "The note is kept.")

    def sign_off(self, person: Person, pin: str, other: str, other_pin: str, key: str) -> Decided:
        self.tell(("sign_off", (person, other, key)))
        if self.error is not None:
            raise self.error
        for name, given in ((person.name, pin), (other, other_pin)):
            if given != PIN:
                raise SignInFailed(f"The PIN of {name} is not right.", "Both sign again.")
        old = self.views[key]
        if old.ref.sealed:
            raise AlreadyDecided("The shift is sealed already.", "Look at it.")
        self.views[key] = replace(
            old,
            ref=replace(old.ref, sealed=True),
            sealed=f"Sealed: {person.name} handed over, {other} took over.",
        )
        return Decided(1, 0, "The shift is sealed.")
