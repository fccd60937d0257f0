import { expect, test } from "vitest";
import { DEFAULT_BASE_PORT, MAX_BASE_PORT, portsOf } from "./ports.ts";

test("the ports that the wire contract names", () => {
  const ports = portsOf(DEFAULT_BASE_PORT);
  expect([ports.edge(0), ports.edge(1), ports.edgeInternal(0), ports.presence(0), ports.notifier(0)]).toEqual([
    4000, 4001, 4100, 4200, 4300,
  ]);
  expect([ports.redis, ports.nats, ports.collector]).toEqual([4379, 4622, 4418]);
});

test("another base moves all of them alike, and the highest one leaves room", () => {
  const flat = (base: number) => {
    const { edge, edgeInternal, presence, notifier, ...single } = portsOf(base);
    return [edge, edgeInternal, presence, notifier].map((of) => of(7)).concat(Object.values(single));
  };
  expect(flat(9000)).toEqual(flat(4000).map((port) => port + 5000));
  expect(Math.max(...flat(MAX_BASE_PORT))).toBeLessThanOrEqual(65_535);
});
