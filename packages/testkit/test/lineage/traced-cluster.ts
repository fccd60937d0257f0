/** A cluster whose traces are all exported, what backends hear of it, and what they ask of it. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { headers, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { subjectsOf } from "@rollcall/contracts";
import { systemRandom } from "@rollcall/runtime";
import type { CollectedSpan } from "@rollcall/telemetry";
import { type Cluster, startCluster, tempFolder, waitFor } from "../../src/index.ts";
import { E2E_CONTRACTS } from "../contracts.ts";
import { CALLER } from "./origins.ts";

export const newTrace = () => Buffer.from(systemRandom.bytes(16)).toString("hex");
export const traceparentOf = (traceId: string) => `00-${traceId}-${CALLER}-01`;
export const traceIdOf = (traceparent: string | undefined) => traceparent?.split("-")[1];

export class TracedCluster {
  /** Presence's transitions, fallback notices and commands. */
  readonly heard: Msg[] = [];

  readonly cluster: Cluster;
  readonly nats: NatsConnection;

  private constructor(cluster: Cluster, nats: NatsConnection) {
    this.cluster = cluster;
    this.nats = nats;
    const hear = (_error: unknown, message: Msg) => void this.heard.push(message);
    for (const subject of [`${cluster.install}.presence.v1.>`, subjectsOf(cluster.install).fallbackAll()]) {
      nats.subscribe(subject, { callback: hear });
    }
    nats.subscribe("commands.ticket.reply", {
      callback: (_error, message) => {
        this.heard.push(message);
        message.respond(JSON.stringify({ answer: "yes" }));
      },
    });
  }

  static async start(edges: number): Promise<TracedCluster> {
    const channels = join(tempFolder("channels"), "channels.yaml");
    writeFileSync(channels, "channels: { pager: { type: nats } }\n");
    const cluster = await startCluster({
      edges,
      contractsDir: [E2E_CONTRACTS, join(import.meta.dirname, "../lineage.yaml")],
      // Wide enough for changes of two clients to meet in one diff.
      env: { COALESCE_MS: "300", LOG_LEVEL: "trace" },
      envOf: { notifier: { CHANNELS: channels } },
    });
    return new TracedCluster(cluster, await connect({ servers: cluster.natsUrl }));
  }

  async stop(): Promise<void> {
    await this.nats.close();
    await this.cluster.stop();
  }

  /** The id of the event. */
  async publish(subject: string, data: unknown, given: Record<string, string> = {}): Promise<string> {
    const id = systemRandom.id();
    const header = headers();
    const type = subject === "events.main.parcels.sent" ? "test.parcel.sent" : "test.build.finished";
    const all = { "ce-id": id, "ce-source": "/ci", "ce-type": type, "ce-specversion": "1.0", ...given };
    for (const [name, value] of Object.entries(all)) header.set(name, value);
    await jetstream(this.nats).publish(subject, JSON.stringify(data), { headers: header });
    return id;
  }

  /** A request of wire.md 4.3, as a backend or an operator sends it. */
  async ask(name: string, body: object, traceId: string): Promise<unknown> {
    const header = headers();
    header.set("traceparent", traceparentOf(traceId));
    const subject = `${this.cluster.install}.v1.main.${name}`;
    const reply = await this.nats.request(subject, JSON.stringify(body), { timeout: 5_000, headers: header });
    return reply.json();
  }

  async expectHeard(subject: string, type: string, traceId: string): Promise<void> {
    const isIt = (message: Msg) =>
      message.subject.includes(subject) &&
      message.headers?.get("ce-type") === type &&
      traceIdOf(message.headers.get("traceparent")) === traceId;
    await waitFor(() => this.heard.some(isIt), { what: () => `${type} with trace ${traceId}` });
  }

  spansOf(traceId: string): CollectedSpan[] {
    return this.cluster.collector!.trace(traceId);
  }

  /** `deliver a:b @edge-1 < emit a:b @notifier-1 < caller`: from each span up to where its trace comes from. */
  chains(traceId: string): string[] {
    const spans = new Map(this.spansOf(traceId).map((span) => [span.spanId, span]));
    return [...spans.values()].map((span) => {
      const steps: string[] = [];
      for (let at: CollectedSpan | undefined = span; at !== undefined; at = spans.get(at.parentSpanId ?? "")) {
        steps.push(`${at.name} @${at.instance}`);
        if (at.parentSpanId === CALLER) steps.push("caller");
        else if (at.parentSpanId !== undefined && !spans.has(at.parentSpanId)) steps.push("orphan");
      }
      return steps.join(" < ");
    });
  }

  /** Spans arrive when they have ended, each process by itself. Gives the chains that lead nowhere. */
  async orphansBeside(traceId: string, expected: readonly string[]): Promise<string[]> {
    await waitFor(() => expected.every((chain) => this.chains(traceId).includes(chain)), {
      timeoutMs: 20_000,
      what: () => `the chains\n${expected.join("\n")}\ngot\n${this.chains(traceId).join("\n")}`,
    });
    return this.chains(traceId).filter((chain) => chain.endsWith("orphan"));
  }
}
