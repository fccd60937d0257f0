/** `delivery.get`: what became of one event, gathered from everybody who knows something of it. */

import type { NatsConnection } from "@nats-io/nats-core";
import { type Contracts, RollcallError, type Subjects } from "@rollcall/contracts";
import type { DeliveryAccount, DeliveryQuery, IntakeAccount, Missed } from "@rollcall/contracts/internal";
import { request } from "@rollcall/runtime";
import { parseTraceparent } from "@rollcall/telemetry";
import type { Archive } from "../dead-letter/archive.ts";
import { askAll } from "../explain/ask-all.ts";
import type { InboxStore } from "../inbox/inbox-store.ts";
import type { EventRecord } from "../inbox/inbox-types.ts";
import { isoTime } from "../routing/packet.ts";
import { checked } from "./checked.ts";

export interface DeliveryHandlerOptions {
  contracts: Contracts;
  nc: NatsConnection;
  subjects: Subjects;
  store: InboxStore;
  archive: Archive;
}

export interface DeliveryStep {
  step: "intake" | "edge" | "dead_letter";
  at: string;
  [fact: string]: unknown;
}

export interface DeliveryAnswer {
  id: string;
  event: string;
  trace?: string;
  steps: DeliveryStep[];
  recipients: { user: string; state: string; reason?: string; at: string; attempts?: number; seq?: number }[];
}

/** Cause before effect: the clocks of several processes wrote the times. */
const RANK = { intake: 0, dead_letter: 1, edge: 2 } as const;
const GATHER_MS = 300;
const PRESENCE_TIMEOUT_MS = 2_000;
const MAX_ACCOUNTS = 1_000;

