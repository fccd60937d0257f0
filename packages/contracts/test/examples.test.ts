/**
 * What the examples declare, written out a second time in `examples-declared.txt`: an event that disappears, or a limit
 * that is loosened, shows as a line. Wanted changes: `UPDATE=1 pnpm exec vitest run --project unit packages/contracts/test/examples`.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CommandEntry, EventEntry, NamespaceEntry, RelayEntry, RoomEntry } from "../src/catalogue.ts";
import { loadContracts } from "../src/compile/index.ts";

const EXAMPLES = join(import.meta.dirname, "../../../examples");
const FIXTURE = join(import.meta.dirname, "examples-declared.txt");

async function declaredBy(example: string): Promise<string[]> {
  const loaded = await loadContracts([join(EXAMPLES, example, "contracts")]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return loaded.catalogue.namespaces.flatMap((namespace) =>
    linesOf(namespace).map((line) => `${example} ${namespace.namespace} ${line}`),
  );
}

const linesOf = ({ rooms, relays, commands, events }: NamespaceEntry): string[] => [
  ...rooms.map(roomLine),
  ...relays.map(relayLine),
  ...commands.map(commandLine),
  ...events.map(eventLine),
];

const roomLine = ({ pattern, maxMembers, state }: RoomEntry) =>
  line("room", pattern, { maxMembers, retainMs: state?.retainMs, keys: state?.keys.map((key) => key.pattern).join() });
const relayLine = ({ name, op, rooms, rate, history }: RelayEntry) =>
  line("relay", name, { op, rooms: rooms.join(), perSecond: rate?.perSecond, ...historyOf(history) });
const commandLine = ({ name, subject, timeoutMs, rate }: CommandEntry) =>
  line("command", name, { subject, timeoutMs, perSecond: rate?.perSecond });
const eventLine = ({ name, from, durable, history }: EventEntry) =>
  line("event", name, { from, ttlMs: durable?.ttlMs, ...historyOf(history) });
const historyOf = (history: { size: number; ttlMs: number } | undefined) =>
  history === undefined ? {} : { historySize: history.size, historyTtlMs: history.ttlMs };

function line(kind: string, name: string, facts: Record<string, unknown>): string {
  const given = Object.entries(facts).filter(([, value]) => value !== undefined && value !== "");
  return [kind, name, ...given.map(([fact, value]) => `${fact}=${String(value)}`)].join(" ");
}

test("the examples declare what they did, under the limits they did", async () => {
  const lines = (await Promise.all(["board", "github", "support-desk"].map(declaredBy))).flat();
  if (process.env.UPDATE === "1") writeFileSync(FIXTURE, `${lines.join("\n")}\n`);
  expect(lines).toEqual(readFileSync(FIXTURE, "utf8").trimEnd().split("\n"));
});
