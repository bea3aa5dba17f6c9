// An OPC UA server of independent make (node-opcua), for the contract tests.
//
// usage: node opcua_server.mjs PORT ITEMS STEP_MS PKI_FOLDER
// Commands on stdin, one a line: "delete Missing1.Good", "add Missing1.Good", "hold", "go",
// "mute" (publishing stops, everything else goes on as if nothing were).
// Says {"ready":true} on stdout once it listens. Loopback only.
import readline from "node:readline";
import {
  DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCodes, Variant, VariantArrayType,
} from "node-opcua";

const [port, items, stepMs, pki] = [Number(process.argv[2]), Number(process.argv[3]), Number(process.argv[4]), process.argv[5]];

const certificates = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: false, rootFolder: pki });
const server = new OPCUAServer({
  port,
  host: "127.0.0.1",
  hostname: "127.0.0.1",
  resourcePath: "/peer",
  serverCertificateManager: certificates,
  buildInfo: { productName: "plant-console peer" },
  securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
  securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
  userManager: { isValidUser: (user, password) => user === "reader" && password === "right" },
  serverCapabilities: { operationLimits: { maxMonitoredItemsPerCall: 1000, maxNodesPerRead: 1000 } },
});
await server.initialize();
const space = server.engine.addressSpace;
space.registerNamespace("urn:filler"); // so that the URI below does not have the index that others give it
const own = space.registerNamespace("urn:plant-console:peer");
const folder = own.addFolder("ObjectsFolder", { browseName: "Plant" });

let held = false;
let good = 65530;
const change = [];
function variable(name, dataType, value) {
  return own.addVariable({
    componentOf: folder, nodeId: `s=${name}`, browseName: name, dataType, minimumSamplingInterval: 0,
    value: { dataType: DataType[dataType], value },
  });
}
function put(node, dataType, value, status) {
  node.setValueFromSource(new Variant({ dataType: DataType[dataType], value }), status ?? StatusCodes.Good, new Date());
}
variable("Peer1.State", "Int32", 6);
const counter = variable("Peer1.Good", "UInt32", good);
variable("Peer1.Order", "String", "WH/MO/00001");
variable("Peer1.Temperature", "Double", 71.5);
variable("Peer1.AlarmJam", "Boolean", true);
variable("Peer1.Since", "DateTime", new Date(Date.UTC(2026, 0, 2, 3, 4, 5)));
own.addVariable({
  componentOf: folder, nodeId: "s=Peer1.Curve", browseName: "Peer1.Curve", dataType: "Double", valueRank: 1,
  value: new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1, 2, 3] }),
});
put(variable("Peer1.Doubtful", "Double", 1), "Double", 5.5, StatusCodes.UncertainLastUsableValue);
put(variable("Peer1.Broken", "Double", 1), "Double", 5.5, StatusCodes.BadSensorFailure);
for (let i = 0; i < items; i++) change.push(variable(`Bulk.${i}`, "UInt32", i));

setInterval(() => {
  if (held) return;
  good += 1;
  put(counter, "UInt32", good);
}, stepMs);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [verb, name] = line.trim().split(" ");
  if (verb === "hold") held = true;
  if (verb === "go") held = false;
  if (verb === "mute") {
    for (const session of Object.values(server.engine._sessions)) {
      for (const subscription of session.publishEngine.subscriptions) subscription._stop_timer();
    }
  }
  if (verb === "add") put(variable(name, "UInt32", 1), "UInt32", 1);
  if (verb === "delete") own.deleteNode(own.findNode(`s=${name}`));
  console.log(JSON.stringify({ done: line.trim(), good }));
});
process.stdin.on("end", () => process.exit(0)); // the test is gone, so are we

await server.start();
console.log(JSON.stringify({ ready: true }));
