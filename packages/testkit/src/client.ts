/**
 * A stock `socket.io-client` (nothing of ours in it) with a recorder: what arrived, in order, and ways to wait for it.
 */

import { type Meta, RollcallError, type SessionReady, type WireError } from "@rollcall/contracts";
import { systemClock } from "@rollcall/runtime";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { checkAck, checkServerEvent } from "./conformance.ts";
import { waitFor } from "./wait-for.ts";

export interface ClientOptions {
  /** Default `/`. */
  namespace?: string;
  session?: string;
  client?: string;
  presence?: { status: string; info?: unknown };
  protocol?: number;
  /** Further or other members of `auth`. */
  auth?: Record<string, unknown>;
  /** Default true: what core sends must be what its contract declares. False for servers that only resemble an edge. */
  checked?: boolean;
  /** Of the library, for example `{ reconnection: false }`. */
  io?: Partial<ManagerOptions & SocketOptions>;
}

export interface RecordedEvent {
  name: string;
  payload: unknown;
  meta: Meta | undefined;
  /** Monotonic milliseconds at arrival. */
  atMs: number;
}

export type Ack = { ok: true; data: unknown } | { ok: false; error: WireError };

export interface TestClient extends AsyncDisposable {
  readonly socket: Socket;
  /** Everything received, in order. */
  readonly events: readonly RecordedEvent[];
  /** Reasons of `disconnect`, in order. */
  readonly disconnects: readonly string[];
  /** Errors of `connect_error`, in order. */
  readonly connectErrors: readonly (Error & { data?: unknown })[];
  /** The newest `session:ready`, waiting for the first one if need be. Rejects on a refusal. */
  ready(timeoutMs?: number): Promise<SessionReady>;
  /** `ready`, counting from now: for a reconnect. */
  nextReady(timeoutMs?: number): Promise<SessionReady>;
  /** The ack as it came. Rejects when none comes in `timeoutMs` (default 10 s). */
  emitAck(name: string, payload?: unknown, meta?: unknown, timeoutMs?: number): Promise<Ack>;
  /** `answered` is called before the handler of anything that was sent after the ack; what awaits it comes after. */
  emitThen(
    name: string,
    payload: unknown,
    meta: unknown,
    timeoutMs: number,
    answered: (ack: Ack) => void,
  ): Promise<Ack>;
  /** The ack's data; a refusal is thrown as the `RollcallError` it names. */
  call<T = Record<string, unknown>>(name: string, payload?: unknown, meta?: unknown): Promise<T>;
  eventsOf(name: string): RecordedEvent[];
  /** The first recorded or coming event of that name that matches. */
  waitForEvent(name: string, matches?: (event: RecordedEvent) => boolean, timeoutMs?: number): Promise<RecordedEvent>;
  /** Forgets what was recorded. */
  clearEvents(): void;
  /** Drops the TCP connection without a word, as a lost network does; the library reconnects by itself. */
  dropConnection(): void;
  /** Explicit leave, for good. */
  close(): Promise<void>;
}

const DEFAULT_ACK_MS = 10_000;
const DEFAULT_READY_MS = 10_000;

export function client(url: string, token: string | undefined, options: ClientOptions = {}): TestClient {
  const { namespace = "/", session, client: label, presence, protocol, checked = true } = options;
  const auth = Object.fromEntries(
    Object.entries({ token, session, client: label, presence, protocol, ...options.auth }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const socket = io(`${url}${namespace === "/" ? "" : namespace}`, {
    transports: ["websocket"],
    // Clients of one process would share a connection.
    forceNew: true,
    ...options.io,
    auth,
  });

  const events: RecordedEvent[] = [];
  const disconnects: string[] = [];
  const connectErrors: (Error & { data?: unknown })[] = [];
  let readies = 0;
  socket.onAny((name: string, payload: unknown, meta: Meta | undefined) => {
    if (name === "session:ready") {
      readies++;
      // A resuming app presents the session it was given.
      auth.session ??= (payload as SessionReady).session;
    }
    events.push({ name, payload, meta, atMs: systemClock.monotonic() });
    // Thrown into nothing that catches it: the test run fails, whatever the test was looking at.
    if (checked) checkServerEvent(name, payload, meta);
  });
  socket.on("disconnect", (reason) => disconnects.push(reason));
  socket.on("connect_error", (error) => connectErrors.push(error));

  const readyAfter = async (count: number, timeoutMs: number): Promise<SessionReady> => {
    const refusals = connectErrors.length;
    await waitFor(() => readies > count || (!socket.active && connectErrors.length > refusals), {
      timeoutMs,
      what: () => `session:ready (${connectErrors.at(-1)?.message ?? "no answer"})`,
    });
    if (readies <= count) throw connectErrors.at(-1) as Error;
    return self.eventsOf("session:ready").at(-1)?.payload as SessionReady;
  };

  const self: TestClient = {
    socket,
    events,
    disconnects,
    connectErrors,
    ready: (timeoutMs = DEFAULT_READY_MS) => readyAfter(0, timeoutMs),
    nextReady: (timeoutMs = DEFAULT_READY_MS) => readyAfter(readies, timeoutMs),
    emitAck: (name, payload = {}, meta, timeoutMs = DEFAULT_ACK_MS) =>
      self.emitThen(name, payload, meta, timeoutMs, () => {}),
    emitThen: (name, payload, meta, timeoutMs, answered) =>
      new Promise<Ack>((resolve, reject) => {
        const args = meta === undefined ? [payload] : [payload, meta];
        socket.timeout(timeoutMs).emit(name, ...args, (late: Error | null, ack: Ack) => {
          if (late !== null) return reject(late);
          try {
            if (checked) checkAck(name, ack);
            answered(ack);
            resolve(ack);
          } catch (error) {
            reject(error as Error);
          }
        });
      }),
    async call<T>(name: string, payload?: unknown, meta?: unknown) {
      const ack = await self.emitAck(name, payload, meta);
      if (ack.ok) return ack.data as T;
      throw RollcallError.fromWire(ack.error);
    },
    eventsOf: (name) => events.filter((event) => event.name === name),
    waitForEvent: (name, matches = () => true, timeoutMs = 5_000) =>
      waitFor(() => events.find((event) => event.name === name && matches(event)), {
        timeoutMs,
        what: () => `${name} (got ${events.map((event) => event.name).join(" ") || "nothing"})`,
      }),
    clearEvents: () => void events.splice(0),
    dropConnection: () => socket.io.engine.close(),
    async close() {
      socket.disconnect();
    },
    [Symbol.asyncDispose]: () => self.close(),
  };
  return self;
}
