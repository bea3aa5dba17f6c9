"""A bare asyncua client: subscribes, counts, and does nothing else. The cost of listening at all.

    python -m tests.bench.bare_client URL PLANT_FILE

Says {"ready": true} once everything is subscribed. "mark" on stdin: counts so far. "end": how many values of
each step came (the k-th value of each tag is k), and how long the values took from source to here, in ms.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import Client, Node

from console.plant_file import load_plant
from tests.bench.floor import changing_tags
from tests.bench.measure import spread


class Handler:
    """Takes the library's calls."""

    def __init__(self) -> None:
        self.count = 0
        self.steps: dict[int, int] = {}
        self.delays_ms: list[float] = []

    def datachange_notification(self, _node: Node, value: Any, data: Any) -> None:
        """One value."""
        self.count += 1
        step = int(value)
        self.steps[step] = self.steps.get(step, 0) + 1
        if self.count % 50 == 0:
            source = data.monitored_item.Value.SourceTimestamp
            source = source if source.tzinfo is not None else source.replace(tzinfo=UTC)
            self.delays_ms.append((datetime.now(UTC) - source).total_seconds() * 1000)


async def main(url: str, plant_file: str) -> None:
    """Until "end"."""
    plant = load_plant(Path(plant_file))
    addresses = {t.name: t.address for t in plant.tags}
    names = [addresses[name].partition(";s=")[2] for name in changing_tags(plant)]
    client, handler = Client(url, timeout=10), Handler()
    async with client:
        index = await client.get_namespace_index(addresses[plant.tags[0].name][4:].partition(";")[0])
        nodes = [client.get_node(f"ns={index};s={name}") for name in names]
        subscription = await client.create_subscription(250, handler)
        for start in range(0, len(nodes), 500):
            chunk = nodes[start : start + 500]
            await subscription.subscribe_data_change(chunk, queuesize=100, sampling_interval=0)
        print(json.dumps({"ready": True}), flush=True)
        loop = asyncio.get_running_loop()
        while (line := await loop.run_in_executor(None, sys.stdin.readline)).strip() == "mark":
            print(json.dumps({"count": handler.count}), flush=True)
        if line.strip() == "end":
            print(json.dumps({"steps": handler.steps, "delay_ms": spread(handler.delays_ms)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
