/** What `doctor` finds, and how it judges what it was told. Pure. */

import { LAYOUTS, type LayoutMark, type Layouts } from "@rollcall/fanout";

export interface Finding {
  /** `bad`: it does not work so. `warn`: it works here, production needs otherwise. */
  level: "ok" | "warn" | "bad";
  about: string;
  message: string;
  /** What to do; none when all is well. */
  todo?: string;
}

const ok = (about: string, message: string): Finding => ({ level: "ok", about, message });
const warn = (about: string, message: string, todo: string): Finding => ({ level: "warn", about, message, todo });
const bad = (about: string, message: string, todo: string): Finding => ({ level: "bad", about, message, todo });
export const finding = { ok, warn, bad };

/** True when `version` is `minimum` or newer; both `a.b.c`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, need] = [version, minimum].map((text) => text.split(".").map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < need!.length; i++) {
    const difference = (have![i] ?? 0) - need![i]!;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Of which the log's reader needs `entries-added`, and scripts need functions of the 7 line. */
const MIN_REDIS = "7.0.0";
/** Of which consumers are made under their names, as the client makes them. Nothing here needs what came later. */
const MIN_NATS = "2.9.0";
/** An edge's batch and a page of a room must fit into one message. NATS' own default. */
const MIN_NATS_PAYLOAD = 1024 * 1024;
/** Deadlines are Redis' own; stamps on the wire are the services'. */
const MAX_SKEW_MS = 1_000;

/** What could be asked. */
export interface RedisFacts {
  version?: string;
  maxmemoryPolicy?: string;
  /** Of the one that keeps inboxes. */
  appendonly?: boolean;
  /** Its clock less ours. */
  skewMs?: number;
  memory?: RedisMemory;
}

export interface RedisMemory {
  /** What counts against the limit, bytes. */
  used: number;
  /** `maxmemory`, bytes; 0 for none. */
  max: number;
  /** Writes refused for want of memory since it started, or since its statistics were reset. */
  refusals: number;
}

/** From here on somebody should make room before Redis refuses. */
const NEARLY_FULL = 0.9;

export function judgeRedis(about: string, facts: RedisFacts): Finding[] {
  const { version, maxmemoryPolicy, appendonly, skewMs, memory } = facts;
  const findings: Finding[] = [];
  if (version !== undefined) {
    findings.push(
      isAtLeast(version, MIN_REDIS)
        ? ok(about, `version ${version}`)
        : bad(about, `version ${version}`, `install ${MIN_REDIS} or newer`),
    );
  }
  if (maxmemoryPolicy !== undefined) {
    findings.push(
      maxmemoryPolicy === "noeviction"
        ? ok(about, "evicts nothing")
        : bad(about, `maxmemory-policy is ${maxmemoryPolicy}`, "set it to noeviction: evicted keys are lost users"),
    );
  }
  if (memory !== undefined) findings.push(judgeMemory(about, memory));
  if (appendonly !== undefined) {
    findings.push(
      appendonly
        ? ok(about, "keeps an append-only file")
        : warn(about, "keeps no append-only file", "set appendonly yes on the durable Redis: inboxes are in it"),
    );
  }
  if (skewMs !== undefined) {
    findings.push(
      Math.abs(skewMs) <= MAX_SKEW_MS
        ? ok(about, "its clock agrees with this machine's")
        : warn(about, `its clock is ${(skewMs / 1_000).toFixed(1)} s off this machine's`, "synchronise both with NTP"),
    );
  }
  return findings;
}

/** A full Redis refuses leases, joins and inboxes: edges are taken for dead, and their users for gone. */
function judgeMemory(about: string, { used, max, refusals }: RedisMemory): Finding {
  if (max === 0) return ok(about, `uses ${used} bytes, without a limit`);
  const share = `${Math.round((100 * used) / max)} % of its ${max} bytes`;
  const todo = "raise its maxmemory, or end what fills it: redis-cli --bigkeys";
  if (used > max) return bad(about, `is full, ${share}, and refuses writes`, todo);
  if (used < NEARLY_FULL * max) return ok(about, `uses ${share}`);
  if (refusals === 0) return warn(about, `is nearly full: ${share}`, todo);
  return bad(about, `is nearly full: ${share}, and has refused ${refusals} writes`, todo);
}

/** What was refused by rights: an entry of `ACL LOG`. */
export interface Denial {
  user: string;
  /** `command`, `key`, `channel`, `auth`. */
  reason: string;
  /** The command or key; of `auth` nothing that may be told. */
  object: string;
  count: number;
  ageS: number;
}

/** Older ones have had their mend, or nobody misses what was refused. */
const RECENT_DENIAL_S = 3_600;

