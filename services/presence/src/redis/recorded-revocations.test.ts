import { expect, test } from "vitest";
import { RecordedRevocations } from "./recorded-revocations.ts";

const of = (user: string, issuedBeforeMs: number, untilMs = 1_000) => ({
  ...{ tenant: "main", user, namespace: "", room: "" },
  issuedBeforeMs,
  untilMs,
});

test("[X3] what was recorded is remembered until the tokens it concerns have ended", () => {
  const recorded = new RecordedRevocations();
  recorded.note(of("ann", 10, 100));
  recorded.note(of("bob", 10, 200));
  expect(recorded.live(99).map(({ user }) => user)).toEqual(["ann", "bob"]);
  expect(recorded.live(100).map(({ user }) => user)).toEqual(["bob"]);
  expect(recorded.live(200)).toEqual([]);
  expect(recorded.isEmpty).toBe(true);
});

test("[X3] a later one of the same never shortens an earlier; a room is another", () => {
  const recorded = new RecordedRevocations();
  recorded.note(of("ann", 50, 900));
  recorded.note(of("ann", 20, 800));
  recorded.note({ ...of("ann", 30), namespace: "/", room: "doc:1" });
  expect(recorded.live(0)).toEqual([of("ann", 50, 900), { ...of("ann", 30), namespace: "/", room: "doc:1" }]);
});

test("ten thousand are remembered, then the oldest goes", () => {
  const recorded = new RecordedRevocations();
  for (let i = 0; i < 10_001; i++) recorded.note(of(`user-${i}`, 1));
  const live = recorded.live(0);
  expect(live).toHaveLength(10_000);
  expect(live[0]!.user).toBe("user-1");
});
