import type { ReceivedEntry } from "@rollcall/fanout";
import { describe, expect, it } from "vitest";
import { Accounts, type Reached } from "./accounts.ts";

const entry = (n: number, tenant = "main") =>
  ({
    tenant,
    mid: `m${n}`,
    event: "order:shipped",
    position: { id: `${n}-0` },
    namespace: "/",
    targets: ["r:main/a"],
  }) as unknown as ReceivedEntry;
const reached: Reached = ({ moment }, _tenant, user) => (user === "ann" ? { sockets: moment } : undefined);

describe("accounts of delivery", () => {
  it("tell where a message was read and to how many sockets it went, per tenant", () => {
    const accounts = new Accounts("edge-1", reached);
    accounts.note(entry(1), 3, 0, 7);
    accounts.note(entry(1), 2, 5, 8);
    expect(accounts.find({ tenant: "main", id: "m1" })).toEqual({
      from: "edge",
      edge: "edge-1",
      at: "1970-01-01T00:00:00.000Z",
      position: "1-0",
      id: "m1",
      event: "order:shipped",
      sockets: 5,
    });
    expect(accounts.find({ tenant: "main", id: "m1", user: "ann" })).toMatchObject({ ofUser: { sockets: 7 } });
    expect(accounts.find({ tenant: "main", id: "m1", user: "bob" })).not.toHaveProperty("ofUser");
    expect(accounts.find({ tenant: "other", id: "m1" })).toBeUndefined();
  });

  it("are the newest 10,000", () => {
    const accounts = new Accounts("edge-1", reached);
    for (let n = 0; n <= 10_000; n++) accounts.note(entry(n), 1, 0, 0);
    expect(accounts.find({ tenant: "main", id: "m0" })).toBeUndefined();
    expect(accounts.find({ tenant: "main", id: "m1" })).toBeDefined();
  });
});
