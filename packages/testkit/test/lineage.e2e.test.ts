/** Every path from an action to whoever hears of it, as its trace was really exported: a chain of spans per listener. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestClient, waitFor } from "../src/index.ts";
import { CALLER } from "./lineage/origins.ts";
import { newTrace, TracedCluster, traceIdOf, traceparentOf } from "./lineage/traced-cluster.ts";

let traced: TracedCluster;
/** Two users, one on each edge, both in `doc:lineage` and `repo:lineage`. */
let ann: TestClient;
let bob: TestClient;

beforeAll(async () => {
  traced = await TracedCluster.start(3);
  const { cluster } = traced;
  [ann, bob] = await Promise.all([cluster.client(0, { user: "ann" }), cluster.client(1, { user: "bob" })]);
  for (const client of [ann, bob]) {
    await client.ready();
    for (const room of ["doc:lineage", "repo:lineage"]) await client.call("room:join", { room });
  }
  await begin("lost", 0);
  await begin("evicted", 2);
}, 120_000);
afterAll(() => traced.stop());

/** A user whose end, seconds later, nobody asks for: its socket is cut, or its edge killed. Bob is there to hear of it. */
async function begin(reason: "lost" | "evicted", edge: number): Promise<void> {
  const { cluster } = traced;
  const client = await cluster.client(edge, { user: reason }, { io: { reconnection: false } });
  await client.ready();
  for (const one of [bob, client]) await one.call("room:join", { room: `doc:${reason}` });
  if (reason === "lost") client.dropConnection();
  else await cluster.edges[edge]!.kill("SIGKILL");
}

async function expectChains(traceId: string, expected: readonly string[]): Promise<void> {
  expect(await traced.orphansBeside(traceId, expected)).toEqual([]);
}

async function ask(name: string, body: object, traceId: string): Promise<void> {
  expect(await traced.ask(name, body, traceId)).toMatchObject({ ok: true });
}

const build = (given: Record<string, string>) =>
  traced.publish("events.main.builds.finished", { repo: "lineage" }, given);

interface Row {
  path: string;
  /** Does it, and gives the trace it is to be found in. */
  act(traceId: string): Promise<unknown>;
  chains: string[];
}

const EVENT = ["emit build:finished @notifier-1", "consume build:finished @notifier-1", "caller"].join(" < ");
const ACK = (name: string) => `ack ${name} @edge-1 < caller`;

