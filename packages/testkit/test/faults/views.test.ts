import { expect, test } from "vitest";
import { RosterView } from "./views.ts";

const member = (user: string) => ({ user, status: "active", devices: 1 }) as never;
const ack = (version: number, stale: boolean) => ({ epoch: "1.1", roster: { version, count: 2 }, stale }) as never;
const left = (from: number, user: string) =>
  ({ room: "doc:1", epoch: "1.1", from, to: from + 1, count: 1, left: [user] }) as never;

/** A view of ann and bob at version 10. */
function viewOf(): RosterView {
  const view = new RosterView();
  view.snapshot(ack(10, false), [member("ann"), member("bob")], 0);
  return view;
}

test("a departure told before an answer that is older, and on which alone it fits, counts once, stale or not", () => {
  for (const stale of [true, false]) {
    const view = viewOf();
    expect(view.apply(left(20, "bob"), 1)).toBe(false);
    view.snapshot(ack(20, stale), [member("ann"), member("bob")], 2);
    expect([...view.members.keys()]).toEqual(["ann"]);
    expect(view.known.departures).toEqual([{ user: "bob", atMs: 2 }]);
  }
});

test("one that fitted at once counts once, whatever is read after it", () => {
  const view = viewOf();
  expect(view.apply(left(10, "bob"), 1)).toBe(true);
  view.snapshot(ack(10, false), [member("ann"), member("bob")], 2);
  expect(view.known.departures).toEqual([{ user: "bob", atMs: 1 }]);
});
