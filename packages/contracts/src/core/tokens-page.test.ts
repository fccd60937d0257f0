/** What `docs/tokens.md` says of claims and operations is what there is. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OPERATIONS_OF } from "../resources.ts";
import { Claims } from "./connect.ts";

const page = readFileSync(new URL("../../../../docs/tokens.md", import.meta.url), "utf8");
const firstCells = (section: string) =>
  [...section.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, t]) => t!),
  );
const sectionOf = (title: string) => page.split("\n## ").find((text) => text.startsWith(title))!;

test("every claim, and no other", () => {
  expect(firstCells(sectionOf("Claims")).toSorted()).toEqual(Object.keys(Claims.properties).toSorted());
  for (const limit of Object.keys(Claims.properties.limits.properties)) expect(page).toContain(`\`${limit}\``);
});

test("every operation, beside what it is done to", () => {
  const rows = sectionOf("What `cap` says").split("\n");
  for (const [kind, operations] of Object.entries(OPERATIONS_OF)) {
    const row = rows.find((line) => line.startsWith(`| \`${kind}:`))!;
    for (const operation of operations) expect(row).toContain(`\`${operation}\``);
  }
});
