/** The `CHANNELS` file: where fallbacks go, in the deployment's words. A contract only names a channel. */

import { readFileSync } from "node:fs";
import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Subjects } from "@rollcall/contracts";
import { checkerOf, type Static, type TSchema, Type } from "@rollcall/contracts/schema";
import { type Clock, ConfigError, cannotRead, parseDurationMs, type Random } from "@rollcall/runtime";
import { parse } from "yaml";
import type { Channel } from "./channel.ts";
import { createEmail } from "./channels/email.ts";
import { createNatsChannel } from "./channels/nats.ts";
import { createWebhook } from "./channels/webhook.ts";
import { createWebPush } from "./channels/webpush.ts";
import { guarded } from "./guarded.ts";

export interface ChannelParts {
  nc: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  subjects: Subjects;
  install: string;
  clock: Clock;
  random: Random;
}

const closed = { additionalProperties: false };
const duration = Type.String({ pattern: "^\\d{1,15}(ms|s|m|h|d)$" });
/** Of every kind. */
const common = {
  maxAge: Type.Optional(duration),
  rate: Type.Optional(Type.String({ pattern: "^[1-9]\\d{0,5}/(s|m|h)$" })),
};
const pointer = Type.String({ pattern: "^(/([^~/]|~[01])*)+$", maxLength: 256 });

const KINDS = {
  nats: Type.Object({ type: Type.Literal("nats"), ...common }, closed),
  webhook: Type.Object(
    {
      type: Type.Literal("webhook"),
      ...common,
      url: Type.String({ pattern: "^https?://" }),
      secrets: Type.Array(Type.String({ pattern: "^whsec_[A-Za-z0-9+/]+=*$" }), { minItems: 1, maxItems: 8 }),
      timeout: Type.Optional(duration),
      allowPrivate: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
  email: Type.Object(
    {
      type: Type.Literal("email"),
      ...common,
      smtp: Type.String({ pattern: "^smtps?://" }),
      from: Type.String({ minLength: 3 }),
      to: Type.Optional(pointer),
      subject: Type.Optional(Type.String({ maxLength: 200 })),
    },
    closed,
  ),
  webpush: Type.Object(
    {
      type: Type.Literal("webpush"),
      ...common,
      vapid: Type.Object(
        {
          subject: Type.String({ pattern: "^(mailto:|https:)" }),
          publicKey: Type.String({ minLength: 80 }),
          privateKey: Type.String({ minLength: 40 }),
        },
        closed,
      ),
      subscription: Type.Optional(pointer),
      ttl: Type.Optional(duration),
      timeout: Type.Optional(duration),
      allowPrivate: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
} satisfies Record<string, TSchema>;

type Kind = keyof typeof KINDS;

const DEFAULT_MAX_AGE_MS = 24 * 60 * 60 * 1000;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_PUSH_TTL_MS = 24 * 60 * 60 * 1000;
const DEFAULT_SUBSCRIPTION = "/pushSubscription";

const ms = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : parseDurationMs(text)!);

/** Those with one host are guarded: its failure is everybody's. Whose endpoints are its recipients' own is not. */
const BUILDERS: { [K in Kind]: (given: Static<(typeof KINDS)[K]>, parts: ChannelParts) => Channel } = {
  nats: (given, { nc, js, jsm, subjects, install }) =>
    createNatsChannel({ nc, js, jsm, subjects, install, maxAgeMs: ms(given.maxAge, DEFAULT_MAX_AGE_MS) }),
  webhook: (given, parts) =>
    guarded(
      createWebhook({
        url: given.url,
        secrets: given.secrets,
        timeoutMs: ms(given.timeout, DEFAULT_TIMEOUT_MS),
        maxAgeMs: ms(given.maxAge, DEFAULT_MAX_AGE_MS),
        allowPrivate: given.allowPrivate ?? false,
        clock: parts.clock,
      }),
      parts,
    ),
  email: (given, parts) =>
    guarded(
      createEmail({
        smtp: given.smtp,
        from: given.from,
        maxAgeMs: ms(given.maxAge, DEFAULT_MAX_AGE_MS),
        ...(given.to === undefined ? {} : { to: given.to }),
        ...(given.subject === undefined ? {} : { subject: given.subject }),
      }),
      parts,
    ),
  webpush: (given, { clock }) =>
    createWebPush({
      vapid: given.vapid,
      subscription: given.subscription ?? DEFAULT_SUBSCRIPTION,
      ttlS: Math.floor(ms(given.ttl, DEFAULT_PUSH_TTL_MS) / 1000),
      timeoutMs: ms(given.timeout, DEFAULT_TIMEOUT_MS),
      maxAgeMs: ms(given.maxAge, DEFAULT_MAX_AGE_MS),
      allowPrivate: given.allowPrivate ?? false,
      clock,
    }),
};

/** Throws {@link ConfigError} with every mistake, never a secret. */
export function readChannels(file: string, parts: ChannelParts): Map<string, Channel> {
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ConfigError([cannotRead("CHANNELS", file, error)]);
  }
  return buildChannels(content, parts);
}

export function buildChannels(content: unknown, parts: ChannelParts): Map<string, Channel> {
  const named = (content as { channels?: unknown } | null)?.channels;
  if (typeof named !== "object" || named === null) throw new ConfigError(["CHANNELS has no `channels`"]);
  const mistakes: string[] = [];
  const channels = new Map<string, Channel>();
  for (const [name, given] of Object.entries(named as Record<string, unknown>)) {
    const kind = (given as { type?: unknown } | null)?.type;
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) {
      mistakes.push(`channel "${name}": a name is 1-64 chars of [a-z0-9-]`);
    } else if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
      mistakes.push(`channel ${name}: type is one of ${Object.keys(KINDS).join(", ")}`);
    } else {
      const [first] = checkerOf(KINDS[kind as Kind])(given);
      if (first !== undefined) mistakes.push(`channel ${name}: ${first.pointer || "/"} ${first.message}`);
      else channels.set(name, limited(build(kind as Kind, given, parts), (given as { rate?: string }).rate));
    }
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return channels;
}

const build = (kind: Kind, given: unknown, parts: ChannelParts): Channel =>
  (BUILDERS[kind] as (given: unknown, parts: ChannelParts) => Channel)(given, parts);

/** `50/s`, `100/m`. */
function limited(channel: Channel, rate: string | undefined): Channel {
  if (rate === undefined) return channel;
  const [max, unit] = rate.split("/");
  return { ...channel, rate: { max: Number(max), duration: parseDurationMs(`1${unit}`)! } };
}
