// A Modbus TCP server of independent make (modbus-serial), for the contract tests.
//
// usage: node modbus_server.cjs PORT STEP_MS
// Holding and input registers 0..199 exist but 50..59; a read of others is exception 2. Coils and discrete inputs 0..63.
// Commands on stdin, one a line: "hold", "go", "busy 1", "busy 0". Loopback only.
const readline = require("node:readline");
const { ServerTCP } = require("modbus-serial");

const [port, stepMs] = [Number(process.argv[2]), Number(process.argv[3])];
const words = new Uint16Array(200);
let held = false;
let busy = false;
let good = 65530;

function word(address, value) { words[address] = value & 0xffff; }
function double(address, value) { word(address, value >>> 16); word(address + 1, value); }
function bytes(address, buffer) { for (let i = 0; i < buffer.length / 2; i++) word(address + i, buffer.readUInt16BE(2 * i)); }

word(0, 6);                                                   // state
double(3, 4294967290);                                        // 32-bit counter, high word first
word(5, -125);                                                // temperature, int16 x 10
const float = Buffer.alloc(4); float.writeFloatBE(71.5); bytes(6, float);
const wide = Buffer.alloc(8); wide.writeBigInt64BE(-5000000000n); bytes(8, wide);
const real = Buffer.alloc(8); real.writeDoubleBE(Math.PI); bytes(12, real);
bytes(20, Buffer.from("WH/MO/00001\0\0\0\0\0"));                // 8 registers of text
word(30, 0x5678); word(31, 0x1234);                           // 0x12345678, low word first
const odd = Buffer.alloc(4); odd.writeFloatBE(NaN); bytes(32, odd);

function advance() { word(1, good); double(34, good); }
advance();
setInterval(() => { if (!held) { good += 1; advance(); } }, stepMs);

function registers(address) {
  if (busy) throw { modbusErrorCode: 6, msg: "busy" };
  if (address > 199 || (address >= 50 && address < 60)) throw { modbusErrorCode: 2, msg: "no such address" };
  return words[address];
}
function bits(address) {
  if (address > 63) throw { modbusErrorCode: 2, msg: "no such address" };
  return address % 3 === 0;
}
const refuse = () => { throw { modbusErrorCode: 1, msg: "read only" }; };
const vector = {
  getInputRegister: registers, getHoldingRegister: registers, getCoil: bits, getDiscreteInput: bits,
  setRegister: refuse, setCoil: refuse,
};
const server = new ServerTCP(vector, { host: "127.0.0.1", port, unitID: 1 });
server.on("initialized", () => console.log(JSON.stringify({ ready: true })));
server.on("socketError", () => {});
server.on("serverError", (error) => { console.error(error); process.exit(1); });

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [verb, value] = line.trim().split(" ");
  if (verb === "hold") held = true;
  if (verb === "go") held = false;
  if (verb === "busy") busy = value === "1";
  console.log(JSON.stringify({ done: line.trim(), good }));
});
process.stdin.on("end", () => process.exit(0)); // the test is gone, so are we
