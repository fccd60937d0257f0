/** Sends cases to a running edge until so many have been sent. What must hold afterwards is the caller's to check. */

import { type Random, systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { breaking, type Case, inSession, type Layer } from "./grammar.ts";
import type { Judge } from "./judge.ts";
import { RawSocket, textFrame } from "./raw-socket.ts";

export interface FuzzOptions {
  port: number;
  token: string;
  random: Random;
  cases: number;
  /** Connections at once. */
  width: number;
  /** Hears both sides of every connection. */
  judge?: Judge;
}

export interface FuzzReport {
  sent: number;
  connections: number;
  /** Cases by layer and kind. */
  covered: Map<string, number>;
}

const sleep = (ms: number) => systemClock.sleep(ms);
const PATIENCE_MS = 2_000;
const CASES_PER_CONNECTION = 100;

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const report: FuzzReport = { sent: 0, connections: 0, covered: new Map() };
  const note = ({ layer, kind }: Case | { layer: Layer; kind: string }) => {
    report.sent++;
    const key = `${layer} ${kind}`;
    report.covered.set(key, (report.covered.get(key) ?? 0) + 1);
  };
  const worker = async () => {
    while (report.sent < options.cases) await connection(options, report, note);
  };
  await Promise.all(Array.from({ length: options.width }, worker));
  return report;
}

async function connection(
  { port, token, random, cases, judge }: FuzzOptions,
  report: FuzzReport,
  note: (sent: Case | { layer: Layer; kind: string }) => void,
): Promise<void> {
  const hearing = judge?.connection();
  const raw = new RawSocket(port, hearing?.heard);
  report.connections++;
  const roll = random.int(10);
  if (roll === 0) {
    note({ layer: "http", kind: "request" });
    raw.send(Buffer.concat([Buffer.from("GET /socket.io/"), Buffer.from(random.bytes(100)), Buffer.from("\r\n\r\n")]));
    raw.socket.end();
    await raw.closed;
    return;
  }
  raw.upgrade();
  await waitFor(() => raw.isOpen || raw.isClosed, { timeoutMs: 10_000, everyMs: 2, what: "an upgrade" });
  if (roll > 1) {
    raw.send(textFrame(`40${JSON.stringify({ token })}`));
    await waitFor(() => raw.heard.includes("session:ready") || raw.isClosed, {
      timeoutMs: 10_000,
      everyMs: 2,
      what: "a session",
    });
  }
  for (let i = 0; i < CASES_PER_CONNECTION && report.sent < cases && !raw.isClosed; i++) {
    const one =
      i === CASES_PER_CONNECTION - 1 || roll === 1 || random.int(60) === 0 ? breaking(random) : inSession(random);
    note(one);
    if (one.text !== undefined) hearing?.sent(one.text);
    raw.send(one.bytes);
    // Some go alone, some in a burst: what is sent after the end of a connection tests nothing.
    if (one.layer !== "event" && one.layer !== "payload") await Promise.race([raw.closed, sleep(20)]);
    else if (i % 10 === 9) await sleep(1);
  }
  if (roll > 1) {
    // Answered in order: when this is, everything before it has been met. A frame that never ends swallows it.
    const last = '429999["presence:unwatch",{"users":["nobody"]}]';
    hearing?.sent(last);
    raw.send(textFrame(last));
    const answered = waitFor(() => raw.heard.includes("439999") || raw.isClosed, {
      timeoutMs: PATIENCE_MS,
      everyMs: 2,
    });
    await answered.catch(() => undefined);
  }
  if (random.int(2) === 0) raw.socket.end();
  else raw.destroy();
  await raw.closed;
}
