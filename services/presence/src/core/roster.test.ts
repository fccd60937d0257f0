import fc from "fast-check";
import { expect, test } from "vitest";
import { join, leave, memberOf, type Roster } from "./roster.ts";

const EMPTY: Roster = new Map();
const write = (session: string, more: Partial<Parameters<typeof join>[2]> = {}) => ({
  session,
  name: undefined,
  info: undefined,
  nowMs: 0,
  version: 1,
  ...more,
});

test("[P5][R1] under any interleaving the roster is the users with a session in the room", () => {
  const step = fc.record({
    user: fc.constantFrom("a", "b"),
    session: fc.constantFrom("1", "2", "3"),
    leaves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const truth = new Map<string, Set<string>>();
      let roster = EMPTY;
      for (const [i, { user, session, leaves }] of steps.entries()) {
        const mine = truth.get(user) ?? new Set();
        const before = mine.size;
        if (leaves) mine.delete(session);
        else mine.add(session);
        truth.set(user, mine);
        const next = leaves ? leave(roster, user, session) : join(roster, user, write(session, { version: i }));
        const expected =
          before === mine.size
            ? undefined
            : leaves
              ? mine.size === 0
                ? "left"
                : "updated"
              : before === 0
                ? "joined"
                : "updated";
        expect(next.change).toBe(expected);
        roster = next.roster;
      }
      const present = [...truth].filter(([, mine]) => mine.size > 0);
      expect(new Map([...roster].map(([user, all]) => [user, all.length]))).toEqual(
        new Map(present.map(([user, mine]) => [user, mine.size])),
      );
    }),
  );
});

test("[R1] a join without info writes none; `null` clears; the latest write counts until its session leaves", () => {
  let { roster } = join(EMPTY, "a", write("1", { info: '"one"', name: '"A"', version: 1 }));
  ({ roster } = join(roster, "a", write("2", { version: 2, nowMs: 5 })));
  expect(memberOf("a", roster.get("a")!)).toEqual({ user: "a", name: '"A"', info: '"one"', devices: 2, sinceMs: 0 });
  ({ roster } = join(roster, "a", write("2", { info: "null", version: 3 })));
  expect(memberOf("a", roster.get("a")!).info).toBeUndefined();
  ({ roster } = leave(roster, "a", "2"));
  expect(memberOf("a", roster.get("a")!).info).toBe('"one"');
  ({ roster } = join(roster, "a", write("2", { version: 4, nowMs: 9 })));
  ({ roster } = leave(roster, "a", "1"));
  expect(memberOf("a", roster.get("a")!)).toMatchObject({ sinceMs: 9, info: undefined });
});

test("[R1] the latest write counts, whichever session was there first; a name is written with an info only", () => {
  let { roster } = join(EMPTY, "a", write("1", { info: "1", name: '"A"', version: 1 }));
  ({ roster } = join(roster, "a", write("2", { info: "2", name: '"B"', version: 2 })));
  ({ roster } = join(roster, "a", write("1", { info: "3", name: undefined, version: 3 })));
  expect(memberOf("a", roster.get("a")!)).toMatchObject({ info: "3", name: '"B"' });
  ({ roster } = join(EMPTY, "a", write("1", { name: '"A"', version: 4 })));
  ({ roster } = join(roster, "a", write("2", { name: '"B"', info: undefined, version: 2 })));
  expect(memberOf("a", roster.get("a")!)).toMatchObject({ name: '"A"', devices: 2 });
});

test("[P3][R2] a second join is unseen unless it changes what a member shows", () => {
  const { roster } = join(EMPTY, "a", write("1", { info: "1" }));
  expect(join(roster, "a", write("1")).change).toBeUndefined();
  expect(join(roster, "a", write("1", { info: "1" })).change).toBeUndefined();
  expect(join(roster, "a", write("1", { info: "2" })).change).toBe("updated");
  expect(join(roster, "a", write("2")).change).toBe("updated"); // another device
});
