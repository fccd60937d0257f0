import type { UserPresence } from "@rollcall/contracts";
import { ManualClock } from "@rollcall/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { WatchHub } from "./watch-hub.ts";

const active = (user: string, version: number, more: Partial<UserPresence> = {}): UserPresence => ({
  user,
  status: "active",
  devices: 1,
  epoch: "1.1",
  version,
  ...more,
});

const offline = (user: string): UserPresence => ({ user, status: "offline" });

describe("watch hub", () => {
  let clock: ManualClock;
  let sent: [string, UserPresence[]][];
  let hub: WatchHub<string>;
  let place: number;
  /** The next change in the log. */
  const changed = (tenant: string, reading: UserPresence) => hub.changed(tenant, reading, `${++place}-0`);
  const here = () => `${place}-0`;
  beforeEach(() => {
    clock = new ManualClock();
    sent = [];
    place = 0;
    hub = new WatchHub({ clock, windowMs: 100, send: (watcher, changes) => sent.push([watcher, changes]) });
    hub.watch("main", "ann", "w");
  });

  it("tells watchers of a user, and nobody of another user or tenant", () => {
    changed("main", active("bob", 1));
    changed("other", active("ann", 1));
    hub.flush();
    expect(sent).toEqual([]);
    changed("main", active("ann", 1));
    hub.flush();
    expect(sent).toEqual([["w", [active("ann", 1)]]]);
  });

  it("sends at most once per window and socket, the latest reading", async () => {
    for (let version = 1; version <= 5; version++) {
      changed("main", active("ann", version, { devices: version }));
      hub.flush();
    }
    expect(sent).toHaveLength(1);
    await clock.advance(100);
    expect(sent.map(([, [change]]) => change?.version)).toEqual([1, 5]);
    await clock.advance(1_000);
    expect(sent).toHaveLength(2);
  });

  it("says nothing when what a watcher reads stays equal", async () => {
    changed("main", active("ann", 1));
    hub.flush();
    changed("main", active("ann", 2, { status: "away" }));
    changed("main", active("ann", 3));
    await clock.advance(100);
    expect(sent).toHaveLength(1);
  });

  it("[P6] does not tell what an answer knew already, and tells it to everybody else", async () => {
    const newest = active("ann", 7, { devices: 2 });
    hub.watch("main", "ann", "other");
    hub.answered("main", "w", [newest], "3-0");
    hub.answered("main", "other", [active("ann", 5)], "0-0");
    changed("main", active("ann", 6, { status: "away" }));
    changed("main", newest);
    hub.passed("2-0");
    hub.flush();
    expect(sent).toEqual([["other", [newest]]]);
    await clock.advance(1_000);
    changed("main", offline("ann")); // at the very place
    changed("main", active("ann", 1, { epoch: "1.2" }));
    hub.flush();
    expect(sent.slice(1)).toEqual([
      ["other", [active("ann", 1, { epoch: "1.2" })]],
      ["w", [active("ann", 1, { epoch: "1.2" })]],
    ]);
  });

  it("[P7] an answer older than the log is corrected by what follows it", async () => {
    changed("main", offline("ann"));
    hub.flush();
    const before = here();
    hub.hold("w");
    changed("main", active("ann", 1));
    changed("main", offline("ann"));
    hub.answered("main", "w", [active("ann", 1)], `${place - 1}-0`); // read between the two
    hub.release("w");
    hub.flush();
    expect(sent.at(-1)).toEqual(["w", [offline("ann")]]);

    // Nor does an old answer to one change what is said to others.
    hub.watch("main", "ann", "other");
    changed("main", active("ann", 1, { epoch: "1.2" }));
    hub.answered("main", "other", [offline("ann")], before);
    hub.drop("main", ["ann"], "w");
    hub.flush();
    changed("main", offline("ann"));
    await clock.advance(100);
    expect(sent.at(-1)).toEqual(["other", [offline("ann")]]);
  });

  it("holds changes until the answer of a watch is sent", () => {
    hub.hold("w");
    changed("main", active("ann", 2, { status: "busy" }));
    hub.flush();
    expect(sent).toEqual([]);
    hub.release("w");
    hub.flush();
    expect(sent).toHaveLength(1);
  });

  it("forgets everything of a socket that went", () => {
    changed("main", active("ann", 1));
    hub.drop("main", ["ann"], "w");
    hub.flush();
    expect(sent).toEqual([]);
    expect(hub.size).toBe(0);
  });
});
