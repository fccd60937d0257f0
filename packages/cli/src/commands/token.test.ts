import { mkdirSync } from "node:fs";
import { systemClock, systemRandom } from "@rollcall/runtime";
import { tempFolder } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { type ClusterState, writeState } from "../cluster/state.ts";
import { homeOf } from "../home.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal.ts";

test("who signs for a cluster with keys of its own is told that it will refuse the token", async () => {
  const home = homeOf(tempFolder("token"));
  mkdirSync(home.folder);
  const run = async (jwksFile: string) => {
    writeState(home.state, { status: { jwksFile }, contracts: [] } as unknown as ClusterState);
    const terminal = recordingTerminal();
    const context = { home, env: {}, clock: systemClock, random: systemRandom, terminal, cwd: home.root };
    expect(await runProgram(["token", "--user", "ann", "--cap", "user:*=watch"], context)).toBe(0);
    expect(terminal.stdout).toHaveLength(1);
    return terminal.stderr.join("\n");
  };
  expect(await run(home.jwks)).toBe("");
  expect(await run("https://id.example/jwks")).toContain("trusts https://id.example/jwks instead");
});
