/** One edge: its parts put together, its log followed, its clients let in, and let go again. `main.ts` gives it connections. */

import { type Contracts, subjectsOf } from "@rollcall/contracts";
import type { FanoutLog, FanoutSource, Placement } from "@rollcall/fanout";
import type { Clock, Logger, LoopDelay, Metrics, NatsHandle, Random } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { createBus } from "./bus.ts";
import { Registry } from "./clients/registry.ts";
import type { Session } from "./clients/session.ts";
import type { EdgeSettings } from "./config.ts";
import { ContractsInForce } from "./contracts-in-force.ts";
import { drain, planDrain } from "./drain.ts";
import { disconnectReason } from "./handshake/disconnect-reason.ts";
import type { Tls } from "./handshake/front-door.ts";
import { createGateway } from "./handshake/gateway.ts";
import type { TokenVerifier } from "./handshake/token.ts";
import { Health } from "./health.ts";
import { Allowance } from "./inbound/allowance.ts";
import { commandTable } from "./inbound/commands.ts";
import { Dispatcher } from "./inbound/dispatcher.ts";
import { ACK_TIMEOUT_MS, allowanceRules, violationRule } from "./inbound/rules.ts";
import { answerLoad, askLoad, drainMs, type EdgeLoad } from "./load.ts";
import { edgeMetrics } from "./metrics.ts";
import { answerAccounts } from "./outbound/accounts.ts";
import { createOutbound } from "./outbound/outbound.ts";
import type { Parts } from "./parts.ts";
import { createCell, type EdgeCell } from "./sessions/cell.ts";
import { HeldRooms } from "./sessions/held-rooms.ts";
import { Lifecycle } from "./sessions/lifecycle.ts";

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
  tls?: Tls;
  signal?: AbortSignal;
}

export interface Edge {
  readonly port: number;
  isReady(): boolean;
  /** Lets the clients go, over at most `maxMs`, says goodbye to presence, closes everything. */
  stop(maxMs: number): Promise<void>;
  setCertificate(tls: Tls): void;
  /** Between two events: what is declared from now on, and what no longer is. */
  setContracts(contracts: Contracts): void;
  readonly sessions: number;
  /** What is held for sessions, part by part: for tests of leaks. */
  held(): Readonly<Record<"sessions" | "targets" | "gates" | "watched" | "unjoined" | "mirrored", number>>;
}

/** A first client should not be told that presence is away because it has not been greeted yet. */
const START_PATIENCE_MS = 2_000;
const LOOK_EVERY_MS = 20;

async function patience(clock: Clock, isReached: () => boolean): Promise<void> {
  const untilMs = clock.monotonic() + START_PATIENCE_MS;
  while (!isReached() && clock.monotonic() < untilMs) await clock.sleep(LOOK_EVERY_MS);
}

