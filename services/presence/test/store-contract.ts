/**
 * What every store of presence must do, rule by rule (`src/core/SPEC.md`). Run over the twin and over the scripts, on
 * virtual time: nothing here waits.
 */

import { describe } from "vitest";
import { assertionsContract } from "./contract/assertions.ts";
import { brakeContract } from "./contract/brake.ts";
import { edgesContract } from "./contract/edges.ts";
import type { MakeWorld } from "./contract/harness.ts";
import { rostersContract } from "./contract/rosters.ts";
import { sessionsContract } from "./contract/sessions.ts";
import { stateContract } from "./contract/state.ts";
import { usersContract } from "./contract/users.ts";

export function storeContract(name: string, make: MakeWorld): void {
  describe("edges", () => edgesContract(name, make));
  describe("sessions", () => sessionsContract(name, make));
  describe("assertions", () => assertionsContract(name, make));
  describe("users", () => usersContract(name, make));
  describe("rosters", () => rostersContract(name, make));
  describe("state", () => stateContract(name, make));
  describe("brake", () => brakeContract(name, make));
}
