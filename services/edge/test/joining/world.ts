/**
 * One edge's way from `room:join` to a socket, the real parts of it (join, leave, gate, router, coalescer, lifecycle),
 * between a model of presence and clients that fold. Everything happens in the order a seed gives: what is committed,
 * read, answered and handed out takes its turns one by one.
 */

import {
  compileCapabilities,
  type JoinAck,
  type JoinHave,
  type NamespaceContract,
  roomTarget,
} from "@rollcall/contracts";
import type { LaneData } from "@rollcall/contracts/internal";
import { type Delivery, type DeliveryMember, type ReceivedEntry, v1Placement } from "@rollcall/fanout";
import { type Clock, createLogger, createMetrics, type Random } from "@rollcall/runtime";
import { Registry } from "../../src/clients/registry.ts";
import { Rights } from "../../src/clients/rights.ts";
import { Session } from "../../src/clients/session.ts";
import type { Invocation } from "../../src/inbound/command.ts";
import { roomJoin } from "../../src/inbound/commands/room-join.ts";
import { roomLeave } from "../../src/inbound/commands/room-leave.ts";
import { edgeMetrics } from "../../src/metrics.ts";
import { Accounts } from "../../src/outbound/accounts.ts";
import { Coalescer } from "../../src/outbound/coalescer.ts";
import { Door } from "../../src/outbound/door.ts";
import { AckGate } from "../../src/outbound/gate.ts";
import { Router } from "../../src/outbound/router.ts";
import { WatchHub } from "../../src/outbound/watch-hub.ts";
import { Whereabouts } from "../../src/outbound/whereabouts.ts";
import type { Cell, Parts } from "../../src/parts.ts";
import { Lifecycle } from "../../src/sessions/lifecycle.ts";
import type { OpBody } from "../../src/sessions/ops.ts";
import type { SubmitOptions } from "../../src/sessions/tickets.ts";
import { Reader } from "./reader.ts";
import { NAMESPACE, ROOM, RoomModel, TENANT } from "./room-model.ts";
import { HoldingDelivery, StepClock } from "./stand-ins.ts";

const COALESCE_MS = 50;
/** More than any join is refused in a row. */
const SETTLE_TURNS = 20;
const logger = createLogger({ service: "rollcall-edge", instance: "edge-1", level: "silent" });
const registryOfMetrics = createMetrics();
const metrics = edgeMetrics(registryOfMetrics);
const rights = new Rights({
  capabilities: compileCapabilities({ "room:*": ["join", "publish", "state"] }),
  issuedAtMs: 0,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
});
const span = {
  traceparent: "",
  tracestate: undefined,
  traceId: "",
  sampled: false,
  setAttribute() {},
  fail() {},
  end() {},
};

interface Seat {
  readonly reader: Reader;
  readonly session: Session;
  /** What is sent to it. */
  readonly receive: (packetJson: string) => void;
}

interface Sent {
  readonly body: OpBody;
  readonly options: SubmitOptions;
  readonly resolve: (data: LaneData) => void;
  readonly reject: (error: Error) => void;
}

export class JoiningWorld {
  readonly model = new RoomModel();
  readonly readers: readonly Reader[];
  readonly #random: Random;
  readonly #clock = new StepClock();
  readonly #seats = new Map<DeliveryMember, Seat>();
  readonly #seatOf = new Map<Reader, Seat>();
  readonly #delivery = new HoldingDelivery(roomTarget(TENANT, ROOM), (member) => this.#seats.get(member)?.receive);
  readonly #gate = new AckGate<Session, ReceivedEntry>();
  readonly #router: Router;
  readonly #lifecycle: Lifecycle;
  readonly #parts: Parts;
  readonly #contract: NamespaceContract;
  /** The lane: what waits, and what is left to do of the batch in flight. */
  #waiting: Sent[] = [];
  #batch: (() => void)[] = [];
  /** Of answers to joins, which do not tell it. */
  readonly #positions = new WeakMap<JoinAck, string>();
  /** How many entries of the log were read. */
  #read = 0;

