import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "vitest";
import { METRICS, type MetricSpec } from "./names.ts";

/** The names that the wire contract binds, with their labels. */
const BOUND: Record<string, string[]> = {
  rollcall_edge_sockets: [],
  rollcall_edge_connects_total: ["code"],
  rollcall_edge_disconnects_total: ["reason"],
  rollcall_edge_inbound_total: ["event", "code"],
  rollcall_edge_deliveries_total: ["event"],
  rollcall_edge_drops_total: ["reason"],
  rollcall_edge_write_buffer_bytes: [],
  rollcall_fanout_lag_seconds: [],
  rollcall_fanout_gaps_total: [],
  rollcall_fanout_poison_total: [],
  rollcall_presence_transitions_total: ["kind", "reason"],
  rollcall_presence_offline_delay_seconds: [],
  rollcall_presence_repairs_total: ["kind"],
  rollcall_presence_brake: [],
  rollcall_presence_epoch_changes_total: [],
  rollcall_outbox_age_seconds: [],
  rollcall_notifier_outcomes_total: ["outcome", "reason"],
  rollcall_notifier_pending_age_seconds: [],
  rollcall_event_to_client_seconds: ["event"],
  rollcall_contracts: ["hash"],
};
const specs: MetricSpec[] = Object.values(METRICS);

test("every bound metric is declared with its labels", () => {
  for (const [name, labels] of Object.entries(BOUND)) {
    deepEqual(specs.find((spec) => spec.name === name)?.labels, labels, name);
  }
});

test("names are unique, prefixed, and say what they count in", () => {
  equal(new Set(specs.map((spec) => spec.name)).size, specs.length);
  for (const spec of specs) {
    ok(/^rollcall_[a-z_]+$/.test(spec.name), spec.name);
    equal(spec.type === "counter", spec.name.endsWith("_total"), spec.name);
    ok(spec.help.endsWith("."), spec.name);
  }
});

test("[X4] no label names a person or a place", () => {
  const forbidden = ["user", "room", "session", "tenant", "instance", "edge", "subject", "id"];
  for (const spec of specs) for (const label of spec.labels) ok(!forbidden.includes(label), `${spec.name}{${label}}`);
});
