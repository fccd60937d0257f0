import { deepEqual, match, ok } from "node:assert/strict";
import { test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { measureRoundTrip } from "./round-trip.ts";

test("one question at a time, told by the next scrape, and nothing once it is not answered", async () => {
  const metrics = createMetrics();
  const asked: PromiseWithResolvers<number>[] = [];
  let isUp = true;
  measureRoundTrip(metrics, "redis", () => {
    if (!isUp) return undefined;
    asked.push(Promise.withResolvers<number>());
    return asked.at(-1)!.promise;
  });
  const scrape = () => metrics.render();
  const told = /^rollcall_dependency_round_trip_seconds\{dependency="redis"\} 0.005$/m;

  ok(!told.test(await scrape()));
  await scrape();
  deepEqual(asked.length, 1);
  asked[0]!.resolve(5);
  await asked[0]!.promise;
  match(await scrape(), told);
  asked[1]!.reject(new Error("away"));
  await asked[1]!.promise.catch(() => undefined);
  ok(!told.test(await scrape()));

  asked[2]!.resolve(5);
  await asked[2]!.promise;
  match(await scrape(), told);
  asked[3]!.resolve(5);
  await asked[3]!.promise;
  isUp = false;
  ok(!told.test(await scrape()));
});
