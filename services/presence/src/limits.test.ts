/** Presence enforces limits of the wire in two places, its core and its scripts: both keep to the one table. */

import { LIMITS } from "@rollcall/contracts";
import { expect, test } from "vitest";
import { SESSION_ROOMS } from "./core/cell.ts";
import { STATE_LIMITS } from "./core/state.ts";
import { constantsOf } from "./redis/constants.ts";

const bounds = {
  graceMs: 1,
  leaseMs: 1,
  brakeMs: 1,
  occupancyAbove: 500,
  occupancyBelow: 100,
  traceToClient: true,
  logMaxLen: 1,
};
const scripts = constantsOf(bounds);

test.each([
  ["rooms of a session", LIMITS.roomsPerSession, SESSION_ROOMS, scripts.session_rooms],
  ["bytes of a state value", LIMITS.stateValueBytes, STATE_LIMITS.valueBytes, scripts.state_value],
  ["keys of a room", LIMITS.stateKeys, STATE_LIMITS.keys, scripts.state_keys],
  ["bytes of a room's state", LIMITS.stateBytes, STATE_LIMITS.bytes, scripts.state_bytes],
])("%s: %d, in the core and in the scripts", (_what, limit, core, script) => {
  expect([core, script]).toEqual([limit, limit]);
});
