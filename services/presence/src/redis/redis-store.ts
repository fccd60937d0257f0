/** The store in Redis: thin. Rules live in `lua/`; here are the calls, and what replies mean. */

import { type ErrorCode, type Meta, RollcallError } from "@rollcall/contracts";
import type { LaneOp, LeaseData, PublishData, PublishRequest, RoomRules, RuledOp } from "@rollcall/contracts/internal";
import type {
  LaneOutcome,
  Outbox,
  PresenceStore,
  RoomName,
  SessionRevocation,
  SweepAsk,
  SweepReport,
} from "../store.ts";
import { CellScripts, type CellScriptsOptions } from "./cell-scripts.ts";
import { leaseData, outboxEntry } from "./decode.ts";
import { applyLane } from "./lane-calls.ts";
import { patchArgs, refusal, rulesArgs } from "./ops.ts";
import { RedisReads } from "./redis-reads.ts";

export class RedisStore extends RedisReads implements PresenceStore {
  constructor(options: CellScriptsOptions) {
    super(new CellScripts(options));
  }

  /** The next epoch will be greater than this one: seen by others before this process began. */
  sawEpoch(epoch: string): void {
    this.scripts.saw(epoch);
  }

  async hello(edge: string): Promise<LeaseData> {
    return leaseData(await this.scripts.call("hello", [edge]));
  }

  async lease(edge: string): Promise<LeaseData> {
    return leaseData(await this.scripts.call("lease", [edge]));
  }

  lane(
    edge: string,
    ops: readonly LaneOp[],
    refused: ReadonlyMap<number, ErrorCode> = new Map(),
  ): Promise<LaneOutcome> {
    return applyLane(this.scripts, edge, ops, refused);
  }

  async sweep({ well, brake = "", traceparent = "" }: SweepAsk): Promise<SweepReport> {
    const reply = await this.scripts.call("sweep", [well ? "1" : "", brake, traceparent]);
    const [, , , more, fenced, lost, ended, traced, edges, told] = reply;
    return {
      ...this.scripts.stamp(reply),
      more: more === "1",
      fenced: Number(fenced),
      lost: Number(lost),
      ended: Number(ended),
      told: Number(told),
      edges: Number(edges),
      traced: (traced as [string, string][]).map(([connect, reason]) => ({ connect, reason })),
    };
  }

  async patch(
    { tenant, namespace, room }: RoomName,
    patch: { rules: RoomRules; ops: readonly RuledOp[]; id: string | undefined; traceparent: string | undefined },
  ): Promise<{ epoch: string; version: number }> {
    const { rules, ops, id = "", traceparent = "" } = patch;
    const args = [tenant, namespace, room, ...rulesArgs(rules), id, traceparent, ...patchArgs(ops)];
    const [, , , result] = await this.scripts.call("room-patch", args);
    const [epoch, version, ...rest] = result as unknown[];
    if (epoch !== "err") return { epoch: String(epoch), version: Number(version) };
    const { code, message, details } = refusal([version, ...rest]);
    throw new RollcallError(code, {
      ...(message === "" ? {} : { message }),
      ...(details === undefined ? {} : { details }),
    });
  }

  /** A backend's event into its room's history and the log, once per `id`. Its room is opened when nobody is there. */
  async publishEvent(request: PublishRequest, traceparent = ""): Promise<PublishData> {
    const { tenant, namespace, room, rules, event, id, dataJson, metaJson } = request;
    const { ts } = JSON.parse(metaJson) as Meta;
    const size = rules.history?.size ?? 0;
    const args = [tenant, namespace, room, ...rulesArgs(rules), size, event, id, dataJson, metaJson, ts, traceparent];
    const [, , , answer] = await this.scripts.call("room-publish", args);
    const [seq, firstId, firstTs] = answer as string[];
    return { id: String(firstId), ts: String(firstTs), seq: Number(seq) };
  }

  async revoke(revocation: SessionRevocation): Promise<number> {
    const { tenant, user, session = "", namespace = "", room = "", issuedBeforeMs = "", traceparent = "" } = revocation;
    const reply = await this.scripts.call("revoke", [
      tenant,
      user,
      session,
      namespace,
      room,
      issuedBeforeMs,
      traceparent,
    ]);
    return Number(reply[3]);
  }

  get outbox(): Outbox {
    return {
      isEmpty: () => this.scripts.outboxIsEmpty(),
      take: async (relay, { claimMs, count }) => {
        const reply = await this.scripts.call("relay-take", [relay, claimMs, count]);
        this.scripts.stamp(reply);
        const [, , , mine, dropped, now, waiting, oldest, entries] = reply;
        const ageMs = oldest === "" ? 0 : Math.max(0, Number(now) - Number(oldest));
        return {
          mine: mine === "1",
          standing: { waiting: Number(waiting), ageMs, dropped: Number(dropped) },
          entries: (entries as [string, string[]][]).map(([place, fields]) => outboxEntry(place, fields)),
        };
      },
      done: async (places) => {
        await this.scripts.call("relay-done", places);
      },
      yield: async (relay) => {
        await this.scripts.call("relay-yield", [relay]);
      },
    };
  }
}
