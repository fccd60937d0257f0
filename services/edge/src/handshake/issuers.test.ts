import { rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, createLogger, loadConfig, ManualClock } from "@rollcall/runtime";
import { tempFolder } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { config } from "../config.ts";
import { readIssuers } from "./issuers.ts";

const env = { JWKS: "keys.json", JWT_ISS: "https://id.example.com", JWT_AUD: "rollcall" };

test.each(["HS256", "none", "rs256"])(
  "an algorithm of a shared secret, or that there is not, is no setting: %s",
  (name) => {
    expect(() => loadConfig(config, { ...env, JWT_ALGORITHMS: `EdDSA,${name}` })).toThrow(ConfigError);
  },
);

test("nor may another issuer have one", async () => {
  const file = join(tempFolder("issuers"), "issuers.json");
  const issuer = { issuer: "a", audience: "b", jwks: "keys.json", algorithms: ["HS256"] };
  writeFileSync(file, JSON.stringify([issuer]));
  const settings = loadConfig(config, { ...env, ISSUERS: file });
  const tools = {
    clock: new ManualClock(),
    logger: createLogger({ service: "test", instance: "test", level: "silent" }),
    retainMs: 1,
  };
  await rejects(readIssuers(settings, tools), /ISSUERS: \/0\/algorithms\/0 must be one of/);
});
