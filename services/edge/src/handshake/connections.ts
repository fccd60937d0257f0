/** What is known of connections before and beside their sessions: how many, whose, and which handshakes are under way. */

import type { Socket as EngineSocket } from "engine.io";

interface Known {
  address: string;
  /** Namespaces being connected to. */
  connecting: Set<string> | undefined;
  /** It has had a session. */
  established: boolean;
}

export class Connections {
  readonly #known = new Map<EngineSocket, Known>();
  readonly #byAddress = new Map<string, number>();
  #handshakes = 0;

  get count(): number {
    return this.#known.size;
  }
  /** Connections that have not become a session yet. */
  get handshakes(): number {
    return this.#handshakes;
  }
  ofAddress(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }
  all(): Iterable<EngineSocket> {
    return this.#known.keys();
  }

  opened(conn: EngineSocket, address: string): void {
    this.#known.set(conn, { address, connecting: undefined, established: false });
    this.#byAddress.set(address, this.ofAddress(address) + 1);
    this.#handshakes++;
  }

  closed(conn: EngineSocket): void {
    const known = this.#known.get(conn);
    if (known === undefined) return;
    this.#known.delete(conn);
    const left = this.ofAddress(known.address) - 1;
    if (left > 0) this.#byAddress.set(known.address, left);
    else this.#byAddress.delete(known.address);
    if (!known.established) this.#handshakes--;
  }

  /** False: a CONNECT to this namespace is under way on this connection already. */
  begin(conn: EngineSocket, namespace: string): boolean {
    const known = this.#known.get(conn);
    if (known === undefined || known.connecting?.has(namespace)) return false;
    known.connecting ??= new Set();
    known.connecting.add(namespace);
    return true;
  }

  end(conn: EngineSocket, namespace: string): void {
    const known = this.#known.get(conn);
    known?.connecting?.delete(namespace);
    if (known?.connecting?.size === 0) known.connecting = undefined;
  }

  /** False: it has a session already, of another namespace. */
  established(conn: EngineSocket): boolean {
    const known = this.#known.get(conn);
    if (known === undefined || known.established) return false;
    known.established = true;
    this.#handshakes--;
    return true;
  }
}
