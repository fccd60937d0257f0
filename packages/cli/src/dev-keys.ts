/** The key that signs development tokens: made once, kept in `.rollcall/`, readable by its owner only. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import type { Capabilities } from "./capabilities.ts";
import type { Home } from "./home.ts";

const ALGORITHM = "EdDSA";
const PRIVATE = 0o600;

/** Makes the key and its JWKS unless they are there. */
export async function ensureDevKeys(home: Home): Promise<void> {
  mkdirSync(home.folder, { recursive: true });
  let jwk = readKey(home.key);
  if (jwk === undefined) {
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const exported = await exportJWK(privateKey);
    jwk = { ...exported, alg: ALGORITHM, use: "sig", kid: await calculateJwkThumbprint(exported) };
    writeFileSync(home.key, `${JSON.stringify(jwk)}\n`, { mode: PRIVATE });
  }
  const { d: _secret, ...publicHalf } = jwk;
  writeFileSync(home.jwks, `${JSON.stringify({ keys: [publicHalf] })}\n`, { mode: PRIVATE });
}

function readKey(file: string): JWK | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined; // the first time
  }
  return JSON.parse(text) as JWK;
}

export interface TokenRequest {
  user: string;
  tenant?: string;
  name?: string;
  namespaces?: readonly string[];
  capabilities: Capabilities;
  issuedAtMs: number;
  ttlMs: number;
  issuer?: string;
  audience?: string;
}

/** Signs tokens with the development key, which it makes when there is none. */
export async function tokenSigner(home: Home): Promise<(request: TokenRequest) => Promise<string>> {
  await ensureDevKeys(home);
  const jwk = readKey(home.key) as JWK;
  const key = await importJWK(jwk, ALGORITHM);
  return (request) => {
    const issuedAt = Math.floor(request.issuedAtMs / 1_000);
    const token = new SignJWT({
      cap: request.capabilities,
      ...(request.tenant === undefined ? {} : { tenant: request.tenant }),
      ...(request.name === undefined ? {} : { name: request.name }),
      ...(request.namespaces === undefined ? {} : { ns: request.namespaces }),
    })
      .setProtectedHeader({ alg: ALGORITHM, kid: jwk.kid!, typ: "JWT" })
      .setSubject(request.user)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + Math.ceil(request.ttlMs / 1_000));
    if (request.issuer !== undefined) token.setIssuer(request.issuer);
    if (request.audience !== undefined) token.setAudience(request.audience);
    return token.sign(key);
  };
}
