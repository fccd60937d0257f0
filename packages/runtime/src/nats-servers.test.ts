import { describe, expect, it } from "vitest";
import { parseNatsUrl } from "./nats-servers.ts";

describe("NATS_URL", () => {
  it("is one server or several, with or without a scheme", () => {
    expect(parseNatsUrl("nats://a:4222")).toEqual({ servers: ["nats://a:4222"] });
    expect(parseNatsUrl("a:4222, tls://b:4223")).toEqual({ servers: ["nats://a:4222", "tls://b:4223"] });
    expect(parseNatsUrl("[::1]:4222")).toEqual({ servers: ["nats://[::1]:4222"] });
  });

  it("may carry a user, encoded as URLs are", () => {
    expect(parseNatsUrl("nats://edge:p%40ss%3A@a:4222,nats://b:4222")).toEqual({
      servers: ["nats://a:4222", "nats://b:4222"],
      user: "edge",
      pass: "p@ss:",
    });
  });

  it("is refused without a word of its password", () => {
    for (const bad of ["nats://edge:secret@", "nats://edge:secret@a,nats://edge:other@b", "nats://"]) {
      expect(() => parseNatsUrl(bad)).toThrow(/NATS_URL/);
      expect(() => parseNatsUrl(bad)).not.toThrow(/secret/);
    }
  });
});
