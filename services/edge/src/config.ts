/** The settings of an edge. */

import { LIMITS, TIMEOUTS } from "@rollcall/contracts";
import { DEFAULT_MAX_LEN } from "@rollcall/fanout";
import {
  boundsConfig,
  type ConfigOf,
  commonConfig,
  defineConfig,
  duration,
  integer,
  list,
  needs,
  optionalFile,
  optionalText,
  sumAtLeast,
  together,
} from "@rollcall/runtime";

/** Of private keys that only the issuer has: a secret that edges shared with it would let each of them sign. */
export const ALGORITHMS = [
  ...["EdDSA", "Ed25519", "ES256", "ES384", "ES512"],
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
];

export const config = defineConfig(commonConfig, boundsConfig, {
  properties: {
    PORT: integer({ default: 4000, maximum: 65_535, description: "Port of clients; 0 takes a free one." }),
    HOST: optionalText({ description: "Address clients connect to. Default: every one." }),
    TLS_CERT: optionalFile({ description: "Path of the certificate chain. With TLS_KEY the edge ends TLS itself." }),
    TLS_KEY: optionalFile({ description: "Path of the certificate's private key." }),
    ORIGINS: list({
      default: [],
      description:
        "Origins whose pages may connect: scheme://host[:port], `:*` for any port, `*` alone for any origin in development.",
    }),
    TRUST_PROXY: integer({ default: 0, maximum: 10, description: "Proxies in front that append to X-Forwarded-For." }),
    JWKS: optionalText({ description: "Path or URL of the public keys that tokens are signed with." }),
    JWT_ISS: optionalText({ description: "Issuer that tokens must name. Required outside development." }),
    JWT_AUD: optionalText({ description: "Audience that tokens must name. Required outside development." }),
    JWT_ALGORITHMS: list({
      of: ALGORITHMS,
      default: ["EdDSA", "ES256", "RS256"],
      description: "Signature algorithms that are accepted.",
    }),
    ISSUERS: optionalFile({
      description: "Path of a JSON or YAML list of further issuers: { issuer, audience, jwks, algorithms?, tenants? }.",
    }),
    MAX_TOKEN_TTL: duration({
      code: "AUTH_INVALID",
      default: 86_400_000,
      same: true,
      description: "Longest accepted life of a token.",
    }),
    LOG_MAX_LEN: integer({
      default: DEFAULT_MAX_LEN,
      minimum: 1_000,
      same: true,
      description: "Entries the fan-out log keeps, approximately.",
    }),
    MAX_PAYLOAD_BYTES: integer({
      code: "PAYLOAD_TOO_LARGE",
      default: LIMITS.payloadBytes,
      minimum: 1_024,
      description: "Largest payload of a client.",
    }),
    MAX_ROOMS: integer({
      code: "LIMIT_EXCEEDED",
      default: LIMITS.roomsPerSession,
      minimum: 1,
      description: "Rooms of one session.",
    }),
    MAX_WATCHED: integer({
      code: "LIMIT_EXCEEDED",
      default: LIMITS.watchedPerSocket,
      minimum: 1,
      description: "Users watched by one session.",
    }),
    EVENTS_PER_SECOND: integer({
      code: "RATE_LIMITED",
      default: 50,
      minimum: 1,
      description: "Messages of one session, all without a rate of their own.",
    }),
    BYTES_PER_SECOND: integer({
      code: "RATE_LIMITED",
      default: 524_288,
      minimum: 16_384,
      description: "Payload bytes of one session; twice as many at once.",
    }),
    JOINS_PER_SECOND: integer({
      code: "RATE_LIMITED",
      default: 20,
      minimum: 1,
      description: "Joins of one session; at once, twice as many as it may have rooms.",
    }),
    FRAMES_PER_SECOND: integer({
      default: 2_000,
      minimum: 10,
      description: "Packets of one connection, counted before they are parsed; above it the connection is closed.",
    }),
    USER_EVENTS_PER_SECOND: integer({
      code: "RATE_LIMITED",
      default: 1_000,
      minimum: 1,
      description: "Messages of one user to this edge, all sessions together.",
    }),
    TENANT_EVENTS_PER_SECOND: integer({
      code: "RATE_LIMITED",
      default: 20_000,
      minimum: 1,
      description: "Messages of one tenant to this edge.",
    }),
    CONNECTS_PER_SECOND_PER_ADDRESS: integer({
      default: 500,
      minimum: 1,
      description: "New connections of one address to this edge; twice as many at once.",
    }),
    MAX_IN_FLIGHT: integer({
      code: "RATE_LIMITED",
      default: 4_096,
      minimum: 1,
      description: "Unanswered messages of one session; their bytes are bounded by BYTES_PER_SECOND.",
    }),
    VIOLATIONS_PER_MINUTE: integer({
      default: 600,
      minimum: 1,
      description: "Refused messages of one session before it counts as abuse.",
    }),
    VIOLATIONS_BURST: integer({
      default: 2_000,
      minimum: 1,
      description: "Refused messages of one session at once before it counts as abuse.",
    }),
    MAX_CONNECTIONS: integer({ default: 20_000, minimum: 1, description: "Connections of this edge." }),
    MAX_HANDSHAKES: integer({
      default: 1_000,
      minimum: 1,
      description: "Connections of this edge that are no session yet.",
    }),
    ADMISSIONS_PER_SECOND: integer({
      default: 1_000,
      minimum: 1,
      description: "New connections of this edge; the others are told to come again.",
    }),
    MAX_CONNECTIONS_PER_ADDRESS: integer({ default: 10_000, minimum: 1, description: "Connections of one address." }),
    MAX_CONNECTIONS_PER_USER: integer({
      default: 100,
      minimum: 1,
      description: "Connections of one user, over all edges; a token may say fewer.",
    }),
    MAX_LOOP_DELAY_MS: integer({
      default: 500,
      minimum: 1,
      description: "Event-loop delay above which new connections are refused.",
    }),
    MAX_HEAP_MB: integer({ default: 1_536, minimum: 64, description: "Heap above which new connections are refused." }),
    CONNECT_TIMEOUT_MS: integer({
      default: TIMEOUTS.connect.ms,
      minimum: 100,
      description: "From a transport to a session.",
    }),
    OPEN_WAIT_MS: integer({
      default: 2_000,
      description: "How long a new session waits for presence before it starts without it.",
    }),
    COALESCE_MS: integer({ default: 50, description: "At most one roster and one state diff of a room in this time." }),
    WATCH_WINDOW_MS: integer({ default: 100, description: "At most one presence:changed of a socket in this time." }),
    DRAIN_MS: integer({
      default: 10_000,
      description:
        "Over how long, at most, a stopping edge closes its connections: as fast as the others can take them.",
    }),
  },
  relations: [
    {
      rule: "JWT_ISS and JWT_AUD are required unless ROLLCALL_ENV is development: a token for another service must not open this one",
      between: ["ROLLCALL_ENV", "JWT_ISS", "JWT_AUD"],
      holds: ({ ROLLCALL_ENV, JWT_ISS, JWT_AUD, JWKS, ISSUERS }) =>
        ROLLCALL_ENV === "development" ||
        (JWT_ISS !== undefined && JWT_AUD !== undefined) ||
        (JWKS === undefined && ISSUERS !== undefined),
    },
    {
      rule: "JWKS or ISSUERS is required",
      between: ["JWKS", "ISSUERS"],
      holds: ({ JWKS, ISSUERS }) => JWKS !== undefined || ISSUERS !== undefined,
    },
    together("TLS_CERT", "TLS_KEY"),
    needs(
      "ORIGINS may hold * only when ROLLCALL_ENV is development",
      { setting: "ORIGINS", value: "*" },
      { setting: "ROLLCALL_ENV", value: "development" },
    ),
    sumAtLeast(
      "DRAIN_MS + 5000 must not exceed STOP_GRACE_MS: the last connections would be cut off",
      { DRAIN_MS: -1, STOP_GRACE_MS: 1 },
      5_000,
    ),
    sumAtLeast(
      "OPEN_WAIT_MS + 1000 must not exceed CONNECT_TIMEOUT_MS: clients would be cut off while presence is away",
      { OPEN_WAIT_MS: -1, CONNECT_TIMEOUT_MS: 1 },
      1_000,
    ),
  ],
});

export type EdgeSettings = ConfigOf<typeof config>;
