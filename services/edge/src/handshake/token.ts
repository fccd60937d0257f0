/**
 * Tokens: signature by a pinned algorithm and a key of the issuer, then every claim. Headers that name keys or types
 * (`jku`, `jwk`, `x5u`, `typ`) are never followed; `crit` is refused by the library.
 */

import {
  type Capabilities,
  type Claims,
  compileCapabilities,
  RollcallError,
  validateClaims,
} from "@rollcall/contracts";
import type { Clock } from "@rollcall/runtime";
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Granted } from "../clients/rights.ts";

export interface Issuer {
  /** Absent in development only: then any, or none, is accepted. */
  issuer?: string;
  audience?: string;
  algorithms: readonly string[];
  /** Tenants it may speak for. Default: all. */
  tenants?: readonly string[];
  find: JWTVerifyGetKey;
}

export interface VerifiedToken extends Granted {
  claims: Claims;
  user: string;
  tenant: string;
  namespaces: readonly string[];
}

export interface TokenVerifierOptions {
  issuers: readonly Issuer[];
  clock: Clock;
  maxTtlMs: number;
}

/** Accepted difference of clocks. */
export const LEEWAY_MS = 30_000;
/** A frame cannot hold more than 64 KiB; a token that long is no token. */
const MAX_TOKEN_CHARS = 16 * 1024;
/** Of compiled capabilities: how many, and how long their text may be. */
const MAX_SHARED = 1_000;
const MAX_SHARED_CHARS = 1_024;
const DEFAULT_TENANT = "main";

export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  /** By their JSON text; the oldest goes when there are too many. */
  readonly #capabilities = new Map<string, Capabilities>();

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /** Throws `AUTH_REQUIRED`, `AUTH_INVALID`, `AUTH_EXPIRED`, or `UNAVAILABLE` when the keys cannot be read. */
  async verify(token: unknown): Promise<VerifiedToken> {
    if (token === undefined || token === null || token === "") throw new RollcallError("AUTH_REQUIRED");
    if (typeof token !== "string" || token.length > MAX_TOKEN_CHARS) throw new RollcallError("AUTH_INVALID");
    const issuer = this.#issuerOf(token);
    const payload = await this.#signedPayload(token, issuer);
    return this.#checked(payload, issuer);
  }

  #issuerOf(token: string): Issuer {
    const { issuers } = this.#options;
    let claimed: unknown;
    try {
      claimed = decodeJwt(token).iss;
    } catch (cause) {
      throw new RollcallError("AUTH_INVALID", { cause });
    }
    const issuer = issuers.find((known) => known.issuer === undefined || known.issuer === claimed);
    if (issuer === undefined) throw unacceptable("iss", "unknown", "no issuer of this name is configured");
    return issuer;
  }

  /** Most tokens have the capabilities of many others: those are compiled, and kept, once. */
  #compiled(cap: Claims["cap"]): Capabilities {
    const text = JSON.stringify(cap);
    const known = this.#capabilities.get(text);
    if (known !== undefined) return known;
    const compiled = compileCapabilities(cap);
    if (text.length > MAX_SHARED_CHARS) return compiled;
    if (this.#capabilities.size >= MAX_SHARED) this.#capabilities.delete(this.#capabilities.keys().next().value!);
    this.#capabilities.set(text, compiled);
    return compiled;
  }

  async #signedPayload(token: string, issuer: Issuer): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, issuer.find, {
        algorithms: [...issuer.algorithms],
        clockTolerance: LEEWAY_MS / 1_000,
        currentDate: new Date(this.#options.clock.now()),
        requiredClaims: ["sub", "exp", "iat"],
        ...(issuer.issuer === undefined ? {} : { issuer: issuer.issuer }),
        ...(issuer.audience === undefined ? {} : { audience: issuer.audience }),
      });
      return payload;
    } catch (cause) {
      if (cause instanceof RollcallError) throw cause;
      if (cause instanceof errors.JWTExpired) throw new RollcallError("AUTH_EXPIRED", { cause });
      // Told only of tokens that are rightly signed: their issuer made a mistake.
      if (cause instanceof errors.JWTClaimValidationFailed)
        throw unacceptable(cause.claim, cause.reason, cause.message, cause);
      throw new RollcallError("AUTH_INVALID", { cause });
    }
  }

  #checked(payload: JWTPayload, issuer: Issuer): VerifiedToken {
    const { clock, maxTtlMs } = this.#options;
    const validated = validateClaims(payload);
    if (!validated.ok) throw new RollcallError("AUTH_INVALID", { details: { issues: validated.issues } });
    const claims = validated.value;
    const tenant = claims.tenant ?? DEFAULT_TENANT;
    const issuedAtMs = claims.iat * 1_000;
    const expiresAtMs = claims.exp * 1_000 + LEEWAY_MS;
    const lifeMs = (claims.exp - claims.iat) * 1_000;
    if (lifeMs <= 0) throw unacceptable("exp", "minimum", "must be after iat");
    if (lifeMs > maxTtlMs) throw unacceptable("exp", "maximum", `must be at most ${maxTtlMs / 1_000} s after iat`);
    if (issuedAtMs > clock.now() + LEEWAY_MS) throw unacceptable("iat", "maximum", "must not be in the future");
    if (issuer.tenants?.includes(tenant) === false)
      throw unacceptable("tenant", "enum", "must be a tenant of the issuer");
    return {
      claims,
      user: claims.sub,
      tenant,
      namespaces: claims.ns ?? ["/"],
      capabilities: this.#compiled(claims.cap),
      issuedAtMs,
      expiresAtMs,
    };
  }
}

/** Names the claim, never its value. */
const unacceptable = (claim: string, keyword: string, message: string, cause?: unknown) =>
  new RollcallError("AUTH_INVALID", { details: { issues: [{ pointer: `/${claim}`, keyword, message }] }, cause });
