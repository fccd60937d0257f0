import { type NatsConnection, TimeoutError } from "@nats-io/nats-core";
import { subjectsOf } from "@rollcall/contracts";
import { expect, it } from "vitest";
import { createBus } from "./bus.ts";

it("a presence that is asked and does not answer is away: what is read is UNAVAILABLE, never perhaps in effect", async () => {
  const mute = { isClosed: () => false, request: () => Promise.reject(new TimeoutError()) };
  const bus = createBus(() => mute as unknown as NatsConnection, subjectsOf("rollcall"));
  await expect(bus.read("c0", { read: "users", tenant: "main", users: ["ann"] })).rejects.toMatchObject({
    code: "UNAVAILABLE",
  });
});
