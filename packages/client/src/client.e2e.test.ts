import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { connect } from "@nats-io/transport-node";
import { type Cluster, hasPython, pythonWith, startCluster, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCrowd } from "../test/crowd.ts";
import { playStock } from "../test/transcripts/stock.ts";
import { type Performance, readTranscripts, type Transcript } from "../test/transcripts/transcript.ts";
import { createClient } from "./client.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({
    edges: 2,
    traces: false,
    contractsDir: new URL("../test/contracts", import.meta.url).pathname,
    // Who comes back late on a slow machine is still the same session: departures are not what is looked at here.
    env: { GRACE_MS: "9000" },
  });
});
afterAll(async () => {
  await cluster?.stop();
});

const crowdOf = (room: string, size: number) =>
  createCrowd({
    room,
    users: Array.from({ length: size }, (_, i) => `user-${i}`),
    urls: () => cluster.edges.filter((edge) => edge.running()).map((edge) => edge.url),
    token: (user) => cluster.keys.token({ user }),
  });

const performance = async ({ tokens, steps }: Transcript): Promise<Performance> => ({
  edges: cluster.edges.map(({ url }) => url),
  tokens: Object.fromEntries(
    await Promise.all(Object.entries(tokens).map(async ([name, claims]) => [name, await cluster.keys.token(claims)])),
  ),
  steps,
});

describe("transcripts of the wire contract", () => {
  it.each(readTranscripts("stock"))("with socket.io-client: $name", async (transcript) => {
    await playStock(await performance(transcript));
  });

  const folder = new URL("../test/transcripts/", import.meta.url).pathname;
  const python = hasPython();
  it(`with python-socketio${python ? "" : ": not played, this machine has no python3 with pip"}`, async () => {
    if (!python) return;
    const transcripts = readTranscripts("python");
    const { command, env } = pythonWith(`${folder}requirements.txt`);
    const playing = promisify(execFile)(command, [`${folder}play.py`], { env: { PATH: process.env.PATH, ...env } });
    playing.child.stdin?.end(JSON.stringify(await Promise.all(transcripts.map(performance))));
    const errors = JSON.parse((await playing).stdout) as (string | null)[];
    const named = (of: (i: number) => unknown) => Object.fromEntries(transcripts.map(({ name }, i) => [name, of(i)]));
    expect(named((i) => errors[i])).toEqual(named(() => null));
  }, 300_000);
});

describe("clients of a real cluster", () => {
  it("[I2] [I4] [D2] a page that starts afresh is given what came while nobody was there, and nothing is acknowledged before", async () => {
    const nc = await connect({ servers: cluster.natsUrl });
    const ask = async <T>(name: string, body: object): Promise<T> => {
      const reply = (await nc.request(`${cluster.install}.v1.main.${name}`, JSON.stringify(body))).json();
      return (reply as { data: T }).data;
    };
    const stateOf = async (id: string) =>
      (await ask<{ recipients: { state: string }[] }>("delivery.get", { id, user: "hana" })).recipients[0]?.state;
    const page = () => {
      const heard: string[] = [];
      const client = createClient({
        url: cluster.edges[0]!.url,
        token: () => cluster.keys.token({ user: "hana" }),
      });
      client.on("order:paid", (_, { id }) => heard.push(id));
      return { client, heard };
    };
    const event = { event: "order:paid", to: { users: ["hana"] }, data: { customer: "hana" } };
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push((await ask<{ id: string }>("emit", event)).id);
    {
      const { client } = page(); // connected, but it never asks for its inbox
      await waitFor(() => client.status.get().phase === "online", { what: "hana is there" });
      await client.close();
    }
    expect(await Promise.all(ids.map(stateOf))).toEqual(["pending", "pending", "pending"]);
    for (const expected of [ids, []]) {
      const { client, heard } = page();
      client.inbox.start();
      await waitFor(() => client.inbox.get().phase === "live", { what: "the inbox" });
      expect(heard).toEqual(expected);
      await waitFor(async () => (await stateOf(ids.at(-1)!)) === "acknowledged", { what: "the acknowledgement" });
      await client.close();
    }
    expect(await Promise.all(ids.map(stateOf))).toEqual(["acknowledged", "acknowledged", "acknowledged"]);
    await nc.close();
  });

  it("[P5] [P6] [P8] on two edges show the same roster, state and history", async () => {
    await using crowd = crowdOf("doc:meet", 6);
    await crowd.live();
    await crowd.busy(2_000);
    await crowd.converge();
    const heard = crowd.visitors.map((visitor) => visitor.heard);
    expect(new Set(heard.map((seqs) => seqs.at(-1))).size).toBe(1);
    expect(heard[0]!.length).toBeGreaterThan(0);
  });

  it("[P3] [P7] survive the death of an edge: nobody is seen to leave, and nothing is missed", async () => {
    await using crowd = crowdOf("doc:death", 8);
    await crowd.live();
    const everybody = () => crowd.visitors.every(({ room }) => room.members.get().length === 8);
    await waitFor(everybody, { what: "everybody is shown" });
    const sizes = new Set<number>();
    for (const { room } of crowd.visitors) room.members.subscribe(() => sizes.add(room.members.get().length));
    const [victim] = cluster.edges;
    await Promise.all([crowd.busy(5_000), victim!.kill("SIGKILL")]);
    await crowd.converge();
    expect([...sizes].filter((size) => size !== 8)).toEqual([]);
    await victim!.restart();
  });

  it("[P7] [P14] survive the death of presence", async () => {
    await using crowd = crowdOf("doc:presence", 6);
    await crowd.live();
    const [presence] = cluster.presence;
    await Promise.all([crowd.busy(5_000), presence!.kill("SIGKILL").then(() => presence!.restart())]);
    await crowd.converge();
  });

  it("[P10] survive a Redis that comes back empty: another epoch, the same people", async () => {
    await using crowd = crowdOf("doc:empty", 6);
    await crowd.live();
    await crowd.busy(500);
    const { epoch } = crowd.visitors[0]!.room.view()!;
    await cluster.redis!.kill();
    await cluster.redis!.restart();
    await crowd.busy(3_000);
    await waitFor(() => crowd.visitors.every(({ room }) => room.view()?.epoch !== epoch), {
      timeoutMs: 30_000,
      what: "another epoch",
    });
    await crowd.converge();
  });
});
