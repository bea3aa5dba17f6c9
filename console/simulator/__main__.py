"""``python -m console.simulator``: run the simulated plant until it is ended."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import sys
from pathlib import Path

from console.simulator.server import Settings, Simulator


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parse(arguments: list[str]) -> Settings:
    """The settings of a command line; a port of 0 becomes a free one."""
    parser = argparse.ArgumentParser(prog="python -m console.simulator", description=__doc__)
    parser.add_argument("--plant-seed", type=int, default=7, help="same seed, same plant")
    parser.add_argument("--speed", type=float, default=60.0, help="simulated seconds in a real one")
    parser.add_argument("--opcua-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--modbus-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--control-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--truth", type=Path, help="file for what was really made, renewed each second")
    parser.add_argument("--ready", type=Path, help="file that names ports and pid once everything listens")
    parser.add_argument("--orders", type=Path, help='JSON: {"Filler1": {"order": "...", "lot": "..."}}')
    given = parser.parse_args(arguments)
    orders = json.loads(given.orders.read_text(encoding="utf-8")) if given.orders else {}
    return Settings(
        seed=given.plant_seed,
        speed=given.speed,
        opcua_port=given.opcua_port or free_port(),
        modbus_port=given.modbus_port or free_port(),
        control_port=given.control_port or free_port(),
        truth=given.truth,
        ready=given.ready,
        orders=orders,
    )


async def _run(settings: Settings) -> None:
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await Simulator(settings).run()


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parse(sys.argv[1:])))


if __name__ == "__main__":
    main()
