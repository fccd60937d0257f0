import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../../test/run-command.ts";

const market = new URL("../../../contracts/test/contracts", import.meta.url).pathname;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-schemas-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const readJson = <T>(...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), "utf8")) as T;

test("into a folder: a document for each payload and ack, told of by the index", async () => {
  const { code, stderr } = await runCommand("contracts", "jsonschema", "--out", join(folder, "all"), market);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/wrote .*index\.json\n(.*\n){4}and \d+ more$/)]);
  const files = readdirSync(join(folder, "all"), { recursive: true, encoding: "utf8" });
  expect(files).toEqual(
    expect.arrayContaining(["index.json", "client-to-server/offer.made.json", "acks/deal.close.json"]),
  );
  const { messages } = readJson<{ messages: { payload: string; ack?: string }[] }>("all/index.json");
  for (const { payload, ack } of messages) {
    expect(readJson("all", payload)).toHaveProperty("title");
    if (ack !== undefined) expect(readJson("all", ack)).toHaveProperty("title");
  }
});

test("into a file, or to stdout: all in one", async () => {
  expect((await runCommand("contracts", "jsonschema", "--out", join(folder, "one.json"), market)).code).toBe(0);
  expect(readJson("one.json")).toHaveProperty("$defs.OfferMadeRelay");
  const { stdout } = await runCommand("contracts", "jsonschema", market);
  expect(JSON.parse(stdout)).toEqual(readJson("one.json"));
});
