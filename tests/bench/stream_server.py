"""The same stream from asyncua's own server, for computers without npm.

python -m tests.bench.stream_server PORT NAMESPACE MACHINES VALUES CHANGES_PER_S
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime

from asyncua import Server, ua

PARTS = 10


async def main(port: int, namespace: str, machines: int, values: int, per_s: int) -> None:
    """Serves until its standard input ends."""
    server = Server()
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/bench")
    index = await server.register_namespace(namespace)
    parts: list[list[tuple[ua.NodeId, ua.VariantType]]] = [[] for _ in range(PARTS)]
    for n in range(machines):
        name = f"m{n:03}"
        kinds = [("good", ua.VariantType.UInt32), ("scrap", ua.VariantType.UInt32)]
        kinds += [(f"v{v:02}", ua.VariantType.Double) for v in range(values)]
        still = [("state", 6, ua.VariantType.Int32), ("order", f"WH/MO/{n:05}", ua.VariantType.String)]
        for signal, value, kind in still:
            await server.nodes.objects.add_variable(ua.NodeId(f"{name}.{signal}", index), signal, value, kind)
        for signal, kind in kinds:
            node = ua.NodeId(f"{name}.{signal}", index)
            await server.nodes.objects.add_variable(node, signal, 0, kind)
            parts[n % PARTS].append((node, kind))
    async with server:
        print(json.dumps({"ready": True}), flush=True)
        loop, turn, begun = asyncio.get_running_loop(), 0, asyncio.get_running_loop().time()
        gone = loop.run_in_executor(None, sys.stdin.read)
        while not gone.done():
            step, now = turn // PARTS + 1, datetime.now(UTC)
            for node, kind in parts[turn % PARTS]:
                data = ua.DataValue(ua.Variant(step, kind), SourceTimestamp=now)
                await server.iserver.write_attribute_value(node, data)
            turn += 1
            await asyncio.sleep(max(0.0, begun + turn / per_s / PARTS - loop.time()))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6])))
