"""Stops that live in memory: for the desktop's tests only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from console.domain.people import Person
from console.domain.postings import PostingState
from console.errors import AlreadyDecided, ConsoleError
from console.services.stops import Stops
from console.services.views import Decided, Level
from console.services.views.stops import ParetoBar, ReasonNode, StopDetail, StopRow, StopsView
from tests.desktop import rows_stops

Call = tuple[str, Any]


class MemoryStops(Stops):
    """Answers from its attributes, tells the desk what was asked.

    Attributes:
        rows: stops, newest first.
        forbidden: what every stop says it cannot be explained for.
        older: those that wait though they are older than any span.
        asked: machine, hours and micro-stops of the last read.
        merged: id of a stop that is part of another one now.
    """

    def __init__(self, tell: Callable[[Call], object], read: Callable[[str], object]) -> None:
        self.tell, self.read = tell, read
        self.rows: tuple[StopRow, ...] = ()
        self.micro_rows: tuple[StopRow, ...] = ()
        self.older: tuple[StopRow, ...] = ()
        self.pareto: tuple[ParetoBar, ...] = ()
        self.trees: dict[str, tuple[ReasonNode, ...]] = {}
        self.forbidden = ""
        self.error: ConsoleError | None = None
        self.asked: tuple[str | None, float, bool] = (None, 0.0, False)
        self.merged: dict[int, int] = {}

    def few(self) -> None:
        """An ordinary morning."""
        self.rows, self.micro_rows = rows_stops.stops(), rows_stops.micro()
        self.pareto = rows_stops.pareto()

    def many(self, count: int) -> None:
        """Very many."""
        self.rows, self.micro_rows = rows_stops.many(count), rows_stops.micro(count)
        self.pareto = tuple(
            ParetoBar(f"Reason {n} of very many with a long name", 500 - n / 2, 9, 0.002, 0.002 * n)
            for n in range(min(count, 400))
        )

    def stops(self, machine: str | None, hours: float, micro: bool = False) -> StopsView:
        self.read("stops")
        self.asked = (machine, hours, micro)
        waiting = sorted((r for r in (*self.rows, *self.older) if r.needs_reason), key=lambda r: r.started_at)
        standing_first = sorted(waiting, key=lambda r: r.ended_at is not None)
        rows = (*self.rows, *(self.micro_rows if micro else ()))
        return StopsView(
            prompts=tuple(standing_first),
            rows=tuple(r for r in rows if machine in (None, r.machine)),
            pareto=self.pareto,
            micro_stops=len(self.micro_rows),
            micro_minutes=sum(r.duration_s for r in self.micro_rows) / 60,
            machines=rows_stops.MACHINES if self.rows else (),
        )

    def row(self, stop_id: int) -> StopRow:
        return next(r for r in (*self.rows, *self.micro_rows, *self.older) if r.id == stop_id)

    def stop(self, stop_id: int) -> StopDetail:
        self.read("stop")
        stop_id = self.merged.get(stop_id, stop_id)
        found = rows_stops.detail(self.row(stop_id), (*self.rows, *self.micro_rows, *self.older))
        return replace(found, why_not=self.forbidden)

    def reasons(self, machine: str) -> tuple[ReasonNode, ...]:
        return self.trees.get(machine, rows_stops.tree())

    def change(self, stop_id: int, **over: Any) -> None:
        """Somebody (or the machine) changes a stop."""
        self.rows = tuple(
            replace(r, version=r.version + 1, **over) if r.id == stop_id else r for r in self.rows
        )

    def _guard(self, stops: list[tuple[int, int]]) -> None:
        if self.error is not None:
            raise self.error
        for stop_id, version in stops:
            if self.row(stop_id).version != version:
                raise AlreadyDecided("Somebody changed this stop meanwhile.", "Look at it again.")

    def _explain(self, person: Person, stop_id: int, key: str, note: str | None) -> None:
        found = next(n for n in _leaves(rows_stops.tree()) if n.key == key)
        kept = self.row(stop_id).note if note is None else note
        self.change(
            stop_id,
            reason_key=key,
            reason=found.title,
            note=kept,
            needs_reason=False,
            explained_by=person.name,
            posting=PostingState.READY,
            level=Level.NORMAL,
        )

    def explain(self, person: Person, stop_id: int, version: int, reason_key: str, note: str = "") -> Decided:
        self.tell(("explain", (person, stop_id, version, reason_key, note)))
        self._guard([(stop_id, version)])
        self._explain(person, stop_id, reason_key, note)
        return Decided(1, 1, "The stop is explained; its downtime is on its way to Odoo.")

    def explain_several(self, person: Person, stops: list[tuple[int, int]], reason_key: str) -> Decided:
        self.tell(("explain_several", (person, tuple(stops), reason_key)))
        self._guard(stops)
        for stop_id, _ in stops:
            self._explain(person, stop_id, reason_key, None)
        return Decided(len(stops), len(stops), f"{len(stops)} stops are explained.")

    def split(self, person: Person, stop_id: int, version: int, at: datetime, reason: str) -> Decided:
        self.tell(("split", (person, stop_id, version, at, reason)))
        self._guard([(stop_id, version)])
        return Decided(1, 1, "Two stops now.")

    def merge(
        self, person: Person, stop_id: int, version: int, other_id: int, other_version: int, reason: str
    ) -> Decided:
        self.tell(("merge", (person, stop_id, version, other_id, other_version, reason)))
        self._guard([(stop_id, version), (other_id, other_version)])
        return Decided(1, 1, "One stop now.")

    def move(
        self, person: Person, stop_id: int, version: int, start: datetime, end: datetime | None, reason: str
    ) -> Decided:
        self.tell(("move", (person, stop_id, version, start, end, reason)))
        self._guard([(stop_id, version)])
        self.change(stop_id, started_at=start, ended_at=end)
        return Decided(1, 1, "Moved.")

    def annotate(self, person: Person, stop_id: int, version: int, note: str) -> Decided:
        self.tell(("annotate", (person, stop_id, version, note)))
        self._guard([(stop_id, version)])
        self.change(stop_id, note=note)
        return Decided(1, 0, "The note is kept.")


def _leaves(nodes: tuple[ReasonNode, ...]) -> list[ReasonNode]:
    out: list[ReasonNode] = []
    for node in nodes:
        out += [node, *_leaves(node.children)]
    return out
