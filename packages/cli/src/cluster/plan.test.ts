import { expect, test } from "vitest";
import { homeOf } from "../home.ts";
import { type PlanOptions, planCluster, scrapeConfig } from "./plan.ts";

const options: PlanOptions = {
  home: homeOf("/checkout"),
  env: {},
  cwd: "/app",
  basePort: 4000,
  edges: 2,
  presence: 1,
  notifiers: 1,
  contracts: ["/checkout/a", "/checkout/b"],
  redisServer: "/usr/bin/redis-server",
  natsServer: "/usr/sbin/nats-server",
  node: "/usr/bin/node",
};
const names = (plan: ReturnType<typeof planCluster>) => plan.components.map(({ name }) => name);

test("servers come before services, and no two want the same port", () => {
  const plan = planCluster(options);
  expect(names(plan)).toEqual(["redis", "nats", "collector", "presence-1", "notifier-1", "edge-1", "edge-2"]);
  const stages = plan.components.map(({ stage }) => stage);
  expect(stages).toEqual(stages.toSorted((a, b) => a - b));
  const ports = plan.components.flatMap((spec) => spec.ports);
  expect(new Set(ports).size).toBe(ports.length);
});

test("an edge gets its own ports and name, and what all share", () => {
  const edge = planCluster(options).components.find(({ name }) => name === "edge-2")!;
  expect(edge).toMatchObject({ url: "http://127.0.0.1:4001", internalUrl: "http://127.0.0.1:4101" });
  expect(edge.env).toMatchObject({
    INSTANCE: "edge-2",
    PORT: "4001",
    INTERNAL_PORT: "4101",
    REDIS_URL: "redis://127.0.0.1:4379",
    NATS_URL: "nats://127.0.0.1:4622",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4418",
    CONTRACTS: "/checkout/a,/checkout/b",
    JWKS: "/checkout/.rollcall/jwks.json",
    ROLLCALL_ENV: "development",
    STREAMS: "create",
  });
  expect(edge.env.ORIGINS).toContain("http://localhost:*");
});

test("what the user gives is used, not replaced", () => {
  const { redisServer: _redis, natsServer: _nats, ...rest } = options;
  const env = {
    REDIS_URL: "redis://cache:1",
    NATS_URL: "nats://bus:2",
    JWKS: "https://issuer/keys",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel:4318",
    INSTALL: "mine",
    ORIGINS: "https://app.example.com",
  };
  const plan = planCluster({ ...rest, env });
  expect(names(plan)).toEqual(["presence-1", "notifier-1", "edge-1", "edge-2"]);
  expect(plan.components[0]!.env).toMatchObject(env);
});

test("what comes from a file is left to the services: they read it again when it changes", () => {
  const { redisServer: _redis, natsServer: _nats, ...rest } = options;
  const files = { REDIS_URL_FILE: "/run/redis", NATS_URL_FILE: "/run/nats" };
  const plan = planCluster({ ...rest, env: { ...files, REDIS_URL: "redis://cache:1", NATS_URL: "nats://u:p@bus:2" } });
  expect(plan).toMatchObject({ redisUrl: "redis://cache:1", natsUrl: "nats://u:p@bus:2" });
  for (const { kind, env } of plan.components) {
    if (kind === "collector") continue;
    expect([env.REDIS_URL, env.NATS_URL]).toEqual([undefined, undefined]); // both set would be a mistake
  }
});

test("a set of keys is found from where `up` was called, or fetched", () => {
  const jwksOf = (JWKS: string) => planCluster({ ...options, env: { JWKS } }).jwksFile;
  expect(["keys/jwks.json", "/etc/jwks.json", "http://issuer/keys"].map(jwksOf)).toEqual([
    "/app/keys/jwks.json",
    "/etc/jwks.json",
    "http://issuer/keys",
  ]);
});

test("Prometheus scrapes the internal port of each service", () => {
  const config = scrapeConfig(planCluster(options).components, "/checkout/rules.yaml");
  expect(config).toContain("/checkout/rules.yaml");
  for (const port of [4100, 4101, 4200, 4300]) expect(config).toContain(`127.0.0.1:${port}`);
});
