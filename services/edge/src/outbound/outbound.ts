/** Everything between the log and this edge's sockets, put together. */

import {
  createDelivery,
  type Delivery,
  type DeliveryMember,
  type FollowHandlers,
  type ReceivedEntry,
} from "@rollcall/fanout";
import type { Clock, Logger, Metrics, Random } from "@rollcall/runtime";
import type { Registry } from "../clients/registry.ts";
import { type Session, sessionOf } from "../clients/session.ts";
import type { EdgeSettings } from "../config.ts";
import type { ContractsInForce } from "../contracts-in-force.ts";
import type { State } from "../health.ts";
import type { EdgeMetrics } from "../metrics.ts";
import { Accounts } from "./accounts.ts";
import { Coalescer } from "./coalescer.ts";
import { Door } from "./door.ts";
import { AckGate } from "./gate.ts";
import { Pressure } from "./pressure.ts";
import { reachedBy } from "./reached.ts";
import { Resync } from "./resync.ts";
import { Router } from "./router.ts";
import { WatchHub } from "./watch-hub.ts";
import { Whereabouts, withMoves } from "./whereabouts.ts";

export interface OutboundOptions {
  /** How this edge is called in its accounts. */
  instance: string;
  settings: EdgeSettings;
  contracts: ContractsInForce;
  registry: Registry;
  clock: Clock;
  random: Random;
  logger: Logger;
  registryOfMetrics: Metrics;
  metrics: EdgeMetrics;
  /** It reads far too slowly: close it. */
  slow(session: Session): void;
}

export interface Outbound {
  delivery: Delivery;
  door: Door;
  gate: AckGate<Session, ReceivedEntry>;
  hub: WatchHub<Session>;
  resync: Resync;
  accounts: Accounts;
  /** What follows one partition of the log; `readTo` says how far. */
  handlers(readTo: () => string | undefined, health: (state: State) => void): FollowHandlers;
  close(): void;
}

export function createOutbound(options: OutboundOptions): Outbound {
  const { settings, contracts, registry, clock, random, logger, metrics } = options;
  const ofSession = (act: (session: Session) => void) => (member: DeliveryMember) => {
    const session = sessionOf(member.socket);
    if (session !== undefined) act(session);
  };
  const whereabouts = new Whereabouts();
  const written = createDelivery({
    clock,
    logger,
    metrics: options.registryOfMetrics,
    pings: { intervalMs: settings.PING_INTERVAL_MS, timeoutMs: settings.PING_TIMEOUT_MS },
    onPressure: ofSession((session) => pressure.begin(session)),
    onRelief: ofSession((session) => pressure.end(session)),
    onSlow: ofSession(options.slow),
  });
  const delivery = withMoves(written, (member, target, joined) =>
    ofSession(({ ref, userTarget, pressed }) =>
      whereabouts.changed(userTarget, ref.namespace, target, joined, pressed),
    )(member),
  );
  const strict = settings.ROLLCALL_ENV === "development";
  const door = new Door({ contracts, delivery, clock, random, logger, metrics, strict });
  const gate = new AckGate<Session, ReceivedEntry>();
  const hub = new WatchHub<Session>({
    clock,
    windowMs: settings.WATCH_WINDOW_MS,
    send: (session, changes) => door.emit(session, "presence:changed", { changes }),
  });
  const resync = new Resync({ registry, delivery, door, hub, clock });
  const pressure = new Pressure({ delivery, hub, resync });
  const coalescer = new Coalescer({
    clock,
    windowMs: settings.COALESCE_MS,
    deliver: (entry, causes) => router.deliver(entry, causes),
    written: () => delivery.flush(),
  });
  const domainEvent = (namespace: string, event: string) =>
    contracts.current.namespaces.get(namespace)?.events.get(event);
  const isDurable = (namespace: string, event: string) => domainEvent(namespace, event)?.durable !== undefined;
  const accounts = new Accounts(options.instance, reachedBy(registry, whereabouts, isDurable));
  const router: Router = new Router({
    delivery,
    door,
    gate,
    coalescer,
    hub,
    accounts,
    whereabouts,
    clock,
    metrics,
    isDomainEvent: (namespace, event) => domainEvent(namespace, event) !== undefined,
  });

  return {
    delivery,
    door,
    gate,
    hub,
    resync,
    accounts,
    handlers: (readTo, health) => ({
      wants: router.wants,
      entry: router.entry,
      flush: () => router.flush(readTo()),
      peek: () => delivery.peek(),
      gap: () => resync.everything("gap"),
      rewind() {
        for (const { key, member } of gate.rewind()) router.admit(key, member);
        resync.everything("rewind");
      },
      health,
    }),
    close() {
      coalescer.close();
      hub.close();
    },
  };
}
