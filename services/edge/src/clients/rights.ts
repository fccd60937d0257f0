/**
 * What a session may do: its token's capabilities and those of the grants its joins brought. Compiled once per token;
 * asked on every message and every delivery scope.
 */

import type { Capabilities } from "@rollcall/contracts";

export interface Granted {
  capabilities: Capabilities;
  issuedAtMs: number;
  /** Milliseconds since the epoch, leeway included. */
  expiresAtMs: number;
}

/** Nothing else of a verified token outlives its check. */
const grantedOf = ({ capabilities, issuedAtMs, expiresAtMs }: Granted): Granted => ({
  capabilities,
  issuedAtMs,
  expiresAtMs,
});

/** Grants kept per socket; one a room suffices. */
export const MAX_GRANTS = 100;

export class Rights {
  #token: Granted;
  /** By the room they came with: a newer one replaces an older one. */
  #grants: Map<string, Granted> | undefined;

  constructor(token: Granted) {
    this.#token = grantedOf(token);
  }

  get token(): Granted {
    return this.#token;
  }

  refresh(token: Granted): void {
    this.#token = grantedOf(token);
  }

  /** False: too many grants. */
  grant(room: string, granted: Granted): boolean {
    this.#grants ??= new Map();
    if (this.#grants.size >= MAX_GRANTS && !this.#grants.has(room)) return false;
    this.#grants.set(room, grantedOf(granted));
    return true;
  }

  allows(resource: string, operation: string, nowMs: number): boolean {
    if (this.#token.capabilities.allows(resource, operation)) return true;
    for (const grant of this.#grants?.values() ?? []) {
      if (grant.expiresAtMs > nowMs && grant.capabilities.allows(resource, operation)) return true;
    }
    return false;
  }

  /** When the newest of what allows it was issued; of the token when nothing does. */
  newestIssue(resource: string, operation: string, nowMs: number): number {
    let newest = this.#token.issuedAtMs;
    for (const grant of this.#grants?.values() ?? []) {
      const counts = grant.expiresAtMs > nowMs && grant.capabilities.allows(resource, operation);
      if (counts) newest = Math.max(newest, grant.issuedAtMs);
    }
    return newest;
  }

  /** Forgets grants that have ended; true when one had. */
  expire(nowMs: number): boolean {
    return this.#forget((grant) => grant.expiresAtMs <= nowMs);
  }

  /** Forgets grants issued up to then; true when one was. */
  revoke(issuedUpToMs: number): boolean {
    return this.#forget((grant) => grant.issuedAtMs <= issuedUpToMs);
  }

  /** When the first grant ends. */
  nextExpiryMs(): number | undefined {
    let next: number | undefined;
    for (const { expiresAtMs } of this.#grants?.values() ?? []) {
      if (next === undefined || expiresAtMs < next) next = expiresAtMs;
    }
    return next;
  }

  #forget(isGone: (grant: Granted) => boolean): boolean {
    let forgotten = false;
    for (const [room, grant] of this.#grants ?? []) {
      if (!isGone(grant)) continue;
      this.#grants?.delete(room);
      forgotten = true;
    }
    return forgotten;
  }
}
