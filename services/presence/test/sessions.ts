/** Sessions as the core keeps them, for tests of what is folded from them. */

import type { Session } from "../src/core/user.ts";

export const sessionOf = (id: string, more: Partial<Session> = {}): Session => ({
  ns: "/",
  id,
  edge: "e1",
  incarnation: 1,
  connectedMs: undefined,
  lost: undefined,
  sinceMs: 0,
  issuedAtMs: 0,
  status: "active",
  w: 0,
  rooms: [],
  client: undefined,
  name: undefined,
  info: undefined,
  trace: undefined,
  ...more,
});
