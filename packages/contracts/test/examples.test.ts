/**
 * What the examples declare, written out a second time in `examples-declared.txt`: an event that disappears, or a limit
 * that is loosened, fails the test of its name. Wanted changes:
 * `UPDATE=1 pnpm exec vitest run --project unit packages/contracts/test/examples`.
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CommandEntry, EventEntry, JsonSchema, NamespaceEntry, RelayEntry, RoomEntry } from "../src/catalogue.ts";
import { loadContracts } from "../src/compile/index.ts";
import { canonical } from "../src/evolution/canonical.ts";

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

const roomLine = ({ pattern, maxMembers, info, state }: RoomEntry) =>
  line("room", pattern, {
    maxMembers,
    retainMs: state?.retainMs,
    keys: state?.keys.map((key) => key.pattern).join(),
    schemas: digest([info, ...(state?.keys.map(({ value }) => value) ?? [])]),
  });
const relayLine = ({ name, op, rooms, rate, history, payload }: RelayEntry) =>
  line("relay", name, {
    op,
    rooms: rooms.join(),
    perSecond: rate?.perSecond,
    ...historyOf(history),
    schemas: digest([payload]),
  });
const commandLine = ({ name, subject, timeoutMs, rate, payload, reply }: CommandEntry) =>
  line("command", name, { subject, timeoutMs, perSecond: rate?.perSecond, schemas: digest([payload, reply]) });
const eventLine = ({ name, from, durable, history, payload }: EventEntry) =>
  line("event", name, { from, ttlMs: durable?.ttlMs, ...historyOf(history), schemas: digest([payload]) });
const historyOf = (history: { size: number; ttlMs: number } | undefined) =>
  history === undefined ? {} : { historySize: history.size, historyTtlMs: history.ttlMs };

/** Of what they ask, not of their words. */
function digest(schemas: readonly (JsonSchema | undefined)[]): string | undefined {
  const asked = schemas.filter((schema) => schema !== undefined).map(canonical);
  return asked.length === 0 ? undefined : createHash("sha256").update(asked.join("\n")).digest("hex").slice(0, 8);
}

function line(kind: string, name: string, facts: Record<string, unknown>): string {
  const given = Object.entries(facts).filter(([, value]) => value !== undefined && value !== "");
  return [kind, name, ...given.map(([fact, value]) => `${fact}=${String(value)}`)].join(" ");
}

const lines = (await Promise.all(["board", "github", "support-desk"].map(declaredBy))).flat();
if (process.env.UPDATE === "1") writeFileSync(FIXTURE, `${lines.join("\n")}\n`);
const expected = readFileSync(FIXTURE, "utf8").trimEnd().split("\n");
/** `board / room doc:*` */
const nameOf = (declared: string) => declared.split(" ").slice(0, 4).join(" ");

test.each(expected.map((declared) => [nameOf(declared), declared]))("%s", (name, declared) => {
  expect(lines.find((each) => nameOf(each) === name)).toBe(declared);
});

test("they declare nothing else", () => expect(lines.map(nameOf)).toEqual(expected.map(nameOf)));
