/**
 * Text frames of Engine.IO 4 with Socket.IO 5 packets in them, as far as a client needs them. Binary packets do not
 * occur: Rollcall closes a transport that sends one.
 *
 *     0{...} open   1 close   2 ping   3 pong   4<packet> message   6 noop
 *     <packet> = <type>[/<namespace>,][<ack id>][<JSON>]
 */

export type Packet =
  | { type: "open"; pingIntervalMs: number; pingTimeoutMs: number }
  | { type: "close" | "ping" | "noop" }
  | { type: "connected"; namespace: string; id: string }
  | { type: "refused"; namespace: string; message: string; data?: unknown }
  | { type: "disconnect"; namespace: string }
  | { type: "event"; namespace: string; id?: number; name: string; args: unknown[] }
  | { type: "ack"; namespace: string; id: number; args: unknown[] }
  /** What no server should send. */
  | { type: "malformed"; why: string };

export const PONG = "3";

export const encodeConnect = (namespace: string, auth: unknown): string =>
  `40${prefix(namespace)}${JSON.stringify(auth)}`;

export const encodeDisconnect = (namespace: string): string => `41${prefix(namespace)}`;

/** With an `id` the server answers by an ack of that id. */
export const encodeEvent = (namespace: string, name: string, args: readonly unknown[], id?: number): string =>
  `42${prefix(namespace)}${id ?? ""}${JSON.stringify([name, ...args])}`;

export function decode(frame: string): Packet {
  const body = frame.slice(1);
  switch (frame[0]) {
    case "0": {
      const { pingInterval, pingTimeout } = (parse(body) ?? {}) as { pingInterval?: unknown; pingTimeout?: unknown };
      if (typeof pingInterval !== "number" || typeof pingTimeout !== "number")
        return malformed("an open without times");
      return { type: "open", pingIntervalMs: pingInterval, pingTimeoutMs: pingTimeout };
    }
    case "1":
      return { type: "close" };
    case "2":
      return { type: "ping" };
    case "4":
      return decodeMessage(body);
    case "6":
      return { type: "noop" };
    default:
      return malformed(`engine packet ${JSON.stringify(frame.slice(0, 1))}`);
  }
}

function decodeMessage(text: string): Packet {
  const type = text[0];
  let at = 1;
  let namespace = "/";
  if (text[at] === "/") {
    const comma = text.indexOf(",", at);
    const end = comma < 0 ? text.length : comma;
    namespace = text.slice(at, end);
    at = comma < 0 ? end : end + 1;
  }
  const idFrom = at;
  while (isDigit(text.charCodeAt(at))) at++;
  const id = at > idFrom ? Number(text.slice(idFrom, at)) : undefined;
  const data = at < text.length ? parse(text.slice(at)) : undefined;

  switch (type) {
    case "0": {
      const { sid } = (data ?? {}) as { sid?: unknown };
      return typeof sid === "string" ? { type: "connected", namespace, id: sid } : malformed("a connect without sid");
    }
    case "1":
      return { type: "disconnect", namespace };
    case "2": {
      if (!Array.isArray(data) || typeof data[0] !== "string") return malformed("an event without a name");
      return { type: "event", namespace, name: data[0], args: data.slice(1), ...(id === undefined ? {} : { id }) };
    }
    case "3":
      if (!Array.isArray(data) || id === undefined) return malformed("an ack without id or values");
      return { type: "ack", namespace, id, args: data };
    case "4": {
      const { message, data: details } = (data ?? {}) as { message?: unknown; data?: unknown };
      if (typeof message !== "string") return malformed("a refusal without message");
      return { type: "refused", namespace, message, ...(details === undefined ? {} : { data: details }) };
    }
    default:
      return malformed(`socket packet ${JSON.stringify(type ?? "")}`);
  }
}

const prefix = (namespace: string): string => (namespace === "/" ? "" : `${namespace},`);
const malformed = (why: string): Packet => ({ type: "malformed", why });
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** undefined when it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
