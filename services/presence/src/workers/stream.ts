/** The PRESENCE stream: made, compared or trusted, as `STREAMS` says. */

import {
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  type StoredMsg,
  type StreamConfig,
} from "@nats-io/jetstream";
import type { Subjects } from "@rollcall/contracts";

export type StreamsMode = "create" | "verify" | "off";

const HOUR_NS = 3_600_000_000_000;
const STREAM_NOT_FOUND = 10059;
const NOT_THERE = [STREAM_NOT_FOUND, 10037];

/** A backend that was away for less reads on where it stopped. */
export const PRESENCE_RETENTION_NS = 24 * HOUR_NS;

export interface StreamNeed {
  name: string;
  subjects: string[];
  retention: RetentionPolicy;
  max_age: number;
}

export function presenceStream(subjects: Subjects): StreamNeed {
  return {
    name: subjects.presenceStream(),
    subjects: [subjects.presenceAll()],
    retention: RetentionPolicy.Limits,
    max_age: PRESENCE_RETENTION_NS,
  };
}

/** A line per difference. */
export function streamDifferences(need: StreamNeed, found: StreamConfig | undefined): string[] {
  if (found === undefined) {
    const { name, subjects, retention, max_age: maxAge } = need;
    return [
      `stream ${name} is missing: it needs subjects ${subjects.join(", ")}, retention ${retention}, max_age ${maxAge}`,
    ];
  }
  return (Object.keys(need) as (keyof StreamNeed)[])
    .filter((key) => JSON.stringify(found[key]) !== JSON.stringify(need[key]))
    .map((key) => `stream ${need.name}: ${key} is ${JSON.stringify(found[key])}, needed ${JSON.stringify(need[key])}`);
}

/** Throws with every difference; `create` makes a missing stream and changes none. Gives the names of what it made. */
export async function ensurePresenceStream(
  jsm: JetStreamManager,
  subjects: Subjects,
  mode: StreamsMode,
): Promise<string[]> {
  if (mode === "off") return [];
  const need = presenceStream(subjects);
  const found = await configOf(jsm, need.name);
  if (found === undefined && mode === "create") {
    await jsm.streams.add(need);
    return [need.name];
  }
  const differences = streamDifferences(need, found);
  if (differences.length > 0) throw new Error(`JetStream is not as needed: ${differences.join("; ")}`);
  return [];
}

/** The last epoch that backends were told of, if the stream still has it. */
export async function lastEpoch(jsm: JetStreamManager, subjects: Subjects): Promise<string | undefined> {
  const message = await lastOf(jsm, subjects, subjects.presenceEpoch());
  const { epoch } = message?.json<{ epoch?: unknown }>() ?? {};
  return typeof epoch === "string" && /^\d{1,16}$/.test(epoch) ? epoch : undefined;
}

export interface LastTransition {
  change: "online" | "offline" | "changed";
  reason: string;
  at: string;
  epoch: string;
  version: number;
  trace?: string;
}

/** The newest transition of a user that backends were told, while the stream still has it. */
export async function lastTransition(
  jsm: JetStreamManager,
  subjects: Subjects,
  { tenant, user }: { tenant: string; user: string },
): Promise<LastTransition | undefined> {
  const message = await lastOf(jsm, subjects, subjects.presenceUser(tenant, user));
  if (message === undefined) return undefined;
  const { reason, at, epoch, version } = message.json<Omit<LastTransition, "change" | "trace">>();
  const change = message.header.get("ce-type").split(".").at(-1) as LastTransition["change"];
  const trace = message.header.get("traceparent").split("-")[1];
  return { change, reason, at, epoch, version, ...(trace === undefined ? {} : { trace }) };
}

async function lastOf(jsm: JetStreamManager, subjects: Subjects, subject: string): Promise<StoredMsg | undefined> {
  try {
    return (await jsm.streams.getMessage(subjects.presenceStream(), { last_by_subj: subject })) ?? undefined;
  } catch (error) {
    if (error instanceof JetStreamApiError && NOT_THERE.includes(error.code)) return undefined;
    throw error;
  }
}

async function configOf(jsm: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await jsm.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}
