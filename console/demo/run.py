"""``plant-console demo``: starts the simulated plant, a real Odoo, the edge and the desktop, and ends them.

As a tour it plays a short shift by itself, with faults on request, and at the end compares, order by order,
what the machine made, what people confirmed and what Odoo holds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from console.demo import display, summary, summary_records
from console.demo.offline import fill_mirror, offline_orders
from console.demo.plant import DemoOdoo, OrderOf, orders_of, plant_file, seed_demo
from console.demo.plant import simulator_orders as told_to_simulator
from console.errors import ConfigurationError, EnvironmentFault
from console.simulator.launch import SimulatorProcess, start_simulator

if TYPE_CHECKING:
    from console.demo.odoo_sandbox import OdooServer

KEY_VARIABLE = "DEMO_ODOO_API_KEY"
# what Odoo is told to allow a request; after it an abandoned call cannot land any more
LIMIT_TIME_REAL_S = 12
# in the simulated plant's own seconds
BREAKDOWN_S, EXCURSION_S = 420, 240
Log = Callable[[str], None]


class Fault(StrEnum):
    """What goes wrong in the middle of a tour."""

    NONE = "none"
    ODOO = "odoo"  # Odoo is stopped for the middle third
    KILL = "kill"  # edge and desktop are killed with SIGKILL and started again


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the demo is asked for.

    Attributes:
        tour: folder for pictures and summary; None shows the desktop to a person.
        speed: simulated seconds in a real one; interval_s: length of an "hour" to confirm.
        folder: where the demo keeps its files; a new one each time unless given.
    """

    tour: Path | None = None
    with_odoo: bool = True
    fault: Fault = Fault.NONE
    speed: float = 60.0
    interval_s: int = 15
    seed: int = 7
    work_s: float = 54.0
    folder: Path | None = None


