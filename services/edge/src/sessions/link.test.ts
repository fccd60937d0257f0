import { RollcallError } from "@rollcall/contracts";
import type {
  LaneData,
  LaneOp,
  LaneReplyData,
  LaneRequest,
  LaneResult,
  LeaseData,
  SessionRef,
} from "@rollcall/contracts/internal";
import { createLogger, ManualClock, seededRandom } from "@rollcall/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { PresenceLink } from "./link.ts";

const ref: SessionRef = { tenant: "main", namespace: "/", user: "ann", session: "session-of-ann-1" };
const join = { op: "join", ref, room: "doc:1", rules: { retainMs: 0 }, observe: false } as const;

/** A presence that can be away, forget the edge, and be made to answer late. */
class FakePresence {
  isAway = false;
  known: string | undefined;
  epoch = "1";
  readonly applied: string[] = [];
  readonly edges: string[] = [];
  hold: Promise<void> | undefined;
  delay = async (): Promise<void> => {};
  /** How many operations each held. */
  readonly batches: number[] = [];
  /** What the next assertion's answer adds. */
  denied: Partial<Extract<LaneData, { op: "assert" }>> = {};

  #answer(edge: string): LeaseData {
    if (this.isAway) throw new RollcallError("UNAVAILABLE");
    const status = edge === this.known ? "OK" : "UNKNOWN_EDGE";
    return { status, epoch: this.epoch, brake: false };
  }
  hello = async ({ edge }: { edge: string }): Promise<LeaseData> => {
    if (this.isAway) throw new RollcallError("UNAVAILABLE");
    this.known = edge;
    this.edges.push(edge);
    return this.#answer(edge);
  };
  lease = async ({ edge }: { edge: string }): Promise<LeaseData> => this.#answer(edge);
  lane = async ({ edge, ops }: LaneRequest): Promise<LaneReplyData> => {
    await this.hold;
    await this.delay();
    this.batches.push(ops.length);
    const { status, epoch, brake } = this.#answer(edge);
    if (status === "UNKNOWN_EDGE") return { status, epoch, brake };
    return {
      status,
      epoch,
      brake,
      results: ops.map((op): LaneResult => ({ n: op.n, ok: true, data: this.#apply(op) })),
    };
  };
  #apply(op: LaneOp): LaneData {
    this.applied.push(op.op);
    switch (op.op) {
      case "open":
        return { op: "open", incarnation: 1, resumed: false, rooms: [] };
      case "assert":
        return {
          op: "assert",
          replaced: [],
          incarnations: op.sessions.map((one) => ({ ref: one.ref, incarnation: 9 })),
          ...this.denied,
        };
      case "digest":
        return { op: "digest", equal: true };
      default:
        return { op: op.op } as LaneData;
    }
  }
}

describe("link to presence", () => {
  let clock: ManualClock;
  let presence: FakePresence;
  let link: PresenceLink;
  let told: string[];
  beforeEach(async () => {
    clock = new ManualClock();
    presence = new FakePresence();
    told = [];
    link = new PresenceLink({
      instance: "edge-1",
      doors: presence,
      clock,
      random: seededRandom("link"),
      logger: createLogger({ service: "test", instance: "test", level: "silent" }),
      renewMs: 2_000,
      digestMs: 30_000,
      hooks: {
        health: (state) => told.push(state),
        renamed: () => undefined,
        asserted: () => told.push("asserted"),
        braked: () => undefined,
        disowned: ({ user }, reason) => told.push(`${reason} ${user}`),
        disownedRoom: ({ user }, room) => told.push(`out ${user} ${room}`),
        reconcile: () => undefined,
        rulesOf: () => undefined,
      },
    });
    link.start();
    await clock.advance(10);
  });
  const opened = async () => {
    link.post({ op: "open", ref, issuedAtMs: 0, expiresAtMs: 1 });
    await clock.advance(10);
  };

  it("greets, compares digests, and is live", () => {
    expect(told).toEqual(["live"]);
    expect(presence.applied).toEqual(["digest"]);
  });

  it("when presence goes away requests are refused, also those on their way; the edge's own wait for its return", async () => {
    await opened();
    presence.isAway = true;
    const underway = link.submit(join);
    const refused = expect(underway).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await clock.advance(1_000);
    await refused;
    expect(told).toEqual(["live", "stale"]);
    await expect(link.submit(join)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    link.post({ op: "leave", ref, room: "doc:2", reason: "lost" });
    presence.isAway = false;
    await clock.advance(2_000);
    expect(told).toEqual(["live", "stale", "live"]);
    expect(presence.applied).toEqual(["digest", "open", "join", "leave"]);
  });

  it("an answer that comes after its client was told otherwise is applied all the same", async () => {
    await opened();
    const held = Promise.withResolvers<void>();
    presence.hold = held.promise;
    const applied: LaneData[] = [];
    const answer = link.submit(join, { applied: (data) => applied.push(data) });
    answer.catch(() => undefined);
    await clock.advance(10);
    presence.isAway = true; // leases fail: presence counts as away while the batch is still out
    await clock.advance(4_000);
    await expect(answer).rejects.toMatchObject({ code: "UNAVAILABLE" });
    presence.isAway = false;
    held.resolve();
    await clock.advance(10);
    expect(applied).toHaveLength(1);
    expect(link.mirror.roomsOf("main\n/\nann\nsession-of-ann-1")?.has("doc:1")).toBe(true);
  });

  it("[L1] answers that take long cost no throughput: what comes meanwhile leaves together with the next batch", async () => {
    await opened();
    presence.delay = () => clock.sleep(1_500);
    let answered = 0;
    const ask = () => {
      const joining = link.submit(join).then(() => answered++);
      joining.catch(() => undefined);
    };
    for (let i = 0; i < 100; i++) {
      for (let k = 0; k < 5; k++) ask();
      await clock.advance(15);
    }
    await clock.advance(1_500); // those in the first batch waited once, all others at most twice
    expect(answered).toBe(500);
    expect(presence.batches.slice(-2)).toEqual([5, 495]);
  });

  it("[P11] forgotten by presence it takes a new id, asserts, and says so when it is done", async () => {
    await opened();
    presence.known = undefined;
    await clock.advance(2_100);
    expect(presence.edges).toHaveLength(2);
    expect(new Set(presence.edges).size).toBe(2);
    expect(presence.applied).toEqual(["digest", "open", "assert"]);
    expect(told).toEqual(["live", "asserted"]);
    expect(link.mirror.incarnationOf("main\n/\nann\nsession-of-ann-1")).toBe(9);
  });

  it("[X3] hears from an assertion's answer of revocations that passed it by", async () => {
    await opened();
    presence.denied = { replaced: [ref], revoked: [ref], removed: [{ ref, room: "doc:1" }], incarnations: [] };
    presence.known = undefined;
    await clock.advance(2_100);
    expect(told).toEqual(["live", "revoked ann", "out ann doc:1", "replaced ann", "asserted"]);
    expect(link.mirror.size).toBe(0);
  });

  it("a store that began anew is compared at once", async () => {
    presence.epoch = "2";
    await clock.advance(2_100);
    expect(presence.applied).toEqual(["digest", "digest"]);
  });

  it("[P16] stopped, it has no timers and answers whoever waits", async () => {
    await opened();
    presence.isAway = true;
    const waiting = link.submit({ op: "leave", ref, room: "doc:1", reason: "leave" });
    const refused = expect(waiting).rejects.toMatchObject({ code: "UNAVAILABLE" });
    link.stop();
    await refused;
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });
});
