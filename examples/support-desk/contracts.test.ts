/** What the contract promises to whoever reads it, and that it stands beside the other examples in one cluster. */

import { globSync } from "node:fs";
import { join } from "node:path";
import { formatMistake, loadContracts } from "@rollcall/contracts";
import { expect, test } from "vitest";

const EXAMPLES = join(import.meta.dirname, "..");
const mistakesOf = async (paths: string[]) => {
  const loaded = await loadContracts(paths);
  return loaded.ok ? [] : loaded.mistakes.map(formatMistake);
};

test("every example of every event validates, and none is missing", async () => {
  const loaded = await loadContracts([join(import.meta.dirname, "contracts")]);
  if (!loaded.ok) throw new Error(loaded.mistakes.map(formatMistake).join("\n"));
  const { relays, commands, events } = loaded.catalogue.namespaces.find(({ namespace }) => namespace === "/support")!;
  const all = [...relays, ...commands, ...events];
  expect(all.map(({ name }) => name)).toEqual([
    "ticket:typing",
    "ticket:assign",
    "ticket:reply",
    "ticket:take",
    "ticket:assigned",
    "ticket:escalated",
    "ticket:replied",
  ]);
  const contract = loaded.contracts.namespaces.get("/support")!;
  for (const { name, examples, description, owner } of all) {
    const { validate } = (contract.relays.get(name) ?? contract.commands.get(name) ?? contract.events.get(name))!;
    expect(examples, name).not.toEqual([]);
    for (const example of examples) expect(validate(example), name).toBeUndefined();
    expect([description, owner], name).not.toContain(undefined);
  }
});

test("what `up` loads without --contracts are all examples, and they agree with each other", async () => {
  const folders = globSync("*/contracts", { cwd: EXAMPLES }).toSorted();
  expect(folders).toEqual(["board/contracts", "github/contracts", "support-desk/contracts"]);
  expect(await mistakesOf(folders.map((folder) => join(EXAMPLES, folder)))).toEqual([]);
}, 30_000);
