"""A real edge as a child process, and a small plant file for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from console.bootstrap import open_console
from console.services.desk import Desk
from console.settings import load_settings
from console.store.engine import open_telemetry
from console.store.telemetry import Heartbeat, Telemetry
from tests.rigs.machines import wait_for

REPOSITORY = Path(__file__).parents[2]


def plant_text(port: int, odoo: str = "", *, machine: str = "filler") -> str:
    """One machine on a Modbus device on loopback."""
    return f"""
[plant]
name = "Test hall"
timezone = "Europe/Berlin"
{odoo}
[connections.line1]
type = "modbus"
host = "127.0.0.1"
port = {port}
poll_interval_ms = 100

[machines.{machine}]
title = "Filler"
work_center = "FIL1"
connection = "line1"
ideal_rate_per_h = 600

[machines.{machine}.counters]
good = {{ address = "holding:0", data_type = "uint16", max_rate_per_h = 36000 }}
"""


def environment(folder: Path, plant: str, **values: str) -> dict[str, str]:
    """What a command needs to work on a folder of its own, with this plant file in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plant.toml").write_text(plant, encoding="utf-8")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PLANT_CONSOLE_") or "CACHE" in k}
    ours = {"PLANT_CONSOLE_DATA": str(folder / "data"), "PLANT_CONSOLE_PLANT": str(folder / "plant.toml")}
    return inherited | ours | {"PYTHONPATH": str(REPOSITORY)} | values


def command(env: Mapping[str, str], *words: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Runs ``plant-console ...`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "console", *words],
        env=dict(env),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


class EdgeProcess:
    """``plant-console edge``, which can be killed and started again. A context manager.

    Attributes:
        file: everything it said, over all its lives.
    """

    def __init__(
        self, env: Mapping[str, str], folder: Path, prepare: Callable[[], None] | None = None
    ) -> None:
        self.env = dict(env)
        self.file = folder / "edge.out"
        self._prepare = prepare
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> EdgeProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Starts it; see ``await_alive``."""
        with self.file.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "console", "edge"],
                env=self.env,
                cwd=REPOSITORY,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=self._prepare,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, timeout_s: float = 20.0) -> int:
        """As a service manager would; its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout_s)

    def wait(self, timeout_s: float = 20.0) -> int:
        """Until it ends by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def said(self) -> str:
        return self.file.read_text(errors="replace") if self.file.exists() else ""

    def heartbeat(self) -> Heartbeat | None:
        """The newest sign of life in the store, of whichever edge."""
        path = load_settings(self.env).telemetry
        if not path.exists():
            return None
        engine = open_telemetry(path)
        try:
            return Telemetry(engine).heartbeats().get("edge")
        finally:
            engine.dispose()

    def await_alive(self, timeout_s: float = 20.0) -> None:
        """Until this very process gave a sign of life."""

        def alive() -> bool:
            assert self.running, f"The edge ended by itself:\n{self.said()[-3000:]}"
            beat = self.heartbeat()
            return beat is not None and beat.pid == self.pid

        wait_for(alive, timeout_s, f"a sign of life of the edge; it said:\n{self.said()[-2000:]}")


def with_desk(env: Mapping[str, str], work: Callable[[Desk], Any]) -> Any:
    """Asks or acts as the desktop does, over a connection of its own."""
    console = open_console(load_settings(env))
    try:
        return work(console.desk)
    finally:
        console.close()
