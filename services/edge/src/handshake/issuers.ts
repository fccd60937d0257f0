/** Whose tokens are accepted: the issuer of the settings, and those of the `ISSUERS` file. */

import { readFile } from "node:fs/promises";
import { GRAMMAR } from "@rollcall/contracts";
import { checkerOf, type Static, Type } from "@rollcall/contracts/schema";
import { type Clock, ConfigError, type Logger } from "@rollcall/runtime";
import { parse } from "yaml";
import { ALGORITHMS, type EdgeSettings } from "../config.ts";
import { KeyRing } from "./key-ring.ts";
import type { Issuer } from "./token.ts";

const IssuersFile = Type.Array(
  Type.Object(
    {
      issuer: Type.String({ minLength: 1 }),
      audience: Type.String({ minLength: 1 }),
      jwks: Type.String({ minLength: 1 }),
      algorithms: Type.Optional(Type.Array(Type.String({ enum: ALGORITHMS }), { minItems: 1 })),
      tenants: Type.Optional(Type.Array(Type.String({ pattern: GRAMMAR.tenant }), { minItems: 1 })),
    },
    { additionalProperties: false },
  ),
  { minItems: 1 },
);
type IssuersFile = Static<typeof IssuersFile>;
const mistakesOf = checkerOf(IssuersFile);

export interface Issuers {
  all: readonly Issuer[];
  /** Every key set has been read once. */
  ready(): boolean;
  stop(): void;
}

export async function readIssuers(
  settings: EdgeSettings,
  tools: { clock: Clock; logger: Logger; retainMs: number },
): Promise<Issuers> {
  const rings: KeyRing[] = [];
  const make = (
    jwks: string,
    algorithms: readonly string[],
    rest: Pick<Issuer, "issuer" | "audience" | "tenants">,
  ): Issuer => {
    const ring = new KeyRing({ source: jwks, ...tools });
    rings.push(ring);
    return { ...rest, algorithms, find: ring.find };
  };
  const { JWKS, JWT_ISS, JWT_AUD, JWT_ALGORITHMS, ISSUERS } = settings;
  const fromFile = ISSUERS === undefined ? [] : checked(parse(await readFile(ISSUERS, "utf8")));
  const all = fromFile.map(({ issuer, audience, jwks, algorithms = JWT_ALGORITHMS, tenants }) =>
    make(jwks, algorithms, { issuer, audience, ...(tenants === undefined ? {} : { tenants }) }),
  );
  if (JWKS !== undefined) {
    const named = {
      ...(JWT_ISS === undefined ? {} : { issuer: JWT_ISS }),
      ...(JWT_AUD === undefined ? {} : { audience: JWT_AUD }),
    };
    all.push(make(JWKS, JWT_ALGORITHMS, named)); // last: without an issuer it accepts any
  }
  await Promise.all(rings.map((ring) => ring.start()));
  return {
    all,
    ready: () => rings.every((ring) => ring.ready),
    stop: () => {
      for (const ring of rings) ring.stop();
    },
  };
}

function checked(list: unknown): IssuersFile {
  const [first] = mistakesOf(list);
  if (first === undefined) return list as IssuersFile;
  throw new ConfigError([`ISSUERS: ${first.pointer} ${first.message}`]);
}
