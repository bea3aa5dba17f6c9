"""A plant floor without machines: real ledger, real services, events made by hand, a clock to turn.

The Odoo side is real; ``Wire`` stands between and can lose answers as a network does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import Engine

from console.domain.detect import MachineMemory
from console.domain.equipment import Counter, Machine, OdooConnection, Plant
from console.domain.machine_events import AdvanceKind, CountAdvanced, MachineEvent, OrderChanged
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.domain.proposals import ProposalState
from console.odoo.client import OdooClient
from console.odoo.master_data import fetch_master_data
from console.services.decide import Decide, Pick
from console.services.ingest import Detected, Ingest
from console.services.people import People
from console.services.post import Post
from console.services.reviews import Reviews
from console.services.synchronise import Synchronise
from console.store import outbox, proposals, review
from console.store.engine import open_ledger, read

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
PIN = "2468"


@dataclass
class Clock:
    """Stands still until it is turned."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Wire(httpx.AsyncBaseTransport):
    """The real network, with faults on request, each for one call of a method.

    ``lose_answer``: the server handles the call, its answer never arrives.
    ``lose_call``: the call breaks after it was (as far as the client knows) sent; the server never sees it.
    ``down``: no connection at all while it is set.
    """

    def __init__(self) -> None:
        self.real = httpx.AsyncHTTPTransport()
        self.faults: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.down = False

    def next_fault(self, method: str, kind: str) -> None:
        self.faults.append((method, kind))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rsplit("/", 1)[-1]
        kind = ""
        if self.faults and self.faults[0][0] == method:
            kind = self.faults.pop(0)[1]
        if self.down:
            raise httpx.ConnectError("refused")
        if kind == "lose_call":
            raise httpx.ReadError("cut")
        self.calls.append(method)
        response = await self.real.handle_async_request(request)
        if kind == "lose_answer":
            await response.aread()
            raise httpx.ReadTimeout("lost")
        return response

    async def aclose(self) -> None:
        await self.real.aclose()


def machine(name: str, work_center: str, **options: object) -> Machine:
    values: dict[str, object] = {
        "name": name,
        "title": name.capitalize(),
        "area": "Hall",
        "work_center": work_center,
        "counters": (
            Counter(f"{name}.good", "good", 65536, 10.0),
            Counter(f"{name}.scrap", "scrap", 65536, 10.0),
        ),
        "order_tag": f"{name}.order",
        "lot_tag": f"{name}.lot",
        "ideal_rate_per_h": 600.0,
    }
    return Machine(**(values | options))  # type: ignore[arg-type]


def plant_of(machines: tuple[Machine, ...], odoo: OdooConnection | None) -> Plant:
    return Plant("Test plant", "f" * 64, "Europe/Berlin", (), (), machines, odoo)


@dataclass
class Floor:
    """Everything from machine events to postings, over one ledger."""

    folder: Path
    plant: Plant
    key: str = ""
    clock: Clock = field(default_factory=Clock)
    wire: Wire = field(default_factory=Wire)

    def __post_init__(self) -> None:
        self.ledger: Engine = open_ledger(self.folder / "ledger.db")
        self.ingest = Ingest(self.ledger, self.plant)
        self.people = People(self.ledger, self.clock)
        self.decide = Decide(self.ledger, self.plant, self.ingest, "test", self.clock)
        self.reviews = Reviews(self.ledger, "test", self.clock)
        if self.people.needs_first_person():
            self.lead = self.people.create(None, "Lead A", frozenset(), PIN)
            self.second = self.people.create(self.lead, "Lead C", frozenset({Role.SUPERVISOR}), PIN)
        else:
            by_name = {p.name: p for p in self.people.everybody()}
            self.lead, self.second = by_name["Lead A"], by_name["Lead C"]
        self._raw: dict[str, int] = {}

    # --- machines -----------------------------------------------------------------------------------------

    def tell(self, name: str, *events: MachineEvent) -> None:
        """Stores events as the edge does."""
        found = self.plant.machine(name)
        assert found is not None
        self.ingest.store([Detected(found, MachineMemory(), events)], self.clock())

    def runs(self, name: str, order: str, lot: str = "") -> None:
        """The machine says which order it runs."""
        found = self.plant.machine(name)
        assert found is not None
        event = OrderChanged(name, self.clock(), "", order, "", lot)
        memory = MachineMemory(order=order, lot=lot)
        self.ingest.store([Detected(found, memory, [event])], self.clock())

    def makes(self, name: str, count: int, counter: str = "good") -> None:
        """The machine makes something now."""
        before = self._raw.get(name, 100)
        self._raw[name] = before + count
        at = self.clock()
        self.tell(
            name,
            CountAdvanced(
                name,
                at,
                f"{name}.{counter}",
                counter,
                AdvanceKind.NORMAL,
                before,
                before + count,
                count,
                1,
                at - timedelta(seconds=1),
            ),
        )

    def next_hour(self) -> None:
        """The hour ends and is closed."""
        self.clock.now = self.clock.now.replace(minute=0, second=0, microsecond=0) + timedelta(
            hours=1, seconds=30
        )
        self.ingest.close_intervals(self.clock())

    # --- people -------------------------------------------------------------------------------------------

    def picks(self, *states: ProposalState) -> list[Pick]:
        with read(self.ledger) as tx:
            rows = proposals.in_states(tx, states or (ProposalState.PENDING,))
        return [Pick(r.proposal.id, r.proposal.version) for r in rows]

    def confirm_all(self, person: Person | None = None):
        return self.decide.confirm(person or self.lead, self.picks())

    def open_reviews(self) -> list[review.ItemRow]:
        with read(self.ledger) as tx:
            return review.listed(tx, resolved=False)

    def postings(self) -> list[outbox.PostingRow]:
        with read(self.ledger) as tx:
            return list(reversed(outbox.newest(tx, 10_000)))

    def states(self) -> list[PostingState]:
        return [p.state for p in self.postings()]

    # --- Odoo ---------------------------------------------------------------------------------------------

    def client(self) -> OdooClient:
        assert self.plant.odoo is not None
        return OdooClient(self.plant.odoo, self.key, transport=self.wire)

    async def synchronise(self, client: OdooClient) -> int:
        keeper = Synchronise(self.ledger, self.clock)
        wanted = keeper.wanted()
        data = await fetch_master_data(
            client, None, ticket_ids=wanted.ticket_ids, product_ids=wanted.product_ids
        )
        # the test's clock is not the computer's
        data = type(data)(**{f: getattr(data, f) for f in data.__slots__} | {"fetched_at": self.clock()})
        return keeper.take(data, 0.0)

    def post(self, client: OdooClient) -> Post:
        assert self.plant.odoo is not None
        return Post(self.ledger, self.plant.odoo, client, self.clock, lambda tx: None)

    async def drain(self, client: OdooClient, rounds: int = 8, turn_s: float = 61.0) -> None:
        """Runs every lane until nothing moves; between rounds time passes."""
        post = self.post(client)
        for _ in range(rounds):
            for lane in post.lanes():
                await post.run_lane(lane)
            if not post.lanes():
                return
            self.clock.turn(turn_s)
