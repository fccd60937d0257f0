/** One cell as an edge sees it: its link to presence, what presence tells it, and the logs it follows. */

import type { Subjects } from "@rollcall/contracts";
import { roomRules } from "@rollcall/contracts/internal";
import type { Placement, Subscription } from "@rollcall/fanout";
import type { Clock, Logger, NatsHandle, Random } from "@rollcall/runtime";
import { type ConnectionSource, presenceDoors } from "../bus.ts";
import type { Registry } from "../clients/registry.ts";
import type { EdgeSettings } from "../config.ts";
import type { ContractsInForce } from "../contracts-in-force.ts";
import type { Resync } from "../outbound/resync.ts";
import type { Cell } from "../parts.ts";
import { handleControl } from "./control.ts";
import { factsOf, type Lifecycle } from "./lifecycle.ts";
import { PresenceLink } from "./link.ts";
import type { Mirror } from "./mirror.ts";

export interface CellOptions {
  settings: EdgeSettings;
  /** What presence accepts in an edge's id is less than what an instance may be called. */
  instance: string;
  subjects: Subjects;
  contracts: ContractsInForce;
  placement: Placement;
  nats: ConnectionSource;
  onNats(fn: (nats: NatsHandle) => void): void;
  registry: Registry;
  lifecycle: Lifecycle;
  resync: Resync;
  /** Presence answers again or no longer, or the brake changed. */
  changed(): void;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface EdgeCell extends Cell {
  /** By partition. */
  subscriptions: Subscription[];
  start(): void;
  stop(): Promise<void>;
}

/** How long goodbye to presence may take: its lease ends anyway. */
const GOODBYE_MS = 2_000;
const MAX_LABEL_CHARS = 64;

export function createCell(name: string, options: CellOptions): EdgeCell {
  const { settings, subjects, registry, lifecycle, clock, random, logger } = options;
  const subscriptions: Subscription[] = [];
  let personal: { unsubscribe(): void } | undefined;
  const receive = (text: string) => handleControl({ registry, lifecycle, link, logger }, text);

  const link: PresenceLink = new PresenceLink({
    instance: options.instance.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, MAX_LABEL_CHARS),
    doors: presenceDoors(options.nats, subjects, name, { renewMs: settings.LEASE_RENEW_MS, clock }),
    clock,
    random,
    logger,
    renewMs: settings.LEASE_RENEW_MS,
    digestMs: settings.DIGEST_MS,
    hooks: {
      health: options.changed,
      braked: options.changed,
      renamed(edge) {
        options.onNats(({ nc }) => {
          if (link.edge !== edge) return; // renamed again since
          personal?.unsubscribe();
          personal = subscribe(nc, subjects.edgeControl(edge), receive);
        });
      },
      asserted: () => options.resync.everything("repair"),
      disowned: (ref, reason) => lifecycle.disowned(ref, reason),
      disownedRoom: (ref, room) => lifecycle.memberships.disowned(ref, room),
      reconcile: (mirror) => reconcile(mirror, name, options),
      rulesOf(ref, room) {
        const contract = options.contracts.current.namespaces.get(ref.namespace)?.room(room);
        return contract === undefined ? undefined : roomRules(contract);
      },
    },
  });

  return {
    name,
    link,
    subscriptions,
    readPosition: (partition) => subscriptions[partition]?.position()?.id,
    start() {
      options.onNats(({ nc }) => subscribe(nc, subjects.edgesControl(), receive));
      link.start();
    },
    async stop() {
      await goodbye(link, clock);
      link.stop();
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}

/** Makes the mirror equal to the truth: what is asserted next. */
function reconcile(mirror: Mirror, cell: string, { registry, placement, lifecycle }: CellOptions): void {
  const current = new Set<string>();
  for (const session of registry.all()) {
    if (placement.cellOf(session.ref.tenant) !== cell) continue;
    current.add(session.key);
    mirror.adopt(session.ref, factsOf(session));
    mirror.keepRooms(session.key, (room) => lifecycle.memberships.has(session, room));
  }
  for (const key of [...mirror.keys()]) if (!current.has(key)) mirror.forget(key);
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
