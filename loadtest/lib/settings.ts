/**
 * What a scenario is told: `EDGE_URLS` (comma-separated), `TOKENS` (file of `rollcall token --count`), `PUBLISH_URL`
 * (door of `rollcall loadtest`, for scenarios that publish or break things), `PROFILE`; `OUT` is where results go, and
 * `PATIENCE` how many times longer than usual is waited for what must be seen.
 */

import { SharedArray } from "k6/data";

export interface Edge {
  /** Tag of the metrics: `edge-1`, as listed. Never a user, a room or a session. */
  name: string;
  url: string;
}

export interface TokenOf {
  user: string;
  token: string;
}

/** What all profiles say; each scenario reads its own beside it. */
export interface Sizes {
  /** Each holds its own rooms and `clients` connections. */
  vus: number;
  clients: number;
  seconds: number;
  [name: string]: number;
}

export const edges: readonly Edge[] = need("EDGE_URLS")
  .split(",")
  .map((url, i) => ({ name: `edge-${i + 1}`, url: url.trim().replace(/\/$/, "") }));

const tokens = new SharedArray<TokenOf>("tokens", () => JSON.parse(open(need("TOKENS"))) as TokenOf[]);

export const profile = __ENV.PROFILE ?? "smoke";

/** On a machine that is far too slow nothing is in time, though all of it comes. Objectives about times do not change. */
export const patience = Number(__ENV.PATIENCE ?? 1);

/** `own`: what the scenario reads beside the common sizes; a profile that lacks one is a mistake. */
export function sizesOf<Name extends string>(scenario: string, own: readonly Name[]): Sizes & Record<Name, number> {
  const all = JSON.parse(open(import.meta.resolve(`../profiles/${profile}.json`))) as Record<string, Sizes>;
  const sizes = all[scenario];
  if (sizes === undefined) throw new Error(`profile ${profile} does not size the scenario ${scenario}`);
  for (const name of ["vus", "clients", "seconds", ...own]) {
    if (typeof sizes[name] !== "number")
      throw new Error(`profile ${profile}, scenario ${scenario}: ${name} is missing`);
  }
  const needed = sizes.vus * sizes.clients;
  if (tokens.length < needed) throw new Error(`${needed} tokens are needed, TOKENS has ${tokens.length}`);
  return sizes as Sizes & Record<Name, number>;
}

export const publishUrl = (): string => need("PUBLISH_URL").replace(/\/$/, "");

export const outFolder = __ENV.OUT ?? ".";

/** Client `index` of VU `vu` (from 1): its user, and the edge it goes to first. Every user is one client. */
export function identityOf(vu: number, index: number, clients: number): TokenOf & { edge: Edge } {
  const i = (vu - 1) * clients + index;
  const token = tokens[i];
  if (token === undefined) throw new Error(`TOKENS has no token ${i + 1}`);
  return { user: token.user, token: token.token, edge: edges[i % edges.length] as Edge };
}

function need(name: string): string {
  const value = __ENV[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: see docs/operations/load.md`);
  return value;
}
