"""Start the simulator as a child process and wait until it serves; for the demo and for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from console.simulator.control import Control


@dataclass
class SimulatorProcess:
    """A running simulator.

    Attributes:
        truth_file: renewed each second, see ``Machine.truth``.
    """

    process: subprocess.Popen[bytes]
    opcua_url: str
    modbus_host: str
    modbus_port: int
    control: Control
    truth_file: Path

    def stop(self, timeout_s: float = 5.0) -> None:
        """End it; killed where it does not obey."""
        self.process.terminate()
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> SimulatorProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_simulator(
    folder: Path | None = None,
    *,
    seed: int = 7,
    speed: float = 60.0,
    orders: Mapping[str, Mapping[str, str]] | None = None,
    opcua_port: int = 0,
    modbus_port: int = 0,
    control_port: int = 0,
    timeout_s: float = 30.0,
) -> SimulatorProcess:
    """A simulator that listens on loopback, with its files in `folder` (default: a new temporary one).

    Errors: RuntimeError, with what it said, when it ends or is not ready within `timeout_s`.
    """
    folder = folder or Path(tempfile.mkdtemp(prefix="plant-console-simulator-"))
    folder.mkdir(parents=True, exist_ok=True)
    ready, truth, said = folder / "simulator-ready.json", folder / "truth.json", folder / "simulator.log"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "console.simulator", "--plant-seed", str(seed), "--speed", str(speed)]
    command += ["--opcua-port", str(opcua_port), "--modbus-port", str(modbus_port)]
    command += ["--control-port", str(control_port), "--truth", str(truth), "--ready", str(ready)]
    if orders:
        orders_file = folder / "simulator-orders.json"
        orders_file.write_text(json.dumps(orders), encoding="utf-8")
        command += ["--orders", str(orders_file)]
    process = _started(command, said)
    _await_ready(process, ready, said, timeout_s)
    ports = json.loads(ready.read_text(encoding="utf-8"))
    return SimulatorProcess(
        process,
        ports["opcua_url"],
        ports["modbus_host"],
        ports["modbus_port"],
        Control(ports["control_port"]),
        truth,
    )


def _started(command: list[str], said: Path) -> subprocess.Popen[bytes]:
    # the child finds the package wherever this process found it
    paths = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in paths if p)}
    with said.open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)


def _await_ready(process: subprocess.Popen[bytes], ready: Path, said: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise RuntimeError(f"The simulator did not start: {said.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
