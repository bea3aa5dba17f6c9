"""A plant of any size for the benchmarks: its file, and a ledger with a past made by the real services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, insert, select

from console.domain.detect import MachineMemory
from console.domain.equipment import Machine, Plant
from console.domain.machine_events import AdvanceKind, CountAdvanced, MachineEvent, OrderChanged, StateChanged
from console.domain.master_data import (
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
from console.domain.proposals import ProposalState
from console.domain.tags import LinkState, LinkStatus, Quality, Sample
from console.plant_file import load_plant
from console.services.decide import Decide, Pick
from console.services.ingest import Detected, Ingest
from console.services.people import People
from console.store import audit, master, proposals, schema
from console.store.engine import open_ledger, open_telemetry, read, write
from console.store.telemetry import Heartbeat, Telemetry

# of each machine, all changing: a good counter, a scrap counter, and process values
TAGS_A_MACHINE = 40
NAMESPACE = "urn:plant-console:bench"
CHANGES_PER_S = 4
NAME, PIN = "Bench", "2468"


def utc_now() -> datetime:
    """Aware UTC."""
    return datetime.now(UTC)


def machine_count(tags: int) -> int:
    """Machines for so many changing tags; each also has a state and an order, which stand still."""
    return tags // TAGS_A_MACHINE


def write_plant(file: Path, tags: int, url: str, *, odoo: bool) -> Plant:
    """Writes a plant file and gives what it means.

    Args:
        odoo: whether it names an Odoo. Nothing is ever sent to it; do not run an edge on it.
    """
    parts = ['[plant]\nname = "Bench"\ntimezone = "Europe/Berlin"\n']
    if odoo:
        parts.append(
            '[odoo]\nurl = "http://127.0.0.1:9"\ndatabase = "bench"\napi_key = "env:BENCH_NO_KEY"\n'
            'site_prefix = "bench"\n'
        )
    # sampling 0: the server tells each change, so that a missing value is a lost one
    parts.append(f'[connections.line]\ntype = "opcua"\nurl = "{url}"\nsampling_interval_ms = 0\n')
    parts += [_machine_text(n) for n in range(machine_count(tags))]
    file.write_text("\n".join(parts), encoding="utf-8")
    return load_plant(file)


def _machine_text(number: int) -> str:
    def signal(table: str, node: str, *extra: str) -> str:
        place = f'address = "nsu={NAMESPACE};s={name}.{node}"'
        return "\n".join([f"[machines.{name}.{table}]", place, *extra, ""])

    name, most = f"m{number:03}", CHANGES_PER_S * 3600 * 4
    lines = [
        f'[machines.{name}]\ntitle = "Machine {number}"\narea = "Hall {number // 10}"\nconnection = "line"\n'
        f'work_center = "WC{number:03}"\nideal_rate_per_h = {CHANGES_PER_S * 3600}\n',
        signal("state", "state", 'map = "packml"'),
        signal("order", "order"),
    ]
    for kind in ("good", "scrap"):
        lines.append(signal(f"counters.{kind}", kind, "modulus = 4294967296", f"max_rate_per_h = {most}"))
    lines += [signal(f"values.v{n:02}", f"v{n:02}", 'unit = "degC"') for n in range(TAGS_A_MACHINE - 2)]
    return "\n".join(lines)


def changing_tags(plant: Plant) -> list[str]:
    """The tags that the stream changes."""
    return [t for m in plant.machines for t in (*(c.tag for c in m.counters), *m.process_tags)]


# --- a ledger with a past -----------------------------------------------------------------------------------


@dataclass
class Past:
    """A ledger and the services over it, filled hour by hour.

    Attributes:
        person: may confirm; signs in with NAME and PIN.
    """

    plant: Plant
    ledger: Engine
    ingest: Ingest
    decide: Decide
    person: Person

    @classmethod
    def begin(cls, file: Path, plant: Plant, clock: Callable[[], datetime] = utc_now) -> Past:
        """An empty ledger with a person, master data that is fresh, and machines that run their orders."""
        ledger = open_ledger(file)
        ingest = Ingest(ledger, plant)
        person = People(ledger, clock).create(None, NAME, frozenset({Role.SUPERVISOR}), PIN)
        with write(ledger) as tx:
            master.set_link(tx, "up", "", "", clock())
            master.store(tx, _master_data(plant, clock()))
            master.set_synced(tx, clock(), True, clock(), 0.0)
        return cls(plant, ledger, ingest, Decide(ledger, plant, ingest, "bench", clock), person)

    def run(self, start: datetime, hours: int) -> None:
        """Every machine takes its order at ``start`` and makes something in each hour; all are closed."""
        end = start + timedelta(hours=hours, minutes=5)
        found = [
            Detected(m, _running(n, start), _begun(m, n, start)) for n, m in enumerate(self.plant.machines)
        ]
        self.ingest.store(found, end)
        for hour in range(hours):
            at = start + timedelta(hours=hour, minutes=40)
            found = [
                Detected(m, _running(n, start), [made(m, at, hour * 1000, 1000)])
                for n, m in enumerate(self.plant.machines)
            ]
            self.ingest.store(found, end)
        self.ingest.close_intervals(end)

    def picks(self) -> list[Pick]:
        """What waits for a decision, oldest first."""
        with read(self.ledger) as tx:
            rows = proposals.in_states(tx, [ProposalState.PENDING])
        rows = sorted(rows, key=lambda r: r.proposal.interval_start)
        return [Pick(r.proposal.id, r.proposal.version) for r in rows]

    def multiply(self, times: int) -> int:
        """Copies what was decided into earlier days, as often as said, verified in Odoo long ago.

        Rows made by the services are the pattern, so that the copies have their size; the audit's chain is
        made by the audit itself. Returns the number of decided proposals there are now.
        """
        with write(self.ledger) as tx:
            patterns = {t: [dict(r._mapping) for r in tx.execute(select(t))] for t in _COPIED}
            decided = {d["proposal_id"] for d in patterns[schema.decisions]}
            patterns[schema.proposals] = [p for p in patterns[schema.proposals] if p["id"] in decided]
            events = [e for e in patterns[schema.machine_events] if e["proposal_id"] in decided]
            patterns[schema.machine_events] = events
            for copy in range(1, times):
                for table in _COPIED:
                    tx.execute(insert(table), list(_copies(tx, table, patterns[table], copy)))
        return len(decided) * times


_COPIED = (schema.proposals, schema.machine_events, schema.decisions, schema.postings)
_FAR = 1_000_000


def _copies(tx: Any, table: Table, rows: list[dict[str, Any]], copy: int) -> Iterator[dict[str, Any]]:
    """The rows with other keys, ``copy`` times ten days earlier."""
    earlier, offset = timedelta(days=10 * copy), copy * _FAR
    for row in rows:
        new = {k: v - earlier if isinstance(v, datetime) else v for k, v in row.items()}
        new["id"] = row["id"] + offset
        for key in ("trace_id", "posting_key"):
            if key in new:
                new[key] = f"{row[key]}-{copy}"
        for key in ("proposal_id", "decision_id"):
            if new.get(key) is not None:
                new[key] += offset
        if table is schema.postings:
            new |= {"state": PostingState.VERIFIED.value, "verified_at": new["created_at"]}
        if table is schema.decisions:
            subject = f"proposal:{new['proposal_id']}"
            detail = {"quantity": new["quantity"], "copy": copy}
            new["audit_seq"] = audit.append(tx, new["at"], NAME, "count confirm", subject, detail)
        yield new


def _running(number: int, since: datetime) -> MachineMemory:
    return MachineMemory(state=MachineState.EXECUTE, since=since, order=_reference(number))


def _begun(machine: Machine, number: int, at: datetime) -> list[MachineEvent]:
    return [
        StateChanged(machine.name, at, MachineState.UNDEFINED, MachineState.EXECUTE, "6"),
        OrderChanged(machine.name, at, "", _reference(number), "", ""),
    ]


def made(machine: Machine, at: datetime, before: int, count: int, over_s: float = 1200.0) -> CountAdvanced:
    """The machine made ``count`` in the time before ``at``."""
    tag, started = machine.counters[0].tag, at - timedelta(seconds=over_s)
    kind = AdvanceKind.NORMAL
    return CountAdvanced(machine.name, at, tag, "good", kind, before, before + count, count, 20, started)


def _reference(number: int) -> str:
    return f"WH/MO/{number:05}"


def _master_data(plant: Plant, at: datetime) -> MasterData:
    """One running order with one operation a machine, and as many finished ones beside it."""
    numbers = range(len(plant.machines))
    orders = [Order(n + 1, _reference(n), OrderState.PROGRESS, n + 1, 1, 1e7, 0.0) for n in numbers]
    return MasterData(
        fetched_at=at,
        whole=True,
        watermark=at,
        work_centers=tuple(WorkCenter(n + 1, f"WC{n:03}", f"Work center {n}") for n in numbers),
        units=(Unit(1, "Units", 1, 1.0),),
        products=tuple(Product(n + 1, f"P{n:03}", f"Product {n}", 1) for n in numbers),
        orders=tuple(orders),
        operations=tuple(
            Operation(n + 1, n + 1, n + 1, "Fill", OperationState.PROGRESS, 1e7, 0.0) for n in numbers
        ),
        bom_uses=(),
    )


# --- telemetry ----------------------------------------------------------------------------------------------


class Telling:
    """Writes telemetry as an edge does: all changing tags at once, and signs of life."""

    def __init__(self, file: Path, plant: Plant) -> None:
        self.store = Telemetry(open_telemetry(file))
        self._plant = plant
        self._tags = changing_tags(plant)
        self.step = 0

    def stand_still(self, now: datetime) -> None:
        """States and orders, once."""
        batch = []
        for number, machine in enumerate(self._plant.machines):
            batch.append(Sample(machine.state_tag, 6, Quality.GOOD, now, now))
            batch.append(Sample(machine.order_tag, _reference(number), Quality.GOOD, now, now))
        self.store.append(batch)

    def all_change(self, now: datetime) -> int:
        """One new value of every changing tag, in one commit. Returns how many."""
        self.step += 1
        step = self.step
        self.store.append(
            [
                Sample(
                    tag,
                    step if n % TAGS_A_MACHINE < 2 else 20.0 + (step * (n + 7) % 997) / 50,
                    good,
                    now,
                    now,
                )
                for n, tag in enumerate(self._tags)
            ]
        )
        return len(self._tags)

    def alive(self, now: datetime, pid: int) -> None:
        """The edge lives and its connection is up."""
        self.store.beat(Heartbeat("edge", pid, now, {}))
        self.store.save_link(LinkStatus("line", LinkState.UP, now - timedelta(minutes=1)))


good = Quality.GOOD
