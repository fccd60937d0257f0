/** In short what `rollcall contracts types` writes for a small contract: event maps for the generics of socket.io-client. */

import type { Meta, Reply } from "../src/wire.ts";

export interface ServerToClient {
  "session:ready": (payload: { session: string }, meta: Meta) => void;
  "room:roster": (payload: { room: string }, meta: Meta) => void;
  "chat:said": (payload: { text: string }, meta: Meta) => void;
  "cursor:moved": (payload: { x: number; y: number }, meta: Meta) => void;
  "order:shipped": (payload: { orderId: string }, meta: Meta) => void;
}

type ClientMeta = { id?: string; traceparent?: string } | null;

export interface ClientToServer {
  "room:leave": (payload: { room: string }, meta?: ClientMeta, ack?: (reply: Reply<{ room: string }>) => void) => void;
  "chat:said": (
    payload: { room: string; data: { text: string } },
    meta?: ClientMeta,
    ack?: (reply: Reply<{ id: string; ts: string; seq?: number }>) => void,
  ) => void;
  "cursor:moved": (
    payload: { room: string; data: { x: number; y: number } },
    meta?: ClientMeta,
    ack?: (reply: Reply<{ id: string; ts: string }>) => void,
  ) => void;
  "ticket:reply": (
    payload: { text: string },
    meta?: ClientMeta,
    ack?: (reply: Reply<{ ticket: number }>) => void,
  ) => void;
}
