/**
 * The one way in for client messages: checks in the order that the wire contract binds, runs the command, answers once.
 * Nothing a client sends may throw through here.
 */

import { type ErrorCode, RollcallError, validateMeta } from "@rollcall/contracts";
import type { Clock, Logger } from "@rollcall/runtime";
import { ATTRIBUTES, type Span, startSpan } from "@rollcall/telemetry";
import type { Session } from "../sessions/session.ts";
import { type BucketRule, take } from "./bucket.ts";
import type { Command, Invocation } from "./command.ts";
import { depthOf, isTooDeep } from "./depth.ts";

export interface DispatcherOptions {
  clock: Clock;
  logger: Logger;
  maxPayloadBytes: number;
  maxInFlight: number;
  ackTimeoutMs: number;
  /** Errors of a session beyond this are abuse. */
  violations: BucketRule;
  command(session: Session, event: string): Command | undefined;
  /** An error without an ack callback. */
  fault(session: Session, fault: { event: string; id?: string; error: ReturnType<RollcallError["toWire"]> }): void;
  abuse(session: Session): void;
  count(event: string, code: ErrorCode | "OK"): void;
}

type Ack = (answer: unknown) => void;
const OTHER = "other";
/** Codes that a well-behaved client does not cause again and again. */
const VIOLATIONS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "EVENT_UNKNOWN",
  "PAYLOAD_INVALID",
  "PAYLOAD_TOO_LARGE",
  "RATE_LIMITED",
  "FORBIDDEN",
  "ROOM_UNKNOWN",
]);
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
    const checkedMeta = validateMeta(packet[2] ?? undefined);
    const meta = checkedMeta.ok ? checkedMeta.value : undefined;
    const span = startSpan("ack", label, {
      parent: meta?.traceparent,
      untrusted: true,
      kind: "server",
      attributes: { [ATTRIBUTES.namespace]: session.ref.namespace, [ATTRIBUTES.tenant]: session.ref.tenant },
    });
    const call = new Call(this.#options, session, label, shownName(name), ack, meta?.id, span);
    try {
      if (found === undefined)
        throw tooLarge(payload, this.#options.maxPayloadBytes) ?? new RollcallError("EVENT_UNKNOWN");
      const value = this.#shaped(session, found, packet, checkedMeta, ack !== undefined);
      const wait = found.prepare?.(session, value);
      if (wait === undefined) call.run(found, this.#permitted(session, found, value));
      else call.runAfter(wait, found, () => this.#permitted(session, found, value));
    } catch (error) {
      call.fail(error);
    }
  }

  /** The order of the wire contract, section 7: first what needs no rights. */
  #shaped(
    session: Session,
    command: Command,
    packet: unknown[],
    meta: ReturnType<typeof validateMeta>,
    hasAck: boolean,
  ): unknown {
    const { clock, maxPayloadBytes, maxInFlight, ackTimeoutMs } = this.#options;
    const [, payload] = packet;
    const large = tooLarge(payload, maxPayloadBytes);
    if (large !== undefined) throw large;
    const rate = command.rate ?? { perSecond: session.limits.eventsPerSecond };
    const waitMs = session.buckets.take(command.rate === undefined ? "" : command.event, rate, clock.monotonic());
    if (waitMs > 0) throw new RollcallError("RATE_LIMITED", { retryAfterMs: waitMs });
    if (session.inFlight >= maxInFlight) {
      throw new RollcallError("RATE_LIMITED", { retryAfterMs: ackTimeoutMs });
    }
    if (packet.length < 2) throw invalid("", "required", "a payload is required");
    if (packet.length > 3) throw invalid("", "maxItems", "only a payload and meta are accepted");
    if (!meta.ok) throw RollcallError.invalid(meta.issues);
    if (command.ackRequired === true && !hasAck) throw invalid("", "required", "an ack callback is required");
    if (isTooDeep(payload)) throw invalid("", "maxDepth", "nested too deep");
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

/** One message being answered. */
class Call {
  readonly #options: DispatcherOptions;
  readonly #session: Session;
  readonly #label: string;
  readonly #shownName: string;
  readonly #ack: Ack | undefined;
  readonly #id: string | undefined;
  readonly #span: Span;
  #answered = false;
  #timer: { cancel(): void } | undefined;

  constructor(
    options: DispatcherOptions,
    session: Session,
    label: string,
    shown: string,
    ack: Ack | undefined,
    id: string | undefined,
    span: Span,
  ) {
    this.#options = options;
    this.#session = session;
    this.#label = label;
    this.#shownName = shown;
    this.#ack = ack;
    this.#id = id;
    this.#span = span;
  }

  run(command: Command, payload: unknown): void {
    const result = command.run(this.#invocation(payload));
    if (result instanceof Promise) this.#await(result);
    else this.#answer(result);
  }

  runAfter(wait: Promise<void>, command: Command, permitted: () => unknown): void {
    this.#await(
      wait.then(() => {
        if (!this.#session.live) throw new RollcallError("UNAVAILABLE");
        return command.run(this.#invocation(permitted()));
      }),
    );
  }

  #invocation(payload: unknown): Invocation {
    return {
      session: this.#session,
      event: this.#label,
      payload,
      id: this.#id,
      span: this.#span,
      answer: (data) => this.#answer(data),
    };
  }

  #await(result: Promise<unknown>): void {
    if (this.#answered) return void result.catch((error: unknown) => this.#late(error));
    this.#session.inFlight++;
    this.#timer = this.#options.clock.setTimer(this.#options.ackTimeoutMs, () =>
      this.fail(new RollcallError("TIMEOUT")),
    );
    result.then(
      (data) => this.#answer(data),
      (error: unknown) => this.fail(error),
    );
    void result.then(this.#done, this.#done);
  }

  fail(error: unknown): void {
    if (this.#answered) {
      this.#late(error);
      return;
    }
    const known = RollcallError.from(error);
    if (known.code === "INTERNAL") {
      this.#options.logger.error({ event: "inbound.failed", name: this.#label, error }, "a client message failed");
    }
    this.#span.fail(known);
    this.#finish(known.code);
    const wire = known.toWire();
    if (this.#ack !== undefined) this.#send({ ok: false, error: wire });
    else if (this.#session.live) {
      this.#options.fault(this.#session, {
        event: this.#shownName,
        ...(this.#id === undefined ? {} : { id: this.#id }),
        error: wire,
      });
    }
    this.#charge(known.code);
  }

  #answer(data: unknown): void {
    if (this.#answered) return;
    this.#finish("OK");
    this.#send({ ok: true, data: data ?? {} });
  }

  #finish(code: ErrorCode | "OK"): void {
    this.#answered = true;
    this.#timer?.cancel();
    this.#span.setAttribute(ATTRIBUTES.code, code);
    this.#span.end();
    this.#options.count(this.#label, code);
  }

  #send(answer: unknown): void {
    if (this.#session.socket.connected) this.#ack?.(answer);
  }

  #charge(code: ErrorCode): void {
    const { clock, violations, abuse } = this.#options;
    if (!this.#session.live || !VIOLATIONS.has(code)) return;
    if (take(this.#session.violations, violations, clock.monotonic()) > 0) abuse(this.#session);
  }

  #done = (): void => {
    this.#session.inFlight--;
  };

  /** The client has its answer; what fails now is only for the log. */
  #late(error: unknown): void {
    const known = RollcallError.from(error);
    const level = known.code === "INTERNAL" ? "error" : "debug";
    this.#options.logger[level]({ event: "inbound.late", name: this.#label, error }, "failed after its answer");
  }
}

const invalid = (pointer: string, keyword: string, message: string) =>
  RollcallError.invalid([{ pointer, keyword, message }]);

/** Bytes of the UTF-8 JSON encoding. Most payloads are far below the limit whatever their characters are. */
function tooLarge(payload: unknown, maxBytes: number): RollcallError | undefined {
  if (payload === undefined) return undefined;
  let text: string;
  try {
    text = JSON.stringify(payload);
  } catch {
    // So deep that the stack does not suffice. Its brackets alone may be too large; else its depth will be refused.
    return 2 * depthOf(payload) > maxBytes ? new RollcallError("PAYLOAD_TOO_LARGE") : undefined;
  }
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return undefined;
  return new RollcallError("PAYLOAD_TOO_LARGE");
}

/** What a fault may repeat of the client's own words. */
function shownName(name: unknown): string {
  return typeof name === "string" ? name.slice(0, MAX_NAME_CHARS) : OTHER;
}
