"""The command line of the benchmarks: runs them, prints a table, writes bench.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from tests.bench.measure import Result

# the modules of this package that have a ``run(folder, quick)``
NAMES = ("acquisition", "decision", "frames", "startup", "memory")


def table(result: Result) -> str:
    """A result as a Markdown table."""
    lines = [f"### {result.title}", f"Beside {result.beside}.", ""]
    lines += ["| | ours | beside | ratio |", "|---|---:|---:|---:|"]
    for row in result.rows:
        beside = "" if row.beside is None else _figure(row.beside, row.unit)
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append(f"| {row.what} | {_figure(row.ours, row.unit)} | {beside} | {ratio} |")
    lines += ["", *result.notes]
    return "\n".join(lines) + "\n"


def _figure(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def main() -> int:
    """Runs what was asked for; each benchmark in a folder of its own that is gone afterwards."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none: all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, shorter ones")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where the figures go")
    asked = parser.parse_args()
    unknown = [n for n in asked.names if n not in NAMES]
    if unknown:
        parser.error(f"There is no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}.")
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "load_before": os.getloadavg()[0],
        "quick": asked.quick,
    }
    print(", ".join(f"{k} {v}" for k, v in machine.items()), flush=True)
    results, begun = [], time.monotonic()
    for name in asked.names or NAMES:
        run: Callable[[Path, bool], Result] = import_module(f"tests.bench.{name}").run
        folder = Path(tempfile.mkdtemp(prefix=f"plant-console-bench-{name}-"))
        try:
            results.append(run(folder, asked.quick))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print("\n" + table(results[-1]), flush=True)
    took = time.monotonic() - begun
    data = {
        "machine": machine | {"load_after": os.getloadavg()[0], "took_s": round(took, 1)},
        "results": [
            asdict(r) | {"rows": [asdict(row) | {"ratio": row.ratio} for row in r.rows]} for r in results
        ],
    }
    asked.json.write_text(json.dumps(data, indent=1), encoding="utf-8")
    print(f"{took:.0f} s; figures in {asked.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
