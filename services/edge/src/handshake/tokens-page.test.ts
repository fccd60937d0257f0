/** The login service that `docs/tokens.md` shows: what it signs opens an edge. */

import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@rollcall/runtime";
import { REPOSITORY, tempFolder } from "@rollcall/testkit";
import { createLocalJWKSet, type JSONWebKeySet } from "jose";
import { expect, test } from "vitest";
import { TokenVerifier } from "./token.ts";

interface LoginService {
  jwks: JSONWebKeySet;
  tokenFor(user: { id: string; name: string; docs: string[] }): Promise<string>;
}

test("a token of the login service that the page shows is good, and allows what it says", async () => {
  const folder = tempFolder("login");
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(realpathSync(join(REPOSITORY, "services/edge/node_modules/jose")), join(folder, "node_modules/jose"));
  const [, shown] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(REPOSITORY, "docs/tokens.md"), "utf8"))!;
  writeFileSync(join(folder, "login.mjs"), shown!);
  const { jwks, tokenFor } = (await import(join(folder, "login.mjs"))) as LoginService;
  const issuer = {
    issuer: "https://login.example.com",
    audience: "rollcall",
    algorithms: ["EdDSA", "ES256", "RS256"],
    find: createLocalJWKSet(jwks),
  };
  const verifier = new TokenVerifier({ issuers: [issuer], clock: systemClock, maxTtlMs: 86_400_000 });

  const token = await verifier.verify(await tokenFor({ id: "ann", name: "Ann", docs: ["7"] }));

  expect(token).toMatchObject({ user: "ann", tenant: "main", namespaces: ["/"], claims: { name: "Ann" } });
  expect(token.capabilities.allows("room:doc:7", "publish")).toBe(true);
  expect(token.capabilities.allows("room:doc:8", "join")).toBe(false);
  expect(token.capabilities.allows("command:ticket:reply", "call")).toBe(true);
});
