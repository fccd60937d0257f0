import { AckPolicy, type ConsumerConfig, RetentionPolicy, type StreamConfig } from "@nats-io/jetstream";
import { subjectsOf } from "@rollcall/contracts";
import { describe, expect, it } from "vitest";
import {
  consumerDifferences,
  covers,
  parseSources,
  sourceConsumer,
  sourceStream,
  streamDifferences,
} from "./sources.ts";

const subjects = subjectsOf("rollcall");
const [source] = parseSources(undefined, subjects);

describe("EVENT_SOURCES", () => {
  it("is EVENTS on events.> by default, however the default is written", () => {
    const expected = [{ stream: "EVENTS", filter: "events.>", durable: "rollcall-notifier-EVENTS" }];
    expect(parseSources(undefined, subjects)).toEqual(expected);
    expect(parseSources(" EVENTS:events.> ,", subjects)).toEqual(expected);
  });

  it("names one durable per stream and filter", () => {
    const durables = parseSources("ORDERS,ORDERS:orders.eu.>,ORDERS:orders.us.>", subjects).map((one) => one.durable);
    expect(new Set(durables).size).toBe(3);
    expect(durables[0]).toBe("rollcall-notifier-ORDERS");
    for (const durable of durables) expect(durable).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each(["a b", "EVENTS:", "EVENTS:a..b", ".x", "EVENTS,EVENTS"])("refuses %s", (text) => {
    expect(() => parseSources(text, subjects)).toThrow(/EVENT_SOURCES/);
  });
});

describe("what JetStream must look like", () => {
  const stream = { ...sourceStream(source!), storage: "file" } as StreamConfig;
  const consumer = sourceConsumer(source!, 5_000, 1_024);

  it("a stream that covers the filter serves", () => {
    expect(streamDifferences(sourceStream(source!), stream)).toEqual([]);
    expect(streamDifferences(sourceStream(source!), { ...stream, subjects: ["x", ">"] })).toEqual([]);
  });

  it("each difference of a stream is said", () => {
    const need = sourceStream(source!);
    expect(streamDifferences(need, undefined)).toEqual(["stream EVENTS is missing: it needs subjects events.>"]);
    expect(
      streamDifferences(need, { ...stream, subjects: ["events.*"], retention: RetentionPolicy.Workqueue }),
    ).toEqual([
      "stream EVENTS has subjects events.*: events.> is not among them",
      "stream EVENTS has retention workqueue: it needs limits",
    ]);
  });

  it("each difference of a consumer is said, and whether it can be mended in place", () => {
    const found = { ...consumer, ack_policy: AckPolicy.None, ack_wait: 1 } as unknown as ConsumerConfig;
    expect(consumerDifferences(consumer, "EVENTS", consumer as unknown as ConsumerConfig)).toEqual([]);
    expect(consumerDifferences(consumer, "EVENTS", found)).toEqual([
      { line: expect.stringContaining("ack_policy none: it needs explicit"), mutable: false },
      { line: expect.stringContaining("ack_wait 1: it needs 5000000000"), mutable: true },
    ]);
    expect(consumerDifferences(consumer, "EVENTS", undefined)).toHaveLength(1);
  });

  it.each([
    ["events.>", "events.>", true],
    ["events.>", "events.a.b", true],
    ["events.>", "events", false],
    [">", "events.>", true],
    ["events.*", "events.a", true],
    ["events.*", "events.>", false],
    ["events.*", "events.a.b", false],
    ["events.a", "events.*", false],
    ["*.a", "events.a", true],
    ["events.*.x", "events.*.x", true],
  ])("%s covers %s: %s", (pattern, filter, expected) => {
    expect(covers(pattern, filter)).toBe(expected);
  });
});
