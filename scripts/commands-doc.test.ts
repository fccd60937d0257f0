/** docs/commands.md names what the edge sends to those who answer commands, all of it and nothing else. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const headersIn = (file: string): string[] => {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...new Set([...text.matchAll(/\brollcall-[a-z]+\b/g)].map(([name]) => name))].toSorted();
};

test("the headers of a command are those that the edge sends, and the one that it reads", () => {
  const sent = headersIn("services/edge/src/inbound/commands/backend-command.ts");
  expect(headersIn("docs/commands.md")).toEqual([...sent, "rollcall-error"].toSorted());
});
