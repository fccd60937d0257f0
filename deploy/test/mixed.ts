/** Two releases side by side: the one before, brought into a folder, and what people do in a cluster that is made of both. */

import { deepEqual, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { headers } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { type Cluster, REPOSITORY, type TestClient, waitFor } from "@rollcall/testkit";

const git = (...args: string[]) =>
  execFileSync("git", args, { cwd: REPOSITORY, encoding: "utf8", maxBuffer: 1 << 28 }).trim();

/** The tag or commit that runs beside this one: what was asked for, else the newest tag before this commit. */
export function previousRelease(asked: string | undefined): string {
  const tags = git("tag", "--no-contains", "HEAD", "--sort=-creatordate").split("\n");
  const ref = asked ?? tags[0]!;
  ok(ref !== "", "no release is tagged yet: PREVIOUS=<tag or commit> says what to run beside this");
  return git("describe", "--tags", "--always", `${ref}^{commit}`);
}

/** Its sources with its own dependencies. */
export function bring(ref: string, folder: string): void {
  mkdirSync(folder);
  const archive = join(folder, "sources.tar");
  git("archive", "--output", archive, ref);
  execFileSync("tar", ["-xf", archive, "-C", folder]);
  rmSync(archive);
  const install = ["install", "--prod", "--ignore-scripts", "--frozen-lockfile", "--prefer-offline"];
  execFileSync("pnpm", install, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

const PATIENCE_MS = 60_000;
type Change = { user: string; status: string };
const shown = (watcher: TestClient, user: string) =>
  watcher
    .eventsOf("presence:changed")
    .flatMap(({ payload }) => (payload as { changes: Change[] }).changes)
    .flatMap((change) => (change.user === user ? [change.status] : []));
const leaves = (member: TestClient, user: string) =>
  member
    .eventsOf("room:roster")
    .flatMap(({ payload }) => (payload as { left?: string[] }).left ?? [])
    .filter((left) => left === user).length;

/** Two people on the first and the last edge: roster, presence, relay, history, state, a durable event, a departure. */
export async function meet(cluster: Cluster, edges: readonly number[], name: string): Promise<void> {
  const [a, b] = [`${name}-a`, `${name}-b`];
  const room = `doc:${name}`;
  const ada = await cluster.client(edges[0]!, { user: a });
  await ada.ready(PATIENCE_MS);
  await ada.call("room:join", { room });
  await ada.call("presence:watch", { users: [b] });
  const ben = await cluster.client(edges.at(-1)!, { user: b });
  await ben.ready(PATIENCE_MS);
  await ben.call("room:join", { room });
  const sees = (one: TestClient, event: string, part: string) =>
    one.waitForEvent(event, ({ payload }) => JSON.stringify(payload).includes(part), PATIENCE_MS);
  await sees(ada, "room:roster", b);
  await sees(ada, "presence:changed", b);
  await ada.call("chat:said", { room, data: { text: "hello" } });
  await sees(ben, "chat:said", "hello");
  await ben.call("state:patch", { room, ops: [{ op: "set", key: "title", value: name }] });
  await sees(ada, "room:state", name);
  const { seq } = await ben.call<{ seq: number }>("room:history", { room });
  deepEqual(seq, 1);

  const n = 1_000_000; // no number of the feed's
  await assign(cluster, a, n);
  const { meta } = await sees(ada, "task:assigned", String(n));
  await ada.call("inbox:ack", { epoch: meta!.inbox!.epoch, seq: meta!.inbox!.seq });
  await ben.close();
  await waitFor(() => leaves(ada, b) === 1 && shown(ada, b).at(-1) === "offline", {
    timeoutMs: PATIENCE_MS,
    what: () => `the departure: ${shown(ada, b)}`,
  });
  await ada.close();
}

async function assign(cluster: Cluster, to: string, n: number): Promise<void> {
  const nc = await connect({ servers: cluster.natsUrl });
  const named = headers();
  const attributes = { id: `task-${to}-${n}`, type: "test.task.assigned", source: "test:tasks", specversion: "1.0" };
  for (const [attribute, value] of Object.entries(attributes)) named.set(`ce-${attribute}`, value);
  const options = { headers: named, timeout: PATIENCE_MS };
  const reply = await nc.request("events.main.tasks.assigned", JSON.stringify({ to, n }), options);
  await nc.close();
  ok(reply.json<{ seq?: number }>().seq !== undefined, "the event was not taken");
}

/** One more edge is killed: who stays away leaves and goes offline once, who comes back was never gone. */
export async function edgeDies(cluster: Cluster, name: string): Promise<void> {
  const room = `doc:${name}`;
  const [away, back] = [`${name}-away`, `${name}-back`];
  const observer = await cluster.client(0, { user: `${name}-observer` });
  await observer.ready(PATIENCE_MS);
  await observer.call("room:join", { room });
  const victim = await cluster.add("edge");
  const index = cluster.edges.indexOf(victim);
  const [leaving, returning] = await Promise.all([
    cluster.client(index, { user: away }),
    cluster.client(index, { user: back }),
  ]);
  for (const one of [leaving, returning]) {
    await one.ready(PATIENCE_MS);
    await one.call("room:join", { room });
  }
  // Not before: an edge that has just begun may, on a busy machine, ask both to come again.
  leaving.socket.io.reconnection(false);
  await observer.call("presence:watch", { users: [away, back] });
  Object.assign(returning.socket.io, { uri: cluster.edges[0]!.url });
  const returned = returning.nextReady(PATIENCE_MS);
  await victim.kill("SIGKILL");
  ok((await returned).resumed, "the session began anew");
  await returning.call("room:join", { room });
  await waitFor(() => leaves(observer, away) > 0 && shown(observer, away).length > 0, {
    timeoutMs: PATIENCE_MS,
    what: "who stayed away to be shown gone",
  });
  // Whatever was told before this has come before it.
  await returning.call("presence:set", { status: "busy" });
  await waitFor(() => shown(observer, back).length > 0, { timeoutMs: PATIENCE_MS, what: "who is back" });
  deepEqual([shown(observer, away), leaves(observer, away)], [["offline"], 1]);
  deepEqual([shown(observer, back), leaves(observer, back)], [["busy"], 0]);
  await returning.close();
  await observer.close();
}
