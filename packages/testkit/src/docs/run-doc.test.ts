import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tempFolder } from "../temp.ts";
import { processPath } from "./checkout.ts";
import { stepsOf } from "./document.ts";
import { matchOutput } from "./output.ts";
import { runDoc } from "./run-doc.ts";

const fenced = (info: string, ...lines: string[]) => [`\`\`\`${info}`, ...lines, "```"].join("\n");
const cwd = tempFolder("doc");
const run = (...blocks: string[]) => {
  const file = join(cwd, "guide.md");
  writeFileSync(file, blocks.join("\n\n"));
  return runDoc({ file, cwd, env: processPath(), basePort: 21_000, timeoutMs: 5_000 });
};

describe("a guide's steps", () => {
  test("are its console blocks and files, in order, with their lines", () => {
    const steps = stepsOf(
      [
        "# Guide",
        fenced("sh", "never run"),
        fenced("yaml file=a/b.yaml", "x: 1"),
        fenced("console", "$ a \\", "  b", "1", "$ c"),
      ].join("\n"),
    );
    expect(steps).toEqual([
      { kind: "file", line: 6, path: "a/b.yaml", text: "x: 1\n" },
      { kind: "command", line: 9, terminal: "main", command: "a \\\n  b", expected: ["1"], eventually: false },
      { kind: "command", line: 12, terminal: "main", command: "c", expected: [], eventually: false },
    ]);
  });

  test("a block that is not closed is a mistake", () => {
    expect(() => stepsOf("text\n```console\n$ a")).toThrow("line 2");
  });
});

describe("output", () => {
  test.each([
    [["a"], ["a"], true],
    [["a"], ["b"], false],
    [["a"], ["a", "b"], false],
    [["a"], [], false],
    [["a ... c"], ["a b c"], true],
    [["a", "...", "d"], ["a", "b", "c", "d"], true],
    [["a", "...", "d"], ["a", "d"], true],
    [["a", "..."], ["b"], false],
    [["at 2026-01-01T00:00:00Z after 1.5 s"], ["at 2027-11-02T10:20:30.123Z after 12 ms"], true],
    [["at 2026-01-01T00:00:00Z"], ["at noon"], false],
    [["trace 6e8bc6e2af6974d09ed950be3cba461a"], ["trace 00000000af6974d09ed950be3cba461a"], true],
    [["user  name"], ["user      name"], true],
    [["  indented"], ["indented"], false],
    [["(a+b)*"], ["(a+b)*"], true],
  ])("%j shows %j: %s", (expected, printed, isRight) => {
    expect(matchOutput(expected, printed, true) !== undefined).toBe(isRight);
  });
});

describe("running a guide", () => {
  test("keeps folder, exported variables and exit code between commands", async () => {
    await run(
      fenced(
        "console",
        "$ mkdir -p sub && cd sub",
        "$ export WHO='a b'",
        "$ false",
        "$ echo $?",
        "1",
        '$ echo "$WHO" in "$(basename "$PWD")"',
        "a b in sub",
      ),
    );
  });

  test("writes files, with the ports of the test's own", async () => {
    await run(
      fenced("ini file=x/port.ini", "at=127.0.0.1:4123"),
      fenced("console", "$ cat x/port.ini", "at=127.0.0.1:4123"),
    );
    expect(readFileSync(join(cwd, "x/port.ini"), "utf8")).toBe("at=127.0.0.1:21123\n");
  });

  test("another terminal goes on meanwhile, until it is interrupted", async () => {
    await run(
      fenced("console", "$ : >said"),
      // One program: Bash goes on to the next when an interrupt meets one that is ending by itself.
      fenced("console terminal=other", "$ tail -f said"),
      fenced("console", "$ echo hello >said"),
      fenced("console terminal=other", "hello", "^C", "$ echo again", "again"),
    );
  });

  test("looks again where it says that something comes later", async () => {
    await run(
      fenced("console terminal=slow", "$ rm -f late; echo going; sleep 0.1; echo here >late; sleep 60", "going"),
      fenced("console eventually", "$ cat late", "here"),
    );
  });

  test.each([
    ["another output", fenced("console", "$ echo a", "b"), "guide.md:2: the output differs"],
    ["more output than it says", fenced("console", "$ echo a; echo b", "a"), "the output differs"],
    ["less output than it says", fenced("console", "$ true", "a"), "the output differs"],
    ["a command that fails", fenced("console", "$ false"), "ended with 1"],
    ["another exit code", fenced("console", "$ (exit 3)", "$ echo $?", "2"), "guide.md:3: the output differs"],
    ["a terminal that ends early", fenced("console terminal=t", "$ echo a", "b"), "ended without it"],
    [
      "more than it says in another terminal",
      `${fenced("console terminal=t", "$ echo a; echo b; touch b; sleep 60", "a")}\n${fenced("console", "$ until [ -e b ]; do sleep 0.02; done")}`,
      "prints more",
    ],
    ["nothing to run", "text", "nothing to run"],
  ])("fails on %s", async (_what, block, message) => {
    await expect(run(block)).rejects.toThrow(message);
  });

  test("says what it expected and what was printed instead", async () => {
    await expect(run(fenced("console", "$ echo 127.0.0.1:21001", "127.0.0.1:4000"))).rejects.toThrow(
      "It says:\n127.0.0.1:4000\n\nIt printed:\n127.0.0.1:4001",
    );
  });
});
