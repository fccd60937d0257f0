/** The truth about this edge's own sockets: every session that has been announced to its client and has not ended. */

import type { SessionRef } from "@rollcall/contracts/internal";
import { type RefKey, refKey } from "./ref.ts";
import type { Session } from "./session.ts";

export class Registry {
  readonly #sessions = new Map<RefKey, Session>();
  /** Of one user, over all namespaces; most have one, for which a set would be large. */
  readonly #byUser = new Map<string, Session | Set<Session>>();

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
    if (ofUser === undefined) this.#byUser.set(key, session);
    else if (ofUser instanceof Set) ofUser.add(session);
    else this.#byUser.set(key, new Set([ofUser, session]));
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
    const ofUser = this.#byUser.get(userKey(tenant, user));
    if (ofUser === undefined) return [];
    return ofUser instanceof Set ? [...ofUser] : [ofUser];
  }

  countOfUser(tenant: string, user: string): number {
    const ofUser = this.#byUser.get(userKey(tenant, user));
    return ofUser instanceof Set ? ofUser.size : Number(ofUser !== undefined);
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  #unlist(session: Session): void {
    const key = userKey(session.ref.tenant, session.ref.user);
    const ofUser = this.#byUser.get(key);
    if (ofUser === session) this.#byUser.delete(key);
    else if (ofUser instanceof Set && ofUser.delete(session) && ofUser.size === 0) this.#byUser.delete(key);
  }
}

const userKey = (tenant: string, user: string) => `${tenant}/${user}`;