export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { settings, placement, layout, clock, random, logger, instance, onNats } = options;
  const subjects = subjectsOf(settings.INSTALL);
  const metrics = edgeMetrics(options.metrics);
  const nats = () => options.nats()?.nc;
  const registry = new Registry();
  const contracts = new ContractsInForce(options.contracts);
  const tools = { settings, contracts, registry, clock, random, logger, metrics };
  const outbound = createOutbound({
    ...tools,
    instance,
    registryOfMetrics: options.metrics,
    slow: (session) => lifecycle.drop(session, "slow"),
  });
  const { delivery, door, gate, hub, resync } = outbound;
  const health = new Health((view) => {
    for (const session of registry.all()) if (session.live) door.emit(session, "session:health", view);
  });
  const held = new HeldRooms({
    clock,
    graceMs: settings.GRACE_MS,
    well: () => health.view.presence === "live" && health.view.fanout === "live",
    lost: (session, room) => linkOf(session.ref.tenant).post({ op: "leave", ref: session.ref, room, reason: "lost" }),
  });
  const cellOf = (tenant: string): EdgeCell => cells.get(placement.cellOf(tenant))!;
  const linkOf = (tenant: string) => cellOf(tenant).link;
  const lifecycle: Lifecycle = new Lifecycle({ clock, registry, delivery, door, gate, hub, held, metrics, linkOf });

  const changed = () => {
    const well = [...cells.values()].every(({ link }) => link.health === "live" && !link.brake);
    health.set("presence", well ? "live" : "stale");
    health.set("inbox", options.nats()?.isUp() === true ? "live" : "stale");
  };
  const cellOptions = { ...tools, instance, subjects, placement, nats, onNats, lifecycle, resync, changed };
  const cells = new Map(layout.cells.map((name) => [name, createCell(name, cellOptions)]));

  const parts: Parts = {
    ...tools,
    placement,
    log: options.log,
    bus: createBus(nats, subjects),
    cellOf,
    verifier: options.verifier,
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
    allowance,
    ackTimeoutMs: ACK_TIMEOUT_MS,
    traceToClient: settings.TRACE_TO_CLIENT,
    violations: violationRule(settings),
    command: (session, event) => commands(session.contract, event),
    fault: (session, fault) => door.emit(session, "session:fault", fault),
    abuse: (session) => lifecycle.revoke(session, "abuse"),
    count(event, code, { ms, trace }) {
      metrics.inbound(event, code);
      metrics.ack(event, ms / 1_000, trace);
    },
  });
  let isDraining = false;
  const gateway = createGateway({
    parts,
    edge: instance,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    loopDelayMs: () => options.loopDelay.recentMs(),
    heapUsedBytes: options.heapUsedBytes,
    isDraining: () => isDraining,
    dispatch: (session, packet) => dispatcher.dispatch(session, packet),
    closed: (session, reason, details) =>
      lifecycle.closed(session, session.closing ?? disconnectReason(reason, details)),
  });

  const load = (): EdgeLoad | undefined => {
    const free = settings.MAX_CONNECTIONS - gateway.connections;
    if (isDraining || free <= 0 || health.view.fanout === "stale") return undefined;
    return { edge: instance, free, admissionsPerSecond: settings.ADMISSIONS_PER_SECOND };
  };

  for (const cell of cells.values()) {
    for (let partition = 0; partition < layout.partitions; partition++) {
      const handlers = outbound.handlers(
        () => cell.readPosition(partition),
        (state) => health.set("fanout", state),
      );
      const at = { cell: cell.name, partition };
      cell.subscriptions[partition] = await options.source.follow(at, "now", handlers, options.signal);
    }
    cell.start();
  }
  onNats((handle) => {
    answerAccounts(handle, subjects.delivery(), outbound.accounts);
    answerLoad(handle, subjects.edgesLoad(), load);
    handle.onUp(changed);
    handle.onDown(changed);
    changed();
  });
  lifecycle.start();
  await patience(clock, () => health.view.presence === "live");
  await gateway.listen(settings.PORT, settings.HOST);
  logger.info({ event: "edge.listening", port: gateway.port }, "listening");

  const everythingHeld = () => ({
    sessions: registry.size,
    targets: delivery.targets,
    gates: gate.size,
    watched: hub.size,
    unjoined: held.size,
    mirrored: [...cells.values()].reduce((sum, { link }) => sum + link.mirror.size, 0),
  });
  const heldGauge = options.metrics.gauge(METRICS.edgeHeld);
  options.metrics.onScrape(() => {
    for (const [part, count] of Object.entries(everythingHeld())) heldGauge.set({ part }, count);
  });

  return {
    get port() {
      return gateway.port;
    },
    get sessions() {
      return registry.size;
    },
    held: everythingHeld,
    isReady: () => health.view.fanout === "live",
    setCertificate: gateway.setCertificate,
    setContracts(next) {
      contracts.swap(next);
      gateway.declare();
      for (const session of registry.all()) lifecycle.declaredAnew(session, next.namespaces.get(session.ref.namespace));
    },
    async stop(maxMs) {
      isDraining = true;
      const handle = options.nats();
      const asks = registry.size > 0 && handle?.isUp() === true;
      const others = asks ? await askLoad(handle, subjects.edgesLoad(), clock, settings.NATS_INBOX_PREFIX) : [];
      const overMs = drainMs(registry.size, others, maxMs);
      logger.info({ event: "edge.draining", sessions: registry.size, overMs, edges: others.length }, "draining");
      const plan = planDrain([...registry.all()], overMs, () => random.float());
      const steps = {
        tell: (session: Session, reconnectInMs: number) => door.emit(session, "server:drain", { reconnectInMs }),
        close: (session: Session) => lifecycle.drop(session, "drain"),
      };
      await drain(plan, steps, clock);
      for (const session of registry.all()) lifecycle.drop(session, "shutdown"); // came to its session meanwhile
      await gateway.close();
      await Promise.all([...cells.values()].map((cell) => cell.stop()));
      lifecycle.stop();
      allowance.close();
      outbound.close();
    },
  };
}
