import { checkSources } from "@rollcall/contracts";
import { expect, test } from "vitest";
import { unknownChannels } from "./unknown-channels.ts";

const event = (name: string, durable: string) =>
  `  ${name}: { payload: { type: object, required: [u], properties: { u: { type: string } } }, to: { users: /u }${durable} }\n`;
const to = (channel: string) => `, durable: { ttl: 1h, fallback: { after: 1s, channel: ${channel} } }`;

test("what contracts name and the deployment does not, with the events that do", () => {
  const text = `rollcall: 1\nnamespace: /\nevents:\n${event("a:one", to("mail"))}${event("a:two", to("mail"))}${event("a:three", to("hook"))}${event("a:four", "")}`;
  const loaded = checkSources([{ file: "a.yaml", text }]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  expect(unknownChannels(loaded.contracts, new Set(["hook"]))).toEqual([["mail", ["a:one", "a:two"]]]);
  expect(unknownChannels(loaded.contracts, new Set(["hook", "mail"]))).toEqual([]);
});
