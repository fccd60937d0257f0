import { RollcallError } from "@rollcall/contracts";
import { describe, expect, test } from "vitest";
import { runCommand } from "../test/run-command.ts";
import { explain } from "./program.ts";

const help = await runCommand("--help");
const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) /gm)]
  .map(([, name]) => name!)
  .filter((name) => name !== "help");

describe("a command is found by its name", () => {
  test("all of them are in the help", () => {
    expect(help.code).toBe(0);
    expect(commands).toEqual(expect.arrayContaining(["up", "verify", "presence", "deadletter", "probe"]));
  });

  test.each(commands)("%s", async (name) => {
    const { code, stdout } = await runCommand(name, "--help");
    expect({ code, usage: stdout.split("\n")[0]?.split(" ").slice(0, 3).join(" ") }).toEqual({
      code: 0,
      usage: `Usage: rollcall ${name}`,
    });
  });

  test("--version tells the version and the Node that runs it", async () => {
    const { code, stdout } = await runCommand("--version");
    expect({
      code,
      says: /^rollcall \d+\.\d+\.\d+, node v\d+\.\d+\.\d+(, commit [0-9a-f]{40})?\n?$/.test(stdout),
    }).toEqual({
      code: 0,
      says: true,
    });
  });

  test.each([[["nothing"]], [["--nothing"]], [["constructor"]]])("%j is no command", async (args) => {
    const { code, stderr } = await runCommand(...args);
    expect({ code, says: stderr.startsWith("error: unknown") }).toEqual({ code: 2, says: true });
  });
});

test.each([
  [["token", "--user", "ann", "--cap", "all"], "rollcall: --cap must be"],
  [["token", "--user", "ann", "--cap", "room:doc:*=joyn"], "rollcall: --cap room:doc:*=joyn: joyn is no operation"],
  [["token", "--user", "ann", "--name", "n".repeat(129)], "rollcall: an edge would refuse this token: /name"],
  [["token", "--user", "ann", "--ns", "support"], "error: option '--ns <namespace>' argument 'support' is invalid"],
])("%j cannot be understood, and is told so", async (args, says) => {
  const { code, stdout, stderr } = await runCommand(...args);
  expect({ code, stdout, says: stderr.startsWith(says) || stderr }).toEqual({ code: 2, stdout: "", says: true });
});

test.each([
  ["UNAVAILABLE", true],
  ["TIMEOUT", true],
  ["FORBIDDEN", false],
] as const)("an answer %s names the command that says what is away: %s", (code, isNamed) => {
  const lines: string[] = [];
  expect(explain(new RollcallError(code), (line) => lines.push(line))).toBe(1);
  expect(lines[0]).toMatch(`rollcall: ${code}: `);
  expect(lines.slice(1)).toEqual(isNamed ? ["`./rollcall doctor` says what is away"] : []);
});
