"""Somebody brings machines that we have never seen and an Odoo of their own: a plant file, ``check``, done.

The machines are servers written by others with other libraries (node-opcua, modbus-serial).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.demo.odoo_seed import SeedMachine
from console.domain.people import Person
from console.domain.postings import PostingState
from console.services.desk import Desk, Pick
from console.services.views import CellLevel
from tests.rigs.edge import EdgeProcess, command, environment, with_desk
from tests.rigs.machines import PeerServer, wait_for
from tests.rigs.odoo import MakeOdooPlant, OdooPlant

INTERVAL_S = 5
KEY = "TEST_OWN_ODOO_KEY"
WORK = (
    SeedMachine("OWN-1", "Own filler", "OWN-A", "Bottle", 5000),
    SeedMachine("OWN-2", "Own press", "OWN-B", "Plate", 5000),
)


def plant_file(opcua_port: int, modbus_port: int, odoo: OdooPlant) -> str:
    """As docs/connect.md tells to write it."""
    return f"""
[plant]
name = "Our hall"
timezone = "Europe/Berlin"

[odoo]
url = "{odoo.connection.url}"
database = "{odoo.connection.database}"
api_key = "env:{KEY}"
site_prefix = "ourhall"
sync_interval_s = 5
timeout_s = 25
settle_s = 35

[connections.line]
type = "opcua"
url = "opc.tcp://127.0.0.1:{opcua_port}/peer"

[connections.press]
type = "modbus"
host = "127.0.0.1"
port = {modbus_port}
poll_interval_ms = 100

[machines.filler]
work_center = "OWN-1"
connection = "line"
confirmation_interval_s = {INTERVAL_S}

[machines.filler.state]
address = "nsu=urn:plant-console:peer;s=Peer1.State"
map = "packml"

[machines.filler.counters.good]
address = "nsu=urn:plant-console:peer;s=Peer1.Good"
modulus = 4294967296
max_rate_per_h = 72000

[machines.filler.values.temperature]
address = "nsu=urn:plant-console:peer;s=Peer1.Temperature"
unit = "degC"

[machines.press]
work_center = "OWN-2"
connection = "press"
confirmation_interval_s = {INTERVAL_S}

[machines.press.counters.good]
address = "holding:1"      # 16 bits: it rolls over within the first seconds
data_type = "uint16"
max_rate_per_h = 72000
"""


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[PeerServer, PeerServer]]:
    line = PeerServer("opcua_server.mjs", "0", "200", str(tmp_path / "pki"))
    press = PeerServer("modbus_server.cjs", "200")
    try:
        line.start()
        press.start()
        for peer in (line, press):
            peer.command("hold")
        yield line, press
    finally:
        line.kill()
        press.kill()


def in_odoo(odoo: OdooPlant, number: int) -> float:
    operation = odoo.seeded.order_of(number).operations[0].id
    return odoo.admin("mrp.workorder", "read", [operation], ["qty_produced"])[0]["qty_produced"]


def first_person(desk: Desk) -> Person:
    return desk.create_person(None, "Lead A", frozenset(), "2468")


def confirm_everything(desk: Desk, person: Person) -> bool:
    """Confirms what is green; True once nothing is open, waiting or on its way."""
    cells = [c for row in desk.counts(None, 40).rows for c in row.cells if c is not None]
    picks = [Pick(c.proposal_id, c.version) for c in cells if c.level in (CellLevel.GREEN, CellLevel.NOTICE)]
    if picks:
        desk.confirm(person, picks)
    assert not [c for c in cells if c.level is CellLevel.FAIL], [c.note for c in cells]
    states = {row.state for row in desk.outbox(100).rows}
    return not picks and all(c.level is CellLevel.DONE for c in cells) and states == {PostingState.VERIFIED}


@pytest.mark.timeout(240)
def test_strange_machines_and_an_odoo_are_connected_by_a_plant_file(
    machines: tuple[PeerServer, PeerServer], make_odoo_plant: MakeOdooPlant, tmp_path: Path
) -> None:
    line, press = machines
    odoo = make_odoo_plant(WORK)
    env = environment(tmp_path / "ours", plant_file(line.port, press.port, odoo), **{KEY: odoo.key})

    checked = command(env, "check", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    lines = json.loads(checked.stdout)
    assert [x for x in lines if x["outcome"] == "fail"] == []
    assert any("4 of 4" in x["message"] or "3 of 3" in x["message"] for x in lines), lines

    with EdgeProcess(env, tmp_path) as edge:
        edge.await_alive()
        person = with_desk(env, first_person)
        wait_for(lambda: has_baselines(env), 20, "the edge to hear both counters")
        before = [peer.command("go")["good"] for peer in machines]
        time.sleep(2 * INTERVAL_S)
        after = [peer.command("hold")["good"] for peer in machines]
        wait_for(
            lambda: with_desk(env, lambda desk: confirm_everything(desk, person)),
            60,
            f"everything to be verified; the edge said:\n{edge.said()[-2000:]}",
        )
        assert edge.stop() == 0
    made = [b - a for a, b in zip(before, after, strict=True)]
    assert min(made) > 20
    assert [in_odoo(odoo, 0), in_odoo(odoo, 1)] == made


def has_baselines(env: dict[str, str]) -> bool:
    """Both counters have a value, and the orders are known."""

    def known(desk: Desk) -> bool:
        values = {v.tag: v.value for name in ("filler", "press") for v in desk.machine(name).values}
        return bool(values.get("filler.good")) and bool(values.get("press.good"))

    return bool(with_desk(env, known)) and with_desk(env, lambda d: d.header().master_data_age_s is not None)
