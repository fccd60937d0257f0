import { equal, match } from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "vitest";
import { buildInfo, commitOf } from "./build-info.ts";

const ONE = "1".repeat(40);
const TWO = "2".repeat(40);

function gitWith(files: Record<string, string>): URL {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-git-"));
  mkdirSync(join(folder, "refs/heads"), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return pathToFileURL(`${folder}/`);
}

test.each<[string, Record<string, string>, string | undefined]>([
  ["a commit of its own", { HEAD: `${ONE}\n` }, ONE],
  ["a branch", { HEAD: "ref: refs/heads/main\n", "refs/heads/main": `${ONE}\n` }, ONE],
  [
    "a packed branch",
    { HEAD: "ref: refs/heads/main\n", "packed-refs": `# pack\n${TWO} refs/heads/x\n${ONE} refs/heads/main\n` },
    ONE,
  ],
  ["a branch without a commit", { HEAD: "ref: refs/heads/main\n" }, undefined],
  ["no checkout", {}, undefined],
])("the commit of %s", (_, files, commit) => {
  equal(commitOf(gitWith(files)), commit);
});

test("this build has a version and a Node", () => {
  match(buildInfo().version, /^\d+\.\d+\.\d+$/);
  equal(buildInfo().node, process.version);
});
