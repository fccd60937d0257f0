/**
 * One connection attempt and the connection it may become. The only file that knows `socket.io-client`.
 *
 * Each attempt has a manager and a socket of its own, without Socket.IO's reconnection: nothing that was buffered in an
 * old one can be sent before a room is joined again, and nothing it still receives is heard.
 */

import { Manager } from "socket.io-client";
import { RollcallError } from "./errors.ts";
import type { Meta, PresenceStatus, Reply, WireError } from "./wire.ts";

export interface Auth {
  token: string;
  session: string;
  client: string;
  protocol: 1;
  presence: { status: PresenceStatus; info?: unknown } | undefined;
}

/** What a client may say about a message of its own. Here as everywhere, JSON leaves out what is undefined. */
export type ClientMeta = { id: string; traceparent: string | undefined } | null;

export interface LinkHandlers {
  message(name: string, payload: unknown, meta: Meta): void;
  /** The attempt failed, or the connection closed; `byServer`: with a DISCONNECT packet. Last of all calls. */
  down(byServer: boolean, why: string, cause?: unknown): void;
  /** The server refused this token, session or namespace. Last of all calls. */
  refused(error: RollcallError): void;
}

export interface Link {
  emit(name: string, payload: unknown, meta: ClientMeta, ack?: (reply: Reply) => void): void;
  /** Ends it silently: the session keeps its grace. No handler is called any more. */
  cut(): void;
  /** Ends it with a goodbye: the session is over. No handler is called any more. */
  leave(): void;
}

export type OpenLink = (auth: Auth, on: LinkHandlers) => Link;

const OPEN_TIMEOUT_MS = 5_000;

/** A CONNECT_ERROR as ours; undefined when the transport failed. Socket.IO's own refusal carries no data. */
function refusal(error: Error & { data?: Partial<WireError> }): RollcallError | undefined {
  const { data, message } = error;
  if (data?.code) return new RollcallError({ ...data, code: data.code });
  return message === "Invalid namespace" ? new RollcallError({ code: "NAMESPACE_UNKNOWN", message }) : undefined;
}

export function socketIo(url: string | (() => string), namespace: string, path: string): OpenLink {
  return (auth, on) => {
    const manager = new Manager(typeof url === "string" ? url : url(), {
      path,
      transports: ["websocket"],
      reconnection: false,
      autoConnect: false,
      timeout: OPEN_TIMEOUT_MS,
    });
    const socket = manager.socket(namespace, { auth: { ...auth } });
    socket.onAny(on.message);
    socket.on("disconnect", (reason, cause) => on.down(reason === "io server disconnect", reason, cause));
    socket.on("connect_error", (error) => {
      const refused = refusal(error);
      if (refused) on.refused(refused);
      else on.down(false, error.message, error);
    });
    const silence = () => {
      socket.offAny();
      socket.off();
    };
    socket.connect();
    return {
      emit: (name, payload, meta, ack) =>
        void (ack ? socket.emit(name, payload, meta, ack) : socket.emit(name, payload, meta)),
      cut() {
        silence();
        manager._close();
      },
      leave() {
        silence();
        socket.disconnect();
      },
    };
  };
}

/** Calls `listener` when the device finds a network again, where the platform tells. */
export function onNetworkBack(listener: () => void): () => void {
  const { addEventListener, removeEventListener } = globalThis as Partial<Pick<EventTarget, keyof EventTarget>>;
  addEventListener?.("online", listener);
  return () => removeEventListener?.("online", listener);
}
