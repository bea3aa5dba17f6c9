"""Full disks, machines that talk nonsense, an Odoo that says no: what people are told, and what is kept."""

from __future__ import annotations

import asyncio
import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.demo.plant import OrderOf, plant_file, simulator_orders
from console.domain.postings import PostingState
from console.domain.tags import LinkState
from console.edge.posting import Posting
from console.odoo.errors import OdooAuthentication
from console.services.synchronise import Synchronise
from console.settings import load_settings
from console.simulator.catalog import MACHINES
from console.simulator.launch import SimulatorProcess, start_simulator
from console.store import machines, master, proposals
from console.store.engine import open_ledger, open_telemetry, read
from console.store.telemetry import Telemetry
from tests.rigs.edge import EdgeProcess, command, environment, plant_text
from tests.rigs.floor import Floor, plant_of
from tests.rigs.floor import machine as machine_of
from tests.rigs.machines import GarbageServer, free_port, wait_for
from tests.rigs.odoo import FILLER, MakeOdooPlant, OdooPlant

# short intervals make the edge tell its counts soon
SPEED, INTERVAL_S = 150.0, 20
ON_OPCUA, ON_MODBUS = (
    next(spec.name.lower() for spec in MACHINES if spec.protocol == protocol)
    for protocol in ("opcua", "modbus")
)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    folder = tmp_path_factory.mktemp("simulator")
    orders = [OrderOf(spec.name, f"WH/MO/{n:05}", "") for n, spec in enumerate(MACHINES, 1)]
    with start_simulator(folder, speed=SPEED, orders=simulator_orders(orders)) as running:
        yield running


def plant(simulator: SimulatorProcess, modbus_port: int | None = None) -> str:
    """The demo's plant without an Odoo."""
    port = simulator.modbus_port if modbus_port is None else modbus_port
    return plant_file(simulator.opcua_url, simulator.modbus_host, port, SPEED, INTERVAL_S, None)


def counted(env: dict[str, str]) -> dict[str, int]:
    """Counts of the good counters by machine: the sum of what the ledger's events tell."""
    engine = open_ledger(load_settings(env).ledger)
    try:
        with read(engine) as tx:
            return {m: proposals.counted(tx, m, "good") for m in machines.statuses(tx)}
    finally:
        engine.dispose()


def checkpoints(env: dict[str, str], names: list[str]) -> dict[str, int]:
    engine = open_ledger(load_settings(env).ledger)
    try:
        with read(engine) as tx:
            return {
                m: machines.load_checkpoints(tx, m)[f"{m}.good"]["raw"]
                for m in names
                if f"{m}.good" in machines.load_checkpoints(tx, m)
            }
    finally:
        engine.dispose()


def telemetry(env: dict[str, str], ask: Callable[[Telemetry], Any]) -> Any:
    engine = open_telemetry(load_settings(env).telemetry)
    try:
        return ask(Telemetry(engine))
    finally:
        engine.dispose()


# --- machines ----------------------------------------------------------------------------------------------


