"""A small real plant for the screens' tests: two SQLite files, filled through the real services."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from console.domain.detect import MachineMemory, interval_of
from console.domain.equipment import (
    AlarmTag,
    Counter,
    Machine,
    ModbusConnection,
    OdooConnection,
    OpcuaConnection,
    Plant,
    ShiftPattern,
)
from console.domain.machine_events import (
    AdvanceKind,
    CountAdvanced,
    CounterJump,
    MachineEvent,
    OrderChanged,
    StateChanged,
)
from console.domain.master_data import (
    BomUse,
    MasterData,
    Operation,
    OperationState,
    Order,
    OrderState,
    Product,
    Unit,
    WorkCenter,
)
from console.domain.packml import MachineState
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.domain.tags import LinkState, LinkStatus, Quality, Sample, Scalar, Tag
from console.services.decide import Decide
from console.services.desk import Desk, Pick
from console.services.ingest import Detected, Ingest
from console.services.people import People
from console.services.reviews import Reviews
from console.store import master, outbox
from console.store.engine import open_ledger, open_telemetry, write
from console.store.telemetry import Heartbeat, Telemetry

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # a whole hour, 09:00 in the plant
ORDER = "WH/MO/00042"
SECOND = "WH/MO/00043"
UNITS = Unit(1, "Units", 1, 1.0)
DOZENS = Unit(2, "Dozens", 1, 12.0)


def machine(name: str, center: str, **values: Any) -> Machine:
    """A machine with a good and a scrap counter, a state, an order and a weight."""
    base = Machine(
        name=name,
        title=name.capitalize(),
        area="Filling",
        work_center=center,
        counters=(
            Counter(f"{name}.good", "good", 65536, 1.0),
            Counter(f"{name}.scrap", "scrap", 65536, 1.0),
        ),
        state_tag=f"{name}.state",
        state_map=((6, MachineState.EXECUTE), (2, MachineState.STOPPED)),
        order_tag=f"{name}.order",
        process_tags=(f"{name}.fill_weight",),
        alarms=(AlarmTag(f"{name}.jam", "Bottle jam", 2),),
        ideal_rate_per_h=600.0,
    )
    return replace(base, **values)


def plant_of(machines: tuple[Machine, ...], **values: Any) -> Plant:
    """A plant with an OPC UA and a Modbus connection; machines named ``m...`` are on Modbus."""
    tags = tuple(
        Tag(name, "modbus" if m.name.startswith("m") else "opcua", f"ns=2;s={name}")
        for m in machines
        for name in m.tag_names()
    )
    base = Plant(
        name="Packing hall 2",
        version="a91f" * 16,
        timezone="Europe/Berlin",
        connections=(OpcuaConnection("opcua", "opc.tcp://h:4840"), ModbusConnection("modbus", "h")),
        tags=tags,
        machines=machines,
        odoo=OdooConnection("https://erp.example", "db", "env:KEY", "site1"),
        shifts=(
            ShiftPattern("Morning", time(6)),
            ShiftPattern("Late", time(14)),
            ShiftPattern("Night", time(22)),
        ),
    )
    return replace(base, **values)


def master_data(at: datetime, **values: Any) -> MasterData:
    """Two orders with an operation on each of two work centers."""
    orders = tuple(
        Order(42 + i, ref, OrderState.PROGRESS, 7, 1, 2000.0, 0.0) for i, ref in enumerate((ORDER, SECOND))
    )
    operations = tuple(
        Operation(100 + 10 * i + w, o.id, w, "Fill", OperationState.PROGRESS, 2000.0, 0.0)
        for i, o in enumerate(orders)
        for w in (1, 2)
    )
    base = MasterData(
        fetched_at=at,
        whole=True,
        watermark=at,
        work_centers=(WorkCenter(1, "WC1", "Filling 1"), WorkCenter(2, "WC2", "Filling 2")),
        units=(UNITS, DOZENS),
        products=(Product(7, "S250", "Shampoo 250 ml", 1),),
        orders=orders,
        operations=operations,
        bom_uses=(
            BomUse(42, 8, "bottle", "Units", 1.0),
            BomUse(42, 9, "liquid", "kg", 0.25),
        ),
    )
    return replace(base, **values)


class World:
    """The stores, the services over them, and a clock that tests set."""

    def __init__(self, folder: Path, plant: Plant | None = None) -> None:
        self.now = START
        self.plant = plant or plant_of((machine("filler1", "WC1"), machine("m2", "WC2")))
        self.ledger = open_ledger(folder / "ledger.db")
        self.telemetry = Telemetry(open_telemetry(folder / "telemetry.db"))
        self.ingest = Ingest(self.ledger, self.plant)
        self.people = People(self.ledger, self.clock)
        self.decide = Decide(self.ledger, self.plant, self.ingest, "P2-1", self.clock)
        self.reviews = Reviews(self.ledger, "P2-1", self.clock)
        self.desk = Desk(
            self.ledger,
            self.telemetry,
            self.plant,
            self.people,
            self.decide,
            self.reviews,
            self.clock,
            "https://erp.example",
            "test console",
        )
        self.memories = {m.name: MachineMemory() for m in self.plant.machines}
        self.raw: dict[str, int] = {}

    def clock(self) -> datetime:
        """The time as the test says."""
        return self.now

    def at(self, **values: float) -> datetime:
        """START and so much later."""
        return START + timedelta(**values)

    # --- surroundings -------------------------------------------------------------------------------------

    def sync(self, data: MasterData | None = None) -> None:
        """Master data arrives; Odoo is up."""
        data = data or master_data(self.now)
        with write(self.ledger) as tx:
            master.set_link(tx, "up", "", "", self.now)
            master.store(tx, data)
            master.set_synced(tx, data.fetched_at, data.whole, data.watermark, 0.0)

    def odoo(self, state: str, reason: str = "") -> None:
        """The edge says what it knows of Odoo."""
        with write(self.ledger) as tx:
            master.set_link(tx, state, reason, "", self.now)

    def beat(self) -> None:
        """The edge lives, and both connections are up."""
        self.telemetry.beat(Heartbeat("edge", 4711, self.now, {}))

    def link(self, name: str, state: LinkState = LinkState.UP, reason: str = "") -> None:
        """A connection changes."""
        self.telemetry.save_link(LinkStatus(name, state, self.now, reason))

    def alive(self) -> None:
        """Everything is up."""
        self.beat()
        self.link("opcua")
        self.link("modbus")

    def sample(
        self, tag: str, value: Scalar | None, late_s: float = 0.05, quality: Quality = Quality.GOOD
    ) -> None:
        """A value of a tag arrives now."""
        self.telemetry.append([Sample(tag, value, quality, self.now - timedelta(seconds=late_s), self.now)])

    def person(self, name: str = "Ada", *roles: Role) -> Person:
        """Somebody; the first one is administrator and supervisor."""
        first = None if self.people.needs_first_person() else self.people.everybody()[0]
        return self.people.create(first, name, frozenset(roles or {Role.SUPERVISOR}), "1234")

    # --- events -------------------------------------------------------------------------------------------

    def tell(self, name: str, *events: MachineEvent) -> None:
        """Stores events of one machine, as the edge does."""
        found = self.plant.machine(name)
        assert found is not None
        memory = self.memories[name]
        for event in events:
            if isinstance(event, StateChanged):
                memory.state, memory.since = event.after, event.at
            if isinstance(event, OrderChanged):
                memory.order, memory.lot = event.order_after, event.lot_after
        self.ingest.store([Detected(found, memory, events)], self.now)

    def runs(self, name: str, order: str = ORDER, lot: str = "") -> None:
        """The machine executes an order from now on."""
        memory = self.memories[name]
        self.tell(
            name,
            StateChanged(name, self.now, memory.state, MachineState.EXECUTE, "6"),
            OrderChanged(name, self.now, memory.order, order, memory.lot, lot),
        )

    def make(self, name: str, count: int, at: datetime, counter: str = "good", steps: int = 10) -> None:
        """The machine makes something in the minute before ``at``."""
        tag = f"{name}.{counter}"
        before = self.raw.get(tag, 1000)
        self.raw[tag] = before + count
        start = max(at - timedelta(minutes=1), interval_of(at, 3600)[0])
        self.tell(
            name,
            CountAdvanced(
                name, at, tag, counter, AdvanceKind.NORMAL, before, before + count, count, steps, start
            ),
        )

    def jump(self, name: str, by: int, at: datetime) -> None:
        """The good counter jumps."""
        before = self.raw.get(f"{name}.good", 1000)
        words = (("nothing was made: the counter was set", 0), (f"all {by} were made", by))
        self.tell(
            name,
            CounterJump(
                name, at, f"{name}.good", "good", before, before + by, at - timedelta(seconds=1), 3, words
            ),
        )

    def close(self, at: datetime) -> None:
        """Time goes on to ``at``; intervals that are over are judged."""
        self.now = at
        self.ingest.close_intervals(at)

    def hours(self, name: str, counts: list[int], order: str = ORDER) -> None:
        """One closed hour a count, from START on."""
        self.runs(name, order)
        for i, count in enumerate(counts):
            self.make(name, count, START + timedelta(hours=i, minutes=30))
        self.close(START + timedelta(hours=len(counts), seconds=30))

    # --- decisions and Odoo -------------------------------------------------------------------------------

    def picks(self) -> list[Pick]:
        """All green cells."""
        view = self.desk.counts(None, 100)
        return [
            Pick(c.proposal_id, c.version)
            for r in view.rows
            for c in r.cells
            if c is not None and c.level in ("green", "notice")
        ]

    def book(self, posting_id: int) -> None:
        """Odoo takes one posting and is seen to hold it, in the poster's own steps."""
        with write(self.ledger) as tx:
            row = outbox.get(tx, posting_id)
            assert row is not None
            balance = outbox.balance(tx, row.target_key)
            assert balance is not None
            for step, outcome, seen in (
                ("read-before", "seen", balance.expected),
                ("write", "accepted", None),
                ("read-back", "seen", row.target_quantity),
            ):
                attempt = outbox.add_attempt(
                    tx,
                    {
                        "posting_id": row.id,
                        "started_at": self.now,
                        "step": step,
                        "sent_quantity": row.target_quantity if step == "write" else None,
                        "outcome": "",
                    },
                )
                done = self.now + timedelta(milliseconds=84)
                outbox.finish_attempt(tx, attempt, done, outcome, "", seen)
            outbox.move(tx, row, PostingState.VERIFIED, verified_at=self.now)
            outbox.change_balance(
                tx,
                row.target_key,
                verified=row.target_quantity,
                verified_at=self.now,
                seen=row.target_quantity,
                seen_at=self.now,
                seen_state="progress",
            )
