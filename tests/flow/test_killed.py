"""A short shift with everything real: machines, edge, Odoo; kills in its middle, and the sums at its end."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.demo import summary
from console.demo.odoo_sandbox import OdooServer, prepare
from console.demo.odoo_seed import seed
from console.demo.plant import DemoOdoo, OrderOf, orders_of, plant_file, seed_machines, simulator_orders
from console.domain.people import Person
from console.domain.postings import OPEN_POSTING_STATES, PostingState
from console.domain.proposals import ProposalState
from console.errors import AlreadyDecided
from console.services.desk import Desk, Pick
from console.settings import load_settings
from console.simulator.launch import SimulatorProcess, start_simulator
from console.store import audit, outbox, proposals, review
from console.store.engine import open_ledger, read
from tests.rigs.edge import EdgeProcess, environment, with_desk
from tests.rigs.machines import wait_for

SPEED, INTERVAL_S = 100.0, 5
LIMIT_TIME_REAL_S = 6
JUMP = 4321
KEY = "TEST_ODOO_KEY"


@dataclass
class Shift:
    """The whole plant, running.

    Attributes:
        before: the machines' own truth when the edge had heard of every counter.
    """

    server: OdooServer
    simulator: SimulatorProcess
    edge: EdgeProcess
    env: dict[str, str]
    orders: list[OrderOf]
    before: dict[str, Any]
    lead: Person

    def confirm_green(self) -> None:
        """What a supervisor does each quarter of an hour."""

        def work(desk: Desk) -> None:
            picks = self.picks(ProposalState.PENDING)
            if picks:
                # the edge may have judged one of them anew meanwhile: the next look shows it
                with suppress(AlreadyDecided):
                    desk.confirm(self.lead, picks)

        with_desk(self.env, work)

    def picks(self, state: ProposalState) -> list[Pick]:
        with_rows = self.asked(lambda tx: proposals.in_states(tx, [state]))
        return [Pick(r.proposal.id, r.proposal.version) for r in with_rows]

    def asked(self, question: Any) -> Any:
        """Something about the ledger."""
        engine = open_ledger(load_settings(self.env).ledger)
        try:
            with read(engine) as tx:
                return question(tx)
        finally:
            engine.dispose()

    def work_for(self, seconds: float) -> None:
        """The shift goes on, and people confirm."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.confirm_green()
            time.sleep(0.5)

    def kill_edge_and_start_again(self) -> None:
        self.edge.kill()
        self.edge.start()


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with OdooServer(prepare(print), limit_time_real_s=LIMIT_TIME_REAL_S) as server:
        seeded = seed(server, seed_machines())
        orders = orders_of(seeded)
        key = server.make_service_account().key
        folder = tmp_path / "simulator"
        with start_simulator(folder, speed=SPEED, orders=simulator_orders(orders)) as simulator:
            simulator.control.command("stop_all")
            odoo = DemoOdoo(
                server.url, server.database, f"env:{KEY}", LIMIT_TIME_REAL_S + 6.0, LIMIT_TIME_REAL_S + 3.0
            )
            text = plant_file(
                simulator.opcua_url, simulator.modbus_host, simulator.modbus_port, SPEED, INTERVAL_S, odoo
            )
            env = environment(tmp_path, text, **{KEY: key})
            with EdgeProcess(env, tmp_path) as edge:
                edge.await_alive()
                wait_for(lambda: summary.counters_without_baseline(env) == 0, 30, "every counter")
                before = simulator.control.truth()
                lead = with_desk(env, lambda d: d.create_person(None, "Lead A", frozenset(), "2468"))
                yield Shift(server, simulator, edge, env, orders, before, lead)


@pytest.mark.timeout(180)
def test_machine_people_and_odoo_agree_although_edge_and_odoo_were_killed(shift: Shift) -> None:
    chance = random.Random()
    shift.simulator.control.command("resume")
    wait_for(lambda: shift.picks(ProposalState.PENDING), 30, "the first closed interval")
    shift.work_for(chance.uniform(2, 6))

    shift.kill_edge_and_start_again()
    shift.simulator.control.command("jump", machine="Filler1", n=JUMP)
    shift.work_for(chance.uniform(2, 5))

    shift.server.kill()
    shift.work_for(3)
    shift.kill_edge_and_start_again()
    shift.work_for(chance.uniform(1, 4))
    shift.server.start()
    shift.work_for(3)

    shift.simulator.control.command("stop_all")
    answer_the_jump(shift)
    settle(shift)

    rows = summary.compare(
        shift.env, shift.orders, shift.before, shift.simulator.control.truth(), shift.server
    )
    print(summary.table(rows))
    assert len(rows) == len(shift.orders)
    for row in rows:
        assert row["verified"], summary.table(rows)
        assert row["machine"] == row["confirmed"] > 0, summary.table(rows)
    the_ledger_tells_one_story(shift)
    assert shift.edge.stop() == 0


def answer_the_jump(shift: Shift) -> None:
    """The one thing that people are asked about is the one that was injected."""

    def asked() -> bool:
        shift.confirm_green()
        return bool(in_review(shift))

    wait_for(asked, 40, "the jump to be in Review")
    (item,) = in_review(shift)
    assert (item.rule, item.machine) == ("counter-explained v1", "filler1")
    (row,) = shift.asked(lambda tx: proposals.in_states(tx, [ProposalState.REVIEW]))
    # what the counter moved, less what it was set forward by: the machine went on meanwhile
    made = row.proposal.good + row.proposal.jumps - JUMP
    assert row.proposal.good <= made < row.proposal.good + 100
    pick = Pick(row.proposal.id, row.proposal.version)
    with_desk(
        shift.env,
        lambda d: d.choose(shift.lead, pick, "amend", quantity=made, reason=f"set forward by {JUMP}"),
    )


def in_review(shift: Shift, resolved: bool = False) -> list[review.ItemRow]:
    """What people are asked, but for stops, holds and requests: nobody decides on those here."""
    items = shift.asked(lambda tx: review.listed(tx, resolved=resolved))
    return [item for item in items if item.domain not in ("stop", "quality", "maintenance")]


def settle(shift: Shift) -> None:
    """Until nothing waits: no interval, no posting, no question."""

    def settled() -> bool:
        shift.confirm_green()
        open_ones = [s for s in ProposalState if s.value in ("open", "pending", "review")]
        waiting = shift.asked(lambda tx: proposals.in_states(tx, open_ones))
        counts = shift.asked(outbox.counts)
        return not waiting and not any(counts[s] for s in OPEN_POSTING_STATES)

    wait_for(settled, 70, "everything to be confirmed and verified")


def the_ledger_tells_one_story(shift: Shift) -> None:
    counts = shift.asked(outbox.counts)
    assert {s for s, n in counts.items() if n} == {PostingState.VERIFIED}
    assert in_review(shift) == []
    resolved = in_review(shift, resolved=True)
    assert [i.rule for i in resolved if i.resolved_by == shift.lead.name] == ["counter-explained v1"]
    assert shift.asked(audit.verify).broken_at is None
    for balance in shift.asked(outbox.all_balances).values():
        assert balance.verified == pytest.approx(balance.booked, abs=0.006)
