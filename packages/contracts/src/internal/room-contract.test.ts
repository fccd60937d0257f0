import { describe, expect, it } from "vitest";
import { checkSources } from "../compile/index.ts";
import { patchIssues, ruledOps } from "./room-contract.ts";

const text = `
rollcall: 1
namespace: /
rooms:
  "doc:*":
    state:
      keys:
        title: { value: { type: string } }
        votes: { value: { type: integer, minimum: 0, maximum: 9 } }
        "mood:*": { value: { type: integer }, write: owner }
`;
const loaded = checkSources([{ file: "c.yaml", text }]);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
const room = loaded.contracts.namespaces.get("/")!.room("doc:1")!;

describe("the operations of a patch, with their keys' rules", () => {
  it("a sum has the range that its key's schema allows; a key of other values allows none", () => {
    expect(ruledOps([{ op: "increment", key: "votes", by: 2 }], room, "session")).toEqual([
      { op: "increment", key: "votes", by: 2, least: 0, most: 9 },
    ]);
    const [ofText] = ruledOps([{ op: "increment", key: "title", by: 1 }], room, "backend");
    expect(ofText).toMatchObject({ least: 1, most: 0 });
  });

  it("what a session writes to a key with `write: owner` is bound to it, sums too; what a backend writes is not", () => {
    const ops = [
      { op: "set", key: "mood:a", value: 1 },
      { op: "increment", key: "mood:b", by: 1 },
      { op: "delete", key: "mood:c" },
      { op: "set", key: "title", value: "x" },
    ] as const;
    const binds = (by: "session" | "backend") => ruledOps(ops, room, by).map((op) => "bind" in op && op.bind);
    expect(binds("session")).toEqual(["session", "session", false, false]);
    expect(binds("backend")).toEqual([false, false, false, false]);
  });

  it("a key that is not declared and a value that does not conform are issues", () => {
    const issues = patchIssues(
      [
        { op: "set", key: "votes", value: 10 },
        { op: "delete", key: "other" },
      ],
      room,
    );
    expect(issues.map(({ pointer, keyword }) => [pointer, keyword])).toEqual([
      ["/ops/0/value", "maximum"],
      ["/ops/1/key", "undeclared"],
    ]);
  });
});
