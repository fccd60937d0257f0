import { describe, expect, it } from "vitest";
import { outcome, world } from "../test/world.ts";
import { foldEvent, foldMarks, foldPage, INBOX_KEPT, type InboxView, openView } from "./inbox-fold.ts";
import type { EventTriple } from "./wire.ts";

const event = (seq: number, epoch = "c0.1"): EventTriple => [
  "order:shipped",
  seq,
  { id: `e${seq}`, ts: "", inbox: { epoch, seq, read: false } },
];
const view: InboxView = { epoch: "c0.1", seq: 4, ackSeq: 2, unread: 1, events: [event(3), event(4)] };

describe("the fold", () => {
  it("[I1] the next is taken, what is known is not, a jump or another epoch is a gap", () => {
    expect(foldEvent(view, event(5))).toMatchObject({ seq: 5 });
    expect(foldEvent(view, event(4))).toBe(view);
    expect(foldEvent(view, event(6))).toBe("gap");
    expect(foldEvent(view, event(5, "c0.2"))).toBe("gap");
  });

  it("[I2] a page that continues brings what is new, holes included: replaced events are not sent", () => {
    const page = { epoch: "c0.1", seq: 9, unread: 3, events: [event(4), event(6), event(9)] };
    expect(foldPage(view, page)).toMatchObject({ view: { seq: 9, unread: 3 }, fresh: [event(6), event(9)] });
    expect(foldPage(view, { ...page, next: 6 }).view.seq).toBe(6);
  });

  it("[I2] an unknown inbox is known up to what some device acknowledged", () => {
    const page = { epoch: "c0.2", seq: 9, unread: 3, events: [event(8, "c0.2"), event(9, "c0.2")] };
    const open = (ackSeq: number) => {
      const { seq, events } = openView(page, ackSeq);
      return [seq, events.map(([, data]) => data)];
    };
    expect(openView(page, 8)).toMatchObject({ epoch: "c0.2", ackSeq: 8, unread: 3 });
    expect([0, 7, 8, 9, 12].map(open)).toEqual([
      [0, []],
      [7, []],
      [8, [8]],
      [9, [8, 9]],
      [9, [8, 9]],
    ]);
  });

  it("[I3] marks change the flags they name; those of another epoch nothing", () => {
    const marks = { epoch: "c0.1", ackSeq: 4, unread: 0 };
    const flags = (next: InboxView) => next.events.map(([, , meta]) => meta.inbox!.read);
    expect(flags(foldMarks(view, marks, { upTo: 3 }))).toEqual([true, false]);
    expect(flags(foldMarks(view, marks, { ids: ["e4"] }))).toEqual([false, true]);
    expect(foldMarks(view, { ...marks, ackSeq: 1 })).toMatchObject({ ackSeq: 2, unread: 0 });
    expect(foldMarks(view, { ...marks, epoch: "c0.2" }, { upTo: 9 })).toBe(view);
  });

  it(`keeps the newest ${INBOX_KEPT} events`, () => {
    let now = view;
    for (let seq = 5; seq < 5 + INBOX_KEPT; seq++) now = foldEvent(now, event(seq)) as InboxView;
    expect(now.events).toHaveLength(INBOX_KEPT);
  });
});

async function started(have?: { epoch: string; seq: number }, before = 0, acknowledged = 0) {
  const w = world();
  for (let i = 1; i <= before; i++) w.edge.notify("ann", "order:shipped", i);
  if (before > 0) w.edge.inboxes.get("ann")!.ackSeq = acknowledged;
  const client = w.client("ann");
  const heard: unknown[] = [];
  client.on("order:shipped", (data) => heard.push(data));
  client.inbox.start(have);
  await w.clock.until(() => client.inbox.get().phase === "live", "the inbox is live");
  return { w, client, heard };
}

