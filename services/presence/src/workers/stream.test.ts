import type { StreamConfig } from "@nats-io/jetstream";
import { subjectsOf } from "@rollcall/contracts";
import { expect, test } from "vitest";
import { presenceStream, streamDifferences } from "./stream.ts";

const need = presenceStream(subjectsOf("shop"));

test("what is missing is told with what it needs", () => {
  expect(streamDifferences(need, undefined)).toEqual([
    "stream SHOP_PRESENCE is missing: it needs subjects shop.presence.v1.>, retention limits, max_age 86400000000000",
  ]);
});

test("what differs is told, and nothing else", () => {
  expect(streamDifferences(need, need as StreamConfig)).toEqual([]);
  expect(streamDifferences(need, { ...need, max_age: 1 } as StreamConfig)).toEqual([
    "stream SHOP_PRESENCE: max_age is 1, needed 86400000000000",
  ]);
});
