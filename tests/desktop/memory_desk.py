"""A desk that lives in memory: for the desktop's tests only, where the store is not the subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.domain.proposals import ProposalState
from console.errors import AlreadyDecided, ConsoleError, SignInFailed
from console.services import views
from console.services.desk import Desk, Pick
from tests.desktop import rows
from tests.desktop.memory_alarms import MemoryAlarms, MemoryConditions
from tests.desktop.memory_order_life import MemoryOrderLife, MemoryPolicies, detail
from tests.desktop.memory_quality import MemoryQuality
from tests.desktop.memory_shifts import MemoryShifts
from tests.desktop.memory_stops import MemoryStops

PIN = "1234"


class MemoryDesk(Desk):
    """Answers from its attributes, remembers what was asked of it.

    Attributes:
        calls: name and arguments of every action.
        reads: how often each read was made.
    """

    def __init__(self) -> None:
        self.persons: list[Person] = list(rows.PEOPLE)
        self.tiles: tuple[views.TileView, ...] = ()
        self.grid = views.CountsView((), ())
        self.items: tuple[views.ReviewRow, ...] = ()
        self.postings: tuple[views.OutboxRow, ...] = ()
        self.order_rows: tuple[views.OrderRow, ...] = ()
        self.head = rows.header()
        self.hits: tuple[views.TraceHit, ...] = ()
        self.why_not = ""
        self.error: ConsoleError | None = None
        self.calls: list[tuple[str, Any]] = []
        self.reads: dict[str, int] = {}
        self.stops: MemoryStops = MemoryStops(self._called, self._read)
        self.shifts: MemoryShifts = MemoryShifts(self._called, self._read)
        self.quality: MemoryQuality = MemoryQuality(self.sign_in)
        self.alarms: MemoryAlarms = MemoryAlarms()
        self.conditions: MemoryConditions = MemoryConditions()
        self.order_life: MemoryOrderLife = MemoryOrderLife(self._called, self._read)
        self.policies: MemoryPolicies = MemoryPolicies(self._called, self._read)

    @classmethod
    def few(cls) -> MemoryDesk:
        """An ordinary morning."""
        desk = cls()
        desk.tiles, desk.grid, desk.items = rows.tiles(), rows.counts(), rows.reviews()
        desk.postings, desk.order_rows = rows.outbox().rows, rows.orders()
        desk.stops.few()
        desk.shifts.few()
        desk.policies.few()
        desk.order_life.details = {42: detail(rows.ago(hours=1))}
        desk.quality.few()
        desk.alarms.few()
        desk.hits = (views.TraceHit("t-39", "WH/MO/00042, hour 09, 587", rows.ago(hours=2)),)
        return desk

    @classmethod
    def many(cls, n: int = 1000) -> MemoryDesk:
        """A thousand of everything."""
        desk = cls.few()
        names = [(f"m{i}", f"Machine {i}", f"WC-{i}", f"Area {i // 100}") for i in range(n)]
        desk.tiles = tuple(rows.tile(*name) for name in names)
        base = rows.counts()
        desk.grid = views.CountsView(
            base.columns,
            tuple(
                replace(
                    base.rows[i % 4],
                    machine=f"m{i}",
                    title=f"Machine {i}",
                    cells=tuple(
                        replace(c, proposal_id=i * 6 + k + 1)
                        for k, c in enumerate(base.rows[i % 4].cells)
                        if c
                    ),
                )
                for i in range(n)
            ),
        )
        desk.items = tuple(replace(rows.reviews()[i % 4], id=i + 1) for i in range(n))
        states = list(PostingState)
        desk.postings = tuple(rows.posting(i + 1, states[i % 7]) for i in range(n))
        desk.order_rows = tuple(
            replace(rows.orders()[i % 3], order_id=i, order_reference=f"MO/{i}") for i in range(n)
        )
        desk.stops.many(n)
        desk.shifts.many(n)
        desk.quality.many(n)
        desk.alarms.many(n)
        return desk

    def _called(self, call: tuple[str, Any]) -> None:
        self.calls.append(call)

    def _read(self, name: str) -> None:
        self.reads[name] = self.reads.get(name, 0) + 1

    # --- people -----------------------------------------------------------------------------------
    def needs_first_person(self) -> bool:
        return not self.persons

    def people(self, archived: bool = False) -> tuple[Person, ...]:
        return tuple(p for p in self.persons if archived or p.active)

    def set_person_active(self, actor: Person, person_id: int, active: bool) -> Person:
        self.calls.append(("set_person_active", (actor, person_id, active)))
        if self.error:
            raise self.error
        self.persons = [replace(p, active=active) if p.id == person_id else p for p in self.persons]
        return next(p for p in self.persons if p.id == person_id)

    def set_person_pin(self, actor: Person, person_id: int, pin: str) -> Person:
        self.calls.append(("set_person_pin", (actor, person_id, pin)))
        return next(p for p in self.persons if p.id == person_id)

    def create_person(self, actor: Person | None, name: str, roles: frozenset[Role], pin: str) -> Person:
        self.calls.append(("create_person", (actor, name, roles, pin)))
        if self.error:
            raise self.error
        person = Person(len(self.persons) + 1, name, roles)
        self.persons.append(person)
        return person

    def sign_in(self, name: str, pin: str) -> Person:
        self.calls.append(("sign_in", name))
        person = next((p for p in self.persons if p.name == name), None)
        if person is None or pin != PIN:
            raise SignInFailed("Name or PIN are not right.", "4 tries are left.")
        return person

    def verify_witness(self, name: str, pin: str) -> Person:
        return self.sign_in(name, pin)

    def sign_out(self, person: Person, why: str) -> None:
        self.calls.append(("sign_out", why))

    # --- reads ------------------------------------------------------------------------------------
    def header(self) -> views.HeaderView:
        self._read("header")
        return self.head

    def overview(self) -> tuple[views.TileView, ...]:
        self._read("overview")
        return self.tiles

    def machine(self, name: str) -> views.MachineView:
        self._read("machine")
        return rows.machine(next(t for t in self.tiles if t.machine == name))

    def trend(self, machine: str, tag: str, start: datetime, end: datetime, max_points: int) -> views.Trend:
        self._read("trend")
        return rows.trend(tag, start, end)

    def counts(self, machine: str | None, columns: int) -> views.CountsView:
        self._read("counts")
        grid = self.grid
        return (
            grid
            if machine is None
            else replace(grid, rows=tuple(r for r in grid.rows if r.machine == machine))
        )

    def _cell(self, proposal_id: int) -> views.CountCell | None:
        cells = (c for r in self.grid.rows for c in r.cells if c is not None)
        return next((c for c in cells if c.proposal_id == proposal_id), None)

    def proposal(self, proposal_id: int) -> views.ProposalDetail:
        return rows.proposal(proposal_id, self._cell(proposal_id))

    def preview(self, picks: Sequence[Pick]) -> views.Preview:
        total = sum(c.quantity for p in picks if (c := self._cell(p.proposal_id)) is not None)
        line = views.PreviewLine(
            "WH/MO/00042", "Shampoo 250 ml", "ea", 1202, 3002, 4000, ("1,800 bottle", "1,800 cap"), 0
        )
        return views.Preview(len(picks), total, "ea", (line,), self.why_not)

    def reviews(self, resolved: bool) -> tuple[views.ReviewRow, ...]:
        self._read("reviews")
        return tuple(r for r in self.items if (r.resolved_at is not None) is resolved)

    def review(self, item_id: int) -> views.ReviewDetail:
        return rows.review(item_id, next(r for r in self.items if r.id == item_id))

    def outbox(self, limit: int, state: PostingState | None = None) -> views.OutboxView:
        self._read("outbox")
        chosen = [r for r in self.postings if state in (None, r.state)]
        counts = tuple((s, sum(r.state is s for r in self.postings)) for s in PostingState)
        return replace(rows.outbox(tuple(chosen[:limit])), counts=counts)

    def trace(self, trace_id: str) -> views.TraceView:
        return rows.trace()

    def trace_search(self, text: str, limit: int) -> tuple[views.TraceHit, ...]:
        return tuple(h for h in self.hits if text.lower() in h.text.lower())[:limit]

    def orders(self) -> tuple[views.OrderRow, ...]:
        self._read("orders")
        return self.order_rows

    # --- actions ----------------------------------------------------------------------------------
    def _decide(self, picks: Sequence[Pick], state: ProposalState) -> None:
        if self.error:
            raise self.error
        wanted = {p.proposal_id: p.version for p in picks}
        new_rows = []
        for row in self.grid.rows:
            cells = []
            for cell in row.cells:
                if cell is not None and cell.proposal_id in wanted:
                    if cell.version != wanted[cell.proposal_id]:
                        raise AlreadyDecided("Somebody was faster.", "Look again.")
                    cell = replace(
                        cell,
                        state=state,
                        level=views.CellLevel.DONE,
                        posting=PostingState.READY,
                        version=cell.version + 1,
                    )
                cells.append(cell)
            new_rows.append(replace(row, cells=tuple(cells)))
        self.grid = replace(self.grid, rows=tuple(new_rows))

    def confirm(self, person: Person, picks: Sequence[Pick]) -> views.Decided:
        self.calls.append(("confirm", (person, tuple(picks))))
        self._decide(picks, ProposalState.CONFIRMED)
        return views.Decided(
            len(picks), 3, f"{len(picks)} hours confirmed; 3 postings are on their way to Odoo."
        )

    def choose(self, person: Person, pick: Pick, choice: str, **given: Any) -> views.Decided:
        self.calls.append(("choose", (person, pick, choice, given)))
        self._decide([pick], ProposalState.AMENDED)
        return views.Decided(1, 1, f"Decided: {choice}.")

    def take_review(self, person: Person, item_id: int) -> None:
        self.calls.append(("take_review", (person, item_id)))
        self.items = tuple(replace(r, owner=person.name) if r.id == item_id else r for r in self.items)

    def resolve_review(
        self,
        person: Person,
        item_id: int,
        version: int,
        choice: str,
        *,
        reason: str,
        witness: Person | None = None,
    ) -> views.Decided:
        self.calls.append(("resolve_review", (person, item_id, version, choice, reason)))
        self.items = tuple(
            replace(r, resolved_at=rows.NOW, resolution=reason) if r.id == item_id else r for r in self.items
        )
        return views.Decided(1, 0, "Resolved.")

    def retry_posting(self, person: Person, posting_id: int, reason: str) -> None:
        self.calls.append(("retry_posting", (person, posting_id, reason)))
