import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { RULE_IDS, RULES, rolesTable, rulesTable } from "./rules.ts";

const guide = readFileSync(new URL("../../../../docs/contracts-evolution.md", import.meta.url), "utf8");

test.each([
  ["rules", rulesTable()],
  ["roles", rolesTable()],
])("the guide's table of %s is the code's", (name, table) => {
  const written = new RegExp(`<!-- ${name}:begin -->\n\n(.*?)\n\n<!-- ${name}:end -->`, "s").exec(guide)?.[1];
  expect(written).toBe(table);
});

test("ids are words, and sentences are sentences, each said once", () => {
  for (const id of RULE_IDS) expect(id).toMatch(/^[a-z]+(?:-[a-z]+)+$/);
  for (const id of RULE_IDS) expect(RULES[id].sentence).toMatch(/^[A-Z][^|\n]*\.$/);
});
