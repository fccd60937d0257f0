/** One edge: its parts put together, its log followed, its clients let in, and let go again. `main.ts` gives it connections. */

import { type Contracts, subjectsOf } from "@rollcall/contracts";
import {
  createDelivery,
  type DeliveryMember,
  type FanoutLog,
  type FanoutSource,
  type Placement,
  type ReceivedEntry,
  type Subscription,
} from "@rollcall/fanout";
import type { Clock, Logger, LoopDelay, Metrics, NatsHandle, Random } from "@rollcall/runtime";
import { createBus, presenceDoors } from "./bus.ts";
import type { EdgeSettings } from "./config.ts";
import { drain, planDrain } from "./drain.ts";
import { disconnectReason } from "./handshake/disconnect-reason.ts";
import { createGateway } from "./handshake/gateway.ts";
import type { TokenVerifier } from "./handshake/token.ts";
import { Health } from "./health.ts";
import { Allowance } from "./inbound/allowance.ts";
import { commandTable } from "./inbound/commands.ts";
import { Dispatcher } from "./inbound/dispatcher.ts";
import { roomRules } from "./inbound/room-rules.ts";
import { ACK_TIMEOUT_MS, allowanceRules, violationRule } from "./inbound/rules.ts";
import { edgeMetrics } from "./metrics.ts";
import { Coalescer } from "./outbound/coalescer.ts";
import { Door } from "./outbound/door.ts";
import { AckGate } from "./outbound/gate.ts";
import { Pressure } from "./outbound/pressure.ts";
import { Resync } from "./outbound/resync.ts";
import { Router } from "./outbound/router.ts";
import { WatchHub } from "./outbound/watch-hub.ts";
import type { Cell, Parts } from "./parts.ts";
import { handleControl } from "./sessions/control.ts";
import { HeldRooms } from "./sessions/held-rooms.ts";
import { factsOf, Lifecycle } from "./sessions/lifecycle.ts";
import { PresenceLink } from "./sessions/link.ts";
import { Registry } from "./sessions/registry.ts";
import { type Session, sessionOf } from "./sessions/session.ts";

/** Version 1: one cell, one partition. Nothing below depends on it but the length of these lists. */
export interface Layout {
  cells: readonly string[];
  partitions: number;
}

export interface EdgeOptions {
  settings: EdgeSettings;
  instance: string;
  contracts: Contracts;
  verifier: TokenVerifier;
  placement: Placement;
  layout: Layout;
  log: FanoutLog;
  source: FanoutSource;
  /** The NATS connection, once there is one. */
  nats(): NatsHandle | undefined;
  /** Calls back with the connection, now or when there is one. */
  onNats(fn: (nats: NatsHandle) => void): void;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  loopDelay: Pick<LoopDelay, "recentMs">;
  heapUsedBytes(): number;
  tls?: { cert: Buffer; key: Buffer };
  signal?: AbortSignal;
}

export interface Edge {
  readonly port: number;
  isReady(): boolean;
  /** Lets the clients go over `drainMs`, says goodbye to presence, closes everything. */
  stop(drainMs: number): Promise<void>;
  setCertificate(tls: { cert: Buffer; key: Buffer }): void;
  readonly sessions: number;
  /** What is held for sessions, part by part: for tests of leaks. */
  held(): Readonly<Record<"sessions" | "targets" | "gates" | "watched" | "mirrored", number>>;
}

/** How long goodbye to presence may take: its lease ends anyway. */
const GOODBYE_MS = 2_000;

