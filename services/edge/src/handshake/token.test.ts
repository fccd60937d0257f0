import { ManualClock } from "@rollcall/runtime";
import { type DevKeys, devKeys } from "@rollcall/testkit";
import { createLocalJWKSet } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { TokenVerifier } from "./token.ts";

describe("several issuers", () => {
  let [a, b]: DevKeys[] = [];
  let verifier: TokenVerifier;
  const clock = new ManualClock(Date.now());
  const codeOf = (token: unknown) =>
    verifier.verify(token).then(
      ({ tenant, user }) => `${tenant}/${user}`,
      (error: { code: string }) => error.code,
    );
  beforeAll(async () => {
    a = await devKeys({ issuer: "https://a.test", audience: "aud-a" });
    b = await devKeys({ issuer: "https://b.test", audience: "aud-b" });
    const issuer = (keys: DevKeys, tenants?: string[]) => ({
      issuer: keys.issuer,
      audience: keys.audience,
      algorithms: ["EdDSA"],
      find: createLocalJWKSet(keys.jwks),
      ...(tenants === undefined ? {} : { tenants }),
    });
    verifier = new TokenVerifier({
      issuers: [issuer(a!), issuer(b!, ["partner"])],
      clock,
      maxTtlMs: 86_400_000,
    });
  });

  it("each speaks with its own keys, for its own audience and tenants", async () => {
    expect(await codeOf(await a!.token({ user: "ann" }))).toBe("main/ann");
    expect(await codeOf(await b!.token({ user: "bob", tenant: "partner" }))).toBe("partner/bob");
    expect(await codeOf(await b!.token({ user: "bob" }))).toBe("AUTH_INVALID");
    expect(await codeOf(await b!.token({ user: "bob", tenant: "main" }))).toBe("AUTH_INVALID");
  });

  it("none speaks for another", async () => {
    expect(await codeOf(await b!.token({ user: "eve", claims: { iss: a!.issuer, aud: a!.audience } }))).toBe(
      "AUTH_INVALID",
    );
    expect(await codeOf(await a!.token({ user: "eve", claims: { aud: b!.audience } }))).toBe("AUTH_INVALID");
    expect(await codeOf(await a!.token({ user: "eve", claims: { iss: "https://c.test" } }))).toBe("AUTH_INVALID");
    expect(await codeOf(await a!.token({ user: "eve", claims: { iss: undefined } }))).toBe("AUTH_INVALID");
  });

  it("one that lives longer than allowed, or was issued in the future, is none", async () => {
    const nowS = Math.floor(clock.now() / 1_000);
    const issued = (iat: number, exp: number) => a!.token({ user: "ann", claims: { iat, exp } });
    expect(await codeOf(await issued(nowS, nowS + 86_400))).toBe("main/ann");
    expect(await codeOf(await issued(nowS, nowS + 86_401))).toBe("AUTH_INVALID");
    expect(await codeOf(await issued(nowS + 3_600, nowS + 7_200))).toBe("AUTH_INVALID");
  });

  it("says which claim of a rightly signed token is wrong, and nothing of any other", async () => {
    const nowS = Math.floor(clock.now() / 1_000);
    const wrong = async (token: string) => {
      const error: unknown = await verifier.verify(token).catch((thrown: unknown) => thrown);
      const { code, details } = error as { code: string; details?: { issues: { pointer: string }[] } };
      return [code, ...(details?.issues.map(({ pointer }) => pointer) ?? [])];
    };
    const of = async (claims: Record<string, unknown>) => wrong(await a!.token({ user: "ann", claims }));
    expect(await of({ iss: "https://c.test" })).toEqual(["AUTH_INVALID", "/iss"]);
    expect(await of({ aud: "aud-b" })).toEqual(["AUTH_INVALID", "/aud"]);
    expect(await of({ nbf: nowS + 300 })).toEqual(["AUTH_INVALID", "/nbf"]);
    expect(await of({ iat: nowS, exp: nowS + 86_401 })).toEqual(["AUTH_INVALID", "/exp"]);
    expect(await of({ iat: nowS + 300, exp: nowS + 600 })).toEqual(["AUTH_INVALID", "/iat"]);
    expect(await of({ iat: nowS + 20, exp: nowS + 10 })).toEqual(["AUTH_INVALID", "/exp"]);
    expect(await wrong(await b!.token({ user: "bob", tenant: "main" }))).toEqual(["AUTH_INVALID", "/tenant"]);
    const [header, payload] = (await a!.token({ user: "ann", claims: { aud: "aud-b" } })).split(".");
    expect(await wrong(`${header}.${payload}.AAAA`)).toEqual(["AUTH_INVALID"]);
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "AUTH_REQUIRED"],
    ["an empty text", "", "AUTH_REQUIRED"],
    ["an object", {}, "AUTH_INVALID"],
    ["two dots", "..", "AUTH_INVALID"],
    ["a JWE of five parts", "a.b.c.d.e", "AUTH_INVALID"],
    ["1 MB", "x".repeat(1_000_000), "AUTH_INVALID"],
  ])("%s is %j", async (_name, token, code) => {
    expect(await codeOf(token)).toBe(code);
  });

  it("headers that name keys or types are not followed, and crit is refused", async () => {
    const [, payload, signature] = (await a!.token({ user: "ann" })).split(".");
    const header = (more: object) => Buffer.from(JSON.stringify({ alg: "EdDSA", ...more })).toString("base64url");
    for (const more of [
      { jku: "https://evil.test" },
      { jwk: a!.jwks.keys[0] },
      { x5u: "https://evil.test" },
      { crit: ["b64"], b64: false },
    ]) {
      expect(await codeOf(`${header(more)}.${payload}.${signature}`)).toBe("AUTH_INVALID");
    }
  });
});
