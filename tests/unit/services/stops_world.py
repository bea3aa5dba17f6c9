"""A filler and a packer that tell their states, with loss reasons as Odoo has them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import insert

from console.domain.detect import MachineMemory
from console.domain.equipment import Break, Machine, ShiftPattern, StopReason
from console.domain.machine_events import DataGap, MachineEvent, OrderChanged, StateChanged
from console.domain.master_data import LossReason
from console.domain.packml import MachineState
from console.domain.policies import Flow, Mode, Policy
from console.services.followers import tenders
from console.services.ingest import Detected, Ingest
from console.services.stops import Stops
from console.services.views.stops import StopRow
from console.store import policies, stops
from console.store.engine import read, write
from console.store.schema import loss_reasons
from console.store.stops import StoredStop
from tests.rigs.floor import Floor, machine
from tests.unit.services import shop
from tests.unit.services.shop import DOZEN, FIRST

EXECUTE, STOPPED, ABORTED = MachineState.EXECUTE, MachineState.STOPPED, MachineState.ABORTED
LOSSES = (
    LossReason(1, "Material Availability", "availability", True, 1),
    LossReason(2, "Equipment Failure", "availability", True, 2),
    LossReason(3, "Setup and Adjustments", "availability", True, 3),
    LossReason(5, "Process Defect", "quality", True, 6),
    LossReason(4, "Reduced Speed", "performance", False, 5),
    LossReason(7, "Fully Productive Time", "productive", False, 0),
)
LOCAL = (
    StopReason("Jam at infeed", "Equipment Failure", ("9",)),
    StopReason("No bottles", "Material Availability", ()),
    StopReason("Cleaning", "Fully Productive Time", ()),
)
JAM, NO_BOTTLES, CLEANING, FAILURE = "2/Jam at infeed", "1/No bottles", "7/Cleaning", "2"
MACHINES: tuple[Machine, ...] = (
    machine("filler", "FIL1", state_tag="filler.state", micro_stop_s=60.0),
    machine("packer", "PACK1", state_tag="packer.state", micro_stop_s=120.0),
)
# Berlin is an hour ahead in winter: shifts at 05:00, 13:00 and 21:00 UTC, breaks at 09:00 to 09:30 UTC
SHIFTS = (
    ShiftPattern("Early", time(6, 0), (Break("Lunch", time(10, 0), time(10, 30)),)),
    ShiftPattern("Late", time(14, 0)),
    ShiftPattern("Night", time(22, 0)),
)
NUMBERS = {STOPPED: "2", ABORTED: "9", EXECUTE: "6", MachineState.UNDEFINED: "99"}


@dataclass
class Line:
    """The floor, and each machine's state and order as it says them."""

    floor: Floor
    said: dict[str, MachineMemory] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stops = Stops(self.floor.ledger, self.floor.plant, "test", self.floor.clock)
        self.lead, self.second = self.floor.lead, self.floor.second

    # --- machines -----------------------------------------------------------------------------------------

    def restart(self) -> None:
        """The edge is killed and starts again: only the ledger is left of it."""
        self.floor.ingest = Ingest(self.floor.ledger, self.floor.plant)

    def at(self, clock: str) -> datetime:
        """A time of the day of the clock, UTC."""
        hour, minute, *second = (int(x) for x in clock.split(":"))
        return self.floor.clock.now.replace(
            hour=hour, minute=minute, second=second[0] if second else 0, microsecond=0
        )

    def turn(self, clock: str) -> None:
        """It becomes this time."""
        self.floor.clock.now = self.at(clock)

    def tell(self, name: str, *events: MachineEvent) -> None:
        """Events as the edge stores them, with what the machine then says of itself."""
        memory = self.said.setdefault(name, MachineMemory(state=EXECUTE, order=FIRST))
        for event in events:
            if isinstance(event, StateChanged):
                memory.state, memory.since = event.after, event.at
            elif isinstance(event, OrderChanged):
                memory.order, memory.lot = event.order_after, event.lot_after
        found = self.floor.plant.machine(name)
        assert found is not None
        self.floor.ingest.store([Detected(found, memory, events)], self.floor.clock())

    def change(self, state: MachineState, name: str = "filler", raw: str = "") -> StateChanged:
        """The event of another state, now."""
        before = self.said[name].state if name in self.said else MachineState.UNDEFINED
        return StateChanged(name, self.floor.clock(), before, state, raw or NUMBERS.get(state, state.value))

    def state(self, clock: str, state: MachineState, name: str = "filler", raw: str = "") -> None:
        """The machine goes into a state at this time."""
        self.turn(clock)
        self.tell(name, self.change(state, name, raw))

    def order(self, clock: str, order: str, name: str = "filler") -> None:
        """The machine says another order."""
        self.turn(clock)
        before = self.said[name].order if name in self.said else ""
        self.tell(name, OrderChanged(name, self.floor.clock(), before, order, "", ""))

    def gap(self, start: str, clock: str, before: int, after: int, name: str = "filler") -> None:
        """Nothing was heard of the good counter from ``start`` to ``clock``."""
        self.turn(clock)
        event = DataGap(
            name, self.floor.clock(), f"{name}.good", "good", "link down", self.at(start), before, after
        )
        self.tell(name, event)

    def stood(self, start: str, end: str, name: str = "filler", raw: str = "2") -> StoredStop:
        """One whole stop."""
        self.state(start, STOPPED, name, raw)
        self.state(end, EXECUTE, name)
        return self.all(name)[-1]

    def tend(self, clock: str = "") -> None:
        """The edge looks after what time brings about."""
        if clock:
            self.turn(clock)
        for tender in tenders(self.floor.ledger, None, self.floor.plant):  # type: ignore[arg-type]
            if type(tender).__name__ == "TendStops":
                tender.tend(self.floor.clock(), lambda tx: None)

    # --- what came of it ----------------------------------------------------------------------------------

    def all(self, name: str = "filler") -> list[StoredStop]:
        """Every stop that is not merged, oldest first."""
        far = timedelta(days=400)
        with read(self.floor.ledger) as tx:
            return stops.overlapping(tx, self.floor.clock() - far, self.floor.clock() + far, name)

    def get(self, stop_id: int) -> StoredStop:
        with read(self.floor.ledger) as tx:
            found = stops.get(tx, stop_id)
        assert found is not None
        return found

    def spans(self, name: str = "filler") -> list[tuple[str, str, str]]:
        """(start, end, category) of every stop; "" for one that stands."""
        return [
            (f"{s.started_at:%H:%M:%S}", f"{s.ended_at:%H:%M:%S}" if s.ended_at else "", s.category.value)
            for s in self.all(name)
        ]

    def row(self, stop_id: int) -> StopRow:
        return self.stops.stop(stop_id).row

    def policy(self, mode: Mode, name: str = "filler") -> None:
        with write(self.floor.ledger) as tx:
            policies.add(tx, Policy(name, Flow.DOWNTIME, mode, 0.0, "Lead A", "test", self.floor.clock()))

    def lose(self, loss_id: int) -> None:
        """Odoo has this loss reason no more."""
        self.sql(f"UPDATE loss_reasons SET gone = 1 WHERE id = {loss_id}")

    def sql(self, statement: str) -> None:
        with write(self.floor.ledger) as tx:
            tx.exec_driver_sql(statement)


def open_line(folder: Path, machines: tuple[Machine, ...] = MACHINES, breaks: bool = True) -> Line:
    """Both machines run their orders; it is 06:00 UTC on a Monday in winter."""
    floor = shop.open_shop(folder, machines)
    floor.plant = replace(floor.plant, stop_reasons=LOCAL, shifts=SHIFTS if breaks else ())
    floor.ingest = Ingest(floor.ledger, floor.plant)
    line = Line(floor)
    with write(floor.ledger) as tx:
        tx.execute(insert(loss_reasons), [asdict(x) for x in LOSSES])
    for found in machines:
        order = {"filler": FIRST, "packer": DOZEN}.get(found.name, FIRST)
        line.said[found.name] = MachineMemory(state=MachineState.UNDEFINED)
        now = floor.clock()
        line.tell(
            found.name,
            OrderChanged(found.name, now, "", order, "", ""),
            StateChanged(found.name, now, MachineState.UNDEFINED, EXECUTE, "6"),
        )
    return line
