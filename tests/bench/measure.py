"""What all benchmarks share: percentiles, results as rows, and child processes whose cost can be read."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ours, what stands beside it, and how many times as much ours is.

    Attributes:
        beside: None where nothing comparable exists; the figure then stands alone.
    """

    what: str
    unit: str
    ours: float
    beside: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by what stands beside it; None where that is nothing or zero."""
        return self.ours / self.beside if self.beside else None


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark found.

    Attributes:
        beside: what ours is measured beside, in words.
        raw: further figures for the JSON file.
    """

    name: str
    title: str
    beside: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    raw: dict[str, Any] = field(default_factory=dict)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not exceed; nan of none (nearest rank)."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and max."""
    return {
        "p50": percentile(values, 0.5),
        "p95": percentile(values, 0.95),
        "p99": percentile(values, 0.99),
        "max": max(values, default=float("nan")),
    }


def middle(values: Sequence[float]) -> float:
    """The median; nan of none."""
    return median(values) if values else float("nan")


def environment() -> dict[str, str]:
    """The environment of a child: no screen, and this repository to import from."""
    given = {
        k: v for k, v in os.environ.items() if not k.startswith("PLANT_CONSOLE_") or k.endswith("_CACHE")
    }
    return given | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True, slots=True)
class Memory:
    """Room that a process takes, in MB (2**20 bytes): resident, and its share of what is shared."""

    rss_mb: float
    pss_mb: float


class Child:
    """A child process that talks in JSON lines; ended by the one who started it."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.started = time.perf_counter()
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._rest = b""
        self.pid = self._process.pid

    @classmethod
    def python(cls, log: Path, module: str, *arguments: object) -> Child:
        """A module of this repository in its own interpreter."""
        return cls([sys.executable, "-m", module, *map(str, arguments)], log)

    def send(self, line: str) -> None:
        """One line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def answer(self, timeout_s: float = 60.0) -> dict[str, Any]:
        """The next line. Errors: RuntimeError with the end of its log where none comes."""
        assert self._process.stdout is not None
        end, number = time.monotonic() + timeout_s, self._process.stdout.fileno()
        while b"\n" not in self._rest:
            ready, _, _ = select.select([number], [], [], max(0.0, end - time.monotonic()))
            got = os.read(number, 65536) if ready else b""
            if not got:
                told = Path(self._log.name).read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self._process.args} said nothing in {timeout_s:g} s:\n{told}")
            self._rest += got
        line, _, self._rest = self._rest.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, line: str, timeout_s: float = 60.0) -> dict[str, Any]:
        """A line and its answer."""
        self.send(line)
        return self.answer(timeout_s)

    def cpu_s(self) -> float:
        """Processor seconds until now, user and system, all threads (10 ms steps)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def memory(self) -> Memory:
        """What it takes now."""
        found = _kilobytes(Path(f"/proc/{self.pid}/smaps_rollup"))
        return Memory(found["Rss"] / 1024, found["Pss"] / 1024)

    def peak_rss_mb(self) -> float:
        """The most that it ever was resident."""
        return _kilobytes(Path(f"/proc/{self.pid}/status"))["VmHWM"] / 1024

    def stop(self, timeout_s: float = 15.0) -> None:
        """SIGTERM, and SIGKILL where that does not help in time."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._log.close()

    def wait(self, timeout_s: float = 60.0) -> int:
        """Its exit status."""
        return self._process.wait(timeout_s)


def _kilobytes(file: Path) -> dict[str, int]:
    found = {}
    for line in file.read_text().splitlines():
        name, _, rest = line.partition(":")
        if rest.endswith(" kB"):
            found[name] = int(rest.split()[0])
    return found