export function createDeliveryHandler(options: DeliveryHandlerOptions) {
  const { contracts, nc, subjects, store, archive } = options;

  return async (tenant: string, body: unknown): Promise<DeliveryAnswer> => {
    const { id, user } = checked("delivery.get", body);
    const asked = user === undefined ? { tenant } : { tenant, user };
    const kept = await store.midsOf(tenant, id);
    let known = await ask({ ...asked, id });
    // Whoever has just received it may ask before it is accounted for.
    if (known.length === 0 && kept.length === 0) known = await ask({ ...asked, id });
    const intake = known.flatMap((account) => (account.from === "notifier" ? account.accounts : []));
    // Edges know an event by the id that clients see.
    const mids = new Set([id, ...intake.flatMap(({ mid }) => mid ?? []), ...kept]);
    const edges = (
      await Promise.all([...mids].filter((mid) => mid !== id).map((mid) => ask({ ...asked, id: mid })))
    ).flat();
    const records = await recordsOf(tenant, mids);
    const letters = records.length > 0 || intake.some(({ mid }) => mid) ? [] : await archive.ofEvent(tenant, id);
    const first = records[0];
    const event = first?.event ?? intake.find((account) => account.event)?.event ?? letters.at(-1)?.event;
    const addressed = user !== undefined && first !== undefined ? isRecipient(records, user) : undefined;
    const steps: DeliveryStep[] = [
      ...intake.map(({ at, ...facts }) => ({ step: "intake" as const, at, ...facts })),
      ...letters.map(({ at, id: letter, reason, detail, subject, sequence }) => {
        return { step: "dead_letter" as const, at, letter, reason, detail, subject, sequence };
      }),
      ...[...known, ...edges].flatMap((account) => (account.from === "edge" ? [edgeStep(account, addressed)] : [])),
    ];
    if (event === undefined && steps.length === 0) {
      throw new RollcallError("EVENT_UNKNOWN", {
        message:
          "nothing is known of an event with this id: no notifier has taken it in, though its stream may hold it, it was too long ago, or a client sent it (relays and commands are not kept here)",
      });
    }
    const trace =
      parseTraceparent(first?.info.traceparent)?.traceId ??
      intake.find((account) => account.trace)?.trace ??
      letters.at(-1)?.trace;
    return {
      id,
      event: event ?? "other",
      ...(trace === undefined ? {} : { trace }),
      steps: steps.sort((a, b) => RANK[a.step] - RANK[b.step] || (a.at < b.at ? -1 : 1)),
      recipients:
        user === undefined
          ? records.flatMap((record) => recipientsOf(record))
          : await recipientOf({ tenant, user }, records, intake, [...known, ...edges]),
    };
  };

  /** One recipient: the ledger's word, else what the edges say of a message that was not kept for anybody. */
  async function recipientOf(
    owner: { tenant: string; user: string },
    records: readonly EventRecord[],
    intake: readonly IntakeAccount[],
    accounts: readonly DeliveryAccount[],
  ): Promise<DeliveryAnswer["recipients"]> {
    const { user } = owner;
    const [record] = records;
    const kept = records.flatMap((one) => recipientsOf(one, user));
    if (kept.length > 0) return kept;
    if (record !== undefined) return [{ user, state: "missed", reason: "not_addressed", at: record.info.ts }];
    const emitted = intake.find(({ outcome }) => outcome === "emitted");
    const edges = accounts.flatMap((account) => (account.from === "edge" ? [account] : []));
    const at = emitted?.at ?? edges[0]?.at;
    if (at === undefined) return [];
    const said = edges.flatMap(({ ofUser }) => ofUser ?? []);
    if (said.some(({ sockets }) => sockets > 0)) return [{ user, state: "delivered", at }];
    const reasons = said.flatMap(({ missed }) => missed ?? []);
    const reason =
      (["not_addressed", "slow", "not_a_member"] as const).find((one) => reasons.includes(one)) ??
      (await whereWas(owner, emitted));
    return [{ user, state: "missed", reason, at }];
  }

  /** An edge without anybody who was meant did not look at the message: presence knows who was connected. */
  async function whereWas(
    { tenant, user }: { tenant: string; user: string },
    emitted?: IntakeAccount,
  ): Promise<Missed | "unknown"> {
    if (emitted?.room === undefined) return "offline";
    const door = subjects.request(tenant, "presence.sessions");
    let sessions: { namespace: string; since: string }[];
    try {
      ({ sessions } = await request<{ sessions: typeof sessions }>(
        nc,
        door,
        { user },
        { timeoutMs: PRESENCE_TIMEOUT_MS },
      ));
    } catch {
      return "unknown"; // presence is away: the rest of the answer is worth having
    }
    const wasThere = sessions.some(({ namespace, since }) => namespace === emitted.namespace && since <= emitted.at);
    return wasThere ? "not_a_member" : "offline";
  }

  function ask(query: DeliveryQuery): Promise<DeliveryAccount[]> {
    return askAll<DeliveryAccount>(nc, subjects.delivery(), query, { forMs: GATHER_MS, maxAnswers: MAX_ACCOUNTS });
  }

  async function recordsOf(tenant: string, mids: ReadonlySet<string>): Promise<EventRecord[]> {
    const asked = [...mids].flatMap((mid) =>
      [...contracts.namespaces.keys()].map((namespace) => store.event(tenant, namespace, mid)),
    );
    return (await Promise.all(asked)).filter((record) => record !== undefined);
  }
}

const isRecipient = (records: readonly EventRecord[], user: string) =>
  records.some(({ recipients }) => recipients.some((recipient) => recipient.user === user));

/** `addressed`: the ledger's word, where it has one. An edge knows only whom it read something for. */
function edgeStep(
  { at, edge, position, sockets, ofUser }: DeliveryAccount & { from: "edge" },
  addressed: boolean | undefined,
): DeliveryStep {
  const told = { step: "edge" as const, at, edge, position, sockets };
  if (ofUser === undefined) return told;
  if (addressed === false) return { ...told, ofUser: { sockets: 0, missed: "not_addressed" } };
  // Here, and still nothing for it in the log: `recipients` tells what became of it instead.
  const isKeptBack = addressed === true && ofUser.missed === "not_addressed";
  return { ...told, ofUser: isKeptBack ? { sockets: 0 } : ofUser };
}

function recipientsOf(record: EventRecord, only?: string): DeliveryAnswer["recipients"] {
  return record.recipients
    .filter(({ user }) => only === undefined || user === only)
    .map(({ user, state, reason, atMs, attempts, seq }) => ({
      user,
      state,
      at: isoTime(atMs),
      ...(reason === "" ? {} : { reason }),
      ...(attempts === 0 ? {} : { attempts }),
      ...(seq === 0 ? {} : { seq }),
    }));
}
