import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { CONTRACT } from "../harness.ts";
import { startLoneEdge } from "../lone-edge.ts";
import { FAULTLESS, judgeOf } from "./judge.ts";
import { fuzz, KINDS, PATIENT_EDGE } from "./run.ts";

it("[X1] 20,000 hostile cases stop no process, leave no session, are answered as declared, and a well-behaved client notices nothing", {
  timeout: 240_000,
}, async () => {
  await using cluster = await startLoneEdge({
    // At the usual rates most of it is refused: cheaper, and the limits are met too.
    ...PATIENT_EDGE,
    EVENTS_PER_SECOND: "50",
    USER_EVENTS_PER_SECOND: "1000",
  });
  const edge = cluster.edges[0]!;
  const [witness, friend] = [await cluster.client(0, { user: "witness" }), await cluster.client(0, { user: "friend" })];
  for (const one of [witness, friend]) await one.call("room:join", { room: "chat:calm" });
  let running = true;
  let said = 0;
  // On a busy machine a word may have to be said again: with its id it is heard once.
  const say = (text: string) =>
    waitFor(
      async () => (await witness.emitAck("chat:said", { room: "chat:calm", data: { text } }, { id: `say-${text}` })).ok,
      { timeoutMs: 30_000, what: `"${text}" to be taken` },
    );
  const talking = (async () => {
    while (running) {
      await say(String(said++));
      await systemClock.sleep(20); // below its rate
    }
  })();

  const judge = await judgeOf(CONTRACT);
  const report = await fuzz({
    port: Number(new URL(edge.url).port),
    token: await cluster.keys.token({ user: "eve" }),
    seed: "edge-fuzz-1",
    cases: 20_000,
    width: 8,
    judge,
  });
  running = false;
  await talking;

  expect(report.sent).toBeGreaterThanOrEqual(20_000);
  expect(KINDS.filter((kind) => !report.covered.has(kind))).toEqual([]);
  expect(judge.verdict).toMatchObject(FAULTLESS);
  expect(judge.verdict.events).toBeGreaterThan(0);
  expect(judge.verdict.accepted).toBeGreaterThan(0);
  expect(edge.running()).toBe(true);
  expect(edge.logs().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  expect([...witness.disconnects, ...friend.disconnects]).toEqual([]);
  await waitFor(() => friend.eventsOf("chat:said").length === said, { timeoutMs: 30_000 });
  const texts = friend.eventsOf("chat:said").map(({ payload }) => (payload as { text: string }).text);
  expect(texts).toEqual(Array.from({ length: said }, (_, i) => String(i)));
  await waitFor(async () => /^rollcall_edge_sockets 2$/m.test(await edge.metrics()), { timeoutMs: 20_000 });
});
