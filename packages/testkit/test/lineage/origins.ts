/** Actions that begin a trace, each by one path, and what every listener was handed because of them. */

import { jetstream } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { systemClock, systemRandom } from "@rollcall/runtime";
import type { RecordedEvent, TestClient } from "../../src/index.ts";

/** Of every traceparent given from outside: where a tree may end. */
export const CALLER = "00f067aa0ba902b7";
/** Of one user, more are never under way. */
const ON_THE_WAY = 8;
const JOIN_ATTEMPTS = 40;
const JOIN_AGAIN_MS = 250;
export const ROOMS = ["doc:lineage", "repo:lineage"] as const;

/** Each way of section 3 and 4 of the wire contract by which something is handed to clients. */
export const PATHS = [
  "published",
  "emitted",
  "durable",
  "relay",
  "relay kept",
  "state",
  "backend's state",
  "join",
  "leave",
] as const;
export type Path = (typeof PATHS)[number];

export interface Listener {
  client: TestClient;
  edge: string;
  user: string;
}

/** What one listener was handed: the path and number of its origin, as its payload tells. */
interface Handed {
  path: Path;
  /** A merged change tells of several. */
  of: string[];
}

export interface Tally {
  delivered: number;
  carried: number;
  /** The traces that arrived, and on which edges. */
  traces: Map<string, Set<string>>;
  /** A few that arrived without their origin's trace. */
  strays: string[];
}

export class Origins {
  readonly tallies = new Map(PATHS.map((path) => [path, newTally()]));
  readonly #nats: NatsConnection;
  readonly #install: string;
  /** `<path> <number>` to the trace of its origin; of comings and goings, which have no number, to the newest few. */
  readonly #traces = new Map<string, string[]>();
  #count = 0;
  #inside = false;

  constructor(nats: NatsConnection, install: string) {
    this.#nats = nats;
    this.#install = install;
  }

  get delivered(): number {
    return [...this.tallies.values()].reduce((sum, { delivered }) => sum + delivered, 0);
  }

  /** Counts what `listener` is handed from now on. */
  listen({ client, edge }: Listener): void {
    const enter = () => {
      for (const room of ROOMS) void joined(client, room);
    };
    client.socket.on("session:ready", enter);
    enter();
    client.socket.onAny((name: string, payload: unknown, meta: RecordedEvent["meta"]) => {
      for (const handed of handedOf(name, payload as Record<string, never>)) this.#tally(handed, edge, meta);
    });
  }

  /** Who comes and goes: only what it is told to, also when its edge was restarted. */
  move({ client }: Listener): void {
    client.socket.on("session:ready", () => {
      if (this.#inside) void joined(client, ROOMS[0]);
    });
  }

  /** One action of each path. Refusals are not counted: only what arrives is. */
  async act(from: Listener, mover: Listener, to: Listener): Promise<void> {
    const skipped: Path = this.#inside ? "join" : "leave";
    this.#inside = !this.#inside;
    const paths = PATHS.filter((path) => path !== skipped);
    await Promise.all(paths.map((path) => this.#act(path, { from, mover, to }).catch(() => undefined)));
  }

  #tally({ path, of }: Handed, edge: string, meta: RecordedEvent["meta"]): void {
    const expected = of.flatMap((number) => this.#traces.get(`${path} ${number}`) ?? []);
    if (expected.length === 0) return; // of before it listened
    const tally = this.tallies.get(path)!;
    const trace = meta?.traceparent?.split("-")[1];
    tally.delivered++;
    if (trace === undefined || !expected.includes(trace)) {
      if (tally.strays.length < 5) tally.strays.push(`${of.join(" ")} on ${edge} under ${trace ?? "no trace"}`);
      return;
    }
    tally.carried++;
    const edges = tally.traces.get(trace) ?? new Set();
    tally.traces.set(trace, edges.add(edge));
  }

  async #act(path: Path, { from, mover, to }: Record<"from" | "mover" | "to", Listener>): Promise<unknown> {
    const n = ++this.#count;
    const trace = Buffer.from(systemRandom.bytes(16)).toString("hex");
    const traceparent = `00-${trace}-${CALLER}-01`;
    const isMove = path === "join" || path === "leave";
    const key = `${path} ${isMove ? mover.user : n}`;
    this.#traces.set(key, [...(this.#traces.get(key) ?? []), trace].slice(-ON_THE_WAY));
    const [doc, repo] = ROOMS;
    const meta = { traceparent };
    const set = { op: "set", key: `note:${n % 50}`, value: { n } };
    switch (path) {
      case "published":
        return this.#publish("builds.finished", "test.build.finished", { repo: "lineage", n }, traceparent);
      case "durable":
        return this.#publish("parcels.sent", "test.parcel.sent", { to: to.user, n }, traceparent);
      case "emitted":
        return this.#ask(
          "emit",
          { to: { room: repo }, event: "build:finished", data: { repo: "lineage", n: -n } },
          traceparent,
        );
      case "relay":
        return from.client.call("cursor:moved", { room: doc, data: { x: n, y: 0 } }, meta);
      case "relay kept":
        return from.client.call("chat:said", { room: doc, data: { text: String(n) } }, meta);
      case "state":
        return from.client.call("state:patch", { room: doc, ops: [set] }, meta);
      case "backend's state":
        return this.#ask(
          "room.patch",
          { namespace: "/", room: doc, ops: [{ ...set, key: `note:b${n % 50}`, value: { b: n } }] },
          traceparent,
        );
      case "join":
        return mover.client.call("room:join", { room: doc }, meta);
      case "leave":
        return mover.client.call("room:leave", { room: doc }, meta);
    }
  }

