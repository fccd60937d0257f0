import { deepEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "vitest";
import { checkRepository, checkSource } from "./boundaries.ts";

const EDGE = "services/edge/src/x.ts";
const CORE = "services/presence/src/core/x.ts";

/** Rules broken by a planted line, which stands on line 2. */
function rules(file: string, line: string): string[] {
  const breaches = checkSource(file, `/** A file. */\n${line}\n`);
  for (const breach of breaches) deepEqual([breach.file, breach.line], [file, 2]);
  return breaches.map((breach) => breach.rule);
}

describe("each rule catches a planted breach", () => {
  const planted: [rule: string, file: string, line: string][] = [
    ["services-apart", EDGE, 'import { x } from "@rollcall/presence";'],
    ["services-apart", EDGE, 'import type { X } from "@rollcall/notifier";'],
    ["services-apart", EDGE, 'export * from "@rollcall/presence";'],
    ["services-apart", EDGE, 'const x = await import("@rollcall/presence");'],
    ["services-apart", EDGE, 'type X = import("@rollcall/presence").X;'],
    ["packages-below", "packages/testkit/src/x.ts", 'import "@rollcall/edge";'],
    ["contracts-alone", "packages/contracts/src/x.ts", 'import type { Clock } from "@rollcall/runtime";'],
    ["front-door", EDGE, 'import { x } from "../../../packages/runtime/src/clock.ts";'],
    ["front-door", EDGE, 'import { x } from "@rollcall/runtime/src/clock.ts";'],
    ["pure-core", CORE, 'import { readFileSync } from "node:fs";'],
    ["pure-core", CORE, 'import type { Redis } from "ioredis";'],
    ["pure-core", CORE, 'import { connect } from "@nats-io/transport-node";'],
    ["pure-core", CORE, 'import { systemClock } from "@rollcall/runtime";'],
    ["pure-core", CORE, 'import { startPresence } from "../presence.ts";'],
    ["folders-down", "services/edge/src/sessions/x.ts", 'import type { Gateway } from "../handshake/gateway.ts";'],
    ["folders-down", "services/notifier/src/inbox/x.ts", 'import { x } from "../fallback/x.ts";'],
    ["folders-down", "services/notifier/src/inbox/x.ts", 'import { x } from "../a-new-folder/x.ts";'],
    ["runtime-only", EDGE, "const t = Date.now();"],
    ["runtime-only", EDGE, "const now = Date.now;"],
    ["runtime-only", EDGE, "const t = new Date();"],
    ["runtime-only", EDGE, "const t = globalThis.Date();"],
    ["runtime-only", EDGE, "setTimeout(f, 1);"],
    ["runtime-only", EDGE, "globalThis.setInterval(f, 1);"],
    ["runtime-only", EDGE, "const later = { run: setImmediate };"],
    ["runtime-only", EDGE, "const signal = AbortSignal.timeout(5);"],
    ["runtime-only", EDGE, 'import { setTimeout as sleep } from "node:timers/promises";'],
    ["runtime-only", EDGE, "const r = Math.random();"],
    ["runtime-only", EDGE, "const id = crypto.randomUUID();"],
    ["runtime-only", EDGE, "globalThis.crypto.getRandomValues(bytes);"],
    ["runtime-only", EDGE, 'import { createHash, randomBytes } from "node:crypto";'],
    ["runtime-only", EDGE, "const home = process.env.HOME;"],
    ["runtime-only", EDGE, 'const home = process["env"].HOME;'],
    ["runtime-only", EDGE, "const { env } = process;"],
    ["runtime-only", EDGE, 'import { env } from "node:process";'],
    ["runtime-only", "packages/cli/src/x.ts", "const t = performance.now();"],
    ["syntax", EDGE, "const = 1;"],
  ];
  test.each(planted)("%s in %s: %s", (rule, file, line) => {
    deepEqual(rules(file, line), [rule]);
  });
});

describe("what is allowed is not reported", () => {
  const allowed: [file: string, line: string][] = [
    [EDGE, 'import { x } from "@rollcall/contracts/internal";'],
    ["examples/board/src/main.tsx", 'import { x } from "@rollcall/client/react";'],
    ["packages/cli/src/x.ts", 'import { x } from "@rollcall/contracts/outputs";'],
    ["packages/cli/src/x.ts", 'import { x } from "@rollcall/contracts/evolution";'],
    [EDGE, 'import { x } from "./y.ts";'],
    [EDGE, 'import { Gateway } from "./handshake/gateway.ts";'],
    ["services/edge/src/handshake/x.ts", 'import { Session } from "../clients/session.ts";'],
    ["services/edge/src/sessions/x.ts", 'import type { Parts } from "../parts.ts";'],
    [EDGE, "const t = new Date(ms); const u = Date.parse(s); const v = Date.UTC(2026, 0);"],
    [EDGE, "// Date.now() and process.env in a comment"],
    [EDGE, 'const text = "Math.random() setTimeout process.env";'],
    [EDGE, "interface Clock { setTimeout(fn: () => void): void }"],
    [EDGE, "clock.setTimeout(f); const c = { setInterval: f };"],
    [EDGE, "type Timer = ReturnType<typeof setTimeout>;"],
    [EDGE, 'import { createHash } from "node:crypto";'],
    [EDGE, "process.exitCode = 1; process.on('exit', f);"],
    [CORE, 'import { RollcallError } from "@rollcall/contracts";'],
    [CORE, 'import type { Random } from "@rollcall/runtime";'],
    [CORE, 'import { merge } from "./merge.ts";'],
    [CORE, 'import type { OpResult } from "../store.ts";'],
    ["services/presence/src/core/x.test.ts", 'import { test } from "vitest";'],
    ["services/edge/src/x.test.ts", "await new Promise((done) => setTimeout(done, 1));"],
    ["packages/runtime/src/clock.ts", "setTimeout(f, Date.now());"],
    ["packages/client/src/clock.ts", "setTimeout(f, Date.now());"],
    ["loadtest/scenarios/x.js", "const t = Date.now();"],
  ];
  test.each(allowed)("%s: %s", (file, line) => {
    deepEqual(rules(file, line), []);
  });
});

test("the repository keeps its boundaries", { timeout: 60_000 }, () => {
  deepEqual(checkRepository(join(import.meta.dirname, "..")), []);
});

describe("the command", () => {
  const run = (files: Record<string, string>) => {
    const root = mkdtempSync(join(tmpdir(), "rollcall-boundaries-"));
    try {
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), text);
      }
      const command = join(import.meta.dirname, "boundaries.ts");
      const { status, stdout } = spawnSync(process.execPath, [command, root], { encoding: "utf8" });
      return { status, stdout };
    } finally {
      rmSync(root, { recursive: true });
    }
  };

  test("prints a line per breach and exits 1", { timeout: 60_000 }, () => {
    deepEqual(
      run({
        "services/edge/src/a.ts": "\nDate.now();\n",
        "packages/client/src/deep/b.tsx": 'import "@rollcall/edge";\n',
        "packages/client/node_modules/x/c.ts": "Date.now();\n",
        "packages/client/dist/d.js": "Date.now();\n",
      }),
      {
        status: 1,
        stdout:
          "packages/client/src/deep/b.tsx:1 packages-below imports service edge\n" +
          "services/edge/src/a.ts:2 runtime-only Date.now\n",
      },
    );
  });

  test("prints nothing and exits 0 when all is well", { timeout: 60_000 }, () => {
    deepEqual(run({ "services/edge/src/a.ts": "export {};\n" }), { status: 0, stdout: "" });
  });
});
