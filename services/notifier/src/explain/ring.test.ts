import { describe, expect, it } from "vitest";
import { AccountRing } from "./ring.ts";

const account = (mid: string, id = mid, tenant = "main") => ({ at: "", tenant, mid, id, outcome: "emitted" });

describe("the ring of accounts", () => {
  it("finds by either id, within a tenant, oldest first", () => {
    const ring = new AccountRing(10);
    for (const one of [account("a", "1"), account("b", "1"), account("a", "2"), account("c", "1", "acme")])
      ring.add(one);
    expect(ring.find("main", "1").map(({ mid }) => mid)).toEqual(["a", "b"]);
    expect(ring.find("main", "a").map(({ id }) => id)).toEqual(["1", "2"]);
    expect(ring.find("main", "z")).toEqual([]);
  });

  it("forgets the oldest when it is full", () => {
    const ring = new AccountRing(3);
    for (const id of ["a", "b", "c", "d"]) ring.add(account(id, "x"));
    expect(ring.find("main", "x").map(({ mid }) => mid)).toEqual(["b", "c", "d"]);
  });
});