export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { settings, contracts, placement, layout, clock, random, logger } = options;
  const subjects = subjectsOf(settings.INSTALL);
  const metrics = edgeMetrics(options.metrics);
  const nc = () => options.nats()?.nc;
  const registry = new Registry();
  const gate = new AckGate<Session, ReceivedEntry>();
  const delivery = createDelivery({
    clock,
    logger,
    metrics: options.metrics,
    onPressure: (member) => withSession(member, (session) => pressure.begin(session)),
    onRelief: (member) => withSession(member, (session) => pressure.end(session)),
    onSlow: (member) => withSession(member, (session) => lifecycle.drop(session, "slow")),
  });
  const withSession = (member: DeliveryMember, fn: (session: Session) => void) => {
    const session = sessionOf(member.socket);
    if (session !== undefined) fn(session);
  };
  const door = new Door({
    contracts,
    delivery,
    clock,
    random,
    logger,
    metrics,
    strict: settings.ROLLCALL_ENV === "development",
  });
  const hub = new WatchHub<Session>({
    clock,
    windowMs: settings.WATCH_WINDOW_MS,
    send: (session, changes) => door.emit(session, "presence:changed", { changes }),
  });
  const resync = new Resync({ registry, delivery, door, hub, clock, random });
  const pressure = new Pressure({ delivery, hub, resync });
  const coalescer = new Coalescer({
    clock,
    windowMs: settings.COALESCE_MS,
    deliver: (entry, causes) => router.deliver(entry, causes),
  });
  const router: Router = new Router({
    delivery,
    door,
    gate,
    coalescer,
    hub,
    clock,
    metrics,
    isDomainEvent: (namespace, event) => contracts.namespaces.get(namespace)?.events.has(event) ?? false,
  });
  const health = new Health((view) => {
    for (const session of registry.all()) if (session.live) door.emit(session, "session:health", view);
  });
  const held = new HeldRooms({
    clock,
    graceMs: settings.GRACE_MS,
    well: () => health.view.presence === "live" && health.view.fanout === "live",
    lost: (session, room) => linkOf(session.ref.tenant).post({ op: "leave", ref: session.ref, room, reason: "lost" }),
  });
  const linkOf = (tenant: string) => cellOf(tenant).link;
  const lifecycle: Lifecycle = new Lifecycle({ clock, registry, delivery, door, gate, hub, held, metrics, linkOf });

  const cells = new Map(layout.cells.map((name) => [name, makeCell(name)]));
  const cellOf = (tenant: string): Cell => cells.get(placement.cellOf(tenant))!;

  function makeCell(name: string) {
    const subscriptions: Subscription[] = [];
    const control = controlOf(name);
    const link: PresenceLink = new PresenceLink({
      instance: `${options.instance.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, 64)}`,
      doors: presenceDoors(nc, subjects, name, settings.LEASE_RENEW_MS),
      clock,
      random,
      logger,
      renewMs: settings.LEASE_RENEW_MS,
      digestMs: settings.DIGEST_MS,
      hooks: {
        health: () => noteHealth(),
        renamed: (edge) => control.listen(edge),
        asserted: () => resync.everything("repair"),
        braked: () => noteHealth(),
        replaced: (ref) => lifecycle.replaced(ref, Number.POSITIVE_INFINITY),
        reconcile: (mirror) => {
          const current = new Set<string>();
          for (const session of registry.all()) {
            if (placement.cellOf(session.ref.tenant) !== name) continue;
            current.add(session.key);
            mirror.adopt(session.ref, factsOf(session));
          }
          for (const key of [...mirror.keys()]) if (!current.has(key)) mirror.forget(key);
        },
        rulesOf: (ref, room) => {
          const contract = contracts.namespaces.get(ref.namespace)?.room(room);
          return contract === undefined ? undefined : roomRules(contract);
        },
      },
    });
    return {
      name,
      link,
      subscriptions,
      control,
      readPosition: (partition: number) => subscriptions[partition]?.position()?.id,
    };
  }

  function controlOf(cell: string) {
    let current: { unsubscribe(): void } | undefined;
    const receive = (text: string) => handleControl({ registry, lifecycle, link: cells.get(cell)!.link, logger }, text);
    return {
      receive,
      listen(edge: string) {
        options.onNats(({ nc: connection }) => {
          if (cells.get(cell)?.link.edge !== edge && cells.has(cell)) return; // renamed again since
          current?.unsubscribe();
          current = subscribe(connection, subjects.edgeControl(edge), receive);
        });
      },
    };
  }

  function noteHealth(): void {
    const well = [...cells.values()].every(({ link }) => link.health === "live" && !link.brake);
    health.set("presence", well ? "live" : "stale");
    health.set("inbox", options.nats()?.isUp() === true ? "live" : "stale");
  }

  const parts: Parts = {
    settings,
    clock,
    random,
    logger,
    metrics,
    contracts,
    placement,
    log: options.log,
    bus: createBus(nc, subjects),
    cellOf,
    verifier: options.verifier,
    registry,
    lifecycle,
    delivery,
    door,
    gate,
    hub,
    health,
  };
  const commands = commandTable(parts);
  const allowance = new Allowance(allowanceRules(settings), clock);
  const dispatcher = new Dispatcher({
    clock,
    logger,
    maxPayloadBytes: settings.MAX_PAYLOAD_BYTES,
    allowance,
    ackTimeoutMs: ACK_TIMEOUT_MS,
    violations: violationRule(settings),
    command: (session, event) => commands(session.contract, event),
    fault: (session, fault) => door.emit(session, "session:fault", fault),
    abuse: (session) => lifecycle.revoke(session, "abuse"),
    count: (event, code) => metrics.inbound(event, code),
  });

  let isDraining = false;
  const gateway = createGateway({
    parts,
    edge: options.instance,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    loopDelayMs: () => options.loopDelay.recentMs(),
    heapUsedBytes: options.heapUsedBytes,
    isDraining: () => isDraining,
    dispatch: (session, packet) => dispatcher.dispatch(session, packet),
    closed: (session, reason, details) =>
      lifecycle.closed(session, session.closing ?? disconnectReason(reason, details)),
  });

  for (const cell of cells.values()) {
    for (let partition = 0; partition < layout.partitions; partition++) {
      const readTo = () => cell.subscriptions[partition]?.position()?.id;
      const lost = (reason: "gap" | "rewind") => {
        if (reason === "rewind") for (const { key, member } of gate.rewind()) router.admit(key, member);
        resync.everything(reason);
      };
      cell.subscriptions[partition] = await options.source.follow(
        { cell: cell.name, partition },
        "now",
        {
          wants: router.wants,
          entry: router.entry,
          flush: () => router.flush(readTo()),
          peek: () => delivery.peek(),
          gap: () => lost("gap"),
          rewind: () => lost("rewind"),
          health: (state) => health.set("fanout", state),
        },
        options.signal,
      );
    }
    cell.link.start();
  }
  options.onNats(({ nc: connection, onUp, onDown }) => {
    for (const cell of cells.values()) subscribe(connection, subjects.edgesControl(), cell.control.receive);
    onUp(noteHealth);
    onDown(noteHealth);
    noteHealth();
  });
  lifecycle.start();
  await gateway.listen(settings.PORT, settings.HOST);
  logger.info({ event: "edge.listening", port: gateway.port }, "listening");

  return {
    get port() {
      return gateway.port;
    },
    get sessions() {
      return registry.size;
    },
    held: () => ({
      sessions: registry.size,
      targets: delivery.targets,
      gates: gate.size,
      watched: hub.size,
      mirrored: [...cells.values()].reduce((sum, { link }) => sum + link.mirror.size, 0),
    }),
    isReady: () => health.view.fanout === "live",
    setCertificate: gateway.setCertificate,
    async stop(drainMs) {
      isDraining = true;
      const plan = planDrain([...registry.all()], drainMs, () => random.float());
      await drain(
        plan,
        {
          tell: (session, reconnectInMs) => door.emit(session, "server:drain", { reconnectInMs }),
          close: (session) => lifecycle.drop(session, "drain"),
        },
        clock,
      );
      gateway.stopListening();
      await gateway.close();
      await Promise.all([...cells.values()].map(({ link }) => goodbye(link, clock)));
      for (const { link, subscriptions } of cells.values()) {
        link.stop();
        await Promise.all(subscriptions.map((subscription) => subscription.close()));
      }
      lifecycle.stop();
      allowance.close();
      coalescer.close();
      hub.close();
    },
  };
}

/** Everything is closed in order before it; when presence does not answer, the lease tells the same a little later. */
async function goodbye(link: PresenceLink, clock: Clock): Promise<void> {
  if (link.health === "stale") return;
  const waited = new AbortController();
  await Promise.race([
    link.submit({ op: "bye" }).catch(() => undefined),
    clock.sleep(GOODBYE_MS, waited.signal).catch(() => undefined),
  ]);
  waited.abort();
}

function subscribe(nc: NatsHandle["nc"], subject: string, receive: (text: string) => void) {
  return nc.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) receive(message.string());
    },
  });
}
