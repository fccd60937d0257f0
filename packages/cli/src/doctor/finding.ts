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
const MIN_NATS = "2.9.0";
/** From here on streams can tell why a message was given up, and filter by several subjects. */
const GOOD_NATS = "2.10.0";
/** An edge's batch and a page of a room must fit into one message. NATS' own default. */
const MIN_NATS_PAYLOAD = 1024 * 1024;
/** Deadlines are Redis' own; stamps on the wire are the services'. */
const MAX_SKEW_MS = 1_000;

export interface RedisFacts {
  version: string;
  maxmemoryPolicy: string;
  appendonly: string;
  /** Its clock less ours. */
  skewMs: number;
}

export function judgeRedis(facts: RedisFacts): Finding[] {
  const about = "redis";
  const skewS = (facts.skewMs / 1_000).toFixed(1);
  return [
    isAtLeast(facts.version, MIN_REDIS)
      ? ok(about, `version ${facts.version}`)
      : bad(about, `version ${facts.version}`, `install ${MIN_REDIS} or newer`),
    facts.maxmemoryPolicy === "noeviction"
      ? ok(about, "evicts nothing")
      : bad(about, `maxmemory-policy is ${facts.maxmemoryPolicy}`, "set it to noeviction: evicted keys are lost users"),
    facts.appendonly === "yes"
      ? ok(about, "keeps an append-only file")
      : warn(about, "keeps no append-only file", "set appendonly yes on the durable Redis: inboxes are in it"),
    Math.abs(facts.skewMs) <= MAX_SKEW_MS
      ? ok(about, "its clock agrees with this machine's")
      : warn(about, `its clock is ${skewS} s off this machine's`, "synchronise both with NTP"),
  ];
}

/** Records that services of this release would meet. */
export function judgeLayout(mark: LayoutMark, layouts: Layouts = LAYOUTS): Finding {
  const { lowest, highest } = mark;
  const { oldest, newest, writes } = layouts;
  const what = `records have ${lowest === highest ? `layout ${lowest}` : `layouts ${lowest} to ${highest}`}`;
  if (highest > newest)
    return bad("redis", `${what}, this release reads to ${newest}`, "use the release that wrote them");
  if (lowest < oldest)
    return bad("redis", `${what}, this release reads from ${oldest}`, "migrate with the release before");
  if (lowest < writes && highest === writes)
    return warn("redis", what, "when all processes run this release: rollcall migrate");
  return ok("redis", what);
}

export interface NatsFacts {
  version: string;
  jetstream: boolean;
  /** `max_payload` of the server, bytes. */
  maxPayload: number;
  /** Names of the streams there are. */
  streams: readonly string[];
  neededStreams: readonly string[];
}

export function judgeNats(facts: NatsFacts): Finding[] {
  const about = "nats";
  const findings = [
    !isAtLeast(facts.version, MIN_NATS)
      ? bad(about, `version ${facts.version}`, `install ${MIN_NATS} or newer`)
      : isAtLeast(facts.version, GOOD_NATS)
        ? ok(about, `version ${facts.version}`)
        : warn(about, `version ${facts.version}`, `${GOOD_NATS} or newer says why a message was given up`),
    facts.maxPayload >= MIN_NATS_PAYLOAD
      ? ok(about, `takes messages of ${facts.maxPayload} bytes`)
      : bad(about, `max_payload is ${facts.maxPayload} bytes`, `set it to ${MIN_NATS_PAYLOAD} or more`),
  ];
  if (!facts.jetstream) return [...findings, bad(about, "JetStream is off", "start nats-server with --jetstream")];
  const missing = facts.neededStreams.filter((name) => !facts.streams.includes(name));
  findings.push(
    missing.length === 0
      ? ok(about, `JetStream with ${facts.neededStreams.join(", ")}`)
      : bad(about, `no stream ${missing.join(", ")}`, "start the services once with STREAMS=create"),
  );
  return findings;
}
