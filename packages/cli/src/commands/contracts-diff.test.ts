/** `contracts diff` on a repository of its own, read as a user would have it read. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { RULES } from "@rollcall/contracts/evolution";
import { systemClock, systemRandom } from "@rollcall/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { homeOf } from "../home.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "rollcall-diff-")));
const at = (path: string) => join(folder, path);
/** No settings of the user's or the machine's. */
const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.org", ...args], { cwd: folder, env });

function write(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

const shop = (payload: string) => `rollcall: 1
namespace: /
commands:
  order:place:
    payload: ${payload}
    reply: {}
    subject: commands.order.place
`;
const OPTIONAL = "{ type: object, properties: { id: { type: string }, size: { type: string } }, required: [id] }";
const REQUIRED = "{ type: object, properties: { id: { type: string }, size: { type: string } }, required: [id, size] }";
const RELAY = "rollcall: 1\nnamespace: /\nrelays:\n  chat:said: { rooms: ['doc:*'], payload: {} }\n";
const BREAKS = "breaking-for-clients field-required / /commands/order:place/payload#/size is required now";

async function diff(...args: string[]): Promise<{ code: number; out: string[]; notes: string[] }> {
  return diffIn(folder, ...args);
}

async function diffIn(cwd: string, ...args: string[]): Promise<{ code: number; out: string[]; notes: string[] }> {
  return run({ cwd, contracts: "contracts" }, ...args);
}

async function run({ cwd, contracts }: { cwd: string; contracts: string }, ...args: string[]) {
  const terminal = recordingTerminal();
  const code = await runProgram(["contracts", "diff", ...args], {
    home: homeOf(folder),
    env: { ...env, CONTRACTS: contracts },
    clock: systemClock,
    random: systemRandom,
    terminal,
    cwd,
  });
  return { code, out: terminal.stdout, notes: terminal.stderr };
}

/** Two commits, `first` and `main`, and a working tree that makes `size` required. */
beforeAll(() => {
  git("init", "--quiet", "--initial-branch=main");
  write("contracts/shop.yaml", shop(OPTIONAL));
  write("contracts/README.md", "rollcall: no contract\n");
  write("elsewhere/shop.json", "{}");
  symlinkSync("../elsewhere/shop.json", at("contracts/link.json"));
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  git("tag", "first");
  write("contracts/chat.yaml", RELAY);
  git("add", ".");
  git("commit", "--quiet", "-m", "second");
  rmSync(at("contracts/link.json"));
  write("contracts/shop.yaml", shop(REQUIRED));
  write("plain/old.yaml", shop(OPTIONAL));
  write("wrong/shop.yaml", "rollcall: 1\nnamespace: /\ncommands: { nothing: {} }\n");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what OLD and NEW stand for", () => {
  test.each([
    ["a ref and a folder", "main"],
    ["a ref by its distance", "HEAD~0"],
    ["a path at a ref", "main:contracts"],
    ["a path with a slash", "main:contracts/"],
    ["a path from here", "main:./contracts"],
    ["a tag's commit", "main^{commit}"],
  ])("%s", async (_title, old) => {
    expect((await diff(old, at("contracts"))).out).toEqual([BREAKS]);
  });

  test("files", async () => {
    write("old.yaml", shop(OPTIONAL));
    expect((await diff(at("old.yaml"), at("contracts/shop.yaml"))).out).toEqual([BREAKS]);
  });

  test("one file at a ref, and the same at another", async () => {
    expect((await diff("first:contracts/shop.yaml", "main")).out).toEqual([]);
    expect((await diff("first", "main:contracts/chat.yaml")).code).toBe(2);
  });

  test("two refs: what `up` would load", async () => {
    expect((await diff("first", "main")).out).toEqual([
      "compatible relay-added / /relays/chat:said the relay was added",
    ]);
    expect((await diff("main", "first")).out).toEqual([
      "breaking-for-clients relay-removed / /relays/chat:said the relay was removed",
    ]);
  });

  test("two refs where `up` would load nothing", async () => {
    for (const contracts of ["", "nowhere"]) {
      const { code, notes } = await run({ cwd: folder, contracts }, "first", "main");
      expect(code).toBe(2);
      expect(notes).toEqual(["rollcall: neither ref has the contract files that `up` loads", "name yours: first:path"]);
    }
  });

  test("more files than contract files can be are not read", async () => {
    const blob = git("rev-parse", "main:contracts/chat.yaml").toString().trim();
    const entries = Array.from({ length: 1_001 }, (_, i) => `100644 blob ${blob}\t${i}.yaml\n`).join("");
    const tree = execFileSync("git", ["mktree"], { cwd: folder, env, input: entries }).toString().trim();
    const commit = git("commit-tree", tree, "-m", "many").toString().trim();
    const { code, notes } = await diff(`${commit}:`, at("contracts"));
    expect(code).toBe(2);
    expect(notes[0]).toMatch(/^rollcall: the repository holds 1001 such files of \d+ bytes$/);
  });

  test("a path from a folder further in", async () => {
    expect((await diffIn(at("elsewhere"), "main:../contracts", at("contracts"))).out).toEqual([BREAKS]);
    expect((await diffIn(at("elsewhere"), "main:contracts", at("contracts"))).out).toEqual([BREAKS]);
  });

  test.each<[string, string[], string]>([
    ["an unknown ref", ["nowhere", at("contracts")], "nowhere is no file or folder here, and no commit that git knows"],
    ["an unknown path", ["main:nowhere", at("contracts")], "main has no nowhere"],
    ["a path outside", ["main:../x", at("contracts")], "is not in the repository"],
    ["a folder outside", ["main", "/tmp"], "is not in the repository"],
    ["something like an option", ["--", "--output=x", at("contracts")], "--output=x is no file or folder here"],
  ])("%s is said, and exits 2", async (_title, args, expected) => {
    const { code, out, notes } = await diff(...args);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(notes.join("\n")).toContain(expected);
  });

  test("outside of a repository a ref is nothing", async () => {
    const { code, notes } = await diffIn("/", "main", at("contracts"));
    expect(code).toBe(2);
    expect(notes[0]).toBe("rollcall: / is in no git repository");
  });
});

describe("mistakes", () => {
  test("of a folder are printed as `check` prints them, and exit 2", async () => {
    const { code, out } = await diff(at("contracts"), at("wrong"));
    expect(code).toBe(2);
    expect(out[0]).toMatch(/wrong\/shop\.yaml:3:\d+ \/commands\/nothing .+/);
  });

  test("of a ref name it", async () => {
    const { code, out } = await diff("main:elsewhere", at("contracts"));
    expect(code).toBe(2);
    expect(out[0]).toMatch(/^main:elsewhere\/shop\.json:1:1 /);
  });

  test("as annotations", async () => {
    const { code, out } = await diff("--github", "main:elsewhere", at("contracts"));
    expect(code).toBe(2);
    expect(out[0]).toMatch(/^::error file=elsewhere\/shop\.json,line=1,col=1,title=mistake in a contract file::/);
  });

  test("as JSON", async () => {
    const { code, out } = await diff("--json", "main:elsewhere", at("contracts"));
    expect(code).toBe(2);
    expect(JSON.parse(out[0]!)).toMatchObject({ ok: false, mistakes: expect.arrayContaining([expect.anything()]) });
  });
});

describe("the verdict", () => {
  test("breaks: exit 1, and the rule's sentence", async () => {
    const { code, notes } = await diff("main", at("contracts"));
    expect(code).toBe(1);
    expect(notes).toEqual(["1 breaking-for-clients", `field-required: ${RULES["field-required"].sentence}`]);
  });

  test.each(["field-required", "breaking-for-clients"])("%s is allowed: exit 0, and said", async (allowance) => {
    const { code, out, notes } = await diff("--allow", allowance, "main", at("contracts"));
    expect(code).toBe(0);
    expect(out).toEqual([`${BREAKS} (allowed)`]);
    expect(notes).toEqual(["1 breaking-for-clients", `allowed: ${allowance}, met once`]);
  });

  test("what is allowed does not cover the rest", async () => {
    const args = ["--allow", "value-removed", "--allow", "breaking-for-publishers"];
    const { code, notes } = await diff(...args, "main", at("contracts"));
    expect(code).toBe(1);
    expect(notes).toContain("allowed: value-removed, met 0 times");
  });

  test("only what can break can be allowed", async () => {
    for (const word of ["nonsense", "compatible", "field-declared"]) {
      const { code, notes } = await diff("--allow", word, "main", at("contracts"));
      expect(code).toBe(2);
      expect(notes.join("\n")).toContain("It must be one of: breaking-for-clients, breaking-for-publishers,");
    }
  });

  test("no changes", async () => {
    expect(await diff("main", "main:contracts")).toEqual({ code: 0, out: [], notes: ["no changes"] });
  });
});

test("the guide's example prints what the guide says", async () => {
  const guide = readFileSync(new URL("../../../../docs/contracts-evolution.md", import.meta.url), "utf8");
  const [old, next, printed] = [...guide.matchAll(/```(?:yaml|text)\n(.*?)```/gs)].map((match) => match[1]!);
  write("old/shop.yaml", old!);
  write("new/shop.yaml", next!);
  const { code, out } = await diff(at("old"), at("new"));
  expect(code).toBe(1);
  expect(`${out.join("\n")}\n`).toBe(printed);
});

describe("other outputs", () => {
  test("JSON: one line with every change, its rule's sentence and its place", async () => {
    const { code, out } = await diff("--json", "main", at("contracts"));
    expect(code).toBe(1);
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        ok: false,
        allowed: [],
        changes: [
          {
            class: "breaking-for-clients",
            rule: "field-required",
            because: RULES["field-required"].sentence,
            namespace: "/",
            kind: "command",
            name: "order:place",
            pointer: "/commands/order:place/payload",
            field: "/size",
            message: "is required now",
            at: { file: at("contracts/shop.yaml"), line: 4, column: 3 },
          },
        ],
      },
    ]);
  });

  test("annotations: at the file in the working tree, by level", async () => {
    const { out } = await diff("--github", "main", at("contracts"));
    expect(out).toEqual([
      `::error file=contracts/shop.yaml,line=4,col=3,title=breaking-for-clients%3A field-required::` +
        `order:place /size is required now. ${RULES["field-required"].sentence}`,
    ]);
    expect((await diff("--github", "first", "main")).out[0]).toMatch(
      /^::notice file=contracts\/chat\.yaml,line=4,col=3,/,
    );
    expect((await diff("--github", "--allow", "relay-removed", "main", "first")).out[0]).toMatch(
      /^::warning file=contracts\/chat\.yaml,line=4,/,
    );
  });

  test.each(["/", at("contracts"), "contracts"])(
    "annotations have their paths from the top, run in %s too",
    async (cwd) => {
      const { out } = await diffIn(resolve(folder, cwd), "--github", at("plain/old.yaml"), at("contracts/shop.yaml"));
      expect(out[0]).toMatch(/^::error file=contracts\/shop\.yaml,line=4,/);
    },
  );

  test("annotations of files in no repository name them whole", async () => {
    const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), "rollcall-bare-")));
    const file = join(elsewhere, "shop.yaml");
    writeFileSync(file, shop(REQUIRED));
    const { out } = await diffIn("/", "--github", at("plain/old.yaml"), file);
    rmSync(elsewhere, { recursive: true });
    expect(out[0]).toContain(`file=${file},`);
  });

  test("only one of them", async () => {
    expect((await diff("--github", "--json", "main", at("contracts"))).code).toBe(2);
  });

  test("names from files cannot write lines, colours or commands", async () => {
    write("odd.yaml", shop('{ type: object, properties: { "a\\n::error::\\e[31m%,:": {} } }'));
    write("plain.yaml", shop("{ type: object }"));
    const { out } = await diff(at("plain.yaml"), at("odd.yaml"));
    expect(out).toEqual([
      "compatible field-declared / /commands/order:place/payload#/a\\u000a::error::\\u001b[31m%,: is a new optional field",
    ]);
    const [annotation] = (await diff("--github", at("plain.yaml"), at("odd.yaml"))).out;
    expect(annotation).toContain("::order:place /a\\u000a::error::\\u001b[31m%25,: is a new optional field");
  });
});
