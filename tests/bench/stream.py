"""The server that both clients read: node-opcua where npm is at hand, else asyncua's; always on loopback."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.bench.floor import CHANGES_PER_S, NAMESPACE, TAGS_A_MACHINE, machine_count
from tests.bench.measure import Child
from tests.rigs.machines import ensure_peers, free_port, node_binary

SCRIPT = Path(__file__).with_name("stream_server.mjs")


class Stream:
    """A server process whose tags all change CHANGES_PER_S times a second.

    Attributes:
        made_by: which library serves, for the report.
        url: where.
    """

    def __init__(self, tags: int, log: Path) -> None:
        port = free_port()
        self.url = f"opc.tcp://127.0.0.1:{port}/bench"
        what = (port, NAMESPACE, machine_count(tags), TAGS_A_MACHINE - 2, CHANGES_PER_S)
        try:
            folder = ensure_peers()
        except RuntimeError:
            self.made_by = "asyncua"
            self.child = Child.python(log, "tests.bench.stream_server", *what)
        else:
            self.made_by = "node-opcua"
            script = folder / SCRIPT.name  # beside node_modules, where node looks for them
            shutil.copyfile(SCRIPT, script)
            self.child = Child([str(node_binary(folder)), str(script), *map(str, what)], log)
        self.child.answer()

    def stop(self) -> None:
        """Ends it."""
        self.child.stop()
