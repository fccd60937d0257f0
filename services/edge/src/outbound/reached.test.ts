import type { Delivery, DeliveryMember } from "@rollcall/fanout";
import { describe, expect, it } from "vitest";
import type { Registry } from "../clients/registry.ts";
import type { Session } from "../clients/session.ts";
import type { Account } from "./accounts.ts";
import { reachedBy } from "./reached.ts";
import { Whereabouts, withMoves } from "./whereabouts.ts";

const OWN = "u:main/ann";
const ROOM = "r:main/doc:1";

/** One user's socket on an edge, as the delivery and the registry know it. */
function edge() {
  const whereabouts = new Whereabouts();
  const targets = new Set<string>();
  const member = { targets: () => [...targets] } as DeliveryMember;
  const session = { ref: { namespace: "/" }, member, pressed: false };
  const written = {
    targets: 7,
    join: (_: DeliveryMember, target: string) => !targets.has(target) && targets.add(target) !== undefined,
    leave: (_: DeliveryMember, target: string) => targets.delete(target),
    detach: () => targets.clear(),
  } as unknown as Delivery;
  const delivery = withMoves(written, (_, target, joined) =>
    whereabouts.changed(OWN, "/", target, joined, session.pressed),
  );
  const registry = { ofUser: () => (targets.size > 0 ? [session as unknown as Session] : []) };
  const reached = reachedBy(registry as unknown as Registry, whereabouts, (_, event) => event === "order:kept");
  const message = (...to: string[]) =>
    ({ namespace: "/", targets: to, moment: whereabouts.now() }) as unknown as Account;
  const kept = (...to: string[]) => ({ ...message(...to), event: "order:kept" });
  const of = (account: Account) => reached(account, "main", "ann");
  return { delivery, member, session, message, kept, of };
}

describe("why a user of this edge was reached, or was not", () => {
  it("by a message to a room: whatever came after it changes nothing", () => {
    const { delivery, member, session, message, of } = edge();
    const offline = message(ROOM);
    delivery.join(member, OWN);
    const before = message(ROOM);
    delivery.join(member, ROOM);
    const there = message(ROOM);
    session.pressed = true;
    delivery.leave(member, ROOM);
    const slow = message(ROOM);
    session.pressed = false;
    delivery.join(member, ROOM);
    const again = message(ROOM);
    delivery.leave(member, ROOM);
    const left = message(ROOM);
    delivery.detach(member);
    expect([offline, before, there, slow, again, left, message(ROOM)].map(of)).toEqual([
      { sockets: 0, missed: "offline" },
      { sockets: 0, missed: "not_a_member" },
      { sockets: 1 },
      { sockets: 0, missed: "slow" },
      { sockets: 1 },
      { sockets: 0, missed: "not_a_member" },
      { sockets: 0, missed: "offline" },
    ]);
    expect(delivery.targets).toBe(7);
  });

  it("by a message to users", () => {
    const { delivery, member, message, of } = edge();
    expect(of(message(OWN))).toEqual({ sockets: 0, missed: "offline" });
    delivery.join(member, OWN);
    expect(of(message("u:main/bob", OWN))).toEqual({ sockets: 1 });
    expect(of(message("u:main/bob"))).toEqual({ sockets: 0, missed: "not_addressed" });
    expect(of(message(...Array.from({ length: 100 }, (_, n) => `u:main/${n}`)))).toBeUndefined();
  });

  it("by a durable message: entries for those who are not here are passed over, so only of who is here it is known", () => {
    const { delivery, member, message, kept, of } = edge();
    expect(of(kept("u:main/bob"))).toEqual({ sockets: 0, missed: "offline" });
    expect(of(message("u:main/bob"))).toEqual({ sockets: 0, missed: "not_addressed" });
    delivery.join(member, OWN);
    expect(of(kept("u:main/bob"))).toEqual({ sockets: 0, missed: "not_addressed" });
    expect(of(kept("u:main/bob", OWN))).toEqual({ sockets: 1 });
  });
});
