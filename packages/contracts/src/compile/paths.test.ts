import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadContracts } from "./load.ts";
import { expandPaths } from "./paths.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "rollcall-paths-"));
  for (const team of ["shop", "desk"]) {
    mkdirSync(join(root, team, "contracts"), { recursive: true });
    writeFileSync(join(root, team, "contracts", `${team}.yaml`), `rollcall: 1\nnamespace: /${team}\n`);
    writeFileSync(join(root, team, "contracts", "README.md"), "# no contract\n");
  }
  writeFileSync(join(root, "odd[1].yaml"), "rollcall: 1\nnamespace: /odd\n");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a pattern is the contract files that match it, in order, each once", () => {
  const [desk, shop] = ["desk", "shop"].map((team) => join(root, team, "contracts", `${team}.yaml`));
  expect(expandPaths([join(root, "*/contracts/*")])).toEqual([desk, shop]);
  expect(expandPaths([join(root, "**/*.yaml"), shop!])).toEqual([desk, join(root, "odd[1].yaml"), shop]);
  expect(expandPaths([join(root, "{shop,desk}/contracts/shop.yaml")])).toEqual([shop]);
});

test("what exists is no pattern; what matches nothing stays as it is written", () => {
  const paths = [join(root, "odd[1].yaml"), join(root, "shop"), join(root, "none*.yaml"), join(root, "missing.yaml")];
  expect(expandPaths(paths)).toEqual(paths);
});

test("one file per team, loaded by one pattern; a pattern that matches nothing is a mistake", async () => {
  const loaded = await loadContracts([join(root, "*/contracts/*.yaml")]);
  expect(loaded.ok && [...loaded.contracts.namespaces.keys()]).toEqual(["/desk", "/shop"]);
  expect(await loadContracts([join(root, "none*.yaml")])).toMatchObject({
    ok: false,
    mistakes: [{ file: join(root, "none*.yaml"), message: "cannot be read (ENOENT)" }],
  });
});
