import { seededRandom, systemClock } from "@rollcall/runtime";
import { startCluster } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { createCrowd } from "../test/crowd.ts";

const CLIENTS = 200;
const MINUTES = 1;

it("[P6] [P7] [P8] 200 clients, writes, and edges and presence that die: all end equal", async () => {
  await using cluster = await startCluster({
    edges: 3,
    presence: 2,
    contractsDir: new URL("../test/contracts", import.meta.url).pathname,
  });
  await using crowd = createCrowd({
    room: "doc:crowd",
    users: Array.from({ length: CLIENTS }, (_, i) => `user-${i}`),
    urls: () => cluster.edges.filter((edge) => edge.running()).map((edge) => edge.url),
    token: (user) => cluster.keys.token({ user }),
  });
  await crowd.live();
  const random = seededRandom(1);
  let over = false;
  const kills = (async () => {
    while (!over) {
      await systemClock.sleep(5_000);
      const victims = [...cluster.edges, ...cluster.presence];
      const victim = victims[random.int(victims.length)]!;
      await victim.kill("SIGKILL");
      await victim.restart();
    }
  })();
  await crowd.busy(MINUTES * 60_000);
  over = true;
  await kills;
  await crowd.converge(60_000);
  expect(crowd.visitors).toHaveLength(CLIENTS);
});