/** `user`: who was asking. */
export function judgeAcl(about: string, user: string, denials: readonly Denial[]): Finding[] {
  const recent = denials.filter(({ ageS }) => ageS <= RECENT_DENIAL_S);
  return [
    user === "default"
      ? warn(about, "is used as the user `default`", "a user for each service, with its rights: deploy/redis/README.md")
      : ok(about, `is used as ${user === "limited" ? "a user with some rights" : `the user ${user}`}`),
    ...recent.map(({ user: who, reason, object, count, ageS }) => {
      const what = reason === "auth" ? "a wrong password" : `${reason} ${object}`;
      const times = count === 1 ? "once" : `${count} times`;
      return warn(
        about,
        `refused ${what} to ${who}, ${times}, last ${Math.round(ageS)} s ago`,
        reason === "auth" ? "correct its password" : "grant it: deploy/redis/README.md",
      );
    }),
  ];
}

/** Records that services of this release would meet. */
export function judgeLayout(about: string, mark: LayoutMark, layouts: Layouts = LAYOUTS): Finding {
  const { lowest, highest } = mark;
  const { oldest, newest, writes } = layouts;
  const what = `records have ${lowest === highest ? `layout ${lowest}` : `layouts ${lowest} to ${highest}`}`;
  if (highest > newest)
    return bad(about, `${what}, this release reads to ${newest}`, "use the release that wrote them");
  if (lowest < oldest)
    return bad(about, `${what}, this release reads from ${oldest}`, "migrate with the release before");
  if (lowest < writes && highest === writes)
    return warn(about, what, "when all processes run this release: rollcall migrate");
  return ok(about, what);
}

export interface NatsFacts {
  version: string;
  jetstream: boolean;
  /** `max_payload` of the server, bytes. */
  maxPayload: number;
}

export function judgeNats({ version, jetstream, maxPayload }: NatsFacts): Finding[] {
  const about = "nats";
  return [
    isAtLeast(version, MIN_NATS)
      ? ok(about, `version ${version}`)
      : bad(about, `version ${version}`, `install ${MIN_NATS} or newer`),
    maxPayload >= MIN_NATS_PAYLOAD
      ? ok(about, `takes messages of ${maxPayload} bytes`)
      : bad(about, `max_payload is ${maxPayload} bytes`, `set it to ${MIN_NATS_PAYLOAD} or more`),
    ...(jetstream ? [] : [bad(about, "JetStream is off", "start nats-server with --jetstream")]),
  ];
}

export interface AccountFacts {
  /** Bytes on disk, and how many may be; -1 for no limit. */
  storage: number;
  maxStorage: number;
  streams: number;
  maxStreams: number;
}

/** From here on somebody should make room before JetStream refuses. */
const FULL = 0.8;

export function judgeAccount({ storage, maxStorage, streams, maxStreams }: AccountFacts): Finding {
  const about = "nats";
  if (maxStorage > 0 && storage > FULL * maxStorage) {
    const todo = "raise its max_file, or shorten what other streams keep: full, it takes nothing more";
    return warn(about, `JetStream has ${storage} of ${maxStorage} bytes in use`, todo);
  }
  const ofStreams = maxStreams > 0 ? ` of ${maxStreams}` : "";
  const ofBytes = maxStorage > 0 ? ` of ${maxStorage}` : "";
  return ok(about, `JetStream has ${streams}${ofStreams} streams, ${storage}${ofBytes} bytes`);
}

export interface StreamNeed {
  name: string;
  /** What it must take; undefined: whatever it does. */
  subject: string | undefined;
}

export interface StreamFacts {
  config: { subjects: string[]; retention: string; discard: string; max_bytes: number; max_msgs: number };
}

const missing = (name: string): Finding =>
  bad(
    "nats",
    `no ${nounOf(name)}`,
    "services with STREAMS=create make it; else make what their log names: streams.missing",
  );

const KV = "KV_";
/** A bucket is the stream behind it. */
const nounOf = (name: string) => (name.startsWith(KV) ? `bucket ${name.slice(KV.length)}` : `stream ${name}`);

/** `found`: undefined when there is none, a text when it cannot be asked. */
export function judgeStream({ name, subject }: StreamNeed, found: StreamFacts | string | undefined): Finding {
  const about = "nats";
  const stream = nounOf(name);
  if (found === undefined) return missing(name);
  if (typeof found === "string") return warn(about, `${stream} cannot be asked: ${found}`, "look with a user that may");
  const { subjects, retention, discard, max_bytes: maxBytes, max_msgs: maxMessages } = found.config;
  const takes = (have: string) => have === subject || (have.endsWith(">") && subject?.startsWith(have.slice(0, -1)));
  if (subject !== undefined && !subjects.some(takes))
    return bad(about, `${stream} does not take ${subject}`, `add the subject; it has ${subjects.join(" ")}`);
  if (retention !== "limits")
    return bad(about, `${stream} has retention ${retention}`, "make it anew with retention limits: others read it too");
  if (discard === "new" && (maxBytes > 0 || maxMessages > 0))
    return bad(about, `${stream} refuses what is new when it is full`, "set discard old, and limit it by age");
  return ok(about, `${stream} is there`);
}
