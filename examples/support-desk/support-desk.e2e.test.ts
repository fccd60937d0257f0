/** The support desk on a real cluster, with stock clients and both of its backends. */

import { execFile } from "node:child_process";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import {
  type Child,
  type Cluster,
  startChild,
  startCluster,
  type TestClient,
  tempFolder,
  waitFor,
} from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonBackend } from "./test/python.ts";
import { SECRET, startReceiver } from "./test/receiver.ts";

const NS = "/support";
const here = (...parts: string[]) => join(import.meta.dirname, ...parts);
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

let cluster: Cluster;
let nc: NatsConnection;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
const contracts = tempFolder("desk");

beforeAll(async () => {
  receiver = await startReceiver();
  cpSync(here("contracts"), contracts, { recursive: true });
  const channels = join(tempFolder("channels"), "channels.yaml");
  const hook = { type: "webhook", url: receiver.url, secrets: [SECRET], allowPrivate: true };
  writeFileSync(channels, JSON.stringify({ channels: { "desk-hook": hook } }));
  const envOf = { notifier: { CHANNELS: channels } };
  cluster = await startCluster({ edges: 1, scaled: false, contractsDir: contracts, envOf });
  nc = await connect({ servers: cluster.natsUrl });
});
afterAll(async () => {
  await nc?.close();
  await cluster?.stop();
  await receiver?.[Symbol.asyncDispose]();
});

const cap = { "room:*": ["join", "publish", "state"], "command:*": ["call"] };
async function agent(user: string, ticket?: string): Promise<TestClient> {
  const client = await cluster.client(0, { user, ns: [NS], cap }, { namespace: NS });
  await client.ready();
  if (ticket !== undefined) await client.call("room:join", { room: `ticket:${ticket}` });
  return client;
}

async function startBackend(command: string, args: string[], env: Record<string, string> = {}): Promise<Child> {
  const logFile = join(tempFolder("backend"), "log");
  const { PATH } = process.env;
  const child = await startChild({
    command,
    args,
    logFile,
    env: { PATH, ...env, NATS_URL: cluster.natsUrl, INSTALL: cluster.install },
  });
  await waitFor(() => readFileSync(logFile, "utf8").includes("answering"), {
    timeoutMs: 20_000,
    what: () => `the backend (${readFileSync(logFile, "utf8")})`,
  });
  return child;
}

interface Explained {
  steps: { step: string; reason?: string; detail?: string; letter?: string }[];
  recipients: { user: string; state: string; reason?: string }[];
}

/** What `./rollcall explain` and `./rollcall deadletter` ask; the README shows them. */
async function ask<T>(name: string, body: object): Promise<T> {
  const reply = await nc.request(`${cluster.install}.v1.main.${name}`, JSON.stringify(body));
  const { ok, data, error } = reply.json<{ ok: boolean; data: T; error?: { code: string } }>();
  if (!ok) throw new Error(`${name}: ${error?.code}`);
  return data;
}
const explain = (id: string, user?: string) => ask<Explained>("delivery.get", { id, user });
const stateOf = (id: string, user: string, state: string) =>
  waitFor(async () => (await explain(id, user)).recipients[0]?.state === state, {
    timeoutMs: 20_000,
    what: `${id} to be ${state}`,
  });
const noticesOf = (ticket: string, user: string) =>
  receiver.notices.filter(({ body }) => body.user === user && (body.data as { ticket: string }).ticket === ticket);

const typescript = { command: process.execPath, args: [here("backend-ts/main.ts")], env: {} };
const python = pythonBackend();

describe.each([["TypeScript", typescript] as const, ...(python === undefined ? [] : [["Python", python] as const])])(
  "with the backend in %s",
  (language, { command, args, env }) => {
    let backend: Child;
    beforeAll(async () => {
      backend = await startBackend(command, args, env);
    });
    afterAll(() => backend?.end());
    const named = (user: string) => `${user}-${language}`;

    test("a command is answered, shown to the page with the client's trace, and done once however often it comes", async () => {
      const [ada, bob] = await Promise.all([agent(named("ada"), "T-1"), agent(named("bob"), "T-1")]);
      const reply = { ticket: "T-1", text: "Which version?" };
      const meta = { id: "once", traceparent: TRACEPARENT };
      expect(await ada.call("ticket:reply", reply, meta)).toEqual({ ticket: "T-1", number: 1 });
      expect(await ada.call("ticket:reply", reply, meta)).toEqual({ ticket: "T-1", number: 1 });
      expect(await bob.call("ticket:reply", reply)).toEqual({ ticket: "T-1", number: 2 });
      await bob.waitForEvent("ticket:replied", ({ payload }) => (payload as { number: number }).number === 2);
      const [first, ...more] = bob.eventsOf("ticket:replied");
      expect(first).toMatchObject({ payload: { ...reply, number: 1, by: named("ada") }, meta: { room: "ticket:T-1" } });
      expect(first!.meta!.traceparent?.slice(3, 35)).toBe(TRACE_ID);
      expect(more).toHaveLength(1);
    });

    test("its refusals reach the client as they are", async () => {
      const ada = await agent(named("ada"));
      const refused = (ticket: string, message: string) => ({
        ok: false,
        error: { code: "CONFLICT", message },
        ticket,
      });
      for (const { ticket, ...expected } of [
        refused("T-9", "T-9 is solved: open it again first"),
        refused("T-404", "there is no ticket T-404"),
      ]) {
        expect(await ada.emitAck("ticket:assign", { ticket, assignee: "bob" })).toMatchObject(expected);
      }
    });

    test("an assignment is seen on the page and reaches its agent", async () => {
      const [ada, bob] = await Promise.all([agent(named("ada"), "T-2"), agent(named("bob"))]);
      const data = { ticket: "T-2", assignee: named("bob") };
      expect(await ada.call("ticket:assign", data, { id: "to-bob" })).toEqual(data);
      const { payload, meta } = await bob.waitForEvent("ticket:assigned");
      expect(payload).toEqual({ ...data, by: named("ada") });
      expect(meta?.inbox).toMatchObject({ seq: 1 });
      const { payload: change } = await ada.waitForEvent("room:state");
      expect(change).toMatchObject({ set: [{ key: "assignee", value: named("bob") }] });
      await bob.call("inbox:ack", meta?.inbox && { epoch: meta.inbox.epoch, seq: meta.inbox.seq });
      await stateOf(`${named("ada")}.to-bob`, named("bob"), "acknowledged");
    });
  },
);