  async #publish(subject: string, type: string, data: object, traceparent: string): Promise<void> {
    const header = headers();
    const attributes = {
      "ce-id": systemRandom.id(),
      "ce-source": "/lineage",
      "ce-type": type,
      "ce-specversion": "1.0",
    };
    for (const [name, value] of Object.entries({ ...attributes, traceparent })) header.set(name, value);
    await jetstream(this.#nats).publish(`events.main.${subject}`, JSON.stringify(data), { headers: header });
  }

  async #ask(name: "emit" | "room.patch", body: object, traceparent: string): Promise<void> {
    const header = headers();
    header.set("traceparent", traceparent);
    await this.#nats.request(`${this.#install}.v1.main.${name}`, JSON.stringify(body), {
      timeout: 5_000,
      headers: header,
    });
  }
}

/** Again while it is refused: presence or the edge may be starting. Gone by then: it tries at its next return. */
async function joined(client: TestClient, room: string): Promise<void> {
  for (let attempt = 0; attempt < JOIN_ATTEMPTS && client.socket.connected; attempt++) {
    const { ok } = await client.emitAck("room:join", { room }).catch(() => ({ ok: false }));
    if (ok) return;
    await systemClock.sleep(JOIN_AGAIN_MS);
  }
}

const newTally = (): Tally => ({ delivered: 0, carried: 0, traces: new Map(), strays: [] });

function handedOf(name: string, payload: Record<string, never>): Handed[] {
  const one = (path: Path, number: unknown): Handed[] =>
    typeof number === "number" || typeof number === "string" ? [{ path, of: [String(number)] }] : [];
  switch (name) {
    case "build:finished": {
      const n = Number(payload.n);
      return n < 0 ? one("emitted", -n) : one("published", n);
    }
    case "parcel:sent":
      return one("durable", payload.n);
    case "cursor:moved":
      return one("relay", (payload as { data?: { x?: number } }).data?.x ?? payload.x);
    case "chat:said":
      return one("relay kept", (payload as { data?: { text?: string } }).data?.text ?? payload.text);
    case "room:state": {
      const set = (payload.set ?? []) as { value: { n?: number; b?: number } }[];
      const own = set.flatMap(({ value: { n } }) => (n === undefined ? [] : [String(n)]));
      const backends = set.flatMap(({ value: { b } }) => (b === undefined ? [] : [String(b)]));
      return own.length > 0 && backends.length > 0
        ? [] // one message of two paths: it belongs to the last of its causes
        : [{ path: own.length > 0 ? "state" : "backend's state", of: [...own, ...backends] }];
    }
    case "room:roster": {
      const joined = ((payload.joined ?? []) as { user: string }[]).map(({ user }) => user);
      const left = (payload.left ?? []) as string[];
      return joined.length + left.length === 1
        ? [{ path: joined.length === 1 ? "join" : "leave", of: [...joined, ...left] }]
        : [];
    }
    default:
      return [];
  }
}
