/** The truth about this edge's own sockets: every session that has been announced to its client and has not ended. */

import type { SessionRef } from "@rollcall/contracts/internal";
import { type RefKey, refKey } from "./ref.ts";
import type { Session } from "./session.ts";

export class Registry {
  readonly #sessions = new Map<RefKey, Session>();
  /** Of one user, over all namespaces. */
  readonly #byUser = new Map<string, Set<Session>>();

  get size(): number {
    return this.#sessions.size;
  }

  get(ref: SessionRef): Session | undefined {
    return this.#sessions.get(refKey(ref));
  }

  has(key: RefKey): boolean {
    return this.#sessions.has(key);
  }

  /** Returns the session whose place it takes. */
  add(session: Session): Session | undefined {
    const before = this.#sessions.get(session.key);
    if (before !== undefined) this.#unlist(before);
    this.#sessions.set(session.key, session);
    const key = userKey(session.ref.tenant, session.ref.user);
    const ofUser = this.#byUser.get(key);
    if (ofUser === undefined) this.#byUser.set(key, new Set([session]));
    else ofUser.add(session);
    return before;
  }

  /** False: another socket has its place, or it was not here. */
  remove(session: Session): boolean {
    if (this.#sessions.get(session.key) !== session) return false;
    this.#sessions.delete(session.key);
    this.#unlist(session);
    return true;
  }

  isCurrent(session: Session): boolean {
    return this.#sessions.get(session.key) === session;
  }

  ofUser(tenant: string, user: string): readonly Session[] {
    return [...(this.#byUser.get(userKey(tenant, user)) ?? [])];
  }

  countOfUser(tenant: string, user: string): number {
    return this.#byUser.get(userKey(tenant, user))?.size ?? 0;
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  #unlist(session: Session): void {
    const key = userKey(session.ref.tenant, session.ref.user);
    const ofUser = this.#byUser.get(key);
    if (ofUser?.delete(session) && ofUser.size === 0) this.#byUser.delete(key);
  }
}

const userKey = (tenant: string, user: string) => `${tenant}/${user}`;
