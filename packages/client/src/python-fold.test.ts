/** The fold that `docs/clients.md` shows in Python, on the vectors. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const vectors = (name: string) => JSON.parse(read(`packages/contracts/vectors/${name}.json`)) as { name: string }[];

const HARNESS = `
import json, sys
def opened(plain):
    if plain is None: return None
    roster, state = plain["roster"], plain["state"]
    return {"epoch": plain["epoch"], "mode": roster["mode"], "count": roster["count"], "seq": plain["seq"],
        "roster": {"version": roster["version"], "items": {m["user"]: m for m in roster["members"]}},
        "state": {"version": state["version"], "items": {e["key"]: e for e in state["entries"]}}}
def shown(view):
    listed = lambda stream: [item for _, item in sorted(view[stream]["items"].items())]
    return {"epoch": view["epoch"], "seq": view["seq"],
        "roster": {"mode": view["mode"], "count": view["count"], "version": view["roster"]["version"], "members": listed("roster")},
        "state": {"version": view["state"]["version"], "entries": listed("state")}}
def diffs(vector):
    view = opened(vector["from"])
    for message in vector["messages"]: fold(view, message)
    return {"to": shown(view)}
def resume(vector):
    view, events = joined(opened(vector["known"]), vector["ack"])
    return {"to": shown(view), "events": events}
def play(act, vector):
    try: return act(vector)
    except Gap: return {"to": "gap"}
def page(vector):
    view = opened(vector["from"])
    return {"new": [event[2]["seq"] for event in add_history(view, vector["page"])], "seq": view["seq"]}
given = json.load(sys.stdin)
if "pages" in given: json.dump([play(page, v) for v in given["pages"]], sys.stdout)
else: json.dump({"diffs": [play(diffs, v) for v in given["diffs"]], "resume": [play(resume, v) for v in given["resume"]]}, sys.stdout)
`;

function hasPython3(): boolean {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const python = hasPython3();
const [, fold] = /```python\n(class Gap[\s\S]*?)```/.exec(read("docs/clients.md"))!;
const play = (given: object) =>
  JSON.parse(execFileSync("python3", ["-c", fold + HARNESS], { input: JSON.stringify(given) }).toString());

it(`folds as the vectors say${python ? "" : ": not run, this machine has no python3"}`, () => {
  if (!python) return;
  const given = { diffs: vectors("diffs"), resume: vectors("resume") };
  const said = play(given);
  for (const kind of ["diffs", "resume"] as const) {
    for (const [i, vector] of given[kind].entries())
      expect({ ...vector, ...said[kind][i] }, vector.name).toEqual(vector);
  }
});

it.runIf(python)("adds pages of the history: what is new of them, and a hole is a gap", () => {
  const from = {
    epoch: "c0.1",
    seq: 2,
    roster: { mode: "roster", count: 0, version: 1, members: [] },
    state: { version: 0, entries: [] },
  };
  const pageOf = (epoch: string, ...seqs: number[]) => ({
    from,
    page: { epoch, seq: 9, events: seqs.map((seq) => ["chat:said", {}, { id: `m${seq}`, ts: "", seq }]) },
  });
  expect(play({ pages: [pageOf("c0.1", 3, 4), pageOf("c0.1", 2, 3), pageOf("c0.1", 4), pageOf("c0.2", 3)] })).toEqual([
    { new: [3, 4], seq: 4 },
    { new: [3], seq: 3 },
    { to: "gap" },
    { to: "gap" },
  ]);
});
