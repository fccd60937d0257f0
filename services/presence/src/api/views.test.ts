import { describe, expect, test } from "vitest";
import type { UserFacts } from "../store.ts";
import { backendView, fitting, watcherView } from "./views.ts";

const facts: UserFacts = {
  user: "ann",
  status: "busy",
  info: '{"a":1}',
  devices: 2,
  hidden: false,
  epoch: "1.2",
  version: 3,
};

describe("[U3] offline, hidden and unknown cannot be told apart by a watcher", () => {
  test("hidden", () =>
    expect(watcherView("ann", { ...facts, hidden: true })).toEqual({ user: "ann", status: "offline" }));
  test("offline", () => expect(watcherView("ann", undefined)).toEqual({ user: "ann", status: "offline" }));
  test("backends know better", () => {
    expect(backendView("ann", { ...facts, hidden: true })).toMatchObject({ status: "busy", visible: false });
    expect(backendView("ann", undefined)).toEqual({ user: "ann", status: "offline" });
  });
  test("visible", () => {
    const seen = { user: "ann", status: "busy", info: { a: 1 }, devices: 2, epoch: "1.2", version: 3 };
    expect(watcherView("ann", facts)).toEqual(seen);
    expect(backendView("ann", facts)).toEqual({ ...seen, visible: true });
  });
});

test("a page takes what fits, counted in bytes, and at least one", () => {
  expect(fitting(["éé", "b", "c"], 12)).toEqual(["éé", "b"]);
  expect(fitting(["x".repeat(99)], 5)).toHaveLength(1);
  expect(fitting([], 5)).toEqual([]);
});
