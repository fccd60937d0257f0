import type * as server from "@rollcall/contracts";
import type { ERROR_CATALOGUE } from "@rollcall/contracts";
import { describe, expectTypeOf, it } from "vitest";
import type * as wire from "./wire.ts";

/** `exactOptionalPropertyTypes` apart: our writers may leave a property undefined, which JSON leaves out. */
type Loose<T> = T extends object ? { [K in keyof T]: Loose<T[K] | (undefined extends T[K] ? undefined : never)> } : T;

describe("the copies of the wire's types", () => {
  it("equal the server's", () => {
    expectTypeOf<wire.WireErrorCode>().toEqualTypeOf<keyof typeof ERROR_CATALOGUE>();
    expectTypeOf<wire.WireError>().toEqualTypeOf<server.WireError>();
    expectTypeOf<wire.Meta>().toEqualTypeOf<server.Meta>();
    expectTypeOf<wire.Member>().toEqualTypeOf<server.Member>();
    expectTypeOf<wire.RosterDiff>().toEqualTypeOf<server.RosterDiff>();
    expectTypeOf<wire.Entry>().toEqualTypeOf<server.Entry>();
    expectTypeOf<wire.StateDiff>().toEqualTypeOf<server.StateDiff>();
    expectTypeOf<wire.JoinHave>().toEqualTypeOf<server.JoinHave>();
    expectTypeOf<wire.JoinAck>().toEqualTypeOf<server.JoinAck>();
    expectTypeOf<wire.PresenceStatus>().toEqualTypeOf<server.PresenceStatus>();
    expectTypeOf<Loose<wire.StateOp>>().toEqualTypeOf<Loose<server.StateOp>>();
  });

  it("equal the server's events and answers", () => {
    expectTypeOf<wire.SessionReady>().toEqualTypeOf<server.ServerPayload<"session:ready">>();
    expectTypeOf<wire.Health>().toEqualTypeOf<server.ServerPayload<"session:health">>();
    expectTypeOf<wire.Occupancy>().toEqualTypeOf<server.ServerPayload<"room:occupancy">>();
    expectTypeOf<wire.Resync>().toEqualTypeOf<server.ServerPayload<"room:resync">>();
    expectTypeOf<wire.Removed>().toEqualTypeOf<server.ServerPayload<"room:removed">>();
    expectTypeOf<wire.MembersPage>().toEqualTypeOf<server.AckData<"room:members">>();
    expectTypeOf<wire.StatePage>().toEqualTypeOf<server.AckData<"state:get">>();
    // The schema says nothing of the meta in a listed event.
    expectTypeOf<Omit<wire.HistoryPage, "events">>().toEqualTypeOf<Omit<server.AckData<"room:history">, "events">>();
    expectTypeOf<Omit<wire.InboxPage, "events">>().toEqualTypeOf<Omit<server.AckData<"inbox:sync">, "events">>();
    expectTypeOf<wire.InboxMarks>().toEqualTypeOf<server.AckData<"inbox:ack">>();
  });

  it("leave out what only backends see", () => {
    expectTypeOf<wire.UserPresence>().toEqualTypeOf<Omit<server.UserPresence, "visible">>();
  });
});