describe("the inbox", () => {
  it("[I2] [I4] a device that knows nothing yet hands on what none acknowledged, over all pages, and only then acknowledges", async () => {
    const { w, client, heard } = await started(undefined, 7, 2);
    expect(heard).toEqual([3, 4, 5, 6, 7]);
    expect(w.edge.inboxes.get("ann")!.ackSeq).toBe(2);
    expect(client.inbox.get()).toMatchObject({ unread: 7, have: { epoch: "c0.1", seq: 7 } });
    await w.clock.advance(500);
    expect(w.edge.inboxes.get("ann")!.ackSeq).toBe(7);
    expect(heard).toEqual([3, 4, 5, 6, 7]);
  });

  it("[I2] what another device acknowledged is only shown, the newest of it", async () => {
    const { w, client, heard } = await started(undefined, 5, 5);
    expect(client.inbox.get()).toMatchObject({ unread: 5, have: { epoch: "c0.1", seq: 5 } });
    expect(client.inbox.get().events.map(([, data]) => data)).toEqual([4, 5]);
    const asked = w.edge.count("inbox:ack");
    await w.clock.advance(5_000);
    expect(heard).toEqual([]);
    expect(w.edge.count("inbox:ack")).toBe(asked);
  });

  it("[I4] a connection lost while the first pages come: nothing is acknowledged that no handler was given", async () => {
    const w = world();
    for (let i = 1; i <= 6; i++) w.edge.notify("ann", "order:shipped", i);
    const client = w.client("ann");
    const heard: unknown[] = [];
    client.on("order:shipped", (data) => {
      heard.push(data);
      if (data === 3) void w.net.cut();
    });
    client.inbox.start();
    await w.clock.until(() => heard.includes(3), "the third");
    expect(w.edge.inboxes.get("ann")!.ackSeq).toBe(0);
    await w.clock.until(() => client.inbox.get().phase === "live", "live again");
    await w.clock.advance(500);
    expect(heard).toEqual([1, 2, 3, 4, 5, 6]);
    expect(w.edge.inboxes.get("ann")!.ackSeq).toBe(6);
  });

  it("[I2] an inbox that begins anew while it is opened is opened again", async () => {
    const w = world();
    w.edge.notify("ann", "order:shipped", "old");
    const client = w.client("ann");
    const heard: unknown[] = [];
    client.on("order:shipped", (data) => heard.push(data));
    w.edge.refuse("inbox:ack", "CONFLICT");
    client.inbox.start();
    await w.clock.until(() => client.inbox.get().phase === "live", "the inbox is live");
    expect(heard).toEqual(["old"]);
  });

  it("[D2] hands what came since the kept position to the handlers, over all pages, once", async () => {
    const { w, client, heard } = await started({ epoch: "c0.1", seq: 1 }, 6);
    expect(heard).toEqual([2, 3, 4, 5, 6]);
    await w.net.cut();
    await w.clock.until(() => client.inbox.get().phase === "live", "live again");
    expect(heard).toEqual([2, 3, 4, 5, 6]);
  });

  it("[D2] [D3] every event once and in order, over losses of messages and connections", async () => {
    const { w, client, heard } = await started();
    let n = 0;
    w.net.passes = (name) => name !== "order:shipped" || n % 4 !== 3;
    for (n = 1; n <= 20; n++) {
      w.edge.notify("ann", "order:shipped", n);
      await w.clock.advance(10);
      if (n === 10) await w.net.cut();
    }
    w.edge.notify("ann", "order:shipped", n);
    await w.clock.until(() => client.inbox.get().have?.seq === 21, "all of them", 20_000);
    expect(heard).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
    await w.clock.advance(500);
    expect(w.edge.inboxes.get("ann")!.ackSeq).toBe(21);
  });

  it("[I4] acknowledges a burst with one request, and again after a failure, with the next event", async () => {
    const { w } = await started({ epoch: "c0.1", seq: 0 });
    w.edge.refuse("inbox:ack", "UNAVAILABLE");
    for (let i = 0; i < 50; i++) w.edge.notify("ann", "order:shipped", i);
    await w.clock.advance(500);
    expect(w.edge.count("inbox:ack")).toBe(1);
    expect(w.errors).toMatchObject([{ code: "UNAVAILABLE" }]);
    w.edge.notify("ann", "order:shipped", 50);
    await w.clock.advance(500);
    expect(w.edge.count("inbox:ack")).toBe(2);
    expect(w.edge.inboxes.get("ann")!.ackSeq).toBe(51);
  });

  it("[I4] an inbox that began anew is synced, not acknowledged", async () => {
    const { w, client } = await started(undefined, 3);
    Object.assign(w.edge.inboxes.get("ann")!, { epoch: "c0.2", events: [], ackSeq: 0 });
    await w.clock.advance(500);
    await w.clock.until(() => client.inbox.get().have?.epoch === "c0.2", "the new epoch");
    expect(client.inbox.get()).toMatchObject({ phase: "live", unread: 0, events: [] });
    expect(w.edge.inboxes.get("ann")!.ackSeq).toBe(0);
  });

  it("[I4] acknowledges a number once, whatever the server makes of it", async () => {
    const { w } = await started({ epoch: "c0.1", seq: 99 }, 2);
    await w.clock.advance(5_000);
    expect(w.edge.count("inbox:ack")).toBe(1);
  });

  it("marks as read and unread, on every device", async () => {
    const { w, client } = await started(undefined, 2);
    const other = w.client("ann");
    other.inbox.start();
    await w.clock.until(() => other.inbox.get().phase === "live", "the other device");
    const flags = (one: typeof client) => one.inbox.get().events.map(([, , meta]) => meta.inbox!.read);
    const marked = outcome(client.inbox.markRead({ upTo: 1 }));
    await w.clock.advance(20);
    expect(marked.value).toMatchObject({ unread: 1 });
    expect([flags(client), flags(other)]).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(other.inbox.get().unread).toBe(1);
    const id = client.inbox.get().events[0]![2].id;
    await Promise.all([client.inbox.markUnread([id]), w.clock.advance(20)]);
    expect(flags(client)).toEqual([false, false]);
    expect(client.inbox.get().unread).toBe(2);
  });

  it("reads older pages without touching what is shown", async () => {
    const { w, client } = await started(undefined, 5, 5);
    const page = outcome(client.inbox.readPage({ before: 4 }));
    await w.clock.advance(20);
    expect(page.value!.events.map(([, data]) => data)).toEqual([2, 3]);
    expect(client.inbox.get().events.map(([, data]) => data)).toEqual([4, 5]);
  });

  it("fails when it is refused, and can be started again", async () => {
    const w = world();
    const client = w.client("ann");
    w.edge.refuse("inbox:sync", "FORBIDDEN");
    client.inbox.start();
    client.inbox.start();
    await w.clock.advance(50);
    expect(client.inbox.get()).toMatchObject({ phase: "failed", error: { code: "FORBIDDEN" } });
    client.inbox.start();
    await w.clock.advance(50);
    expect(client.inbox.get().phase).toBe("live");
  });

  it("not started: events are heard, nothing is acknowledged, for this device does not know the earlier ones", async () => {
    const w = world();
    const client = w.client("ann");
    const heard: unknown[] = [];
    client.on("order:shipped", (data) => heard.push(data));
    await w.clock.advance(50);
    w.edge.notify("ann", "order:shipped", 1);
    await w.clock.advance(1_000);
    expect(heard).toEqual([1]);
    expect(client.inbox.get()).toEqual({ phase: "off", unread: 0, events: [] });
    expect(w.edge.count("inbox:ack")).toBe(0);
  });
});
