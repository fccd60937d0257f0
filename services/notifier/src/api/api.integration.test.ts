import { jetstreamManager } from "@nats-io/jetstream";
import type { RequestName } from "@rollcall/contracts";
import { type DeliveryAccount, type Missed, messageId } from "@rollcall/contracts/internal";
import { createLogger, serve } from "@rollcall/runtime";
import { ask as askBackend, waitFor } from "@rollcall/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, startBench } from "../../test/bench.ts";
import { fakeContracts, from, toBoard, toUsers } from "../../test/fake-contracts.ts";
import type { Letter } from "../dead-letter/archive.ts";
import type { DeliveryAnswer } from "./delivery.ts";

const HOUR = 3_600_000;
const before = fakeContracts([
  { name: "card:moved", from: from("events.cards"), audience: toBoard },
  { name: "order:shipped", from: from("events.orders"), audience: toUsers, durable: { ttlMs: HOUR } },
  { name: "bill:due", from: from("events.{tenant}.bills"), audience: toUsers, tenantFrom: "subject" },
]);
/** The same, mended: takes what was refused. */
const after = fakeContracts([
  { name: "card:moved", from: from("events.cards"), audience: toBoard, validate: () => undefined },
]);

describe("requests of backends and operators", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench(before);
  });
  afterEach(() => bench.close());

  const ask = <T>(name: RequestName, body: unknown, tenant = "main") =>
    askBackend<T>(bench.nc, name, body, { install: "rollcall", tenant });
  const done = () => waitFor(async () => (await bench.outstanding()) === 0, { what: "all to be final" });
  const letters = (tenant = "main", body = {}) =>
    ask<{ letters: Letter[] }>("deadletter.list", body, tenant).then(({ letters }) => letters);

  describe("deadletter", () => {
    it("lists a tenant's letters, newest last, all of them or of one reason", async () => {
      await bench.notifier();
      await bench.publish({ subject: "events.cards", id: "1", data: { board: "a", bad: 1 } });
      await bench.publish({ subject: "events.nobody", id: "2", data: {} });
      await bench.publish({ subject: "events.acme.bills", id: "3", data: { users: [] } });
      await done();
      expect(await letters()).toMatchObject([
        { reason: "payload", event: "card:moved", eventId: "1", source: "test", subject: "events.cards", sequence: 1 },
        { reason: "undeclared", eventId: "2", sequence: 2 },
      ]);
      expect(await letters("main", { reason: "payload" })).toHaveLength(1);
      expect(await letters("main", { limit: 1 })).toMatchObject([{ eventId: "2" }]);
      const [theirs] = await letters("acme");
      expect(theirs).toMatchObject({ reason: "audience", tenant: "acme" });
      const ids = [theirs!.id];
      expect(await letters("acme", { ids })).toMatchObject([{ body: '{"users":[]}', headers: { "ce-id": "3" } }]);
      expect(await letters("main", { ids })).toEqual([]);
      expect(await ask("deadletter.discard", { ids }, "main")).toEqual({ discarded: [] });
    });

    it("replays under the same identity once the contract is mended, so that nothing is delivered twice", async () => {
      const first = await bench.notifier();
      await bench.publish({ subject: "events.cards", id: "1", data: { board: "a", bad: 1 } });
      await bench.publish({ subject: "events.cards", data: { board: "b", bad: 1 } });
      await done();
      await first.stop(1_000);
      await bench.notifier({ contracts: after });
      const { replayed } = await ask<{ replayed: string[] }>("deadletter.replay", { reason: "payload" });
      expect(replayed).toHaveLength(2);
      await waitFor(async () => (await bench.emitted()).length === 2);
      expect(await letters()).toEqual([]);
      expect((await bench.emitted()).map(({ mid }) => mid)).toContain(messageId("main", "test", "1"));
      // Published once more by a publisher that never knew: nothing new.
      await bench.publish({ subject: "events.cards", id: "1", data: { board: "a", bad: 1 } });
      await done();
      expect(await bench.emitted()).toHaveLength(2);
    });

    it("keeps the identity of plain JSON, which another place in the stream would change", async () => {
      const first = await bench.notifier();
      await bench.publish({ subject: "events.cards", data: { board: "b", bad: 1 }, headers: { "Nats-Msg-Id": "m 1" } });
      await done();
      await first.stop(1_000);
      await bench.notifier({ contracts: after });
      await ask("deadletter.replay", { limit: 10 });
      await waitFor(async () => (await bench.emitted()).length === 1);
      expect((await bench.emitted())[0]!.mid).toBe(messageId("main", "events.cards", "m 1"));
    });

    it("replays what a time names, and what fails once more waits for another day", async () => {
      await bench.notifier();
      for (const id of ["1", "2", "3"]) await bench.publish({ subject: "events.cards", id, data: { bad: 1 } });
      await done();
      const [first, second, third] = (await letters()) as [Letter, Letter, Letter];
      // Some may have been written in one millisecond.
      const ofThird = (await letters()).filter(({ at }) => at >= third.at);
      expect(await letters("main", { since: third.at })).toEqual(ofThird);
      const before = { until: new Date(Date.parse(first.at) - 1).toISOString() };
      expect(await ask("deadletter.replay", before)).toEqual({ replayed: [], skipped: [] });
      const some = await ask<{ replayed: string[]; next?: string }>("deadletter.replay", { since: first.at });
      expect(some).toEqual({ replayed: [first.id, second.id, third.id], skipped: [] });
      await waitFor(async () => (await letters()).length === 3, { what: "them to fail once more" });
      // As the next request of one that was begun before they did.
      const rest = { since: first.at, after: `${third.id}.${third.id}` };
      expect(await ask("deadletter.discard", rest)).toEqual({ discarded: [] });
      await expect(ask("deadletter.discard", { ...rest, after: "x" })).rejects.toMatchObject({
        code: "PAYLOAD_INVALID",
      });
    });

    it("discards what is chosen, and nothing unless something is chosen", async () => {
      await bench.notifier();
      for (const id of ["1", "2"]) await bench.publish({ subject: "events.cards", id, data: { bad: 1 } });
      await done();
      const [first] = await letters();
      await expect(ask("deadletter.discard", {})).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
      expect(await ask("deadletter.discard", { ids: [first!.id, "999", "x"] })).toEqual({ discarded: [first!.id] });
      expect(await letters()).toMatchObject([{ eventId: "2" }]);
    });
  });

  describe("delivery.get", () => {
    const get = (id: string, user?: string) =>
      ask<DeliveryAnswer>("delivery.get", { id, ...(user === undefined ? {} : { user }) });

    it("says what became of an event that went to a room, with the edges' accounts", async () => {
      await bench.notifier();
      const trace = "a".repeat(32);
      await bench.publish({
        subject: "events.cards",
        id: "1",
        data: { board: "a" },
        headers: { traceparent: `00-${trace}-${"b".repeat(16)}-01` },
      });
      await done();
      const mid = messageId("main", "test", "1");
      const account: DeliveryAccount = {
        from: "edge",
        edge: "edge-1",
        at: new Date(Date.now() + 1_000).toISOString(),
        position: "1-0",
        id: mid,
        event: "card:moved",
        sockets: 3,
      };
      const logger = createLogger({ service: "test", instance: "test", level: "silent" });
      const edge = serve(bench.nc, "rollcall.internal.v1.delivery", { logger }, (body) => {
        const { id } = body as { id: string };
        return id === mid ? account : Promise.reject(new Error("not mine"));
      });
      await bench.nc.flush();
      for (const id of ["1", mid]) {
        expect(await get(id)).toMatchObject({
          id,
          event: "card:moved",
          trace,
          steps: [
            {
              step: "intake",
              outcome: "emitted",
              room: "board:a",
              mid,
              id: "1",
              source: "test",
              subject: "events.cards",
            },
            { step: "edge", edge: "edge-1", position: "1-0", sockets: 3 },
          ],
          recipients: [],
        });
      }
      await edge.close();
    });

    it("is asked by whoever has just received it, before it is accounted for", async () => {
      await bench.notifier();
      const account = { id: "late", event: "card:moved", tenant: "main", at: new Date().toISOString() };
      let asked = 0;
      const logger = createLogger({ service: "test", instance: "test", level: "silent" });
      const other = serve(bench.nc, "rollcall.internal.v1.delivery", { logger }, () => {
        asked++;
        if (asked === 1) return Promise.reject(new Error("not yet"));
        return Promise.resolve({ from: "notifier", notifier: "notifier-2", accounts: [account] });
      });
      await bench.nc.flush();
      expect(await get("late")).toMatchObject({ event: "card:moved", steps: [{ step: "intake" }] });
      await other.close();
    });

    it("says the state of each recipient of a durable event, or of one", async () => {
      await bench.notifier();
      await bench.publish({ subject: "events.orders", id: "o1", data: { users: ["u1", "u2"] } });
      await done();
      const { recipients, event } = await get("o1");
      expect(event).toBe("order:shipped");
      expect(recipients.map(({ user, state, seq }) => [user, state, seq]).sort()).toEqual([
        ["u1", "pending", 1],
        ["u2", "pending", 1],
      ]);
      expect((await get("o1", "u2")).recipients).toHaveLength(1);
    });

    it("knows of no dead letter where their stream is lost, and makes it anew", async () => {
      await bench.notifier();
      const jsm = await jetstreamManager(bench.nc);
      await jsm.streams.delete("ROLLCALL_DEADLETTER");
      await expect(get("nobody")).rejects.toMatchObject({ code: "EVENT_UNKNOWN" });
      expect((await jsm.streams.info("ROLLCALL_DEADLETTER")).state.messages).toBe(0);
    });

    it("says why an event never went anywhere, also to who was not there when it came", async () => {
      const first = await bench.notifier();
      await bench.publish({ subject: "events.cards", id: "1", data: { board: "a", bad: 1 } });
      await done();
      expect(await get("1")).toMatchObject({
        steps: [{ step: "intake", outcome: "dead_letter", reason: "payload" }, { step: "dead_letter" }],
      });
      await first.stop(1_000);
      await bench.notifier();
      expect(await get("1")).toMatchObject({
        event: "card:moved",
        steps: [{ step: "dead_letter", reason: "payload", detail: expect.stringContaining("/bad") }],
      });
    });

    it("says of one user why an event that is kept for nobody did, or did not, reach them", async () => {
      await bench.notifier();
      await bench.publish({ subject: "events.cards", id: "1", data: { board: "a" } });
      await bench.publish({ subject: "events.cards", id: "1", data: { board: "a" } });
      await bench.publish({ subject: "events.orders", id: "o1", data: { users: ["ann"] } });
      await done();
      const logger = createLogger({ service: "test", instance: "test", level: "silent" });
      const mid = messageId("main", "test", "1");
      const at = new Date().toISOString();
      const account = { from: "edge" as const, edge: "edge-1", at, position: "1-0", id: mid, event: "card:moved" };
      const ofUser: Record<string, (DeliveryAccount & { from: "edge" })["ofUser"]> = {
        ann: { sockets: 2 },
        bob: { sockets: 0, missed: "slow" },
        cleo: { sockets: 0, missed: "not_a_member" },
        dan: { sockets: 0, missed: "offline" },
      };
      const edge = serve(bench.nc, "rollcall.internal.v1.delivery", { logger }, (body) => {
        const { id, user = "" } = body as { id: string; user?: string };
        if (id !== mid) throw new Error("not mine");
        const known = ofUser[user];
        return { ...account, sockets: 2, ...(known === undefined ? {} : { ofUser: known }) };
      });
      const since = new Date(0).toISOString();
      const presence = serve(bench.nc, "rollcall.v1.main.presence.sessions", { logger }, (body) => ({
        sessions: (body as { user: string }).user === "eve" ? [{ namespace: "/", since }] : [],
      }));
      await bench.nc.flush();
      const why = async (user: string) => {
        const [{ state, reason } = { state: "nobody" }] = (await get("1", user)).recipients;
        return [user, state, reason];
      };
      expect(await Promise.all(["ann", "bob", "cleo", "dan", "eve", "fay"].map(why))).toEqual([
        ["ann", "delivered", undefined],
        ["bob", "missed", "slow"],
        ["cleo", "missed", "not_a_member"],
        ["dan", "missed", "offline"],
        ["eve", "missed", "not_a_member"],
        ["fay", "missed", "offline"],
      ]);
      const outcomes = (await get("1")).steps.flatMap(({ step, outcome }) => (step === "intake" ? [outcome] : []));
      expect(outcomes).toEqual(["emitted", "repeat"]);
      expect((await get("o1", "bob")).recipients).toMatchObject([{ state: "missed", reason: "not_addressed" }]);
      await Promise.all([edge.close(), presence.close()]);
    });

    it("tells who is kept an event and was not there from who is not meant, which edges alone cannot", async () => {
      await bench.notifier();
      await bench.publish({ subject: "events.orders", id: "o1", data: { users: ["ann", "bob"] } });
      await done();
      const mid = messageId("main", "test", "o1");
      const at = new Date().toISOString();
      const account = { from: "edge" as const, edge: "edge-1", at, position: "1-0", id: mid, event: "order:shipped" };
      const missed: Record<string, Missed> = {
        ann: "offline",
        bob: "not_addressed",
        eve: "offline",
        fay: "not_addressed",
      };
      const logger = createLogger({ service: "test", instance: "test", level: "silent" });
      const edge = serve(bench.nc, "rollcall.internal.v1.delivery", { logger }, (body) => {
        const { id, user = "" } = body as { id: string; user?: string };
        if (id !== mid) throw new Error("not mine");
        return { ...account, sockets: 1, ofUser: { sockets: 0, missed: missed[user] } };
      });
      await bench.nc.flush();
      const why = async (user: string) => {
        const { steps, recipients } = await get("o1", user);
        const step = steps.find((one) => one.step === "edge");
        return [user, (step!.ofUser as { missed?: Missed }).missed, recipients[0]?.state, recipients[0]?.reason];
      };
      expect(await Promise.all(["ann", "bob", "eve", "fay"].map(why))).toEqual([
        ["ann", "offline", "pending", undefined],
        ["bob", undefined, "pending", undefined],
        ["eve", "not_addressed", "missed", "not_addressed"],
        ["fay", "not_addressed", "missed", "not_addressed"],
      ]);
      await edge.close();
    });

    it("knows nothing of what never came", async () => {
      await bench.notifier();
      await expect(get("never")).rejects.toMatchObject({ code: "EVENT_UNKNOWN" });
    });
  });

  describe("preference", () => {
    it("mutes an event: recorded, not delivered", async () => {
      await bench.notifier();
      expect(await ask("preference.get", { user: "u1" })).toEqual({ user: "u1" });
      const preference = { user: "u1", mute: ["order:shipped"], quiet: { from: "22:00", to: "07:00", tz: "UTC" } };
      expect(await ask("preference.set", preference)).toEqual(preference);
      expect(await ask("preference.get", { user: "u1" })).toEqual(preference);
      await bench.publish({ subject: "events.orders", id: "o1", data: { users: ["u1", "u2"] } });
      await done();
      const { recipients } = await ask<DeliveryAnswer>("delivery.get", { id: "o1", user: "u1" });
      expect(recipients).toMatchObject([{ state: "suppressed", reason: "preference" }]);
      expect((await bench.emitted()).map(({ targets }) => targets)).toEqual([["u:main/u2"]]);
    });
  });
});