class Demo:
    """One run. Everything it starts it ends, by pid."""

    def __init__(self, options: DemoOptions, log: Log) -> None:
        self._options = options
        self._log = log
        self._began = time.monotonic()
        self._folder = options.folder or _cache_folder() / f"demo-{os.getpid()}"
        self._server: OdooServer | None = None
        self._simulator: SimulatorProcess | None = None
        self._edge: subprocess.Popen[bytes] | None = None
        self._desktop: subprocess.Popen[bytes] | None = None
        self._env = dict(os.environ)
        self._while_held = 0.0

    def run(self) -> int:
        """Exit status: 0 where the tour's totals all agree, or the person closed the desktop."""
        with ExitStack() as ends:
            ends.callback(self._end_processes)
            self._fresh_folder()
            orders, odoo = self._start_odoo(ends)
            truth_before = self._start_plant(ends, orders, odoo)
            ends.enter_context(display.virtual_where_needed(self._env, self._log))
            self._start_desktop()
            self._greet(odoo)
            if self._options.tour is None:
                return self._desktop.wait() if self._desktop else 1
            code = self._conduct_tour()
            return self._sum_up(orders, truth_before, code)

    # --- starting -----------------------------------------------------------------------------------------

    def _fresh_folder(self) -> None:
        """A folder of this run's own, so that two demos do not meet; what ended ones left is cleared away."""
        for left in _cache_folder().glob("demo-*"):
            if not _alive(left.name.removeprefix("demo-")):
                shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        if self._options.tour is not None:
            self._options.tour.mkdir(parents=True, exist_ok=True)
            for old in ("phase.json", "machines-stopped", "quarantine-looked", "summary.json"):
                (self._options.tour / old).unlink(missing_ok=True)
        self._env |= {
            "PLANT_CONSOLE_DATA": str(self._folder / "data"),
            "PLANT_CONSOLE_PLANT": str(self._folder / "plant.toml"),
            "PLANT_CONSOLE_EDGE_LEASE_S": "6",
        }

    def _start_odoo(self, ends: ExitStack) -> tuple[list[OrderOf], DemoOdoo | None]:
        if not self._options.with_odoo:
            # an address where nobody listens: the demo shows what an outage looks like
            return offline_orders(), DemoOdoo(
                "http://127.0.0.1:9", "plant", f"env:{KEY_VARIABLE}", 30.0, 15.0
            )
        if not sys.platform.startswith("linux"):
            raise EnvironmentFault("The sandbox Odoo runs on Linux only.")
        self._log("Starting Odoo (the first time it is installed into the cache; some minutes) ...")
        # Linux only: imported where it is used, so that the demo without an Odoo runs anywhere
        from console.demo.odoo_install import prepare
        from console.demo.odoo_sandbox import OdooServer

        server = OdooServer(prepare(self._log), limit_time_real_s=LIMIT_TIME_REAL_S)
        ends.callback(server.close)
        server.start()
        self._server = server
        seeded = seed_demo(server).seeded
        self._env[KEY_VARIABLE] = server.make_service_account().key
        self._log(f"Odoo is at {server.url} ({self._seconds()} s)")
        # the client waits longer than the server works, so a lost answer is the exception
        timeout_s, settle_s = LIMIT_TIME_REAL_S + 3.0, LIMIT_TIME_REAL_S + 10.0
        return orders_of(seeded), DemoOdoo(
            server.url, server.database, f"env:{KEY_VARIABLE}", settle_s, timeout_s
        )

    def _start_plant(self, ends: ExitStack, orders: list[OrderOf], odoo: DemoOdoo | None) -> dict[str, Any]:
        """Simulator and edge. The machines run only once the edge listens, so that every count is seen."""
        options = self._options
        simulator = start_simulator(
            self._folder / "simulator",
            seed=options.seed,
            speed=options.speed,
            orders=told_to_simulator(orders),
        )
        ends.callback(simulator.stop)
        self._simulator = simulator
        simulator.control.command("stop_all")
        self._take_orders_off()  # nothing stands that should run until the machines start
        text = plant_file(
            simulator.opcua_url,
            simulator.modbus_host,
            simulator.modbus_port,
            options.speed,
            options.interval_s,
            odoo,
        )
        Path(self._env["PLANT_CONSOLE_PLANT"]).write_text(text, encoding="utf-8")
        if not self._options.with_odoo:
            self._env[KEY_VARIABLE] = "none"
            fill_mirror(self._env)
        self._start_edge()
        self._wait_for_baselines()
        before = simulator.control.truth()
        for o in orders:
            simulator.control.command("set_order", machine=o.machine, order=o.order, lot=o.lot)
        simulator.control.command("resume")
        self._log(f"The machines run ({self._seconds()} s)")
        return before

    def _start_edge(self) -> None:
        log = (self._folder / "edge.out").open("ab")
        self._edge = subprocess.Popen(
            [sys.executable, "-m", "console", "edge"], env=self._env, stdout=log, stderr=subprocess.STDOUT
        )
        log.close()

    def _start_desktop(self) -> None:
        command = [sys.executable, "-m", "console", "desktop", "--layout", str(self._folder / "layout.ini")]
        if self._options.tour is not None:
            command += ["--tour", str(self._options.tour), "--tour-work-s", str(self._options.work_s)]
            command += [] if self._options.with_odoo else ["--tour-offline"]
        log = (self._folder / "desktop.out").open("ab")
        self._desktop = subprocess.Popen(command, env=self._env, stdout=log, stderr=subprocess.STDOUT)
        log.close()

    def _wait_for_baselines(self) -> None:
        """Until the edge has a checkpoint of every counter."""
        deadline = time.monotonic() + 40
        while summary.counters_without_baseline(self._env) > 0:
            if self._edge is not None and self._edge.poll() is not None:
                raise EnvironmentFault("The edge ended by itself.", self._tail("edge.out"))
            if time.monotonic() > deadline:
                raise EnvironmentFault("The edge did not hear from every counter.", self._tail("edge.out"))
            time.sleep(0.2)

    def _greet(self, odoo: DemoOdoo | None) -> None:
        if self._server is not None:
            self._log(
                f"Odoo's own web page: {self._server.url} (sign in as {self._server.admin_login}, "
                f"password {self._server.admin_password})"
            )
        elif odoo is not None:
            self._log("Odoo is not started: everything is buffered, and the console says so.")
        self._log(f"Files of the demo: {self._folder}")

    # --- the tour -----------------------------------------------------------------------------------------

    def _conduct_tour(self) -> int:
        """Plays the plant's part: disturbances, faults, and the end of the shift."""
        assert self._options.tour is not None
        plan = _Plan(self, self._options)
        deadline = time.monotonic() + self._options.work_s + 300
        while True:
            code = self._desktop.poll() if self._desktop is not None else None
            if code is not None:
                if code != 0:
                    self._log(self._tail("desktop.out"))
                return code
            if time.monotonic() > deadline:
                self._log("The tour takes too long; it is ended.")
                return 1
            plan.go_on(_phase(self._options.tour))
            time.sleep(0.1)

    def disturb(self) -> None:
        """A counter jumps by what was never made, another shows a wild value for a moment."""
        assert self._simulator is not None
        self._simulator.control.command("jump", machine="Filler2", n=430)
        self._simulator.control.command("glitch", machine="Labeller1")

    def _take_orders_off(self) -> None:
        assert self._simulator is not None
        for name in self._simulator.control.truth():
            self._simulator.control.command("set_order", machine=name, order="", lot="")

    def break_down(self) -> None:
        """A machine jams and stands until it was cleared: a stop to be explained, and an alarm."""
        assert self._simulator is not None
        self._simulator.control.command("breakdown", machine="Capper1", seconds=BREAKDOWN_S)

    def overheat(self) -> None:
        """A process value leaves its limits for a while: what is made then must not go out unseen."""
        assert self._simulator is not None
        self._simulator.control.command("excursion", machine="Filler2", by=14, seconds=EXCURSION_S)

    def look_into_quarantine(self) -> None:
        """What Odoo's quants say while the lot is held; the inspector releases it afterwards."""
        assert self._options.tour is not None
        if self._server is not None:
            self._while_held = summary_records.quarantined(self._env, self._server)
        (self._options.tour / "quarantine-looked").write_text("looked\n", encoding="utf-8")

    def stop_odoo(self) -> None:
        """Odoo goes away in the middle of work."""
        if self._server is not None:
            self._log(f"Odoo is stopped ({self._seconds()} s)")
            self._server.kill()

    def start_odoo(self) -> None:
        """And comes back."""
        if self._server is not None:
            self._server.start()
            self._log(f"Odoo is back ({self._seconds()} s)")

    def kill_edge(self) -> None:
        """As a power cut would."""
        self._log(f"The edge is killed ({self._seconds()} s)")
        self._kill(self._edge)

    def kill_desktop(self) -> None:
        """As a power cut would."""
        self._log(f"The desktop is killed ({self._seconds()} s)")
        self._kill(self._desktop)
        self._desktop = None  # its end was ours, not the tour's

    def restart_edge(self) -> None:
        """Started again as a service manager would."""
        self._start_edge()

    def restart_desktop(self) -> None:
        """Started again as a person would."""
        self._start_desktop()

    def stop_machines(self) -> None:
        """The shift is over; nothing more is made."""
        assert self._simulator is not None
        assert self._options.tour is not None
        self._simulator.control.command("stop_all")
        # what was made in the last moment still has to be read
        time.sleep(1.5)
        self._take_orders_off()
        (self._options.tour / "machines-stopped").write_text("stopped\n", encoding="utf-8")
        self._log(f"The machines are stopped ({self._seconds()} s)")

    # --- ending -------------------------------------------------------------------------------------------

    def _sum_up(self, orders: list[OrderOf], before: dict[str, Any], code: int) -> int:
        assert self._simulator is not None
        assert self._options.tour is not None
        truth = self._simulator.control.truth()
        rows = summary.compare(self._env, orders, before, truth, self._server)
        tallies = summary_records.tally(self._env, self._server)
        stood = summary_records.stops_that_differ(self._env, truth)
        buffered = _phase(self._options.tour).get("outage", 0)
        if self._options.fault is Fault.ODOO:
            self._log(f"While Odoo was away {buffered:g} postings were seen to wait, and the header said so.")
            code = code or int(not buffered)
        agree = code == 0 and all(r["verified"] for r in rows) and bool(rows)
        agree = agree and not stood and all(t.agrees for t in tallies.values())
        if self._options.with_odoo:
            absent = sorted(summary_records.SHOWN - tallies.keys())
            agree = agree and not absent
            self._log(f"Not shown: {', '.join(absent)}." if absent else "Every kind of posting was shown.")
        quarantine: dict[str, float] = {}
        if self._server is not None:
            held, left = summary_records.in_quarantine(self._env)
            there = summary_records.quarantined(self._env, self._server)
            quarantine = {
                "held": held,
                "odoo_while_held": self._while_held,
                "left": left,
                "odoo_at_end": there,
            }
            agree = agree and held > 0 and held == self._while_held and left == there
            self._log(
                f"Quarantine: {held:g} held, {self._while_held:g} in Odoo then; "
                f"{left:g} left, {there:g} in Odoo."
            )
        seconds = round(time.monotonic() - self._began, 1)
        result = {
            "agree": agree,
            "orders": rows,
            "postings": {kind: asdict(t) for kind, t in tallies.items()},
            "quarantine": quarantine,
            "stops_that_differ": stood,
            "seconds": seconds,
        }
        text = json.dumps(result, indent=2, ensure_ascii=False)
        (self._options.tour / "summary.json").write_text(text + "\n", encoding="utf-8")
        self._log(summary.table(rows))
        self._log(summary_records.table(tallies))
        for words in stood:
            self._log(words)
        verdict = "All agree." if agree else "They do NOT all agree."
        self._log(f"{verdict} {seconds} s. Pictures and summary: {self._options.tour}")
        return 0 if agree else 1

    def _end_processes(self) -> None:
        for process in (self._desktop, self._edge):
            if process is not None and process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    self._kill(process)

    def _kill(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    def _tail(self, name: str) -> str:
        file = self._folder / name
        lines = file.read_text(errors="replace").splitlines() if file.exists() else []
        return "\n".join(lines[-15:])

    def _seconds(self) -> str:
        return f"{time.monotonic() - self._began:.0f}"


class _Plan:
    """What happens when, relative to the start of work; each step once."""

    def __init__(self, demo: Demo, options: DemoOptions) -> None:
        third = options.work_s / 3
        self._stop_machines, self._look = demo.stop_machines, demo.look_into_quarantine
        self._steps: list[tuple[float, Callable[[], None]]] = [
            (4.0, demo.break_down),
            (6.0, demo.disturb),
            (9.0, demo.overheat),
        ]
        if options.fault is Fault.ODOO:
            self._steps += [(third, demo.stop_odoo), (2 * third, demo.start_odoo)]
        elif options.fault is Fault.KILL:
            self._steps += [
                (third, demo.kill_edge),
                (third + 4, demo.restart_edge),
                (third + 7, demo.kill_desktop),
                (third + 8, demo.restart_desktop),
            ]
        self._steps.sort(key=lambda s: s[0])
        self._wound_up = self._looked = False

    def go_on(self, phase: dict[str, Any]) -> None:
        """Takes the steps that are due."""
        started = phase.get("work_started")
        if started is None:
            return
        while self._steps and time.time() - float(started) >= self._steps[0][0]:
            self._steps.pop(0)[1]()
        if "held" in phase and not self._looked:
            self._looked = True
            self._look()
        if phase.get("phase") == "finish" and not self._wound_up and not self._steps:
            self._wound_up = True
            self._stop_machines()


def _cache_folder() -> Path:
    return Path(
        os.environ.get("PLANT_CONSOLE_CACHE")
        or platformdirs.user_cache_path("plant-console", appauthor=False)
    )


def _alive(pid: str) -> bool:
    if not pid.isdigit() or os.name == "nt":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def _phase(folder: Path) -> dict[str, Any]:
    file = folder / "phase.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def run_demo(options: DemoOptions, log: Log) -> int:
    """The demo; Ctrl-C ends it in order.

    Raises:
        ConfigurationError, EnvironmentFault: something it needs is not to be had.
    """

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        return Demo(options, log).run()
    except KeyboardInterrupt:
        log("Ended.")
        return 0 if options.tour is None else 1
    except EnvironmentFault as error:
        if not options.with_odoo:
            raise
        raise ConfigurationError(
            str(error), "Or see the demo without an Odoo: plant-console demo --without-odoo"
        ) from error
