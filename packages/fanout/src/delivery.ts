/**
 * From an entry of the log to the sockets of this edge: who is meant (`members.ts`), encoded once (`frame.ts`), written
 * once per connection and flush (`lanes.ts`).
 */

import type { Clock, Logger, Metrics } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import type { Socket } from "socket.io";
import { frameOf, PING_FRAME } from "./frame.ts";
import { awaitPong, closeForPing, type EngineConnection, isPongAwaited, takePings } from "./internals.ts";
import type { Lane } from "./lane.ts";
import { DEFAULT_LANE_LIMITS, type LaneLimits } from "./lane-limits.ts";
import { Lanes } from "./lanes.ts";
import { Member, Members } from "./members.ts";
import { type PingBounds, PingWheel } from "./pings.ts";

/** With more connections waiting than this, one more read is worth its round trip. */
const PEEK_LANES = 128;

export interface DeliveryOptions {
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Default {@link DEFAULT_LANE_LIMITS}. */
  limits?: Partial<LaneLimits>;
  /**
   * Takes websocket connections off engine.io's two timers each and onto one wheel. Must be the server's own
   * `pingInterval` and `pingTimeout`, which clients are told. Default: engine.io pings.
   */
  pings?: PingBounds;
  /** The connection holds more than the soft limit: send less, merge more. */
  onPressure?(member: Member): void;
  /** It holds less than half of the soft limit again. */
  onRelief?(member: Member): void;
  /** It held more than the hard limit: it gets nothing more, close it. */
  onSlow?(member: Member): void;
}

export interface DeliverOptions {
  namespace: string;
  event: string;
  volatile?: boolean;
}

export interface Delivery {
  /** One member per socket; call it before the socket can be meant by anything. */
  attach(socket: Socket): Member;
  /** Leaves all targets, forgets what waits. Idempotent. */
  detach(member: Member): void;
  /** Is any member left on its connection? */
  isServed(member: Member): boolean;
  /** Takes effect for what is delivered from now on. True when it changed something. */
  join(member: Member, target: string): boolean;
  leave(member: Member, target: string): boolean;
  /** Has anyone here one of these targets? For {@link FollowHandlers.wants}. */
  has(namespace: string, targets: readonly string[]): boolean;
  /** `packetJson` is `[event,payload,meta]`. Written by the next `flush`. */
  deliver(
    targets: readonly string[],
    except: readonly string[],
    packetJson: string,
    options: DeliverOptions,
  ): { recipients: number };
  /** To one member, in order with `deliver` and with what the socket emits itself. Written in the next turn. */
  send(member: Member, packetJson: string): void;
  flush(): void;
  /** So many connections wait that one more read should come first. For {@link FollowHandlers.peek}. */
  peek(): boolean;
  /** The last flush is not over yet. For {@link FollowHandlers.busy}. */
  busy(): boolean;
  /** Targets with members: for leak tests. */
  readonly targets: number;
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { clock, logger, metrics } = options;
  const deliveries = metrics.counter(METRICS.edgeDeliveries);
  const drops = metrics.counter(METRICS.edgeDrops);
  const fallbacks = metrics.counter(METRICS.fanoutFallbacks);
  const members = new Members();
  /** Those on each connection: one per namespace. */
  const aboard = new Map<Lane, Member[]>();
  const tell = (fn: ((member: Member) => void) | undefined) => (lane: Lane) => {
    if (fn !== undefined) for (const member of [...(aboard.get(lane) ?? [])]) fn(member);
  };
  const lanes = new Lanes(
    clock,
    { ...DEFAULT_LANE_LIMITS, ...options.limits },
    {
      pressure: tell(options.onPressure),
      relief: tell(options.onRelief),
      slow: tell(options.onSlow),
      dropped: (reason, frames) => drops.inc({ reason }, frames),
    },
  );
  const wheel =
    options.pings &&
    new PingWheel<Lane>(clock, options.pings, {
      ping(seat) {
        awaitPong(seat.connection.conn, seat);
        lanes.append(seat.connection, PING_FRAME);
      },
      isAwaited: ({ connection }) => isPongAwaited(connection.conn),
      lost: ({ connection }) => closeForPing(connection.conn),
      flush: () => lanes.flush(),
    });
  let hasWarned = false;
  metrics.onScrape(() => metrics.gauge(METRICS.edgeWriteBufferBytes).set(lanes.bufferedBytes()));

  return {
    attach(socket) {
      const lane = lanes.open(socket.conn as unknown as EngineConnection);
      if (lane.ports === undefined) {
        fallbacks.inc();
        if (!hasWarned) logger.warn({ event: "fanout.fallback" }, "a connection has an unknown shape: stock writes");
        hasWarned = true;
      } else if (wheel !== undefined && !aboard.has(lane) && takePings(lane.conn)) {
        lane.seat = wheel.add(lane);
      }
      const member = new Member(socket, lane);
      const others = aboard.get(lane);
      if (others === undefined) aboard.set(lane, [member]);
      else others.push(member);
      return member;
    },
    detach(member) {
      const { lane } = member;
      const those = aboard.get(lane) ?? [];
      const at = those.indexOf(member);
      if (at < 0) return;
      those.splice(at, 1);
      members.leaveAll(member);
      if (those.length > 0) return;
      aboard.delete(lane);
      if (lane.seat !== undefined) wheel?.remove(lane.seat);
      lanes.close(lane);
    },
    isServed: (member) => aboard.has(member.lane),
    join: (member, target) => aboard.get(member.lane)?.includes(member) === true && members.join(member, target),
    leave: (member, target) => members.leave(member, target),
    has: (namespace, targets) => members.has(namespace, targets),
    deliver(targets, except, packetJson, { namespace, event, volatile = false }) {
      if (!members.has(namespace, targets)) return { recipients: 0 };
      const frame = frameOf(namespace, packetJson);
      const key = volatile ? `${event}\n${targets.join(" ")}\n${except.join(" ")}` : "";
      const recipients = members.each(
        namespace,
        targets,
        except,
        volatile ? ({ lane }) => lanes.appendVolatile(lane, frame, key) : ({ lane }) => lanes.append(lane, frame),
      );
      if (recipients > 0) deliveries.inc({ event }, recipients);
      return { recipients };
    },
    send(member, packetJson) {
      lanes.append(member.lane, frameOf(member.namespace, packetJson));
      lanes.flushSoon();
    },
    flush: () => lanes.flush(),
    peek: () => lanes.dirty > PEEK_LANES,
    busy: () => lanes.isFlushing,
    get targets() {
      return members.size;
    },
  };
}
