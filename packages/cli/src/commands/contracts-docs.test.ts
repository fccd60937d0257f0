import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../test/run-command.ts";

const market = new URL("../../../contracts/test/contracts", import.meta.url).pathname;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-docs-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("into a folder: AsyncAPI, the page and the same as Markdown, all with the contracts' hash", async () => {
  const { code, stdout } = await runCommand("contracts", "docs", "--json", "--out", join(folder, "out"), market);
  const names = ["asyncapi.yaml", "index.html", "catalogue.md"];
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    ok: true,
    mistakes: [],
    files: names.map((name) => join(folder, "out", name)),
    removed: [],
  });
  expect(readdirSync(join(folder, "out")).toSorted()).toEqual([".rollcall-docs.json", ...names.toSorted()]);
  const { stdout: checked } = await runCommand("contracts", "check", "--json", market);
  const { hash } = JSON.parse(checked) as { hash: string };
  for (const name of names) expect(readFileSync(join(folder, "out", name), "utf8"), name).toContain(hash);
}, 20_000);

test("without a folder it says what is missing", async () => {
  const { code, stderr } = await runCommand("contracts", "docs", market);
  expect([code, stderr]).toEqual([2, expect.stringContaining("--out DIR")]);
});
