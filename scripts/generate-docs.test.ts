import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ERROR_CODES } from "@rollcall/contracts";
import { describe, test } from "vitest";
import { notation } from "./docs/notation.ts";
import { differences, PAGES } from "./generate-docs.ts";

/** The names that the wire contract binds, by the page that must have each. */
const BOUND: Record<string, string[]> = {
  "docs/configuration.md":
    `INSTALL CONTRACTS CHANNELS REDIS_URL REDIS_DURABLE_URL REDIS_MODE REDIS_SENTINELS REDIS_TLS_CA
    REDIS_TLS_CERT REDIS_TLS_KEY REDIS_TLS_SERVERNAME NATS_URL NATS_CREDS NATS_NKEY NATS_TLS_CA NATS_TLS_CERT NATS_TLS_KEY
    NATS_INBOX_PREFIX NATS_JS_DOMAIN EVENT_SOURCES STREAMS JWKS JWT_ISS JWT_AUD ORIGINS MAX_TOKEN_TTL TRACE_TO_CLIENT
    TRUST_PROXY LOG_LEVEL OTEL_EXPORTER_OTLP_ENDPOINT`.split(/\s+/),
  "docs/errors.md":
    `AUTH_REQUIRED AUTH_INVALID AUTH_EXPIRED AUTH_REVOKED FORBIDDEN NAMESPACE_UNKNOWN PROTOCOL_UNSUPPORTED
    EVENT_UNKNOWN ROOM_UNKNOWN PAYLOAD_INVALID PAYLOAD_TOO_LARGE NOT_A_MEMBER ROOM_FULL CONFLICT RATE_LIMITED LIMIT_EXCEEDED
    OVERLOADED DRAINING UNAVAILABLE TIMEOUT INTERNAL`.split(/\s+/),
  "docs/metrics.md": `rollcall_edge_sockets rollcall_edge_connects_total rollcall_edge_disconnects_total
    rollcall_edge_inbound_total rollcall_edge_deliveries_total rollcall_edge_drops_total rollcall_edge_write_buffer_bytes
    rollcall_fanout_lag_seconds rollcall_fanout_gaps_total rollcall_fanout_poison_total rollcall_presence_transitions_total
    rollcall_presence_offline_delay_seconds rollcall_presence_repairs_total rollcall_presence_brake
    rollcall_presence_epoch_changes_total rollcall_outbox_age_seconds rollcall_notifier_outcomes_total
    rollcall_notifier_pending_age_seconds rollcall_event_to_client_seconds rollcall_contracts`.split(/\s+/),
  "docs/subjects.md": `presence.get presence.list presence.sessions room.list room.members room.state room.patch
    room.history session.revoke emit preference.get preference.set delivery.get deadletter.list deadletter.replay
    deadletter.discard rollcall.user.online rollcall.user.offline rollcall.user.changed rollcall.room.joined
    rollcall.room.left rollcall.room.occupied rollcall.room.vacated rollcall.room.state
    rollcall.presence.epoch`.split(/\s+/),
};

test.each(Object.entries(BOUND))("%s has every name that the wire contract binds", (file, names) => {
  const page = PAGES[file]!();
  for (const name of names) ok(page.includes(`| \`${name}\` |`), name);
});

test("there is no error code but those", () => {
  deepEqual(ERROR_CODES.toSorted(), BOUND["docs/errors.md"]!.toSorted());
});

describe("the check", () => {
  test("finds the repository's pages as the code would write them", () => {
    deepEqual(differences(dirname(import.meta.dirname)), []);
  });

  test("tells a line that is missing, one that is too many, and a page that is not there", () => {
    const root = mkdtempSync(join(tmpdir(), "rollcall-docs-"));
    const files = Object.keys(PAGES);
    for (const file of files) mkdirSync(dirname(join(root, file)), { recursive: true });
    for (const file of files.slice(1)) writeFileSync(join(root, file), PAGES[file]!());
    const [absent, short, long] = files as [string, string, string];
    writeFileSync(join(root, short), PAGES[short]!().split("\n").slice(0, -2).join("\n"));
    writeFileSync(join(root, long), `${PAGES[long]!()}one more\n`);
    const found = differences(root);
    deepEqual(found.map((line) => line.split(":")[0]).toSorted(), [absent, short, long].toSorted());
    rmSync(root, { recursive: true });
  });
});

test("schemas read as the wire contract writes them", () => {
  const room = { type: "string", pattern: "^[A-Za-z0-9_.:@~-]{1,128}$" };
  const last = { type: "integer", minimum: 0, maximum: 200 };
  const ops = { type: "array", items: { const: "a" }, minItems: 1, maxItems: 64 };
  equal(
    notation({ type: "object", required: ["room", "ops"], properties: { room, last, ops } }),
    '{ room, last?: 0..200, ops: "a"[1..64] }',
  );
});
