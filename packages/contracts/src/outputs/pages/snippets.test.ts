import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { checkSources } from "../../compile/load.ts";
import { coreSurface, surfaceOf } from "../surface.ts";
import { answerSnippet, emitSnippet, publishSnippets, receiveSnippet } from "./snippets.ts";

/** Its examples are what a shell and a template would like to take for their own. */
const CONTRACT = {
  rollcall: 1,
  namespace: "/",
  relays: { "a:b": { rooms: ["x:*"], payload: true, examples: ["`$(1)`\u2028 */ ' \" </script>"] } },
  commands: {
    "c:d": { payload: { type: "integer" }, reply: { type: "string", pattern: "^zebra$" }, subject: "commands.c.d" },
  },
  events: {
    "e:f": {
      from: "events.{tenant}.e",
      type: "it's $(exit 1)",
      payload: { type: "string" },
      examples: ['it\'s $(touch never) "quoted" \n `x`'],
      to: { room: "lobby" },
    },
  },
};

function load() {
  const result = checkSources([{ file: "f.json", text: JSON.stringify(CONTRACT) }]);
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return result.catalogue.namespaces[0]!;
}

test("every JavaScript snippet is JavaScript, whatever its event is called and its examples hold", () => {
  const entry = load();
  for (const { client, server } of [coreSurface(), surfaceOf(entry)]) {
    const snippets = [...client.map(emitSnippet), ...server.map(receiveSnippet), ...entry.commands.map(answerSnippet)];
    for (const { code } of snippets) expect(() => new Function(`return async () => {\n${code}\n}`), code).not.toThrow();
  }
});

test("a payload of which no sample is known is called so, not invented", () => {
  const [command] = load().commands;
  expect(answerSnippet(command!).code).toContain("request.respond(JSON.stringify(reply))");
});

test("a shell takes the data of a publish as one word, and does nothing that it says", () => {
  const [event] = load().events;
  const [cli, nats] = publishSnippets(event!);
  const words = (code: string) => {
    const script = `show() { for word; do printf '%s\\0' "$word"; done; }\n${code.replace(/^(?:\.\/rollcall|nats) /, "show ")}`;
    return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
  };
  const data = JSON.stringify(event!.examples[0]);
  expect(words(cli!.code)).toEqual(["publish", "e:f", "--data", data]);
  expect(words(nats!.code)).toEqual([
    ...["pub", "events.main.e", "-H", "ce-specversion:1.0", "-H", "ce-id:1", "-H", "ce-source:/example"],
    ...["-H", "ce-type:it's $(exit 1)", data],
  ]);
});
