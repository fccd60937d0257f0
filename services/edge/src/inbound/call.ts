/** One client message being answered: once, in time, whatever happens. */

import { type ErrorCode, errorsOfEvent, isClientEvent, RollcallError, type WireError } from "@rollcall/contracts";
import type { Clock, Logger } from "@rollcall/runtime";
import { type BucketRule, newBucket, take } from "@rollcall/runtime";
import { ATTRIBUTES, type Span } from "@rollcall/telemetry";
import type { Session } from "../clients/session.ts";
import type { Command, Invocation } from "./command.ts";
import { whose } from "./whose.ts";

export interface CallOptions {
  clock: Clock;
  logger: Logger;
  ackTimeoutMs: number;
  /** An `INTERNAL` names its trace, by which whoever reports it is found in the log. */
  traceToClient: boolean;
  /** Refusals of a session beyond this are abuse. */
  violations: BucketRule;
  /** An error without an ack callback. */
  fault(session: Session, fault: { event: string; id?: string; error: WireError }): void;
  abuse(session: Session): void;
  /** `took`: until its answer. `trace`: the id of its trace, when that is sampled. */
  count(event: string, code: ErrorCode | "OK", took: { ms: number; trace: string | undefined }): void;
}

export interface Message {
  session: Session;
  /** The declared event's name, or `other`: for metrics, spans and logs. */
  label: string;
  /** What a fault may repeat of the client's own words. */
  shownName: string;
  ack: ((answer: unknown) => void) | undefined;
  id: string | undefined;
  span: Span;
}

/** Codes that a well-behaved client does not cause again and again. */
const VIOLATIONS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "EVENT_UNKNOWN",
  "PAYLOAD_INVALID",
  "PAYLOAD_TOO_LARGE",
  "RATE_LIMITED",
  "FORBIDDEN",
  "ROOM_UNKNOWN",
]);

/** What core's events can be answered with is declared; a command's backend has its own errors. */
const isDeclared = (event: string, code: ErrorCode): boolean =>
  !isClientEvent(event) || errorsOfEvent(event).includes(code);

export class Call {
  readonly #options: CallOptions;
  readonly #message: Message;
  readonly #startedMs: number;
  #answered = false;
  #timer: { cancel(): void } | undefined;

  constructor(options: CallOptions, message: Message) {
    this.#options = options;
    this.#message = message;
    this.#startedMs = options.clock.monotonic();
  }

  run(command: Command, payload: unknown): void {
    const result = command.run(this.#invocation(payload));
    if (result instanceof Promise) this.#await(result);
    else this.#answer(result);
  }

  runAfter(wait: Promise<void>, command: Command, permitted: () => unknown): void {
    this.#await(
      wait.then(() => {
        if (!this.#message.session.live) throw new RollcallError("UNAVAILABLE");
        return command.run(this.#invocation(permitted()));
      }),
    );
  }

  #invocation(payload: unknown): Invocation {
    return {
      session: this.#message.session,
      event: this.#message.label,
      payload,
      id: this.#message.id,
      span: this.#message.span,
      answer: (data) => this.#answer(data),
    };
  }

  #await(result: Promise<unknown>): void {
    if (this.#answered) return void result.catch((error: unknown) => this.#late(error));
    this.#message.session.inFlight++;
    this.#timer = this.#options.clock.setTimer(this.#options.ackTimeoutMs, () => {
      try {
        this.fail(new RollcallError("TIMEOUT"));
      } catch (error) {
        this.broke(error);
      }
    });
    result
      .then(
        (data) => this.#answer(data),
        (error: unknown) => this.fail(error),
      )
      .catch((error: unknown) => this.broke(error))
      .finally(() => {
        this.#message.session.inFlight--;
      });
  }

  fail(error: unknown): void {
    if (this.#answered) {
      this.#late(error);
      return;
    }
    const known = RollcallError.from(error);
    if (known.code === "INTERNAL") {
      this.#options.logger.error({ event: "inbound.failed", ...this.#about(), error }, "a client message failed");
    }
    if (!isDeclared(this.#message.label, known.code)) {
      const fields = { event: "inbound.undeclared", ...this.#about(), code: known.code, error };
      this.#options.logger.error(fields, "an answer that its contract does not declare");
    }
    this.#message.span.fail(known);
    this.#finish(known.code);
    const wire = this.#told(known);
    if (this.#message.ack !== undefined) this.#send({ ok: false, error: wire });
    else if (this.#message.session.live) {
      this.#options.fault(this.#message.session, {
        event: this.#message.shownName,
        ...(this.#message.id === undefined ? {} : { id: this.#message.id }),
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
    const { span, label } = this.#message;
    span.setAttribute(ATTRIBUTES.code, code);
    span.end();
    const ms = this.#options.clock.monotonic() - this.#startedMs;
    this.#options.count(label, code, { ms, trace: span.sampled ? span.traceId : undefined });
  }

  #send(answer: unknown): void {
    if (this.#message.session.socket.connected) this.#message.ack?.(answer);
  }

  #charge(code: ErrorCode): void {
    const { clock, violations, abuse } = this.#options;
    const { session } = this.#message;
    if (!session.live || !VIOLATIONS.has(code)) return;
    const nowMs = clock.monotonic();
    session.violations ??= newBucket(violations, nowMs);
    if (take(session.violations, violations, nowMs) > 0) abuse(this.#message.session);
  }

  /** Answering itself failed: there is nobody left to tell. */
  broke(error: unknown): void {
    this.#options.logger.error({ event: "inbound.broke", ...this.#about(), error }, "an answer failed");
  }

  /** The client has its answer; what fails now is only for the log. */
  #late(error: unknown): void {
    const known = RollcallError.from(error);
    const level = known.code === "INTERNAL" ? "error" : "debug";
    this.#options.logger[level]({ event: "inbound.late", ...this.#about(), error }, "failed after its answer");
  }

  #about() {
    const { session, span, id, label } = this.#message;
    return { name: label, ...whose(session, span, id) };
  }

  #told(error: RollcallError): WireError {
    const wire = error.toWire();
    if (error.code !== "INTERNAL" || !this.#options.traceToClient) return wire;
    return { ...wire, details: { ...wire.details, trace: this.#message.span.traceId } };
  }
}
