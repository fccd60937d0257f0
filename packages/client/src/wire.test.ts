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

  it("leave out what only backends see", () => {
    expectTypeOf<wire.UserPresence>().toEqualTypeOf<Omit<server.UserPresence, "visible">>();
  });
});