describe("what reaches people", () => {
  let backend: Child;
  beforeAll(async () => {
    const { command, args } = typescript;
    backend = await startBackend(command, args);
  });
  afterAll(() => backend?.end());

  test("typing is shown to the others on the page, and to nobody else", async () => {
    const [ada, bob, lea] = await Promise.all([agent("ada", "T-1"), agent("bob", "T-1"), agent("lea", "T-2")]);
    const typing = { room: "ticket:T-1", data: { typing: true } };
    expect(await ada.emitAck("ticket:typing", typing)).toMatchObject({ ok: true });
    expect((await bob.waitForEvent("ticket:typing")).meta?.from?.user).toBe("ada");
    await ada.call("ticket:reply", { ticket: "T-2", text: "To see that nothing else came before." });
    const { meta } = await lea.waitForEvent("ticket:replied");
    expect([...ada.eventsOf("ticket:typing"), ...lea.eventsOf("ticket:typing")]).toEqual([]);
    expect(await lea.emitAck("ticket:typing", typing)).toMatchObject({ error: { code: "NOT_A_MEMBER" } });
    // Why has somebody not seen the answer?
    const why = async (user: string) => {
      const [{ state, reason } = { state: "" }] = (await explain(meta!.id, user)).recipients;
      return [user, state, reason];
    };
    expect(await Promise.all(["lea", "bob", "zoe"].map(why))).toEqual([
      ["lea", "delivered", undefined],
      ["bob", "missed", "not_a_member"],
      ["zoe", "missed", "offline"],
    ]);
  });

  test("[D1] who acknowledges gets no webhook; who is away gets one, genuine and with the same trace", async () => {
    const ada = await agent("ada");
    const here = await agent("here");
    for (const assignee of ["away", "here"]) {
      const meta = { id: `to-${assignee}`, traceparent: TRACEPARENT };
      await ada.call("ticket:assign", { ticket: "T-1", assignee }, meta);
    }
    const { meta } = await here.waitForEvent("ticket:assigned");
    const { epoch, seq } = meta!.inbox!;
    await here.call("inbox:ack", { epoch, seq });
    await stateOf("ada.to-here", "here", "acknowledged");
    await stateOf("ada.to-away", "away", "fallback");
    // Both were due at once: what is not there by now does not come.
    expect(noticesOf("T-1", "here")).toEqual([]);
    expect(noticesOf("T-1", "away")).toMatchObject([
      { genuine: true, body: { event: "ticket:assigned", tenant: "main", data: { assignee: "away", by: "ada" } } },
    ]);
    expect(noticesOf("T-1", "away")[0]?.traceparent?.slice(3, 35)).toBe(TRACE_ID);
  });

  test("[D2] [D4] what the contract does not know waits as a dead letter, and arrives once when the contract does", async () => {
    const lea = await agent("lea-on-duty");
    const env = { ...process.env, NATS_URL: cluster.natsUrl };
    const replay = () => ask<{ replayed: string[] }>("deadletter.replay", { reason: "payload" });
    const escalate = (...args: string[]) =>
      promisify(execFile)(process.execPath, [here("backend-ts/escalate.ts"), ...args], { env });
    await escalate("T-1", "30", "lea-on-duty", "gold");
    const id = "T-1-waited-30h";
    const explained = await waitFor(() => explain(id), { timeoutMs: 15_000 });
    expect(explained.recipients).toEqual([]);
    const letter = explained.steps.find(({ step }) => step === "dead_letter");
    expect(letter).toMatchObject({ reason: "payload" });

    const file = join(contracts, "notices.yaml");
    appendFileSync(file, "      tier: { type: string }\n");
    const notifier = cluster.notifiers[0]!;
    await notifier.kill("SIGHUP");
    await waitFor(() => notifier.logs().some(({ event }) => event === "contracts.changed"), { what: "the reload" });

    const { replayed } = await replay();
    expect(replayed).toEqual([letter?.letter]);
    const { payload, meta } = await lea.waitForEvent("ticket:escalated");
    expect(payload).toEqual({ ticket: "T-1", waitedHours: 30, leads: ["lea-on-duty"], tier: "gold" });
    await lea.call("inbox:ack", { epoch: meta!.inbox!.epoch, seq: meta!.inbox!.seq });

    // Nothing is left to replay, and the next night's escalation is the next event.
    expect(await replay()).toMatchObject({ replayed: [] });
    await escalate("T-1", "54", "lea-on-duty", "gold");
    const hours = () =>
      lea.eventsOf("ticket:escalated").map((event) => (event.payload as { waitedHours: number }).waitedHours);
    await waitFor(() => hours().includes(54), { timeoutMs: 20_000, what: "the next event" });
    expect(hours()).toEqual([30, 54]);
    await stateOf(id, "lea-on-duty", "acknowledged");
  });
});
