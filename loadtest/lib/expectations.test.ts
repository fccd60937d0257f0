import { expect, it } from "vitest";
import { Expectations } from "./expectations.ts";

it("each observer gives one sample; who saw nothing is named at the end", () => {
  const expectations = new Expectations<string>();
  const samples: [number, string][] = [];
  const joined = expectations.expect("joined ann", 100, ["bob", "cid", "dan"], (ms, who) => samples.push([ms, who]));
  expect(expectations.seen("joined ann", "bob", 130)).toBe(true);
  expect(expectations.seen("joined ann", "bob", 150)).toBe(true);
  expect(expectations.seen("joined ann", "cid", 170)).toBe(true);
  expect(expectations.seen("left ann", "dan", 180)).toBe(false);
  expect(samples).toEqual([
    [30, "bob"],
    [70, "cid"],
  ]);
  expect(joined.settled).toBe(false);
  expect(joined.close()).toEqual(["dan"]);
  expect(expectations.seen("joined ann", "dan", 200)).toBe(false);
  expect(samples).toHaveLength(2);
});

it("closing an earlier one does not end a later one of the same key", () => {
  const expectations = new Expectations<string>();
  const first = expectations.expect("k", 0, ["a"], () => {});
  const second = expectations.expect("k", 5, ["a"], () => {});
  first.close();
  expect(expectations.seen("k", "a", 9)).toBe(true);
  expect(second.settled).toBe(true);
});
