import { expect, test } from "vitest";
import type { Plan } from "./plan.ts";
import { readyText } from "./ready-text.ts";

const plan = (contracts: string[]): Plan => ({
  components: [],
  install: "rollcall",
  redisUrl: "redis://127.0.0.1:4379",
  natsUrl: "nats://127.0.0.1:4622",
  jwksFile: "jwks.json",
  contracts,
  otlpEndpoint: "http://127.0.0.1:4418",
});
const text = (contracts: string[]) => readyText(plan(contracts), { tookMs: 1_000, detached: true }).join("\n");

test("the demo is offered only where its contract files are loaded", () => {
  expect(text(["/home/rollcall/examples/github/contracts"])).toContain("./rollcall demo github");
  expect(text(["/home/app/contracts"])).not.toContain("demo github");
});
