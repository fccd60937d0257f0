import { deepEqual, equal } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "@rollcall/runtime";
import { describe, test } from "vitest";
import { parse } from "yaml";
import { SERVICES } from "../helm/schema.ts";

interface Service {
  image: string;
  environment?: Record<string, unknown>;
  read_only?: boolean;
  user?: string;
  cap_drop?: string[];
  stop_grace_period?: string;
  volumes?: string[];
}
const { services } = parse(readFileSync(join(import.meta.dirname, "compose.yaml"), "utf8"), { merge: true }) as {
  services: Record<string, Service>;
};
const withDefaults = (value: unknown) => String(value).replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");
const OURS = { "edge-1": "edge", "edge-2": "edge", presence: "presence", notifier: "notifier" } as const;

describe.each(Object.entries(OURS))("%s", (name, kind) => {
  const service = services[name]!;
  const env = Object.fromEntries(
    Object.entries(service.environment!).map(([key, value]) => [key, withDefaults(value)]),
  );

  test("has settings that exist and hold together", () => {
    const config = loadConfig(SERVICES[kind], env);
    deepEqual(
      Object.keys(env).filter((setting) => !Object.hasOwn(SERVICES[kind].object.properties, setting)),
      [],
    );
    equal(Number.parseInt(service.stop_grace_period!, 10) * 1_000 >= config.STOP_GRACE_MS + 5_000, true);
  });

  test("runs as nobody, with a read-only root and no capabilities", () => {
    deepEqual([service.user, service.read_only, service.cap_drop], ["65532:65532", true, ["ALL"]]);
  });
});

test("every image has a version, every file that is mounted exists", () => {
  for (const { image, volumes = [] } of Object.values(services)) {
    equal(/:[\w.-]+$/.test(withDefaults(image)) && !image.endsWith(":latest"), true, image);
    for (const volume of volumes) {
      const [source = ""] = withDefaults(volume).split(":");
      // The keys are the reader's own.
      if (source.startsWith(".") && source !== "./jwks.json")
        equal(existsSync(join(import.meta.dirname, source)), true, source);
    }
  }
});