const ROWS: Row[] = [
  {
    path: "a publisher's traceparent, each edge's delivery, and what a client does about it",
    async act(traceId) {
      await build({ traceparent: traceparentOf(traceId), tracestate: "vendor=1" });
      const seen = (event: { meta?: { traceparent?: string } | undefined }) =>
        traceIdOf(event.meta?.traceparent) === traceId;
      const { meta } = await bob.waitForEvent("build:finished", seen);
      await bob.call("room:members", { room: "repo:lineage" }, { traceparent: meta?.traceparent });
    },
    chains: [
      `deliver build:finished @edge-1 < ${EVENT}`,
      `deliver build:finished @edge-2 < ${EVENT}`,
      `request room:members @edge-2 < ack room:members @edge-2 < ${EVENT}`,
    ],
  },
  {
    path: "ce-traceparent alone, or beside a malformed hop",
    act: (traceId) => build({ traceparent: "00-nonsense", "ce-traceparent": traceparentOf(traceId) }),
    chains: [`deliver build:finished @edge-2 < ${EVENT}`],
  },
  {
    path: "the inbox: a durable event to a device, and its acknowledgement",
    async act(traceId) {
      await traced.publish("events.main.parcels.sent", { to: "ann" }, { traceparent: traceparentOf(traceId) });
      const { meta } = await ann.waitForEvent("parcel:sent");
      const { epoch, seq } = meta!.inbox!;
      await ann.call("inbox:ack", { epoch, seq }, { traceparent: meta!.traceparent });
    },
    chains: ["deliver parcel:sent @edge-1", "request inbox:ack @edge-1 < ack inbox:ack @edge-1"].map(
      (head) => `${head} < emit parcel:sent @notifier-1 < consume parcel:sent @notifier-1 < caller`,
    ),
  },
  {
    path: "the fallback: a durable event nobody took, to a channel and its receiver",
    async act(traceId) {
      await traced.publish("events.main.parcels.sent", { to: "nobody" }, { traceparent: traceparentOf(traceId) });
      const notice = await waitFor(() => traced.heard.find(({ subject }) => subject.includes(".fallback.v1.")));
      expect(traceIdOf(notice.headers?.get("traceparent"))).toBe(traceId);
    },
    chains: [
      "deliver parcel:sent @notifier-1 < emit parcel:sent @notifier-1 < consume parcel:sent @notifier-1 < caller",
    ],
  },
  {
    path: "a relay, to the members on the other edge",
    async act(traceId) {
      await ann.call(
        "cursor:moved",
        { room: "doc:lineage", data: { x: 1, y: 2 } },
        { traceparent: traceparentOf(traceId) },
      );
      const { meta } = await bob.waitForEvent("cursor:moved");
      expect(traceIdOf(meta?.traceparent)).toBe(traceId);
    },
    chains: [`deliver cursor:moved @edge-2 < emit cursor:moved @edge-1 < ${ACK("cursor:moved")}`],
  },
  {
    path: "a relay with history, numbered by presence",
    act: (traceId) =>
      ann.call("chat:said", { room: "doc:lineage", data: { text: "hi" } }, { traceparent: traceparentOf(traceId) }),
    chains: [1, 2].map(
      (edge) =>
        `deliver chat:said @edge-${edge} < request chat:said @presence-1 < emit chat:said @edge-1 < ${ACK("chat:said")}`,
    ),
  },
  {
    path: "a command, to the backend and back into the ack",
    async act(traceId) {
      await ann.call("ticket:reply", { ticket: "1" }, { traceparent: traceparentOf(traceId) });
      const asked = traced.heard.find(({ subject }) => subject === "commands.ticket.reply");
      const [, ofTrace, spanId] = asked!.headers!.get("traceparent").split("-");
      expect(ofTrace).toBe(traceId);
      await waitFor(() =>
        traced.spansOf(traceId).some((span) => span.spanId === spanId && span.name.startsWith("request")),
      );
    },
    chains: [`request ticket:reply @edge-1 < ${ACK("ticket:reply")}`],
  },
  {
    path: "a join, to the members and to backends",
    async act(traceId) {
      await ann.call("room:join", { room: "doc:entered" });
      await bob.call("room:join", { room: "doc:entered" }, { traceparent: traceparentOf(traceId) });
      await traced.expectHeard(".room.%2F.", "rollcall.room.joined", traceId);
    },
    chains: ["deliver room:roster @edge-1 < request room:join @presence-1 < ack room:join @edge-2 < caller"],
  },
  {
    path: "a change of state, and a leave by request",
    async act(traceId) {
      const meta = { traceparent: traceparentOf(traceId) };
      await ann.call("room:join", { room: "doc:left" });
      await bob.call("room:join", { room: "doc:left" });
      await bob.call("state:patch", { room: "doc:left", ops: [{ op: "set", key: "count", value: 1 }] }, meta);
      await bob.call("room:leave", { room: "doc:left" }, meta);
      await traced.expectHeard(".room.%2F.", "rollcall.room.left", traceId);
    },
    chains: [
      "deliver room:state @edge-1 < request state:patch @presence-1 < ack state:patch @edge-2 < caller",
      "deliver room:roster @edge-1 < request room:leave @presence-1 < ack room:leave @edge-2 < caller",
    ],
  },
  {
    path: "what a backend asks for: a change of state",
    act: (traceId) =>
      ask(
        "room.patch",
        { namespace: "/", room: "doc:lineage", ops: [{ op: "increment", key: "count", by: 1 }] },
        traceId,
      ),
    chains: [1, 2].map((edge) => `deliver room:state @edge-${edge} < request room.patch @presence-1 < caller`),
  },
  {
    path: "what a backend asks for: an event to a room, and a durable one to a user",
    async act(traceId) {
      await ask("emit", { to: { room: "repo:lineage" }, event: "build:finished", data: { repo: "lineage" } }, traceId);
      await ask("emit", { to: { users: ["ann"] }, event: "parcel:sent", data: { to: "ann" } }, traceId);
    },
    chains: [
      "deliver build:finished @edge-2 < emit build:finished @notifier-1 < request build:finished @notifier-1 < caller",
      ["deliver parcel:sent @edge-1", "emit parcel:sent @notifier-1", "consume parcel:sent @notifier-1"].join(" < ") +
        " < request parcel:sent @notifier-1 < caller",
    ],
  },
  {
    path: "what an operator asks for: a user out of a room",
    async act(traceId) {
      await ann.call("room:join", { room: "doc:revoked" });
      await bob.call("room:join", { room: "doc:revoked" });
      await ask("session.revoke", { user: "bob", room: "doc:revoked", reason: "test" }, traceId);
      await traced.expectHeard(".room.%2F.", "rollcall.room.left", traceId);
    },
    chains: ["deliver room:roster @edge-1 < request session.revoke @presence-1 < caller"],
  },
];

