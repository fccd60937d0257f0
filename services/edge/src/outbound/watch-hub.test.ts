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

describe("watch hub", () => {
  let clock: ManualClock;
  let sent: [string, UserPresence[]][];
  let hub: WatchHub<string>;
  beforeEach(() => {
    clock = new ManualClock();
    sent = [];
    hub = new WatchHub({ clock, windowMs: 100, send: (watcher, changes) => sent.push([watcher, changes]) });
    hub.watch("main", "ann", "w");
  });

  it("tells watchers of a user, and nobody of another user or tenant", () => {
    hub.changed("main", active("bob", 1));
    hub.changed("other", active("ann", 1));
    hub.flush();
    expect(sent).toEqual([]);
    hub.changed("main", active("ann", 1));
    hub.flush();
    expect(sent).toEqual([["w", [active("ann", 1)]]]);
  });

  it("sends at most once per window and socket, the latest reading", async () => {
    for (let version = 1; version <= 5; version++) {
      hub.changed("main", active("ann", version, { devices: version }));
      hub.flush();
    }
    expect(sent).toHaveLength(1);
    await clock.advance(100);
    expect(sent.map(([, [change]]) => change?.version)).toEqual([1, 5]);
    await clock.advance(1_000);
    expect(sent).toHaveLength(2);
  });

  it("says nothing when what a watcher reads stays equal", async () => {
    hub.changed("main", active("ann", 1));
    hub.flush();
    hub.changed("main", active("ann", 2, { status: "away" }));
    hub.changed("main", active("ann", 3));
    await clock.advance(100);
    expect(sent).toHaveLength(1);
  });

  it("ignores what is older than what it knows", () => {
    hub.learned("main", active("ann", 7));
    hub.changed("main", active("ann", 6, { status: "away" }));
    hub.flush();
    expect(sent).toEqual([]);
  });

  it("holds changes until the answer of a watch is sent", () => {
    hub.hold("w");
    hub.changed("main", active("ann", 2, { status: "busy" }));
    hub.flush();
    expect(sent).toEqual([]);
    hub.release("w");
    hub.flush();
    expect(sent).toHaveLength(1);
  });

  it("forgets everything of a socket that went", () => {
    hub.changed("main", active("ann", 1));
    hub.drop("main", ["ann"], "w");
    hub.flush();
    expect(sent).toEqual([]);
    expect(hub.size).toBe(0);
  });
});
