/** What core events can be answered with stands once, in the contracts: what the edge checks and throws agrees with it. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  CLIENT_EVENTS,
  type ClientEvent,
  emptyContracts,
  errorsOfEvent,
  type NamespaceContract,
  RollcallError,
} from "@rollcall/contracts";
import { type Logger, ManualClock } from "@rollcall/runtime";
import type { Span } from "@rollcall/telemetry";
import { describe, expect, test } from "vitest";
import type { Session } from "../clients/session.ts";
import type { Parts } from "../parts.ts";
import { Call } from "./call.ts";
import type { Command } from "./command.ts";
import { commandTable } from "./commands.ts";

const EVENTS = Object.keys(CLIENT_EVENTS) as ClientEvent[];
/** Commands take their parts when they run. */
const parts: Parts = new Proxy({} as Parts, { get: () => parts });
const nothing = { ...emptyContracts(), relays: new Map(), commands: new Map() } as unknown as NamespaceContract;
const commands = commandTable(parts);

/** The file of a command says its event's name. */
const FILES = ["inbox", "presence-set", "presence-watch", "room-join", "room-leave", "room-reads", "room-update", "session-refresh", "state-patch"].map(
  (name) => readFileSync(fileURLToPath(new URL(`./commands/${name}.ts`, import.meta.url)), "utf8"),
); // biome-ignore format: one list

describe.each(EVENTS)("%s", (event) => {
  const command = commands(nothing, event) as Command;
  const errors = new Set<string>(errorsOfEvent(event));

  test("what is checked before it runs", () => {
    expect(errors.has("ROOM_UNKNOWN")).toBe(command.room !== undefined);
    expect(errors.has("NOT_A_MEMBER")).toBe(command.memberOnly === true);
  });

  test("what its own file throws", () => {
    const thrown = FILES.filter((text) => text.includes(`"${event}"`)).flatMap((text) => {
      const others = EVENTS.filter((other) => text.includes(`"${other}"`)).flatMap((other) => errorsOfEvent(other));
      return [...text.matchAll(/RollcallError\("([A-Z_]+)"/g)].filter(([, code]) => !others.includes(code as never));
    });
    expect(thrown).toEqual([]);
  });
});

test("an answer that is not declared is given, and logged as an error", () => {
  const logged: unknown[] = [];
  const answers: unknown[] = [];
  const call = new Call(
    {
      clock: new ManualClock(),
      logger: { error: (fields: unknown) => logged.push(fields) } as unknown as Logger,
      ackTimeoutMs: 1_000,
      traceToClient: true,
      violations: { perSecond: 1, burst: 1 },
      fault: () => {},
      abuse: () => {},
      count: () => {},
    },
    {
      session: {
        socket: { connected: true },
        live: false,
        ref: { tenant: "main", session: "s" },
      } as unknown as Session,
      label: "inbox:sync",
      shownName: "inbox:sync",
      ack: (answer) => answers.push(answer),
      id: undefined,
      span: { fail() {}, setAttribute() {}, end() {} } as unknown as Span,
    },
  );
  call.fail(new RollcallError("ROOM_FULL"));
  expect(answers).toMatchObject([{ ok: false, error: { code: "ROOM_FULL" } }]);
  expect(logged).toMatchObject([{ event: "inbound.undeclared", name: "inbox:sync", code: "ROOM_FULL" }]);
});