describe("[X5] one trace, from the action to whoever hears of it", () => {
  test.each(ROWS)("$path", async ({ act, chains: expected }) => {
    const traceId = newTrace();
    await act(traceId);
    await expectChains(traceId, expected);
  });

  test("connecting, and an end that nobody asked for: its cause links to the session's connect", async () => {
    const gone = await traced.cluster.client(0, { user: "gone" });
    await gone.ready();
    await bob.call("room:join", { room: "doc:gone" });
    await gone.call("room:join", { room: "doc:gone" });
    gone.socket.disconnect();
    const ofGone = (type: string) =>
      traced.heard.find(({ subject, headers: h }) => subject.endsWith(".user.gone") && h?.get("ce-type") === type);
    const offline = await waitFor(() => ofGone("rollcall.user.offline"));
    const ended = traceIdOf(offline.headers!.get("traceparent"))!;
    const began = traceIdOf(ofGone("rollcall.user.online")!.headers!.get("traceparent"))!;
    await expectChains(began, ["request session:open @presence-1 < request session:open @edge-1"]);
    const close = "request session:close @presence-1 < request session:close @edge-1";
    await expectChains(ended, [close, `deliver room:roster @edge-2 < ${close}`]);
    const cause = traced.spansOf(ended).find(({ parentSpanId }) => parentSpanId === undefined)!;
    expect(cause.attributes["rollcall.reason"]).toBe("client");
    expect(cause.links.map((link) => link.traceId)).toEqual([began]);
  });

  test.each(["lost", "evicted"])(
    "an end by expiry, %s: the sweep's span links to the session's connect",
    async (user) => {
      const of = (type: string) =>
        traced.heard.find(({ subject, headers: h }) => subject.endsWith(`.user.${user}`) && h?.get("ce-type") === type);
      const offline = await waitFor(() => of("rollcall.user.offline"), { timeoutMs: 20_000, what: "the end" });
      const began = traceIdOf(of("rollcall.user.online")!.headers!.get("traceparent"))!;
      const ended = traceIdOf(offline.headers!.get("traceparent"))!;
      expect(ended).not.toBe(began);
      const sweep = "request session:sweep @presence-1";
      await expectChains(ended, [sweep, `deliver room:roster @edge-2 < ${sweep}`]);
      const cause = traced.spansOf(ended).find(({ parentSpanId }) => parentSpanId === undefined)!;
      expect(cause.attributes["rollcall.reason"]).toContain(user);
      expect(cause.links.map((link) => link.traceId)).toContain(began);
    },
  );

  test("a merged diff belongs to its last cause and links to the others", async () => {
    await ann.call("room:join", { room: "doc:merged" });
    await bob.call("room:join", { room: "doc:merged" });
    const patch = async (value: number) => {
      const traceId = newTrace();
      const payload = { room: "doc:merged", ops: [{ op: "set", key: "count", value }] };
      await ann.call("state:patch", payload, { traceparent: traceparentOf(traceId) });
      return traceId;
    };
    const links = await waitFor(
      async () => {
        // The first one opens a window, in which the others meet.
        const [, earlier, last] = [await patch(1), await patch(2), await patch(3)];
        const ofLast = () =>
          traced.spansOf(last).find(({ name, instance }) => name === "deliver room:state" && instance === "edge-2");
        const ofEarlier = () =>
          traced.spansOf(earlier).find(({ name, instance }) => name === "deliver room:state" && instance === "edge-2");
        const delivered = await waitFor(() => ofLast() ?? ofEarlier());
        return delivered.links.length > 0 && { links: delivered.links.map(({ traceId }) => traceId), earlier };
      },
      { timeoutMs: 20_000 },
    );
    expect(links.links).toContain(links.earlier);
  });

  test("what is malformed is refused: the event arrives under a trace of its own", async () => {
    const id = await build({ traceparent: "00-nonsense", "ce-traceparent": `ff-${newTrace()}-${CALLER}-01` });
    const traceId = await waitFor(() => traced.cluster.collector!.find("rollcall.event.id", id)[0]);
    await expectChains(traceId, [
      "deliver build:finished @edge-2 < emit build:finished @notifier-1 < consume build:finished @notifier-1",
    ]);
  });
});
