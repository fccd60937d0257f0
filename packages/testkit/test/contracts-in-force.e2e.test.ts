/** Contracts as real processes enforce them: in each direction and on each path, and while their files change. */

import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { subjectsOf } from "@rollcall/contracts";
import { systemClock } from "@rollcall/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster, type TestClient, tempFolder, waitFor } from "../src/index.ts";

const PAYLOAD = "{ type: object, required: [n, board], properties: { n: { type: integer }, board: { type: string } } }";
const both = (name: string, more: string) =>
  [
    ["strict", "enforce"],
    ["lax", "warn"],
  ]
    .map(
      ([kind, how]) =>
        `  ${kind}:${name}: { payload: ${PAYLOAD}, enforcement: ${how}, ${more.replaceAll("$", kind!)} }`,
    )
    .join("\n");
const CONTRACT = `rollcall: 1
namespace: /
rooms: { "board:*": {} }
relays:
${both("said", 'rooms: ["board:*"]')}
commands:
${both("asked", `reply: ${PAYLOAD}, subject: commands.$, timeout: 2s`)}
events:
${both("told", 'from: events.$, to: { room: "board:{/board}" }')}
`;
const GOOD = { n: 1, board: "a" };
const BAD = { n: "not a number", board: "a" };

const folder = tempFolder("mounted-contracts");
/** As Kubernetes mounts a ConfigMap. */
function mount(version: string, text: string): void {
  mkdirSync(join(folder, `..${version}`));
  writeFileSync(join(folder, `..${version}`, "app.yaml"), text);
  if (version === "1") symlinkSync("..data/app.yaml", join(folder, "app.yaml"));
  symlinkSync(`..${version}`, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
}

let cluster: Cluster;
let nc: NatsConnection;
let ann: TestClient;
let bob: TestClient;
/** What the backend was asked, by subject. */
const asked: string[] = [];

beforeAll(async () => {
  mount("1", CONTRACT);
  cluster = await startCluster({ edges: 1, contractsDir: folder, traces: false, scaled: false });
  nc = await connect({ servers: cluster.natsUrl });
  // Answers with what it was asked, or with what breaks its contract when told so.
  nc.subscribe("commands.>", {
    callback: (_error, message) => {
      asked.push(message.subject);
      const body = message.json<{ n: unknown }>();
      message.respond(JSON.stringify(body.n === 2 ? BAD : body));
    },
  });
  const cap = { "room:*": ["join", "publish"], "command:*": ["call"] };
  [ann, bob] = [await cluster.client(0, { user: "ann", cap }), await cluster.client(0, { user: "bob", cap })];
  for (const one of [ann, bob]) await one.call("room:join", { room: "board:a" });
});
afterAll(async () => {
  await nc?.close();
  await cluster?.stop();
});

const publish = (subject: string, data: unknown) => jetstream(nc).publish(subject, JSON.stringify(data));
const emit = async (event: string, data: unknown) =>
  (
    await nc.request(
      subjectsOf(cluster.install).request("main", "emit"),
      JSON.stringify({ event, to: { room: "board:a" }, data }),
    )
  ).json();
const counted = async (of: "edge" | "notifier", name: string, labels = "") => {
  const text = await (of === "edge" ? cluster.edges[0]! : cluster.notifiers[0]!).metrics();
  const line = text.split("\n").find((each) => each.startsWith(`${name}${labels}`));
  return line === undefined ? 0 : Number(line.split(" ").at(-1));
};
const tolerated = (of: "edge" | "notifier", event: string) =>
  counted(of, "rollcall_contract_tolerated_total", `{event="${event}"}`);
const namesOf = (client: TestClient, action: string) =>
  ["strict", "lax"].flatMap((kind) => client.eventsOf(`${kind}:${action}`).map(({ payload }) => [kind, payload]));

describe("enforced, or only warned about", () => {
  test("relays: refused with pointers and nobody hears of it, or counted and delivered", async () => {
    expect(await ann.emitAck("strict:said", { room: "board:a", data: BAD })).toMatchObject({
      ok: false,
      error: { code: "PAYLOAD_INVALID", details: { issues: [{ pointer: "/data/n", keyword: "type" }] } },
    });
    expect(await ann.emitAck("lax:said", { room: "board:a", data: BAD })).toMatchObject({ ok: true });
    expect(await ann.emitAck("strict:said", { room: "board:a", data: GOOD })).toMatchObject({ ok: true });
    await bob.waitForEvent("strict:said");
    expect(namesOf(bob, "said")).toEqual([
      ["strict", GOOD],
      ["lax", BAD],
    ]);
    expect([await tolerated("edge", "lax:said"), await tolerated("edge", "strict:said")]).toEqual([1, 0]);
  });

  test("commands: asked and answered only with what conforms, or counted both ways", async () => {
    expect(await ann.emitAck("strict:asked", BAD)).toMatchObject({ ok: false, error: { code: "PAYLOAD_INVALID" } });
    expect(asked).toEqual([]);
    const broken = await ann.emitAck("strict:asked", { ...GOOD, n: 2 }, { id: "broken-1" });
    const trace = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(broken).toMatchObject({ ok: false, error: { code: "INTERNAL", details: { trace } } });
    expect(JSON.stringify(broken)).not.toContain("not a number");
    // What the client reports leads to both lines of the log, which say whose it was and never what it said.
    const reported = broken.ok ? undefined : broken.error.details?.trace;
    const ofTrace = () => cluster.edges[0]!.logs().filter((line) => line.trace_id === reported);
    const lines = await waitFor(() => (ofTrace().length === 2 ? ofTrace() : undefined), { what: "both lines" });
    expect(lines.map(({ event }) => event)).toEqual(["command.reply_invalid", "inbound.failed"]);
    for (const line of lines) expect(line).toMatchObject({ name: "strict:asked", tenant: "main", mid: "broken-1" });
    expect(lines.map(({ session }) => session)).toEqual([expect.any(String), lines[0]!.session]);
    expect(JSON.stringify(lines)).not.toContain("not a number");
    expect(await ann.emitAck("strict:asked", GOOD)).toEqual({ ok: true, data: GOOD });
    expect(await ann.emitAck("lax:asked", BAD)).toEqual({ ok: true, data: BAD });
    expect(asked).toEqual(["commands.strict", "commands.strict", "commands.lax"]);
    expect(await tolerated("edge", "lax:asked")).toBe(2); // what was asked, and the answer
    expect(await counted("edge", "rollcall_edge_inbound_total", '{event="strict:asked",code="INTERNAL"}')).toBe(1);
  });

  test("events: a dead letter that says why, or counted and delivered; undeclared ones never", async () => {
    await publish("events.strict", BAD);
    await publish("events.nobody", GOOD);
    await publish("events.lax", BAD);
    await publish("events.strict", GOOD);
    await waitFor(() => namesOf(bob, "told").length === 2);
    expect(namesOf(bob, "told")).toEqual([
      ["strict", GOOD],
      ["lax", BAD],
    ]);
    expect(await tolerated("notifier", "lax:told")).toBe(1);
    const manager = await jetstreamManager(nc);
    const letters = `${cluster.install.toUpperCase()}_DEADLETTER`;
    await waitFor(async () => (await manager.streams.info(letters)).state.messages === 2);
    const reasons = await Promise.all(
      [1, 2].map(async (seq) => {
        const headers = (await manager.streams.getMessage(letters, { seq }))!.header;
        return `${headers.get("rollcall-reason")}: ${headers.get("rollcall-detail")}`;
      }),
    );
    expect(reasons.toSorted()).toEqual([
      "payload: /n must be integer",
      "undeclared: no contract declares this subject and type",
    ]);
  });

  test("emit: refused with pointers, or counted and delivered; undeclared ones never", async () => {
    for (const one of [ann, bob]) one.clearEvents();
    expect(await emit("strict:told", BAD)).toMatchObject({
      ok: false,
      error: { code: "PAYLOAD_INVALID", details: { issues: [{ pointer: "/n", keyword: "type" }] } },
    });
    expect(await emit("nobody:told", GOOD)).toMatchObject({ ok: false, error: { code: "EVENT_UNKNOWN" } });
    expect(await emit("lax:told", BAD)).toMatchObject({ ok: true });
    expect(await emit("strict:told", GOOD)).toMatchObject({ ok: true });
    await waitFor(() => namesOf(bob, "told").length === 2);
    expect(namesOf(bob, "told")).toEqual([
      ["strict", GOOD],
      ["lax", BAD],
    ]);
    expect(await tolerated("notifier", "lax:told")).toBe(2);
  });
});

test("files change: edge and notifier swap them between two events, keep the old ones while the new have mistakes, and stay ready", async () => {
  const services = () => [cluster.edges[0]!, cluster.notifiers[0]!];
  const told = (event: string) =>
    services().map((service) => service.logs().filter((line) => line.event === event).length);
  const hangUp = () => Promise.all(services().map((service) => service.kill("SIGHUP")));

  // The whole time: one relay after another, none of which may be lost or refused.
  let isOver = false;
  let sent = 0;
  const talking = (async () => {
    while (!isOver) {
      const ack = await ann.emitAck("strict:said", { room: "board:a", data: { n: sent, board: "a" } }).catch(String);
      if (typeof ack === "string" || !ack.ok) return ack;
      sent++;
      await systemClock.sleep(20); // below its rate
    }
    return undefined;
  })();
  bob.clearEvents();

  mount("2", CONTRACT.replace("rooms: {", "roms: {}\nrooms: {"));
  await hangUp();
  await waitFor(() => told("contracts.rejected").every((count) => count > 0));
  for (const service of services()) {
    expect((await fetch(`${service.internalUrl}/readyz`)).status).toBe(200);
    const mistakes = service.logs().filter((line) => line.event === "contracts.mistake");
    expect(String(mistakes[0]?.message)).toMatch(
      /app\.yaml:3:1 \/roms is not a known key here: did you mean `rooms`\?$/,
    );
    const kind = service.name.startsWith("edge") ? "edge" : "notifier";
    expect(await counted(kind, "rollcall_contracts_rejected_total")).toBe(1);
  }
  await publish("events.strict", GOOD);
  await waitFor(() => bob.eventsOf("strict:told").length === 1);

  // Nobody signals: what is mounted is looked at by itself.
  mount("3", CONTRACT.replaceAll("strict:told", "renamed:told"));
  await waitFor(() => told("contracts.changed").every((count) => count === 1), { timeoutMs: 20_000 });
  await publish("events.strict", GOOD);
  await waitFor(() => bob.eventsOf("renamed:told").length === 1);
  expect(await emit("strict:told", GOOD)).toMatchObject({ error: { code: "EVENT_UNKNOWN" } });
  isOver = true;
  expect(await talking).toBeUndefined();
  await waitFor(() => bob.eventsOf("strict:said").length >= sent);
  const numbers = bob.eventsOf("strict:said").map(({ payload }) => (payload as { n: number }).n);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => numbers[0]! + i));
  expect([...ann.disconnects, ...bob.disconnects]).toEqual([]);
});
