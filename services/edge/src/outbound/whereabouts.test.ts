import { describe, expect, it } from "vitest";
import { Whereabouts } from "./whereabouts.ts";

const ANN = "u:main/ann";
const ROOM = "r:main/doc:1";

describe("whereabouts", () => {
  it("take today's state back to the moment of a message", () => {
    const whereabouts = new Whereabouts();
    const before = whereabouts.now();
    whereabouts.changed(ANN, "/", ROOM, true);
    const during = whereabouts.now();
    whereabouts.changed(ANN, "/", ROOM, false);
    whereabouts.changed("u:main/bob", "/", ROOM, true);
    const after = whereabouts.now();
    const countAt = (moment: number) => whereabouts.count(ANN, "/", ROOM, moment, 0);
    expect([before, during, after].map(countAt)).toEqual([
      { sockets: 0, slow: false },
      { sockets: 1, slow: false },
      { sockets: 0, slow: false },
    ]);
  });

  it("tell who was kept out for reading too slowly from who left", () => {
    const whereabouts = new Whereabouts();
    whereabouts.changed(ANN, "/", ROOM, true);
    whereabouts.changed(ANN, "/", ROOM, false, true);
    const slow = whereabouts.now();
    whereabouts.changed(ANN, "/", ROOM, true);
    expect(whereabouts.count(ANN, "/", ROOM, slow, 1)).toEqual({ sockets: 0, slow: true });
    expect(whereabouts.count(ANN, "/", ROOM, whereabouts.now(), 1)).toEqual({ sockets: 1, slow: false });
  });

  it("are the newest 10,000 changes: what lies before is not known", () => {
    const whereabouts = new Whereabouts();
    const early = whereabouts.now();
    for (let n = 0; n <= 10_000; n++) whereabouts.changed(ANN, "/", ROOM, n % 2 === 0);
    expect(whereabouts.count(ANN, "/", ROOM, early, 1)).toBeUndefined();
    expect(whereabouts.count(ANN, "/", ROOM, early + 1, 1)).toEqual({ sockets: 1, slow: false });
  });
});
