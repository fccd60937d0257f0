/** The whole cluster with every service held to its grants: all works, and nothing else is allowed. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { subjectsOf } from "@rollcall/contracts";
import { processEnv } from "@rollcall/runtime";
import { REPOSITORY, tempFolder, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inboxOf } from "../nats/grants.ts";
import { CERTIFICATES, INSTALL, type Locked, NATS_NAME, PATIENCE_MS, passwordOf, startLocked } from "./locked.ts";

const CLI = join(REPOSITORY, "packages/cli/src/main.ts");

let locked: Locked;
beforeAll(async () => {
  locked = await startLocked();
});
afterAll(() => locked[Symbol.asyncDispose]());

const subjects = subjectsOf(INSTALL);
const room = "doc:plan";
type Reply = { ok: boolean; data?: Record<string, unknown>; error?: { code: string } };
const ask = async (nc: NatsConnection, name: string, body: unknown): Promise<Reply> =>
  (await nc.request(subjects.request("main", name), JSON.stringify(body), { timeout: PATIENCE_MS })).json<Reply>();
const publish = async (nc: NatsConnection, subject: string, data: unknown) => {
  await jetstream(nc, { timeout: PATIENCE_MS }).publish(subject, JSON.stringify(data));
};

describe("everything works with no more than the grants", () => {
  test("join, relay, history, state, watch and command, on two edges", async () => {
    const backend = await locked.bus("backend");
    backend.subscribe("commands.ticket.reply", {
      callback: (_, message) => void message.respond(JSON.stringify({ answer: "done" })),
    });
    await backend.flush();
    const [a, b] = await Promise.all([0, 1].map((edge) => locked.cluster.client(edge, { user: `user-${edge}` })));
    await Promise.all([a!.ready(), b!.ready()]);
    await a!.call("room:join", { room });
    await b!.call("room:join", { room });
    await a!.waitForEvent("room:roster", ({ payload }) => JSON.stringify(payload).includes("user-1"), PATIENCE_MS);
    await a!.call("chat:said", { room, data: { text: "hello" } });
    await b!.waitForEvent("chat:said", undefined, PATIENCE_MS);
    await a!.call("cursor:moved", { room, data: {} });
    await b!.waitForEvent("cursor:moved", undefined, PATIENCE_MS);
    await a!.call("state:patch", { room, ops: [{ op: "set", key: "title", value: "Plan" }] });
    await b!.waitForEvent("room:state", undefined, PATIENCE_MS);
    expect(await b!.call("room:history", { room })).toMatchObject({ seq: 1 });
    expect(await b!.call("presence:watch", { users: ["user-0"] })).toMatchObject({ users: [{ status: "active" }] });
    await a!.call("presence:set", { status: "busy" });
    await b!.waitForEvent("presence:changed", undefined, PATIENCE_MS);
    expect(await a!.call("ticket:reply", {})).toEqual({ answer: "done" });
  });

  test("events to rooms and users, inbox, fallback, dead letters and their replay", async () => {
    const [publisher, operator] = await Promise.all([locked.bus("publisher"), locked.bus("operator")]);
    const ada = await locked.cluster.client(0, { user: "ada" });
    await ada.ready();
    await ada.call("room:join", { room });
    await publish(publisher, "events.main.builds.finished", { doc: "plan" });
    await ada.waitForEvent("build:finished", undefined, PATIENCE_MS);
    await publish(publisher, "events.main.orders.shipped", { customer: "ada" });
    const { meta } = await ada.waitForEvent("order:shipped", undefined, PATIENCE_MS);
    await ada.call("inbox:ack", { epoch: meta!.inbox!.epoch, seq: meta!.inbox!.seq });
    expect(await ada.call("inbox:sync", {})).toMatchObject({ events: [["order:shipped", { customer: "ada" }, {}]] });

    await publish(publisher, "events.main.orders.shipped", { customer: "nobody-here" });
    await publish(publisher, "events.main.builds.finished", { wrong: true });
    const letters = async () => (await ask(operator, "deadletter.list", {})).data?.letters as { id: string }[];
    await waitFor(async () => (await letters()).length === 1, { what: "the dead letter" });
    const [letter] = await letters();
    expect(await ask(operator, "deadletter.replay", { ids: [letter!.id] })).toMatchObject({ ok: true });
    await waitFor(async () => (await letters()).every(({ id }) => id !== letter!.id), {
      what: "the replayed one gone",
    });
    await waitFor(async () => (await letters()).length === 1, { what: "a new one: it is as wrong as before" });
    expect(await ask(operator, "preference.set", { user: "ada", mute: ["order:shipped"] })).toMatchObject({ ok: true });
  });

  test("reads, projections and revocation by their users", async () => {
    const [reader, backend, operator] = await Promise.all([
      locked.bus("reader"),
      locked.bus("backend"),
      locked.bus("operator"),
    ]);
    expect(await ask(reader, "presence.get", { users: ["user-0"] })).toMatchObject({ ok: true });
    expect(await ask(reader, "room.members", { namespace: "/", room })).toMatchObject({ ok: true });
    const patch = { namespace: "/", room, ops: [{ op: "set", key: "title", value: "Ours" }] };
    expect(await ask(backend, "room.patch", patch)).toMatchObject({ ok: true });
    const emit = { to: { room }, event: "build:finished", data: { doc: "plan" } };
    expect(await ask(backend, "emit", emit)).toMatchObject({ ok: true });
    const consumer = await jetstream(reader).consumers.get(subjects.presenceStream());
    expect(await consumer.next({ expires: 2_000 })).not.toBeNull();

    const mallory = await locked.cluster.client(1, { user: "mallory" });
    await mallory.ready();
    expect(await ask(operator, "session.revoke", { user: "mallory", reason: "test" })).toMatchObject({ ok: true });
    await mallory.waitForEvent("session:revoked", undefined, PATIENCE_MS);
  });

  test("the command line asks as the operator, by a URL from a file, and says what that user may not see", async () => {
    const file = join(tempFolder("operator"), "nats-url");
    const { port } = new URL(locked.cluster.natsUrl);
    writeFileSync(file, `tls://operator:${passwordOf("operator")}@${NATS_NAME}:${port}\n`);
    const settings = { NATS_URL_FILE: file, NATS_INBOX_PREFIX: inboxOf("operator"), INSTALL };
    const env = { ...processEnv(), ...CERTIFICATES, ...settings, REDIS_URL: "", NATS_URL: "" };
    const rollcall = (...args: string[]) =>
      spawnSync(process.execPath, [CLI, ...args], { env, encoding: "utf8", timeout: PATIENCE_MS });
    const listed = rollcall("presence", "list");
    expect([listed.status, listed.stdout]).toEqual([0, expect.stringContaining("user-0")]);
    const unknown = rollcall("explain", "never");
    expect([unknown.status, unknown.stderr]).toEqual([
      1,
      expect.stringMatching(/EVENT_UNKNOWN[\s\S]*Stream EVENTS may hold it all the same.*events wait for a notifier/),
    ]);
    const found = rollcall("doctor").stdout.split("\n");
    expect(found.filter((line) => /^(warn|bad) +nats/.test(line))).toEqual([]);
    expect(found).toContainEqual(expect.stringContaining(`bucket ${subjects.marksBucket()} is there`));
  });

  test("no service was refused anything, by either server", async () => {
    expect(await locked.refused()).toEqual([]);
    const logs = readdirSync(locked.cluster.logFolder).map((name) => join(locked.cluster.logFolder, name));
    expect(logs.length).toBeGreaterThan(3);
    for (const file of logs) expect(readFileSync(file, "utf8"), file).not.toMatch(/permissions violation|NOPERM/i);
  });
});

describe("nothing else does", () => {
  test("a publisher reads nobody, revokes nobody, commands nothing", async () => {
    const publisher = await locked.bus("publisher");
    for (const name of ["presence.get", "session.revoke", "emit"]) {
      await expect(ask(publisher, name, {}), name).rejects.toThrow(/permission/i);
    }
    await expect(publish(publisher, "commands.ticket.reply", {})).rejects.toThrow(/permission/i);
    await expect(jetstreamManager(publisher).then((jsm) => jsm.streams.info("EVENTS"))).rejects.toThrow();
  });

  test("a reader writes nothing", async () => {
    const reader = await locked.bus("reader");
    for (const name of ["room.patch", "session.revoke", "emit", "deadletter.discard"]) {
      await expect(ask(reader, name, {}), name).rejects.toThrow(/permission/i);
    }
  });

  test("an edge's user ends no session and changes no record of presence, in Redis as on the bus", async () => {
    const [edge, redis] = [await locked.bus("edge"), locked.redis("edge")];
    await expect(ask(edge, "session.revoke", { user: "ada", reason: "x" })).rejects.toThrow(/permission/i);
    const forbidden: [string, ...string[]][] = [
      ["HGETALL", `{${INSTALL}:c0}:epoch`],
      ["DEL", `{${INSTALL}:c0}:log:0`],
      ["EVAL", "return 1", "0"],
      ["FLUSHALL"],
      ["KEYS", "*"],
    ];
    for (const command of forbidden) await expect(redis.call(...command), command[0]).rejects.toThrow(/NOPERM/);
  });

  test("a stranger is let in by neither", async () => {
    const redis = locked.redis("presence");
    await expect(redis.call("AUTH", "presence", "wrong")).rejects.toThrow(/WRONGPASS/);
    await expect(redis.call("SET", "elsewhere", "1")).rejects.toThrow(/NOPERM/);
  });
});
