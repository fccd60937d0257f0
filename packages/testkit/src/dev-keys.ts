/** A signing key of its own for a test, its public half as a JWKS file, and tokens made with it. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemRandom } from "@rollcall/runtime";
import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from "jose";
import { tempFolder } from "./temp.ts";

export interface TokenOptions {
  user: string;
  tenant?: string;
  name?: string;
  /** Namespaces. */
  ns?: string[];
  /** Default: every core operation on everything, and `comment` and `edit`. */
  cap?: Record<string, string[]>;
  /** Default one hour; negative for a token that has expired. */
  ttlS?: number;
  /** Merged last. A claim set to undefined is left out. */
  claims?: Record<string, unknown>;
}

export interface DevKeys {
  /** For `JWKS`. */
  jwksFile: string;
  jwks: JSONWebKeySet;
  issuer: string;
  audience: string;
  token(options: TokenOptions): Promise<string>;
  /** `JWKS`, `JWT_ISS` and `JWT_AUD` of a service that accepts these tokens. */
  env: { JWKS: string; JWT_ISS: string; JWT_AUD: string };
}

export const FULL_CAPABILITIES: Record<string, string[]> = {
  "room:*": ["join", "observe", "publish", "state", "comment", "edit"],
  "user:*": ["watch"],
  "command:*": ["call"],
};

const ALGORITHM = "EdDSA";
const DEFAULT_TTL_S = 3_600;

export async function devKeys(options: { issuer?: string; audience?: string } = {}): Promise<DevKeys> {
  const { issuer = "https://issuer.test", audience = "rollcall-test" } = options;
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const kid = systemRandom.id(12);
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: "sig" }] };
  const jwksFile = join(tempFolder("keys"), "jwks.json");
  writeFileSync(jwksFile, JSON.stringify(jwks));
  return {
    jwksFile,
    jwks,
    issuer,
    audience,
    env: { JWKS: jwksFile, JWT_ISS: issuer, JWT_AUD: audience },
    token({ user, tenant, name, ns, cap = FULL_CAPABILITIES, ttlS = DEFAULT_TTL_S, claims = {} }) {
      const nowS = Math.floor(systemClock.now() / 1_000);
      const expired = ttlS < 0;
      const all = {
        sub: user,
        iss: issuer,
        aud: audience,
        iat: expired ? nowS + ttlS - DEFAULT_TTL_S : nowS,
        exp: nowS + ttlS,
        tenant,
        name,
        ns,
        cap,
        ...claims,
      };
      const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      return new SignJWT(present as JWTPayload).setProtectedHeader({ alg: ALGORITHM, kid }).sign(privateKey);
    },
  };
}
