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
given = json.load(sys.stdin)
json.dump({"diffs": [play(diffs, v) for v in given["diffs"]], "resume": [play(resume, v) for v in given["resume"]]}, sys.stdout)
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
it(`folds as the vectors say${python ? "" : ": not run, this machine has no python3"}`, () => {
  const [, fold] = /```python\n(class Gap[\s\S]*?)```/.exec(read("docs/clients.md"))!;
  if (!python) return;
  const given = { diffs: vectors("diffs"), resume: vectors("resume") };
  const said = JSON.parse(execFileSync("python3", ["-c", fold + HARNESS], { input: JSON.stringify(given) }).toString());
  for (const kind of ["diffs", "resume"] as const) {
    for (const [i, vector] of given[kind].entries())
      expect({ ...vector, ...said[kind][i] }, vector.name).toEqual(vector);
  }
});
