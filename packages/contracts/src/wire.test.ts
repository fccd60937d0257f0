import type { Static } from "typebox";
import { describe, expectTypeOf, it } from "vitest";
import type { AckData } from "./core/client-events.ts";
import type { ServerPayload } from "./core/server-events.ts";
import type { CORE_SHAPES } from "./core/shapes.ts";
import type { ErrorCode } from "./errors.ts";
import type * as wire from "./wire.ts";

type Shape<Name extends keyof typeof CORE_SHAPES> = Static<(typeof CORE_SHAPES)[Name]>;

describe("the plain types of the wire", () => {
  it("equal the schemas of shapes (all but `StateOp`, whose conditions a schema says by counting members)", () => {
    expectTypeOf<wire.WireErrorCode>().toEqualTypeOf<ErrorCode>();
    expectTypeOf<wire.Meta>().toEqualTypeOf<Shape<"Meta">>();
    expectTypeOf<wire.Member>().toEqualTypeOf<Shape<"Member">>();
    expectTypeOf<wire.RosterDiff>().toEqualTypeOf<Shape<"RosterDiff">>();
    expectTypeOf<wire.Entry>().toEqualTypeOf<Shape<"Entry">>();
    expectTypeOf<wire.StateDiff>().toEqualTypeOf<Shape<"StateDiff">>();
    expectTypeOf<wire.UserPresence>().toEqualTypeOf<Shape<"UserPresence">>();
  });

  it("equal the schemas of events and answers", () => {
    expectTypeOf<wire.SessionReady>().toEqualTypeOf<ServerPayload<"session:ready">>();
    expectTypeOf<wire.Health>().toEqualTypeOf<ServerPayload<"session:health">>();
    expectTypeOf<wire.Occupancy>().toEqualTypeOf<ServerPayload<"room:occupancy">>();
    expectTypeOf<wire.Resync>().toEqualTypeOf<ServerPayload<"room:resync">>();
    expectTypeOf<wire.Removed>().toEqualTypeOf<ServerPayload<"room:removed">>();
    expectTypeOf<wire.MembersPage>().toEqualTypeOf<AckData<"room:members">>();
    expectTypeOf<wire.StatePage>().toEqualTypeOf<AckData<"state:get">>();
    expectTypeOf<wire.InboxState>().toEqualTypeOf<AckData<"inbox:ack">>();
    // The schemas say nothing of the meta in a listed event.
    expectTypeOf<Omit<wire.HistoryPage, "events">>().toEqualTypeOf<Omit<AckData<"room:history">, "events">>();
    expectTypeOf<Omit<wire.InboxPage, "events">>().toEqualTypeOf<Omit<AckData<"inbox:sync">, "events">>();
  });
});
