/** Sends cases to a running edge until so many have been sent. What must hold afterwards is the caller's to check. */

import { type Random, seededRandom, systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { BREAKING } from "./breaking.ts";
import { type Case, caseOf, EVENTS, inSession, type Maker } from "./grammar.ts";
import type { Judge } from "./judge.ts";
import { RawSocket, textFrame } from "./raw-socket.ts";
import { CONNECTS, REQUESTS } from "./requests.ts";

export interface FuzzOptions {
  port: number;
  token: string;
  seed: string;
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

const keyOf = ({ layer, kind }: { layer: string; kind: string }) => `${layer} ${kind}`;
/** What a run must cover, whatever its seed. */
export const KINDS: readonly string[] = [
  ...[...REQUESTS, ...CONNECTS, ...BREAKING].map(keyOf),
  ...["event name", "event arguments", "event meta", "payload any"],
  ...EVENTS.map((event) => `payload ${event}`),
];

/** Settings of an edge that is to answer what is sent, instead of refusing most of it for its rate. */
export const PATIENT_EDGE = {
  VIOLATIONS_BURST: "10000000",
  FRAMES_PER_SECOND: "1000000",
  EVENTS_PER_SECOND: "100000",
  USER_EVENTS_PER_SECOND: "1000000",
  TENANT_EVENTS_PER_SECOND: "1000000",
  BYTES_PER_SECOND: "1000000000",
  JOINS_PER_SECOND: "100000",
  MAX_CONNECTIONS_PER_USER: "1000",
  LOG_LEVEL: "error",
};
/** Of a machine that does other work. */
const PATIENCE_MS = 30_000;
const CASES_PER_CONNECTION = 100;
/** A connection that was not closed by then is not going to be. */
const CLOSED_WITHIN_MS = 20;

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const report: FuzzReport = { sent: 0, connections: 0, covered: new Map() };
  const turns = new Map<readonly Maker[], number>();
  const run: Run = {
    ...options,
    report,
    next(makers, random) {
      const turn = turns.get(makers) ?? 0;
      turns.set(makers, turn + 1);
      return caseOf(makers[turn % makers.length]!, random);
    },
    note(one) {
      report.sent++;
      report.covered.set(keyOf(one), (report.covered.get(keyOf(one)) ?? 0) + 1);
    },
    isOver: () => report.sent >= options.cases,
  };
  const worker = async (_: unknown, number: number) => {
    const random = seededRandom(`${options.seed}/${number}`);
    while (!run.isOver()) await connection(run, random);
  };
  await Promise.all(Array.from({ length: options.width }, worker));
  return report;
}

interface Run extends FuzzOptions {
  report: FuzzReport;
  /** In turn: a run covers them all. */
  next(makers: readonly Maker[], random: Random): Case;
  note(one: Case): void;
  isOver(): boolean;
}

async function connection(run: Run, random: Random): Promise<void> {
  run.report.connections++;
  const hearing = run.judge?.connection();
  const raw = new RawSocket(run.port, hearing === undefined ? {} : { onText: hearing.heard });
  const say = (one: Case) => {
    run.note(one);
    if (one.text !== undefined) hearing?.sent(one.text);
    raw.send(one.bytes);
  };
  const kind = random.int(10);
  if (kind === 0) say(run.next(REQUESTS, random));
  else {
    raw.upgrade();
    await waitFor(() => raw.isOpen || raw.isClosed, { timeoutMs: PATIENCE_MS, everyMs: 2, what: "an upgrade" });
    if (kind === 1) for (let i = 0; i < 3; i++) say(run.next(CONNECTS, random));
    if (kind === 2) say(run.next(BREAKING, random));
    if (kind > 2) await talk(run, random, raw, say, (text) => hearing?.sent(text));
  }
  if (kind <= 2) await settled(raw);
  if (random.int(2) === 0) raw.socket.end();
  raw.destroy();
  await raw.closed;
}

const settled = (raw: RawSocket) => Promise.race([raw.closed, systemClock.sleep(CLOSED_WITHIN_MS)]);

/** A session: what it may say, one break of the protocol now and then, and one at the end. */
async function talk(
  run: Run,
  random: Random,
  raw: RawSocket,
  say: (one: Case) => void,
  sent: (text: string) => void,
): Promise<void> {
  raw.send(textFrame(`40${JSON.stringify({ token: run.token })}`));
  await waitFor(() => raw.heard.includes("session:ready") || raw.isClosed, {
    timeoutMs: PATIENCE_MS,
    everyMs: 2,
    what: "a session",
  });
  const breakAt = random.int(3) === 0 ? random.int(CASES_PER_CONNECTION) : CASES_PER_CONNECTION;
  for (let i = 0; i < CASES_PER_CONNECTION && !run.isOver() && !raw.isClosed; i++) {
    const one = i === breakAt ? run.next(BREAKING, random) : inSession(random);
    say(one);
    if (one.isOpenEnded === true) return; // whatever followed would be met by nobody
    if (i === breakAt) await settled(raw);
    else if (i % 10 === 9) await systemClock.sleep(1); // some go alone, some in a burst
  }
  // Answered in order: when this is, everything before it has been met.
  const last = '429999["presence:unwatch",{"users":["nobody"]}]';
  sent(last);
  raw.send(textFrame(last));
  await waitFor(() => raw.heard.includes("439999") || raw.isClosed, {
    timeoutMs: PATIENCE_MS,
    everyMs: 2,
    what: () => `an answer after ${JSON.stringify(raw.heard.slice(-300))}`,
  });
  say(run.next(BREAKING, random));
  await settled(raw);
}
