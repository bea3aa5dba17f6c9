"""The shift of docs/oee.md, played through the ledger: every figure is the one reckoned there by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from console.domain.machine_events import AdvanceKind, CountAdvanced, DataGap
from console.domain.packml import MachineState
from console.services.shifts import Shifts
from console.services.views.shift import OeeView
from console.store import scraps
from console.store.engine import write
from tests.unit.services.shop import FIRST, SECOND
from tests.unit.services.stops_world import EXECUTE, Line, open_line

DOC = Path(__file__).parents[3] / "docs" / "oee.md"
STATES = {
    "executes": EXECUTE,
    "is not heard": EXECUTE,
    "aborted": MachineState.ABORTED,
    "stopped": MachineState.STOPPED,
    "complete": MachineState.COMPLETE,
    "idle": MachineState.IDLE,
}
EVERY = timedelta(minutes=5)


@cache
def tables() -> list[list[list[str]]]:
    """The document's tables, as cells, without their headers' rules."""
    found: list[list[list[str]]] = [[]]
    for text in DOC.read_text(encoding="utf-8").splitlines():
        if text.startswith("|"):
            if not set(text) <= set("|-"):
                found[-1].append([c.strip() for c in text.strip("|").split("|")])
        elif found[-1]:
            found.append([])
    return [t for t in found if t]


def table(first: str) -> list[list[str]]:
    return next(t for t in tables() if t[0][0] == first)


@dataclass
class Player:
    """Tells what the table says. The clock of the floor is UTC, the table's is the plant's: an hour ahead."""

    line: Line
    kill: bool
    tend: bool
    raw: int = 1000

    def play(self) -> None:
        state, order = EXECUTE, FIRST
        for start, end, doing, runs, good, scrap in table("from")[1:]:
            begins, ends = self.when(start), self.when(end)
            self.go(begins)
            if runs != order:
                self.line.order(f"{begins:%H:%M:%S}", runs)
                order = runs
            if STATES[doing] is not state:
                self.line.state(f"{begins:%H:%M:%S}", STATES[doing], raw="9" if doing == "aborted" else "")
                state = STATES[doing]
            if doing == "is not heard":
                self.unheard(begins, ends, int(good))
            else:
                self.make("good", begins, ends, int(good))
                self.make("scrap", begins, ends, int(scrap))
            if doing != "executes":
                self.go(ends)
        with write(self.line.floor.ledger) as tx:
            scraps.add_scrap(
                tx,
                {
                    "trace_id": "pc-rework",
                    "machine": "filler",
                    "order_id": 2,
                    "order_reference": SECOND,
                    "quantity": 5.0,
                    "unit": "Units",
                    "reason": "label askew",
                    "kind": "rework",
                    "person": "Lead A",
                    "at": self.when("12:00:00"),
                },
            )

    def when(self, clock: str) -> datetime:
        return self.line.at(clock) - timedelta(hours=1)

    def go(self, at: datetime) -> None:
        """Time passes; the edge tends stops meanwhile, or was away for all of it."""
        while self.tend and self.line.floor.clock.now + EVERY < at:
            self.line.floor.clock.now += EVERY
            self.line.tend()
        self.line.floor.clock.now = at
        if self.kill:
            self.line.restart()

    def make(self, counter: str, start: datetime, end: datetime, made: int) -> None:
        """Counts, told five minutes' worth at a time."""
        steps = max(1, (end - start) // EVERY)
        done, at = 0, start
        for i in range(1, steps + 1):
            until = min(start + (end - start) * i / steps, end - timedelta(milliseconds=1))
            count = made * i // steps - done
            if count:
                self.line.floor.clock.now = max(until, self.line.floor.clock.now)
                self.tell(counter, at, until, count)
            done, at = done + count, until
        assert done == made

    def tell(self, counter: str, start: datetime, end: datetime, count: int) -> None:
        before, self.raw = self.raw, self.raw + count
        tag, kind = f"filler.{counter}", AdvanceKind.NORMAL
        self.line.tell(
            "filler", CountAdvanced("filler", end, tag, counter, kind, before, self.raw, count, 1, start)
        )

    def unheard(self, start: datetime, end: datetime, count: int) -> None:
        """The link is down; the counter tells afterwards what was made meanwhile."""
        end -= timedelta(milliseconds=1)
        self.line.floor.clock.now = end
        gap = DataGap("filler", end, "filler.good", "good", "link down", start, self.raw, self.raw + count)
        self.line.tell("filler", gap)
        self.tell("good", start, end, count)


@pytest.fixture(params=[(False, True), (True, True), (True, False)], ids=["tended", "killed", "never tended"])
def shifts(request: pytest.FixtureRequest, tmp_path: Path) -> Shifts:
    line = open_line(tmp_path / "line")
    kill, tend = request.param
    line.floor.clock.now = line.floor.clock.now.replace(day=3, hour=5)
    Player(line, kill, tend).play()
    line.floor.clock.now = line.at("13:00:30")
    return Shifts(line.floor.ledger, line.floor.plant, line.floor.people, "test", line.floor.clock)


def shown(view: OeeView) -> dict[str, float]:
    """Every figure under the document's name for it."""
    found = {t.symbol.strip("()"): t.value for t in view.terms}
    ratios = {
        "availability": view.availability,
        "effectiveness": view.effectiveness,
        "quality": view.quality_ratio,
        "OEE": view.oee,
    }
    return found | {k: v for k, v in ratios.items() if v is not None}


def test_every_figure_is_the_one_reckoned_by_hand(shifts: Shifts) -> None:
    view = shifts.shift("2026-03-03/Early")
    whole = view.oee[0]
    start, end = whole.start, whole.end
    columns = [whole, *(shifts.oee("filler", start, end, order) for order in (FIRST, SECOND))]
    rows = next(t for t in tables() if t[0][:2] == ["term", "shift"])
    assert rows[0][2:] == [FIRST, SECOND]
    for i, oee in enumerate(columns, 1):
        ratio = {
            r[0]: 4 if r[0] in ("availability", "effectiveness", "quality", "OEE") else 3 for r in rows[1:]
        }
        figures = {k: round(v, ratio.get(k, 3)) for k, v in shown(oee).items()}
        wanted = {r[0]: float(r[i]) for r in rows[1:]}
        # the last count of a time is told a millisecond before its end, so that it belongs to it
        assert figures == pytest.approx(wanted, abs=2e-4), oee.order_reference
        by_hand = re.sub(r"[(),]", "", oee.formula)
        assert by_hand.endswith(f"= {wanted['OEE']:.2f}")


def test_every_figure_is_the_sum_of_its_rows(shifts: Shifts) -> None:
    for term in shifts.shift("2026-03-03/Early").oee[0].terms:
        assert sum(r[2] for r in term.rows) == pytest.approx(term.value), term.symbol


def test_what_is_left_out_is_told(shifts: Shifts) -> None:
    oee = shifts.shift("2026-03-03/Early").oee[0]
    assert oee.missing == (
        "6.0 min are left out: a gap in the data (link down).",
        "50 Units counted across gaps in the data are left out, as their time is.",
    )
    delay = next(t for t in oee.terms if t.symbol == "ADET")
    assert [(when, round(minutes, 2)) for when, _, minutes in delay.rows] == [
        ("07:30:00 to 07:48:00", 18.0),
        ("09:00:00 to 09:00:30", 0.5),
        ("09:55:00 to 10:00:00", 5.0),
        ("10:30:00 to 10:32:00", 2.0),
    ]


def test_the_counts_of_the_shift_are_all_that_was_counted(shifts: Shifts) -> None:
    first, second = shifts.shift("2026-03-03/Early").counts
    assert (first.order_reference, first.good, first.scrap, first.expected) == (FIRST, 2320, 30, 2750)
    assert (second.order_reference, second.good, second.scrap, second.expected) == (SECOND, 1100, 15, 1390)
    assert (first.waiting, second.waiting) == (2320, 1100)


def test_the_arithmetic_of_the_document_is_right() -> None:
    text = DOC.read_text(encoding="utf-8")
    sums = re.findall(r"= ((?:[\d.,]+(?: \([^)]*\))? \+ )+[\d.,]+(?: \([^)]*\))?) = ([\d.,]+)", text)
    assert len(sums) >= 5
    for terms, total in sums:
        numbers = [
            float(x.replace(",", ""))
            for x in re.findall(r"(?<![\d:])[\d.,]*\d(?![\d:])", re.sub(r"\([^)]*\)", "", terms))
        ]
        assert sum(numbers) == pytest.approx(float(total.rstrip(".,").replace(",", ""))), terms
