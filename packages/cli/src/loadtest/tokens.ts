/** Tokens of many users, signed with this folder's development key, with every right that the contracts know. */

import { DEFAULT_TENANT } from "@rollcall/contracts";
import { allCapabilities } from "../capabilities.ts";
import { contractPaths, loadOrExplain } from "../cluster/contract-paths.ts";
import { readState } from "../cluster/state.ts";
import type { Context } from "../context.ts";
import { tokenSigner } from "../dev-keys.ts";

export interface UserToken {
  user: string;
  token: string;
}

/** Longer than any soak. */
const TTL_MS = 86_400_000;

export async function signTokens(users: readonly string[], context: Context): Promise<UserToken[]> {
  const { home, clock, env, cwd } = context;
  const state = readState(home.state);
  const contracts = await loadOrExplain(state?.contracts ?? contractPaths([], { home, env, cwd }));
  const sign = await tokenSigner(home);
  const tokens: UserToken[] = [];
  for (const user of users) {
    const token = await sign({
      user,
      capabilities: allCapabilities(contracts.operations),
      tenant: DEFAULT_TENANT,
      namespaces: [...new Set(["/", ...contracts.namespaces.keys()])],
      issuedAtMs: clock.now(),
      ttlMs: TTL_MS,
      ...(state?.issuer === undefined ? {} : { issuer: state.issuer }),
      ...(state?.audience === undefined ? {} : { audience: state.audience }),
    });
    tokens.push({ user, token });
  }
  return tokens;
}
