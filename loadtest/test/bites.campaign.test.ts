/**
 * That the objectives bite: services are broken on purpose, in a copy, and a scenario must miss the objective that is about
 * it, with k6's exit code for that. The table of docs/operations/load.md is this file's.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Result } from "../lib/report/result.ts";
import { type Checkout, makeCheckout } from "./checkout.ts";

interface Break {
  what: string;
  scenario: string;
  file: string;
  change: readonly [from: string, to: string][];
  /** Series of the objectives that must be missed; others may be, too. */
  missed: readonly string[];
}

const BASE_PORT = "25000";
/** So that a slow machine is not taken for a broken service. */
const PATIENCE = "2";
const MISSED = 99;
const TIMED = "ms";

const COALESCER = "services/edge/src/outbound/coalescer.ts";
const ROUTER = "services/edge/src/outbound/router.ts";
const LUA = "services/presence/src/redis/lua";
const one = (in_: number, event: string) => `entry.event === "${event}" && ++broken % ${in_} === 0`;

const BREAKS: readonly Break[] = [
  { what: "nothing", scenario: "presence", file: COALESCER, change: [], missed: [] },
  {
    what: "each edge drops every 100th roster diff",
    scenario: "presence",
    file: COALESCER,
    change: [
      ["export class Coalescer {", "let broken = 0;\nexport class Coalescer {"],
      [
        "    delete room[kind];\n",
        '    delete room[kind];\n    if (kind === "roster" && ++broken % 100 === 40) return;\n',
      ],
    ],
    missed: ["rollcall_gaps"],
  },
  {
    what: "a grace ends 30 s late",
    scenario: "presence",
    file: `${LUA}/sweep.lua`,
    change: [
      [
        '"-inf", int(cell.clock), "WITHSCORES"',
        '"-inf", int(cell.clock - (key == "grace" and 30000 or 0)), "WITHSCORES"',
      ],
    ],
    missed: ["rollcall_vanish_visible"],
  },
  {
    what: "there is no grace",
    scenario: "storm",
    file: `${LUA}/lib/sessions.lua`,
    change: [["int(from + CFG.grace), ref(u, s)", "int(from), ref(u, s)"]],
    missed: ["rollcall_flickers"],
  },
  {
    what: "every 7th who leaves stays in the roster: a ghost",
    scenario: "presence",
    file: `${LUA}/lib/sessions.lua`,
    change: [
      [
        'if how == "m" then rooms.leave',
        'if how == "m" and redis.call("INCR", cell.prefix .. "broken") % 7 ~= 0 then rooms.leave',
      ],
    ],
    missed: ["rollcall_mismatches"],
  },
  {
    what: "every 5th room:leave is answered and not done",
    scenario: "presence",
    file: `${LUA}/ops/leave.lua`,
    change: [
      [
        "  local u = users.load(tenant, user)\n",
        '  if redis.call("INCR", cell.prefix .. "broken") % 5 == 0 then return { "ok" } end\n  local u = users.load(tenant, user)\n',
      ],
    ],
    missed: ["rollcall_lost"],
  },
  {
    what: "each edge loses every 50th message",
    scenario: "fanout",
    file: ROUTER,
    change: [
      ["export class Router", "let broken = 0;\nexport class Router"],
      [
        "    const recipients = door.deliver(entry);\n",
        `    if (${one(50, "chat:said")}) return;\n    const recipients = door.deliver(entry);\n`,
      ],
    ],
    missed: ["rollcall_gaps", "rollcall_lost"],
  },
  {
    what: "each edge hands every 10th durable event over twice",
    scenario: "notifications",
    file: ROUTER,
    change: [
      ["export class Router", "let broken = 0;\nexport class Router"],
      [
        "    const recipients = door.deliver(entry);\n",
        `    if (${one(10, "ticket:assigned")}) door.deliver(entry);\n    const recipients = door.deliver(entry);\n`,
      ],
    ],
    missed: ["rollcall_repeats"],
  },
  {
    what: "a patch ignores the version that it is conditional on",
    scenario: "state",
    file: `${LUA}/lib/patch.lua`,
    change: [['elseif condition ~= "" and (', 'elseif condition == "never" and (']],
    missed: ["rollcall_mismatches"],
  },
];

let checkout: Checkout;
beforeAll(() => {
  checkout = makeCheckout({ PATIENCE }, ["services"]);
});
afterAll(async () => {
  await checkout.rollcall("down");
  checkout.remove();
});

test.each(BREAKS)("$what: $scenario misses $missed", async ({ what, scenario, file, change, missed }) => {
  const path = join(checkout.folder, file);
  const whole = readFileSync(path, "utf8");
  const broken = change.reduce((text, [from, to]) => {
    expect(text, `${file} is not as this break knows it`).toContain(from);
    return text.replaceAll(from, to);
  }, whole);
  writeFileSync(path, broken);
  try {
    const up = await checkout.rollcall("up", "--detach", "--fresh", "--base-port", BASE_PORT);
    expect(up.code, up.output).toBe(0);
    const out = join(checkout.folder, "out");
    const { code, output } = await checkout.rollcall("loadtest", scenario, "--quiet", "--out", out);
    const { verdicts } = JSON.parse(readFileSync(join(out, `${scenario}-smoke.json`), "utf8")) as Result;
    const failed = verdicts.filter(({ passed, series }) => !passed && !series.includes("{"));
    const told = failed.map(({ series, measured }) => `${series} ${measured ?? "no samples"}`);
    console.log(`| ${what} | ${scenario} | ${told.join(", ")} | ${code} |`);
    if (missed.length > 0) expect(code, output).toBe(MISSED);
    // How fast it was is this machine's.
    else
      expect(
        failed.filter(({ unit }) => unit !== TIMED),
        output,
      ).toEqual([]);
    expect(
      failed.map(({ series }) => series),
      output,
    ).toEqual(expect.arrayContaining([...missed]));
  } finally {
    writeFileSync(path, whole);
    await checkout.rollcall("down");
  }
});