def test_a_device_that_answers_garbage_is_down_with_a_reason_and_the_others_go_on(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    garbage = GarbageServer()
    env = environment(tmp_path, plant(simulator, garbage.port))
    simulator.control.command("resume")
    try:
        with EdgeProcess(env, tmp_path) as edge:
            edge.await_alive()
            wait_for(lambda: counted(env).get(ON_OPCUA, 0) > 3, 20, "counts over OPC UA")
            wait_for(lambda: garbage.answered > 5, 20, "garbage to have been sent")

            def down() -> bool:
                link = telemetry(env, lambda t: t.links().get("line2"))
                return link is not None and link.state is not LinkState.UP and bool(link.reason)

            wait_for(down, 20, "the link to be shown as down, with a reason")
            before = counted(env)[ON_OPCUA]
            wait_for(lambda: counted(env)[ON_OPCUA] > before, 20, "counts to go on")
            link = telemetry(env, lambda t: t.links()["line2"])
            assert link.remedy
            assert telemetry(env, lambda t: t.links()["line1"]).state is LinkState.UP
            assert counted(env).get(ON_MODBUS, 0) == 0  # nothing of it was taken for a count
            beat = edge.heartbeat()
            assert beat is not None
            assert beat.data["faults"] == {}
            assert "Traceback" not in edge.said()
            assert edge.stop() == 0
    finally:
        garbage.close()


# --- disks -------------------------------------------------------------------------------------------------


class Disk:
    """A place with little room, that can be filled and emptied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Until nothing more goes in."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def empty(self) -> None:
        (self.folder / "filler").unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a disk of its own needs the right to mount")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def nothing_lost_over(
    simulator: SimulatorProcess,
    env: dict[str, str],
    edge: EdgeProcess,
    full: Callable[[], None],
    room: Callable[[], None],
) -> tuple[str, int]:
    """Counts while there is no room, then makes room; the sum must be the machines' own.

    Gives what the edge said, and how many counts were in its memory only before there was room.

    The machines stand still when the edge starts, so that nothing is made around its first values.
    """
    names = [ON_OPCUA, ON_MODBUS]
    edge.await_alive()
    wait_for(lambda: len(checkpoints(env, names)) == 2, 20, "a first value of each counter")
    before = simulator.control.truth()
    simulator.control.command("resume")
    wait_for(lambda: min(counted(env).get(n, 0) for n in names) > 0, 20, "counts of both machines")
    full()
    wait_for(lambda: "cannot store" in edge.said(), 30, "the edge to say that it cannot store")
    made = counted_truth(simulator, before)
    wait_for(
        lambda: min(counted_truth(simulator, before)[n] - made[n] for n in names) > 5,
        30,
        "the machines to go on",
    )
    assert edge.running
    pid = edge.pid
    simulator.control.command("stop_all")
    now, kept = counted_truth(simulator, before), counted(env)
    in_memory = sum(now[n] - kept[n] for n in names)
    room()
    wait_for(lambda: "storing works again" in edge.said(), 40, "the edge to store again")

    def all_there() -> bool:
        truth, ours = counted_truth(simulator, before), counted(env)
        return all(ours[n] == truth[n] for n in names)

    wait_for(all_there, 20, "the ledger to hold what the machines made")
    assert (edge.running, edge.pid) == (True, pid)  # it never had to be started again
    assert edge.stop() == 0
    assert all_there()
    return edge.said(), in_memory


def counted_truth(simulator: SimulatorProcess, before: dict[str, Any]) -> dict[str, int]:
    after = simulator.control.truth()
    made: dict[str, int] = {}
    for name, machine in after.items():
        if isinstance(machine, dict) and "orders" in machine:
            good = sum(o["good"] for o in machine["orders"].values())
            made[name.lower()] = good - sum(o["good"] for o in before[name]["orders"].values())
    return made


def test_a_full_disk_is_told_and_everything_is_stored_once_when_there_is_room(
    simulator: SimulatorProcess, tmp_path: Path, small_disk: Disk
) -> None:
    env = environment(tmp_path, plant(simulator), PLANT_CONSOLE_DATA=str(small_disk.folder / "data"))
    simulator.control.command("stop_all")
    with EdgeProcess(env, tmp_path) as edge:
        said, _ = nothing_lost_over(simulator, env, edge, small_disk.fill, small_disk.empty)
    assert re.search(r"The disk under .*\.db is full; nothing more is written, nothing written is lost", said)
    # told once, not each time that it is tried; some rounds may go well when old samples made room
    assert said.count("cannot store; keeping everything in memory") <= 3
    assert "partitions=0" not in said


def test_a_file_that_may_not_grow_is_told_and_everything_is_stored_once_when_it_may(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """As a quota does; needs no rights."""
    env = environment(tmp_path, plant(simulator))
    simulator.control.command("stop_all")
    with EdgeProcess(env, tmp_path) as edge:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

        def limit(size: int) -> None:
            resource.prlimit(edge.pid, resource.RLIMIT_FSIZE, (size, hard))

        said, in_memory = nothing_lost_over(simulator, env, edge, lambda: limit(4096), lambda: limit(hard))
    assert re.search(r"The disk failed while the database .*\.db was used", said)
    assert in_memory > 0


# --- Odoo --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odoo(make_odoo_plant: MakeOdooPlant) -> OdooPlant:
    return make_odoo_plant((FILLER,))


def odoo_table(odoo: OdooPlant, database: str = "") -> str:
    return f"""
[odoo]
url = "{odoo.connection.url}"
database = "{database or odoo.connection.database}"
api_key = "env:TEST_ODOO_KEY"
site_prefix = "testsite"
"""


def checked(
    tmp_path: Path, odoo: OdooPlant, key: str, database: str = ""
) -> subprocess.CompletedProcess[str]:
    text = plant_text(free_port(), odoo_table(odoo, database))
    env = environment(tmp_path, text, TEST_ODOO_KEY=key)
    return command(env, "check", "--seconds", "0.2")


def test_check_passes_on_the_odoo_side_with_the_right_key(odoo: OdooPlant, tmp_path: Path) -> None:
    done = checked(tmp_path, odoo, odoo.key)
    odoo_lines = [x for x in done.stdout.splitlines() if re.match(r"\w+ +Odoo ", x)]
    assert len(odoo_lines) > 5
    assert not [x for x in odoo_lines if x.startswith("fail")]


def test_check_says_that_the_key_is_wrong(odoo: OdooPlant, tmp_path: Path) -> None:
    wrong = "0" * len(odoo.key)
    done = checked(tmp_path, odoo, wrong)
    assert done.returncode == 1
    (line,) = (x for x in done.stdout.splitlines() if x.startswith("fail  Odoo key: "))
    assert "key" in line
    assert wrong not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_check_says_that_manufacturing_is_not_installed(odoo: OdooPlant, tmp_path: Path) -> None:
    odoo.server.new_database("plant_bare", base_only=True)
    account = odoo.server.make_service_account(groups=("base.group_user",), database="plant_bare")
    done = checked(tmp_path, odoo, account.key, "plant_bare")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    (place,) = (n for n, x in enumerate(lines) if x.startswith("fail  Odoo manufacturing: "))
    assert lines[place + 1].strip().startswith("-> ")
    assert "Traceback" not in done.stdout + done.stderr


def test_check_says_that_there_is_no_such_database(odoo: OdooPlant, tmp_path: Path) -> None:
    done = checked(tmp_path, odoo, odoo.key, "plant_nowhere")
    assert done.returncode == 1
    assert "plant_nowhere" in next(x for x in done.stdout.splitlines() if x.startswith("fail  Odoo"))


def test_a_refused_key_is_shown_and_postings_wait_until_the_right_one_is_there(
    odoo: OdooPlant, tmp_path: Path
) -> None:
    floor = Floor(tmp_path, plant_of((machine_of("filler", "FIL1"),), odoo.connection), odoo.key)

    async def prepare() -> None:
        async with floor.client() as client:
            await floor.synchronise(client)

    asyncio.run(prepare())
    floor.runs("filler", odoo.seeded.order_of(0).reference)
    floor.makes("filler", 40)
    floor.next_hour()
    floor.confirm_all()

    async def post_until(key: str, condition: Callable[[], bool]) -> None:
        """The edge's own loop, with this key."""
        async with odoo.client(key) as client:
            post = floor.post(client)
            sync = Synchronise(floor.ledger, floor.clock)
            posting = Posting(floor.ledger, client, post, sync, floor.ingest, floor.clock, 1.0)
            tasks = [asyncio.create_task(w) for w in (posting.run_lanes(), posting.keep_synchronised())]
            posting.healthy.set()  # lanes start at once, so that they meet the refusal too
            try:
                async with asyncio.timeout(30):
                    while not condition():
                        # a refused key ends the task, so that the edge begins again with the key read anew
                        ended = [t.exception() for t in tasks if t.done()]
                        assert all(isinstance(e, OdooAuthentication) for e in ended), ended
                        await asyncio.sleep(0.05)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def link() -> master.OdooLinkRow:
        with read(floor.ledger) as tx:
            row = master.link(tx)
        assert row is not None
        return row

    def refused() -> bool:
        # the lane may still be taking its posting back when the link is told
        return link().state == "refused" and floor.states() == [PostingState.READY]

    asyncio.run(post_until("0" * len(odoo.key), refused))
    assert link().reason
    assert link().remedy
    assert floor.open_reviews() == []  # a key is no fault of the posting

    floor.clock.turn(61)
    asyncio.run(post_until(odoo.key, lambda: floor.states() == [PostingState.VERIFIED]))
    assert (link().state, link().reason) == ("up", "")


def test_a_renewed_key_is_taken_up_without_a_restart(odoo: OdooPlant, tmp_path: Path) -> None:
    secret = tmp_path / "odoo.key"
    secret.write_text("0" * len(odoo.key))
    secret.chmod(0o600)
    table = odoo_table(odoo).replace("env:TEST_ODOO_KEY", f"file:{secret}")
    env = environment(tmp_path / "ours", plant_text(free_port(), table))

    def state() -> str:
        engine = open_ledger(load_settings(env).ledger)
        try:
            with read(engine) as tx:
                row = master.link(tx)
            return row.state if row else ""
        finally:
            engine.dispose()

    with EdgeProcess(env, tmp_path) as edge:
        edge.await_alive()
        wait_for(lambda: state() == "refused", 20, "the wrong key to be refused")
        secret.write_text(odoo.key)
        wait_for(lambda: state() == "up", 30, "the new key to be taken up")
        assert edge.running
