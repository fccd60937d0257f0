/**
 * The one way in for client messages: checks in the order that the wire contract binds, runs the command, answers once.
 * Nothing a client sends may throw through here.
 */

import { exceedsDepth, LIMITS, RollcallError, validateMeta } from "@rollcall/contracts";
import { ATTRIBUTES, startSpan } from "@rollcall/telemetry";
import type { Session } from "../clients/session.ts";
import type { Allowance } from "./allowance.ts";
import { Call, type CallOptions } from "./call.ts";
import type { Command } from "./command.ts";

export interface DispatcherOptions extends CallOptions {
  allowance: Allowance;
  command(session: Session, event: string): Command | undefined;
}

type Ack = (answer: unknown) => void;
const OTHER = "other";
const MAX_NAME_CHARS = 65;

export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** `packet`: the event's name and arguments, and the ack callback last when the client wants an answer. */
  dispatch(session: Session, packet: unknown[]): void {
    if (!session.live) return;
    const ack = typeof packet.at(-1) === "function" ? (packet.pop() as Ack) : undefined;
    const [name, payload] = packet;
    const found = typeof name === "string" ? this.#options.command(session, name) : undefined;
    const label = found?.event ?? OTHER;
    const checkedMeta = validateMeta(packet[2]);
    const meta = checkedMeta.ok ? checkedMeta.value : undefined;
    const span = startSpan("ack", label, {
      parent: meta?.traceparent,
      untrusted: true,
      kind: "server",
      attributes: { [ATTRIBUTES.namespace]: session.ref.namespace, [ATTRIBUTES.tenant]: session.ref.tenant },
    });
    const call = new Call(this.#options, { session, label, shownName: shownName(name), ack, id: meta?.id, span });
    try {
      const bytes = sizeOf(payload, session.limits.payloadBytes);
      if (found === undefined) throw new RollcallError("EVENT_UNKNOWN");
      const waitMs = this.#options.allowance.take(session, found, bytes);
      if (waitMs > 0) throw RollcallError.limited(waitMs);
      const value = this.#shaped(found, packet, checkedMeta, ack !== undefined);
      const wait = found.prepare?.(session, value);
      if (wait === undefined) call.run(found, this.#permitted(session, found, value));
      else call.runAfter(wait, found, () => this.#permitted(session, found, value));
    } catch (error) {
      try {
        call.fail(error);
      } catch (fatal) {
        call.broke(fatal);
      }
    }
  }

  /** The order of the wire contract, section 7: after size, name and rate, what needs no rights. */
  #shaped(command: Command, packet: unknown[], meta: ReturnType<typeof validateMeta>, hasAck: boolean): unknown {
    const [, payload] = packet;
    if (packet.length < 2) throw invalid("", "required", "a payload is required");
    if (packet.length > 3) throw invalid("", "maxItems", "only a payload and meta are accepted");
    if (!meta.ok) throw RollcallError.invalid(meta.issues);
    if (command.ackRequired === true && !hasAck) throw invalid("", "required", "an ack callback is required");
    if (exceedsDepth(payload, LIMITS.depth)) throw invalid("", "maxDepth", "nested too deep");
    const shaped = command.shape(payload);
    if (!shaped.ok) throw RollcallError.invalid(shaped.issues);
    return shaped.value;
  }

  /** ... then rights, what exists, membership, and the contract file's word. */
  #permitted(session: Session, command: Command, value: unknown): unknown {
    if (!command.allowed(session, value, this.#options.clock.now())) throw new RollcallError("FORBIDDEN");
    const room = command.room?.(value);
    const contract = room === undefined ? undefined : session.contract.room(room);
    if (room !== undefined && (contract === undefined || command.roomFits?.(room) === false)) {
      throw new RollcallError("ROOM_UNKNOWN");
    }
    if (command.memberOnly === true && room !== undefined && !session.rooms.has(room)) {
      throw new RollcallError("NOT_A_MEMBER");
    }
    const issues = command.conforms?.(value, contract);
    if (issues !== undefined) throw RollcallError.invalid(issues);
    return value;
  }
}

const invalid = (pointer: string, keyword: string, message: string) =>
  RollcallError.invalid([{ pointer, keyword, message }]);

/** Size of the JSON encoding, about; throws when its UTF-8 bytes are over the limit. */
function sizeOf(payload: unknown, maxBytes: number): number {
  if (payload === undefined) return 0;
  let text: string;
  try {
    text = JSON.stringify(payload);
  } catch {
    // So deep that the stack does not suffice: its brackets alone may be too many; if not, its depth will be refused.
    if (exceedsDepth(payload, maxBytes / 2)) throw new RollcallError("PAYLOAD_TOO_LARGE");
    return maxBytes;
  }
  // Most payloads are far below the limit, whatever their characters are.
  const isSmall = text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
  if (!isSmall) throw new RollcallError("PAYLOAD_TOO_LARGE");
  return text.length;
}

/** What a fault may repeat of the client's own words. */
function shownName(name: unknown): string {
  return typeof name === "string" ? name.slice(0, MAX_NAME_CHARS) : OTHER;
}
