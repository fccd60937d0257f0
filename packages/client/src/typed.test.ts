import { describe, expectTypeOf, it } from "vitest";
import type { ClientToServer, ServerToClient } from "../test/board.contract.ts";
import type { Client } from "./client.ts";
import { useEvent } from "./react/index.ts";
import type {
  AnyClientEvents,
  AnyServerEvents,
  AppEvent,
  CommandReply,
  EventData,
  RelayData,
  RelayEvent,
} from "./typed.ts";

describe("generated types", () => {
  it("name the events an app may hear, without core's", () => {
    expectTypeOf<AppEvent<ServerToClient>>().toEqualTypeOf<"chat:said" | "cursor:moved" | "order:shipped">();
    expectTypeOf<EventData<ServerToClient, "order:shipped">>().toEqualTypeOf<{ orderId: string }>();
  });

  it("tell relays from commands, and what each takes and gives", () => {
    expectTypeOf<RelayEvent<ClientToServer>>().toEqualTypeOf<"chat:said" | "cursor:moved">();
    expectTypeOf<RelayData<ClientToServer, "cursor:moved">>().toEqualTypeOf<{ x: number; y: number }>();
    expectTypeOf<CommandReply<ClientToServer, "ticket:reply">>().toEqualTypeOf<{ ticket: number }>();
  });

  it("without them every event is allowed and every payload unknown", () => {
    expectTypeOf<AppEvent<AnyServerEvents>>().toEqualTypeOf<string>();
    expectTypeOf<RelayEvent<AnyClientEvents>>().toEqualTypeOf<string>();
    expectTypeOf<RelayData<AnyClientEvents, "chat:said">>().toEqualTypeOf<unknown>();
    expectTypeOf<CommandReply<AnyClientEvents, "ticket:reply">>().toEqualTypeOf<unknown>();
  });

  it("reach the client's functions", () => {
    type Typed = Client<ServerToClient, ClientToServer>;
    expectTypeOf<Parameters<ReturnType<Typed["room"]>["publish"]>[0]>().toEqualTypeOf<"chat:said" | "cursor:moved">();
    // Never called: the types are the test.
    const component = (room: ReturnType<Typed["room"]>) =>
      useEvent(room, "chat:said", (data) => expectTypeOf(data).toEqualTypeOf<{ text: string }>());
    expectTypeOf(component).returns.toEqualTypeOf<void>();
    expectTypeOf<Parameters<Typed["on"]>[0]>().toEqualTypeOf<"chat:said" | "cursor:moved" | "order:shipped">();
  });
});
