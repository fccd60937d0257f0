/** What the edge asks over NATS: presence's doors and reads, the notifier's inbox, and backends that answer commands. */

import { type NatsConnection, headers as natsHeaders, RequestError, TimeoutError } from "@nats-io/nats-core";
import { isErrorCode, RollcallError, type Subjects, TIMEOUTS } from "@rollcall/contracts";
import type { LaneReplyData, LeaseData, ReadRequest } from "@rollcall/contracts/internal";
import { type Clock, isNatsUp, request } from "@rollcall/runtime";
import type { Bus, CommandRequest } from "./parts.ts";
import { Patience } from "./patience.ts";
import type { PresenceDoors } from "./sessions/presence-doors.ts";

/** A batch takes presence milliseconds; it is sent again when an answer is lost. Where batches take longer, see `patience.ts`. */
const LANE_TIMEOUT_MS = 1_500;
const READ_TIMEOUT_MS = TIMEOUTS.request.ms;
const MAX_MESSAGE_CHARS = 256;

/** The connection, once there is one: an edge starts without. */
export type ConnectionSource = () => NatsConnection | undefined;

function connected(source: ConnectionSource): NatsConnection {
  const nc = source();
  if (nc === undefined) throw new RollcallError("UNAVAILABLE");
  return nc;
}

export function presenceDoors(
  source: ConnectionSource,
  subjects: Subjects,
  cell: string,
  { renewMs, clock }: { renewMs: number; clock: Pick<Clock, "monotonic"> },
): PresenceDoors {
  const ask = async <T>(door: string, body: unknown, timeoutMs: number): Promise<T> =>
    request<T>(connected(source), subjects.presenceDoor(cell, door), body, { timeoutMs });
  const patience = new Patience(LANE_TIMEOUT_MS, clock);
  return {
    hello: (body) => ask<LeaseData>("hello", body, LANE_TIMEOUT_MS),
    lease: (body) => ask<LeaseData>("lease", body, renewMs),
    lane: (body) => patience.ask((timeoutMs) => ask<LaneReplyData>("lane", body, timeoutMs)),
  };
}

export function createBus(source: ConnectionSource, subjects: Subjects): Bus {
  return {
    read: async <T>(cell: string, body: ReadRequest, traceparent?: string): Promise<T> =>
      request<T>(connected(source), subjects.presenceDoor(cell, "read"), body, {
        timeoutMs: READ_TIMEOUT_MS,
        ...(traceparent === undefined ? {} : { traceparent }),
      }).catch(unread),
    inbox: async <T>(body: unknown, traceparent: string): Promise<T> =>
      request<T>(connected(source), subjects.notifierDoor("inbox"), body, { timeoutMs: READ_TIMEOUT_MS, traceparent }),
    command: async (command) => askBackend(connected(source), command),
  };
}

/** A read that is not answered has no effect to wonder about: presence is away. */
function unread(error: unknown): never {
  if (RollcallError.from(error).code === "TIMEOUT") throw new RollcallError("UNAVAILABLE", { cause: error });
  throw error;
}

/** Backends answer with plain data, or with the header `rollcall-error` and a message. */
async function askBackend(nc: NatsConnection, { subject, data, headers, timeoutMs }: CommandRequest): Promise<unknown> {
  if (!isNatsUp(nc)) throw new RollcallError("UNAVAILABLE");
  const fields = natsHeaders();
  for (const [name, value] of Object.entries(headers)) fields.set(name, value);
  let reply: Awaited<ReturnType<NatsConnection["request"]>>;
  try {
    reply = await nc.request(subject, JSON.stringify(data ?? null), { timeout: timeoutMs, headers: fields });
  } catch (cause) {
    const late =
      cause instanceof TimeoutError || (cause instanceof RequestError && cause.cause instanceof TimeoutError);
    throw new RollcallError(late ? "TIMEOUT" : "UNAVAILABLE", { cause });
  }
  const code = reply.headers?.get("rollcall-error") ?? "";
  const body = bodyOf(reply.string());
  if (code === "") {
    if (body !== undefined) return body;
    throw new RollcallError("INTERNAL", { message: "the backend's reply is not JSON" });
  }
  const message = (body as { message?: unknown } | null | undefined)?.message;
  throw new RollcallError(isErrorCode(code) ? code : "INTERNAL", {
    ...(typeof message === "string" ? { message: message.slice(0, MAX_MESSAGE_CHARS) } : {}),
  });
}

/** An empty one is `null`; undefined when it is no JSON. */
function bodyOf(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
