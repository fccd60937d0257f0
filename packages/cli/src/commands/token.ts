/** `token`: JWTs signed with this folder's development key. */

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { DEFAULT_TENANT, validateClaims } from "@rollcall/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { allCapabilities, type Capabilities, parseCapabilities } from "../capabilities.ts";
import { contractPaths, loadOrExplain } from "../cluster/contract-paths.ts";
import { readState } from "../cluster/state.ts";
import type { Context } from "../context.ts";
import { tokenSigner } from "../dev-keys.ts";
import { durationMs, nameOf, namesOf, repeated, wholeNumber } from "../options.ts";

interface Flags {
  user: string;
  tenant: string;
  name?: string;
  cap?: string[];
  ns?: string[];
  ttl: number;
  count?: number;
  out?: string;
}

/** The operations that the contracts of this folder's cluster introduce; without one, those that `up` would load. */
async function introducedOperations({ home, env, cwd }: Context): Promise<readonly string[]> {
  const running = readState(home.state)?.contracts;
  return (await loadOrExplain(running ?? contractPaths([], { home, env, cwd }))).operations;
}

export const defaultCapabilities = async (context: Context): Promise<Capabilities> =>
  allCapabilities(await introducedOperations(context));

/** By the check of claims that edges have; of many users by the longest id. */
function refuseWhatEdgesWould({ user, count, tenant, name, ns }: Flags, cap: Capabilities): void {
  const sub = count === undefined ? user : `${user}-${count}`;
  const given = { sub, iat: 0, exp: 1, tenant, name, ns, cap };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  const checked = validateClaims(Object.fromEntries(present));
  if (checked.ok) return;
  const issues = checked.issues.map(({ pointer, message }) => `${pointer} ${message}`);
  throw new InvalidArgumentError(`an edge would refuse this token: ${issues.join("; ")}`);
}

export function addToken(program: Command, context: Context): void {
  const { home, terminal, clock, env, cwd } = context;
  program
    .command("token")
    .summary("JWTs signed with the local development key")
    .requiredOption("--user <user>", "user id; with --count its beginning", nameOf("user"))
    .option("--tenant <tenant>", "tenant", nameOf("tenant"), DEFAULT_TENANT)
    .option("--name <name>", "display name")
    .option("--cap <pattern=ops>", "what it allows, may be repeated (default: everything)", repeated)
    .option("--ns <namespace>", "namespace, may be repeated (default: /)", namesOf("namespace"))
    .option("--ttl <duration>", "how long it lasts", durationMs, 3_600_000)
    .option("--count <n>", "as many, for users U-1 to U-n, as a JSON array", wholeNumber(1, 1_000_000))
    .option("--out <file>", "write there instead of stdout")
    .action(async (flags: Flags) => {
      const sign = await tokenSigner(home);
      const state = readState(home.state);
      if (state !== undefined && state.status.jwksFile !== home.jwks) {
        terminal.note(
          `signed with the development key: the cluster of this folder trusts ${state.status.jwksFile} instead`,
        );
      }
      const issuer = state?.issuer ?? env.JWT_ISS;
      const audience = state?.audience ?? env.JWT_AUD;
      const introduced = await introducedOperations(context);
      const capabilities =
        flags.cap === undefined ? allCapabilities(introduced) : parseCapabilities(flags.cap, introduced);
      refuseWhatEdgesWould(flags, capabilities);
      const make = (user: string) =>
        sign({
          user,
          capabilities,
          tenant: flags.tenant,
          issuedAtMs: clock.now(),
          ttlMs: flags.ttl,
          ...(flags.name === undefined ? {} : { name: flags.name }),
          ...(flags.ns === undefined ? {} : { namespaces: flags.ns }),
          ...(issuer === undefined ? {} : { issuer }),
          ...(audience === undefined ? {} : { audience }),
        });
      let text: string;
      if (flags.count === undefined) text = await make(flags.user);
      else {
        const tokens: { user: string; token: string }[] = [];
        for (let i = 1; i <= flags.count; i++) {
          const user = `${flags.user}-${i}`;
          tokens.push({ user, token: await make(user) });
        }
        text = JSON.stringify(tokens);
      }
      if (flags.out === undefined) terminal.out(text);
      else writeFileSync(resolve(cwd, flags.out), `${text}\n`, { mode: 0o600 });
    });
}
