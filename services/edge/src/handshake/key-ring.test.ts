import { createLogger, ManualClock } from "@rollcall/runtime";
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { KeyRing } from "./key-ring.ts";

const logger = createLogger({ service: "test", instance: "test", level: "silent" });
const RETAIN_MS = 3_600_000;

async function keyPair(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "EdDSA" };
  const token = await new SignJWT({}).setProtectedHeader({ alg: "EdDSA", kid }).sign(privateKey);
  return { jwk, token, privateJwk: { ...(await exportJWK(privateKey)), kid } };
}

describe("key ring", () => {
  let clock: ManualClock;
  let set: { keys: unknown[] } | Error;
  let fetches: number;
  let ring: KeyRing;
  const verifies = async (token: string) => {
    try {
      await jwtVerify(token, ring.find, { algorithms: ["EdDSA"] });
      return "yes";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const make = () =>
    new KeyRing({
      source: "unused",
      clock,
      logger,
      retainMs: RETAIN_MS,
      fetchSet: () => {
        fetches++;
        return set instanceof Error ? Promise.reject(set) : Promise.resolve(set);
      },
    });
  beforeEach(() => {
    clock = new ManualClock();
    fetches = 0;
    ring = make();
  });

  it("[K1] an unknown key id causes one fetch, and no other within the cooldown", async () => {
    const [known, unknown] = [await keyPair("a"), await keyPair("b")];
    set = { keys: [known.jwk] };
    await ring.start();
    expect(await verifies(known.token)).toBe("yes");
    expect(fetches).toBe(1);
    await clock.advance(30_000);
    const many = await Promise.all(Array.from({ length: 50 }, () => verifies(unknown.token)));
    expect(new Set(many)).toEqual(new Set(["ERR_JWKS_NO_MATCHING_KEY"]));
    for (let i = 0; i < 50; i++) await verifies(unknown.token);
    expect(fetches).toBe(2);
    set = { keys: [known.jwk, unknown.jwk] };
    await clock.advance(30_000);
    expect(await verifies(unknown.token)).toBe("yes");
    expect(fetches).toBe(3);
  });

  /** One key takes the other's place, and the ring has seen it. */
  async function rotated() {
    const [old, young] = [await keyPair("old"), await keyPair("young")];
    set = { keys: [old.jwk] };
    await ring.start();
    set = { keys: [young.jwk] };
    await clock.advance(600_000);
    return [old, young] as const;
  }

  it("[K2] a key that left the set verifies until the tokens it may have signed have ended", async () => {
    const [old, young] = await rotated();
    expect(await verifies(young.token)).toBe("yes");
    expect(await verifies(old.token)).toBe("yes");
    await clock.advance(RETAIN_MS + 600_000);
    expect(await verifies(old.token)).toBe("ERR_JWKS_NO_MATCHING_KEY");
  });

  it("[K2] a key that left the set is forgotten by a restart, as one must be that somebody else has", async () => {
    const [old, young] = await rotated();
    expect(await verifies(old.token)).toBe("yes");
    ring = make();
    await ring.start();
    expect([await verifies(old.token), await verifies(young.token)]).toEqual(["ERR_JWKS_NO_MATCHING_KEY", "yes"]);
  });

  it("[K3] a set that cannot be fetched changes nothing, and none at all is UNAVAILABLE", async () => {
    const key = await keyPair("a");
    set = new Error("away");
    await ring.start();
    expect(ring.ready).toBe(false);
    expect(await verifies(key.token)).toBe("UNAVAILABLE");
    set = { keys: [key.jwk] };
    await clock.advance(1_000);
    expect(ring.ready).toBe(true);
    set = new Error("away");
    await clock.advance(600_000);
    expect(await verifies(key.token)).toBe("yes");
  });

  it.each<[string, unknown]>([
    ["no set", 5],
    ["an empty set", { keys: [] }],
    ["symmetric keys only", { keys: [{ kty: "oct", k: "AAAA", kid: "a" }] }],
    ["a key that is none", { keys: [null, "x"] }],
  ])("[K4] %s is no key set", async (_name, bad) => {
    set = bad as never;
    await ring.start();
    expect(ring.ready).toBe(false);
  });

  it("[K4] of a private key only the public half is kept", async () => {
    const key = await keyPair("a");
    set = { keys: [key.privateJwk] };
    await ring.start();
    expect(await verifies(key.token)).toBe("yes");
  });
});
