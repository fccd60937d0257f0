import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { manifestName, writeFolder } from "./folder.ts";

let root: string;
let out: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rollcall-folder-"));
  out = join(root, "out");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (files: Record<string, string>, kind = "docs") => writeFolder(out, kind, new Map(Object.entries(files)));
const there = () =>
  (readdirSync(out, { recursive: true }) as string[]).filter((name) => !name.startsWith(".")).toSorted();

test("what the earlier run wrote and this one does not is gone, its empty folders too", () => {
  write({ "index.json": "1", "a/b/one.json": "1", "a/two.json": "2" });
  const { written, removed } = write({ "index.json": "2", "a/two.json": "2" });
  expect(removed).toEqual([join(out, "a/b/one.json")]);
  expect(written).toEqual([join(out, "index.json"), join(out, "a/two.json")]);
  expect(there()).toEqual(["a", "a/two.json", "index.json"]);
});

test("nobody else's file is touched, nor one that was changed, nor one of another kind", () => {
  write({ "mine.json": "1", "edited.json": "1", "gone.json": "1" });
  write({ "schema.json": "1" }, "jsonschema");
  writeFileSync(join(out, "yours.json"), "1");
  writeFileSync(join(out, "edited.json"), "changed");
  rmSync(join(out, "gone.json"));
  expect(write({}).removed).toEqual([join(out, "mine.json")]);
  expect(there()).toEqual(["edited.json", "schema.json", "yours.json"]);
});

test.each([
  ["is not JSON", "{"],
  ["is of somebody else", '{"files":["yours.json"]}'],
  ["names what is outside", (hash: string) => JSON.stringify({ files: { "../outside.txt": hash } })],
])("a list that %s removes nothing", (_, list) => {
  write({ "index.json": "outside" });
  const { files } = JSON.parse(readFileSync(join(out, manifestName("docs")), "utf8")) as { files: object };
  writeFileSync(join(root, "outside.txt"), "outside");
  writeFileSync(
    join(out, manifestName("docs")),
    typeof list === "string" ? list : list(String(Object.values(files)[0])),
  );
  expect(write({ "index.json": "1" }).removed).toEqual([]);
  expect(existsSync(join(root, "outside.txt"))).toBe(true);
});