  constructor(contract: NamespaceContract, random: Random, users: readonly string[]) {
    this.#contract = contract;
    this.#random = random;
    this.readers = users.map((user) => new Reader(user, this.model));
    const clock = this.#clock as unknown as Clock;
    const delivery = this.#delivery as unknown as Delivery;
    const gate = this.#gate;
    const registry = new Registry();
    const contracts = { current: { namespaces: new Map([[NAMESPACE, contract]]) } } as unknown as Parts["contracts"];
    const door = new Door({ contracts, delivery, clock, random, logger, metrics, strict: false });
    const hub = new WatchHub<Session>({ clock, windowMs: 100, send() {} });
    const coalescer = new Coalescer({
      clock,
      windowMs: COALESCE_MS,
      deliver: (entry, causes) => this.#router.deliver(entry, causes),
      written: () => delivery.flush(),
    });
    const whereabouts = new Whereabouts();
    const accounts = new Accounts("edge-1", () => undefined);
    const isDomainEvent = () => false;
    this.#router = new Router({
      ...{ delivery, door, gate, coalescer, hub, accounts, whereabouts, clock, metrics, isDomainEvent },
    });
    const link = { health: "live", submit: this.#submit, post: (body: OpBody) => void this.#submit(body) };
    const cell = { name: "c0", link, readPosition: () => this.#position } as unknown as Cell;
    const held = { settle() {}, forget() {}, waitsFor: () => false };
    this.#lifecycle = new Lifecycle({
      ...{ clock, registry, delivery, door, gate, hub, metrics },
      held: held as unknown as ConstructorParameters<typeof Lifecycle>[0]["held"],
      linkOf: () => cell.link,
    });
    const { placement, cellOf } = { placement: v1Placement, cellOf: () => cell };
    this.#parts = {
      ...{ clock, random, logger, metrics, contracts, placement, cellOf, registry, delivery, door, gate, hub },
      lifecycle: this.#lifecycle,
    } as unknown as Parts;
    for (const reader of this.readers) this.#sit(reader);
  }

  /** One of the things that may happen next. */
  step(): void {
    const { model } = this;
    const reader = this.#pick(this.readers);
    const n = this.#random.int(100);
    if (n < 15) model.write(`k${n % 3}`, n % 4 === 0 ? undefined : n);
    else if (n < 25) model.say(n);
    else if (n < 30) model.enter(`guest-${n % 2}`);
    else if (n < 35) model.exit(`guest-${n % 2}`);
    else if (n < 47) this.join(reader);
    else if (n < 54) this.leave(reader);
    else if (n < 57) this.cut(reader);
    else if (n < 75) this.lane();
    else if (n < 92) this.read(1 + this.#random.int(4));
    else this.#clock.advance(1 + this.#random.int(COALESCE_MS));
  }

  join(reader: Reader): void {
    const { answered, refused } = reader.ask();
    const have = this.#random.int(3) > 0 ? reader.have : undefined;
    if (!have) reader.view = undefined;
    const command = roomJoin(this.#parts);
    const invocation = this.#invocation(reader, { room: ROOM, ...(have && { have }) }, (ack: JoinAck) =>
      answered(ack, this.#positions.get(ack)!),
    );
    const again = () => refused() && this.join(reader);
    Promise.resolve(command.run(invocation)).then((ack) => invocation.answer(ack), again);
  }

  leave(reader: Reader): void {
    reader.out();
    void roomLeave(this.#parts).run(this.#invocation(reader, { room: ROOM }, () => {}));
  }

  /** Its transport goes; it is back at once, on another socket. */
  cut(reader: Reader): void {
    reader.out();
    this.#lifecycle.closed(this.#seatOf.get(reader)!.session, "transport");
    this.#sit(reader);
  }

  /** The next step of the batch in flight, or the next batch. */
  lane(): void {
    const next = this.#batch.shift();
    if (next) next();
    else this.#begin();
  }

  /** The log is read; with nothing new, its heartbeat comes. */
  read(most: number): void {
    const entries = this.model.log.slice(this.#read, this.#read + most);
    this.#read += entries.length;
    for (const entry of entries) if (this.#router.wants(entry.namespace, entry.targets)) this.#router.entry(entry);
    this.#router.flush(this.#position);
  }

  /** Nothing new happens, and everything under way comes to its end. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < SETTLE_TURNS; turns++) {
      while (this.#batch.length + this.#waiting.length > 0) this.lane();
      await Promise.resolve(); // a refused join is asked again
    }
    this.read(Number.POSITIVE_INFINITY);
    this.#clock.advance(2 * COALESCE_MS);
    for (const reader of this.readers) reader.settle();
    if (!this.#gate.idle) this.readers[0]!.breaches.push("somebody is held at the gate for ever");
  }

  get #position(): string | undefined {
    return this.#read === 0 ? undefined : `${this.#read}-0`;
  }

  #pick = <T>(list: readonly T[]): T => list[this.#random.int(list.length)]!;

  #submit = (body: OpBody, options: SubmitOptions = {}): Promise<LaneData> =>
    new Promise((resolve, reject) => this.#waiting.push({ body, options, resolve, reject }));

  /** Everything that waits is one batch: committed in order, then read, then answered in order. */
  #begin(): void {
    const batch = this.#waiting.splice(0);
    const reads: (() => void)[] = [];
    const answers: (() => void)[] = [];
    for (const sent of batch) {
      const refused = sent.body.op === "join" && this.#random.int(20) === 0;
      if (refused) {
        answers.push(() => {
          sent.options.refused?.();
          sent.reject(new Error("refused"));
        });
        continue;
      }
      const data = this.#commit(sent.body, reads);
      answers.push(() => {
        const applied = data();
        sent.options.applied?.(applied);
        sent.resolve(applied);
      });
    }
    // Reads are taken in any order.
    while (reads.length > 0) this.#batch.push(...reads.splice(this.#random.int(reads.length), 1));
    this.#batch.push(...answers);
  }

  #commit(body: OpBody, reads: (() => void)[]): () => LaneData {
    if (body.op === "join") {
      this.model.enter(body.ref.user);
      const { position } = this.model;
      const snapshot = this.model.snapshot(body.have as JoinHave | undefined);
      reads.push(...snapshot.reads);
      return () => {
        const ack = snapshot.ack();
        this.#positions.set(ack, position);
        return { op: "join", ack, position };
      };
    }
    if (body.op === "leave") this.model.exit(body.ref.user);
    return () => ({ op: "leave" });
  }

  #invocation<T>(reader: Reader, payload: object, answered: (data: T) => void): Invocation<never> {
    const { session } = this.#seatOf.get(reader)!;
    let open = true;
    return {
      session,
      event: "room",
      payload: payload as never,
      id: undefined,
      span,
      answer(data) {
        if (open && session.live) answered(data as T);
        open = false;
      },
    };
  }

  #sit(reader: Reader): void {
    const socket = { connected: true, conn: { readyState: "closed" }, disconnect() {} };
    const member = { socket } as unknown as DeliveryMember;
    const ref = { tenant: TENANT, namespace: NAMESPACE, user: reader.user, session: `session-of-${reader.user}` };
    const session = new Session({
      ref,
      socket: socket as unknown as Session["socket"],
      member,
      contract: this.#contract,
      cell: "c0",
      rights,
      limits: { payloadBytes: 16_384, rooms: 100, watched: 100, eventsPerSecond: 100 },
      name: undefined,
      client: undefined,
      connectedMs: 0,
      buckets: undefined as unknown as Session["buckets"],
    });
    const seat = { reader, session, receive: (packetJson: string) => session.live && reader.receive(packetJson) };
    this.#seats.set(member, seat);
    this.#seatOf.set(reader, seat);
    this.#lifecycle.claim(session);
    this.#lifecycle.announced(session);
  }
}
