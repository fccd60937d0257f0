import { describe, expect, it } from "vitest";
import { fakeContracts } from "../../test/fake-contracts.ts";
import { type BusMessage, decodeMessage } from "../streams/cloud-event.ts";
import { EMITTED_SOURCE, routeEmitted } from "./emitted.ts";

const contracts = fakeContracts([{ name: "order:shipped", durable: { ttlMs: 1_000 } }]);

const message = (change: { subject?: string; type?: string; data?: unknown; namespace?: string } = {}): BusMessage => ({
  subject: change.subject ?? "rollcall.internal.v1.emitted.acme",
  headers: new Map([
    ["ce-specversion", "1.0"],
    ["ce-id", "e1"],
    ["ce-source", EMITTED_SOURCE],
    ["ce-type", change.type ?? "order:shipped"],
  ]),
  body: Buffer.from(
    JSON.stringify({ namespace: change.namespace ?? "/", users: ["u1", "u2"], data: change.data ?? { n: 1 } }),
  ),
  stream: "ROLLCALL_EMITTED",
  streamCreated: "",
  sequence: 1,
  arrivedAtMs: 0,
});
const routed = (given: BusMessage) => routeEmitted(contracts, given, decodeMessage(given));

describe("a durable event that was accepted by request", () => {
  it("goes to the users it names, under the id that was answered", () => {
    expect(routed(message())).toMatchObject({
      kind: "accepted",
      tenant: "acme",
      mid: "e1",
      contract: { name: "order:shipped" },
      domain: { data: { n: 1 } },
      dataJson: '{"n":1}',
      audience: { to: "users", users: ["u1", "u2"] },
    });
  });

  it.each([
    ["undeclared", { type: "order:gone" }],
    ["undeclared", { namespace: "/gone" }],
    ["payload", { data: { bad: 1 } }],
    ["payload", { data: { long: "x".repeat(200_000) } }],
    ["tenant", { subject: "rollcall.internal.v1.emitted.A%20B" }],
  ] as const)("is a dead letter %s when its contract is another by then (case %#)", (reason, change) => {
    expect(routed(message(change))).toMatchObject({ kind: "dead", reason, source: EMITTED_SOURCE, id: "e1" });
  });
});
