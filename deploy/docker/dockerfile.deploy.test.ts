/** The Dockerfile as hadolint reads it. What it may not hold at all is in image.campaign.test.ts. */

import { equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { NODE_FLAGS } from "../../loadtest/bench/src/servers/baseline-process.ts";
import { tool } from "../test/tools.ts";

const text = readFileSync(join(import.meta.dirname, "Dockerfile"), "utf8");
function hadolint(dockerfile: string) {
  const { status, stdout, stderr } = spawnSync(tool("hadolint"), ["-"], { encoding: "utf8", input: dockerfile });
  return { status, said: stdout + stderr };
}

test("hadolint has nothing to say", () => {
  const { status, said } = hadolint(text);
  equal(status, 0, said);
});

test("and would say so of a tool that is fetched while it builds", () => {
  const { status, said } = hadolint(`${text}\nRUN apt-get install curl\n`);
  equal(status, 1);
  match(said, /DL3008/);
});

test("an edge is started with the flags it is measured with", () => {
  const [, entrypoint] = /AS edge\n(?:.*\n)*?ENTRYPOINT (\[.*\])/.exec(text) ?? [];
  equal(entrypoint, JSON.stringify(["node", ...NODE_FLAGS, "/app/services/edge/src/main.ts"]).replaceAll(",", ", "));
});
