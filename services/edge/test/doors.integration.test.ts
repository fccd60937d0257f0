/** What a real edge lets in: whose tokens, from where, and how many. */

import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createLogger, ManualClock } from "@rollcall/runtime";
import { client, type DevKeys, devKeys, tempFolder, waitFor } from "@rollcall/testkit";
import { errors, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KeyRing } from "../src/handshake/key-ring.ts";
import { RawSocket } from "./fuzz/raw-socket.ts";
import { startWorld, type TestEdge, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ edges: 0, env: { CONNECT_TIMEOUT_MS: "30000" } });
});
afterAll(() => world[Symbol.asyncDispose]());

/** A server of key sets that counts how often it is asked. */
async function keyServer(first: DevKeys) {
  const served = { set: first.jwks as unknown, asked: 0 };
  const server = createServer((_request, response) => {
    served.asked++;
    response.end(JSON.stringify(served.set));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  return { served, url: `http://127.0.0.1:${port}/keys`, close };
}

async function statusOf(edge: TestEdge, forwardedFor: string): Promise<{ status: number; raw: RawSocket }> {
  const raw = new RawSocket(edge.edge.port);
  raw.upgrade(undefined, [`X-Forwarded-For: ${forwardedFor}`]);
  await waitFor(() => raw.heard.startsWith("HTTP/1.1 "), { timeoutMs: 20_000 });
  return { status: Number(raw.heard.slice(9, 12)), raw };
}

describe("issuers", () => {
  it("a file adds issuers, each with its audience, its keys by URL and its tenants", async () => {
    const partner = await devKeys({ issuer: "https://partner.test", audience: "partner-app" });
    const keys = await keyServer(partner);
    const file = join(tempFolder("issuers"), "issuers.yaml");
    const { issuer, audience } = partner;
    writeFileSync(file, JSON.stringify([{ issuer, audience, jwks: keys.url, tenants: ["partner"] }]));
    const edge = await world.addEdge({ ISSUERS: file });
    const come = async (token: string) => {
      const one = client(edge.url, token);
      await waitFor(() => one.eventsOf("session:ready").length > 0 || one.connectErrors.length > 0);
      const answer =
        one.connectErrors[0]?.message ?? (one.eventsOf("session:ready")[0]!.payload as { tenant: string }).tenant;
      await one.close();
      return answer;
    };
    expect(await come(await partner.token({ user: "pia", tenant: "partner" }))).toBe("partner");
    expect(await come(await partner.token({ user: "pia", tenant: "main" }))).toBe("AUTH_INVALID");
    expect(await come(await world.keys.token({ user: "ann" }))).toBe("main");
    expect(
      await come(await partner.token({ user: "eve", claims: { iss: world.keys.issuer, aud: world.keys.audience } })),
    ).toBe("AUTH_INVALID");
    await keys.close();
  });

  it("[K1] [K2] [K3] keys by URL rotate: one fetch learns a new one, an old one stays, a server that is away changes nothing", async () => {
    const [old, next] = [await devKeys(), await devKeys()];
    const keys = await keyServer(old);
    const clock = new ManualClock();
    const logger = createLogger({ service: "test", instance: "test", level: "silent" });
    const ring = new KeyRing({ source: keys.url, clock, logger, retainMs: 3_600_000 });
    await ring.start();
    const verifies = (token: string) =>
      jwtVerify(token, ring.find, { algorithms: ["EdDSA"] }).then(
        () => true,
        (error: unknown) => !(error instanceof errors.JWKSNoMatchingKey),
      );
    const [oldToken, nextToken] = [await old.token({ user: "ann" }), await next.token({ user: "ann" })];
    keys.served.set = next.jwks;
    await clock.advance(30_000);
    expect(await Promise.all(Array.from({ length: 20 }, () => verifies(nextToken)))).not.toContain(false);
    expect(await verifies(oldToken)).toBe(true);
    expect(keys.served.asked).toBe(2);
    await keys.close();
    await clock.advance(30_000);
    expect(await Promise.all([oldToken, nextToken].map(verifies))).toEqual([true, true]);
    ring.stop();
  });
});

describe("bounds", () => {
  it("of an address, as the last trusted proxy saw it: what a client writes before that counts for nothing", async () => {
    const edge = await world.addEdge({ TRUST_PROXY: "1", MAX_CONNECTIONS_PER_ADDRESS: "2" });
    let spoofed = 0;
    const from = (address: string) => statusOf(edge, `203.0.113.${spoofed++}, ${address}`);
    const taken = [await from("10.0.0.1"), await from("10.0.0.1")];
    expect(taken.map(({ status }) => status)).toEqual([101, 101]);
    const refused = await from("10.0.0.1");
    expect(refused.status).toBe(503);
    expect(refused.raw.heard).toMatch(/retry-after: [1-9]/i);
    expect((await from("10.0.0.22")).status).toBe(101);
    taken[0]!.raw.destroy();
    await waitFor(async () => (await from("10.0.0.1")).status === 101);
  });

  it("of handshakes in flight and of connections: 503 before any state is made", async () => {
    const edge = await world.addEdge({ MAX_HANDSHAKES: "2" });
    const open = [await statusOf(edge, ""), await statusOf(edge, "")];
    expect((await statusOf(edge, "")).status).toBe(503);
    for (const { raw } of open) raw.destroy();
    const small = await world.addEdge({ MAX_CONNECTIONS: "1" });
    expect((await statusOf(small, "")).status).toBe(101);
    expect((await statusOf(small, "")).status).toBe(503);
    expect(await small.metrics.render()).toMatch(/rollcall_edge_connects_total\{code="OVERLOADED"\} 1/);
  });

  it("of a user's connections, over all edges: one more closes its transport, and stock clients come back", async () => {
    const edge = await world.addEdge({ MAX_CONNECTIONS_PER_USER: "2" });
    const at = world.edges.indexOf(edge);
    await world.user(0, "ann");
    await world.user(at, "ann");
    const third = await world.client(at, { user: "ann" });
    await waitFor(async () => /code="LIMIT_EXCEEDED"\} [1-9]/.test(await edge.metrics.render()));
    await world.user(at, "bob");
    expect(edge.edge.sessions).toBe(2);
    expect(third.connectErrors.filter(({ message }) => message === "LIMIT_EXCEEDED")).toEqual([]);
    expect(third.socket.active).toBe(true);
    await third.close();
  });

  it("of a tenant: its users share it, another tenant does not notice", async () => {
    const edge = await world.addEdge({ TENANT_EVENTS_PER_SECOND: "1" });
    const at = world.edges.indexOf(edge);
    const [ann, bob, other] = await Promise.all([
      world.user(at, "ann", { tenant: "one" }),
      world.user(at, "bob", { tenant: "one" }),
      world.user(at, "ann", { tenant: "two" }),
    ]);
    const ask = () => [ann, bob].map((one) => one.emitAck("presence:unwatch", { users: ["x"] }));
    const acks = await Promise.all(Array.from({ length: 20 }, ask).flat());
    const refused = acks.filter((ack) => !ack.ok);
    expect(refused.length).toBeGreaterThan(0);
    for (const ack of refused) {
      expect(ack).toMatchObject({ error: { code: "RATE_LIMITED", retryable: true } });
      expect((ack as { error: { retryAfterMs: number } }).error.retryAfterMs).toBeGreaterThan(0);
    }
    expect(await other.emitAck("presence:unwatch", { users: ["x"] })).toMatchObject({ ok: true });
  });
});
