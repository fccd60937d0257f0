import { deepEqual, equal, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { test } from "vitest";
import { devKeys, FULL_CAPABILITIES } from "./dev-keys.ts";

test("a token verifies with the JWKS file, and holds the claims asked for", async () => {
  const keys = await devKeys();
  const jwks = createLocalJWKSet(JSON.parse(readFileSync(keys.jwksFile, "utf8")) as JSONWebKeySet);
  const token = await keys.token({
    user: "alice",
    tenant: "acme",
    ns: ["/", "/board"],
    ttlS: 60,
    claims: { limits: {} },
  });
  const { payload, protectedHeader } = await jwtVerify(token, jwks, { issuer: keys.issuer, audience: keys.audience });
  equal(protectedHeader.alg, "EdDSA");
  equal(payload.exp! - payload.iat!, 60);
  const { sub, tenant, ns, cap, limits } = payload;
  deepEqual(
    { sub, tenant, ns, cap, limits },
    {
      sub: "alice",
      tenant: "acme",
      ns: ["/", "/board"],
      cap: FULL_CAPABILITIES,
      limits: {},
    },
  );
});

test("the private half is in no file; other keys do not verify; an expired token was valid once", async () => {
  const keys = await devKeys();
  equal(readFileSync(keys.jwksFile, "utf8").includes('"d"'), false);
  const jwks = createLocalJWKSet(keys.jwks);
  await rejects(jwtVerify(await (await devKeys()).token({ user: "alice" }), jwks));
  await rejects(jwtVerify(await keys.token({ user: "alice", ttlS: -60 }), jwks), /exp/);
});

test("a claim set to undefined is left out", async () => {
  const keys = await devKeys();
  const token = await keys.token({ user: "alice", claims: { exp: undefined, sub: 5 } });
  const payload = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;
  deepEqual([payload.sub, "exp" in payload], [5, false]);
});
