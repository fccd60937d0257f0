/**
 * One Socket.IO connection to one namespace, over k6's WebSocket: acks with a time-out, any number of arguments, pings
 * answered, silence noticed, and a connection made again with backoff. `auth` is evaluated at each attempt.
 */

import { WebSocket } from "k6/websockets";
import { type Backoff, delayMs, STOCK_BACKOFF } from "./backoff.ts";
import { decode, encodeConnect, encodeDisconnect, encodeEvent, type Packet, PONG } from "./packet.ts";
import { after, cancel, type Timer } from "./timers.ts";

export interface SocketOptions {
  /** `http://host:port` of an edge, for each attempt. */
  url: () => string;
  /** Default `/`. */
  namespace?: string;
  auth: () => Record<string, unknown>;
  backoff?: () => Backoff;
  /** Default true. */
  reconnect?: boolean;
  /** An attempt begins. */
  onDial?: () => void;
  onConnected?: () => void;
  onEvent?: (name: string, args: unknown[]) => void;
  /** The connection is gone; `final`: it does not come back by itself. */
  onDisconnected?: (why: string, final: boolean) => void;
  /** What no server should send. */
  onMalformed?: (why: string) => void;
}

export class CallError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

interface Call {
  resolve: (args: unknown[]) => void;
  reject: (error: CallError) => void;
  timer: Timer;
}

const CONNECT_MS = 15_000;
const ACK_MS = 12_000;
const MAX_CALLS = 4_096;

export class Socket {
  readonly #options: SocketOptions;
  readonly #namespace: string;
  readonly #calls = new Map<number, Call>();
  #socket: WebSocket | undefined;
  #connected = false;
  #wanted = false;
  #attempt = 0;
  #nextCall = 0;
  #silence: Timer | undefined;
  #silenceMs = CONNECT_MS;
  #again: Timer | undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#namespace = options.namespace ?? "/";
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Begins to connect; `onConnected` or `onDisconnected` tell what became of it. */
  open(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#attempt = 0;
    this.#dial();
  }

  emit(name: string, ...args: unknown[]): void {
    if (this.#connected) this.#send(encodeEvent(this.#namespace, name, args));
  }

  /** The arguments of the ack. Rejects with `TIMEOUT`, or `DISCONNECTED` when the connection ends before. */
  call(name: string, args: readonly unknown[], timeoutMs = ACK_MS): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      if (!this.#connected) return reject(new CallError("DISCONNECTED", name));
      if (this.#calls.size >= MAX_CALLS) return reject(new CallError("BUSY", `${MAX_CALLS} calls wait for an answer`));
      const id = this.#nextCall++;
      const timer = after(timeoutMs, () => {
        this.#calls.delete(id);
        reject(new CallError("TIMEOUT", `no ack of ${name} within ${timeoutMs} ms`));
      });
      this.#calls.set(id, { resolve, reject, timer });
      this.#send(encodeEvent(this.#namespace, name, args, id));
    });
  }

  /** Ends the transport without goodbye, as a network does; comes back unless told not to. */
  drop(comeBack = true): void {
    if (!comeBack) this.#wanted = false;
    this.#lost("dropped");
  }

  /** Says goodbye: an explicit leave, for good. */
  close(): void {
    this.#wanted = false;
    if (this.#connected) this.#send(encodeDisconnect(this.#namespace));
    this.#lost("closed");
  }

  #dial(): void {
    this.#again = undefined;
    this.#options.onDial?.();
    const url = this.#options.url();
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`);
    this.#socket = socket;
    this.#listenForSilence(CONNECT_MS);
    // What an earlier transport still says is no news of this one.
    const current = (handle: () => void) => {
      if (this.#socket === socket) handle();
    };
    socket.addEventListener("message", (event) =>
      current(() => {
        const { data } = event as unknown as { data: unknown };
        if (typeof data === "string") this.#received(decode(data));
        else this.#options.onMalformed?.("a binary frame");
      }),
    );
    socket.addEventListener("error", () => current(() => this.#lost("transport error")));
    socket.addEventListener("close", () => current(() => this.#lost("transport close")));
  }

  #received(packet: Packet): void {
    switch (packet.type) {
      case "open":
        this.#silenceMs = packet.pingIntervalMs + packet.pingTimeoutMs;
        this.#send(encodeConnect(this.#namespace, this.#options.auth()));
        break;
      case "ping":
        this.#listenForSilence(this.#silenceMs);
        this.#send(PONG);
        break;
      case "close":
        this.#lost("engine close");
        break;
      case "connected":
        this.#connected = true;
        this.#attempt = 0;
        this.#listenForSilence(this.#silenceMs);
        this.#options.onConnected?.();
        break;
      case "refused":
        this.#wanted = false;
        this.#lost(packet.message);
        break;
      case "disconnect":
        // Stock clients stay away after it.
        this.#wanted = false;
        this.#lost("server disconnect");
        break;
      case "event":
        this.#options.onEvent?.(packet.name, packet.args);
        break;
      case "ack": {
        const call = this.#calls.get(packet.id);
        this.#calls.delete(packet.id);
        cancel(call?.timer);
        call?.resolve(packet.args); // else it has timed out
        break;
      }
      case "malformed":
        this.#options.onMalformed?.(packet.why);
        break;
      case "noop":
        break;
    }
  }

  #send(frame: string): void {
    if (this.#socket?.readyState === 1) this.#socket.send(frame);
  }

  #listenForSilence(withinMs: number): void {
    cancel(this.#silence);
    this.#silence = after(withinMs, () => this.#lost("silence"));
  }

  #lost(why: string): void {
    const socket = this.#socket;
    if (socket === undefined && this.#again === undefined) return;
    this.#socket = undefined;
    this.#connected = false;
    cancel(this.#silence);
    cancel(this.#again);
    this.#silence = this.#again = undefined;
    if (socket !== undefined && socket.readyState < 2) socket.close();
    for (const { timer, reject } of this.#calls.values()) {
      cancel(timer);
      reject(new CallError("DISCONNECTED", why));
    }
    this.#calls.clear();
    const again = this.#wanted && this.#options.reconnect !== false;
    if (again) {
      const waitMs = delayMs(this.#options.backoff?.() ?? STOCK_BACKOFF, this.#attempt++, Math.random());
      this.#again = after(waitMs, () => this.#dial());
    } else this.#wanted = false;
    this.#options.onDisconnected?.(why, !again);
  }
}
