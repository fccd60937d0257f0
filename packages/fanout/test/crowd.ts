/**
 * Many WebSockets in a process of their own: `node crowd.ts <port> <count>`. They connect to Socket.IO, and count the
 * marks (`#`) in what they hear. `{ connected }` once, then `{ heard }` whenever it has grown.
 */

import { connect } from "node:net";
import { argv } from "node:process";
import { systemClock } from "@rollcall/runtime";

const [port, count] = argv.slice(2).map(Number) as [number, number];
const MARK = "#".charCodeAt(0);
const AT_ONCE = 100;
const TELL_MS = 20;
const UPGRADE = [
  "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
  ...["Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
  ...["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
].join("\r\n");
/** `40{"name":"x"}`, masked with zeros. */
const HELLO = Buffer.from('40{"name":"x"}');
const CONNECT = Buffer.concat([Buffer.from([0x81, 0x80 | HELLO.length, 0, 0, 0, 0]), HELLO]);

let heard = 0;
let told = 0;

function join(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(UPGRADE));
    let greeting: string | undefined = "";
    socket.on("error", reject);
    socket.on("data", (data) => {
      for (let at = data.indexOf(MARK); at >= 0; at = data.indexOf(MARK, at + 1)) heard++;
      if (greeting === undefined) return;
      const before = greeting;
      greeting += data.toString("latin1");
      if (!before.includes("pingInterval") && greeting.includes("pingInterval")) socket.write(CONNECT);
      if (!greeting.includes('40{"sid"')) return;
      greeting = undefined;
      resolve();
    });
  });
}

for (let i = 0; i < count; i += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - i) }, join));
process.send?.({ connected: count });
systemClock.setRepeating(TELL_MS, () => {
  if (heard === told) return;
  told = heard;
  process.send?.({ heard });
});
process.on("disconnect", () => process.exit());
