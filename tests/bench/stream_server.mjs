// An OPC UA server of independent make (node-opcua) whose values all change at a steady pace.
//
// usage: node stream_server.mjs PORT NAMESPACE MACHINES VALUES CHANGES_PER_S
// Machine n has m00n.good, m00n.scrap and m00n.v00..; the k-th value that each of them takes is k, so that a
// reader can tell what it lost. A tenth of the machines changes at a time. Loopback only.
// Says {"ready":true} on stdout once it listens, and {"step":k} for each line on stdin.
import readline from "node:readline";
import { DataType, OPCUAServer, StatusCodes, Variant } from "node-opcua";

const [port, machines, values, perSecond] = [2, 4, 5, 6].map((n) => Number(process.argv[n]));
const server = new OPCUAServer({
  port, host: "127.0.0.1", hostname: "127.0.0.1", resourcePath: "/bench",
  serverCapabilities: { operationLimits: { maxMonitoredItemsPerCall: 1000, maxNodesPerRead: 1000 } },
});
await server.initialize();
const own = server.engine.addressSpace.registerNamespace(process.argv[3]);
const folder = own.addFolder("ObjectsFolder", { browseName: "Bench" });
const add = (name, dataType, value) => own.addVariable({
  componentOf: folder, nodeId: `s=${name}`, browseName: name, dataType, minimumSamplingInterval: 0,
  value: { dataType: DataType[dataType], value },
});

const PARTS = 10;
const parts = Array.from({ length: PARTS }, () => []);
for (let n = 0; n < machines; n++) {
  const name = `m${String(n).padStart(3, "0")}`;
  add(`${name}.state`, "Int32", 6);
  add(`${name}.order`, "String", `WH/MO/${String(n).padStart(5, "0")}`);
  const own = parts[n % PARTS];
  for (const kind of ["good", "scrap"]) own.push([add(`${name}.${kind}`, "UInt32", 0), DataType.UInt32]);
  for (let v = 0; v < values; v++) {
    own.push([add(`${name}.v${String(v).padStart(2, "0")}`, "Double", 0), DataType.Double]);
  }
}

let turn = 0;
setInterval(() => {
  const step = Math.floor(turn / PARTS) + 1;
  const now = new Date();
  for (const [node, dataType] of parts[turn % PARTS]) {
    node.setValueFromSource(new Variant({ dataType, value: step }), StatusCodes.Good, now);
  }
  turn += 1;
}, 1000 / perSecond / PARTS);

readline.createInterface({ input: process.stdin }).on("line", () => {
  console.log(JSON.stringify({ step: Math.floor(turn / PARTS) }));
});
process.stdin.on("end", () => process.exit(0)); // the benchmark is gone, so are we
await server.start();
console.log(JSON.stringify({ ready: true }));
