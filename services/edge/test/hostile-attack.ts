/** In a thread of its own, so that only the edge is slowed by it: one bad input after the other, each on a new connection. */

import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { RawSocket, textFrame } from "./fuzz/raw-socket.ts";
import { BAD_SPEECH, BAD_UPGRADES } from "./hostile-cases.ts";

export interface AttackOrder {
  port: number;
  token: string;
  perSecond: number;
}

const { port, token, perSecond } = workerData as AttackOrder;
const PATIENCE = { timeoutMs: 10_000, everyMs: 5 };
let isOn = false;
let sent = 0;
parentPort!.on("message", (word: "on" | "off") => {
  isOn = word === "on";
  if (!isOn) parentPort!.postMessage(sent);
});

async function attack(index: number): Promise<void> {
  const raw = new RawSocket(port);
  const speech = BAD_SPEECH[index % (BAD_SPEECH.length + BAD_UPGRADES.length)];
  if (speech === undefined) {
    const { path, headers } = BAD_UPGRADES[index % BAD_UPGRADES.length]!;
    raw.upgrade(path, headers);
  } else {
    raw.upgrade();
    await waitFor(() => raw.isOpen || raw.isClosed, PATIENCE);
    if (speech.early !== true) {
      raw.send(textFrame(`40${JSON.stringify({ token })}`));
      await waitFor(() => raw.heard.includes("session:ready") || raw.isClosed, PATIENCE);
    }
    for (const part of speech.bytes) raw.send(part);
  }
  await Promise.race([raw.closed, systemClock.sleep(200)]);
  raw.destroy();
}

for (;;) {
  await systemClock.sleep(1_000 / perSecond);
  // What an attack meets is the edge's to say, and the campaign's to judge.
  if (isOn) void attack(sent++).catch(() => undefined);
}
