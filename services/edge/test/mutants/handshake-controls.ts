/** Who comes in. */

import { type Control, edge } from "./control.ts";

const TOKEN = "handshake/token.test.ts";
const RING = "handshake/key-ring.test.ts";
const RIGHTS = "clients/rights.test.ts";
const ADMISSION = "handshake/admission.test.ts";

export const HANDSHAKE: readonly Control[] = [
  edge(
    "the audience of a token",
    "handshake/token.ts",
    "...(issuer.audience === undefined ? {} : { audience: issuer.audience }),",
    "",
    TOKEN,
  ),
  edge(
    "the tenants of an issuer",
    "handshake/token.ts",
    "if (issuer.tenants?.includes(tenant) === false)",
    "if (false)",
    TOKEN,
  ),
  edge(
    "the issuer of a token",
    "handshake/token.ts",
    "known.issuer === undefined || known.issuer === claimed",
    "true",
    TOKEN,
  ),
  edge("the longest life of a token", "handshake/token.ts", "if (lifeMs > maxTtlMs)", "if (false)", TOKEN),
  edge(
    "a token from the future",
    "handshake/token.ts",
    "if (issuedAtMs > clock.now() + LEEWAY_MS)",
    "if (false)",
    TOKEN,
  ),
  edge(
    "one fetch of keys per cooldown",
    "handshake/key-ring.ts",
    "this.#options.clock.monotonic() - this.#askedAtMs < COOLDOWN_MS",
    "false",
    RING,
  ),
  edge(
    "keys that were rotated out",
    "handshake/key-ring.ts",
    "leftAtMs !== undefined && now - leftAtMs >= retainMs",
    "leftAtMs !== undefined",
    RING,
  ),
  edge(
    "keys end with their tokens",
    "handshake/key-ring.ts",
    "leftAtMs !== undefined && now - leftAtMs >= retainMs",
    "false",
    RING,
  ),
  edge("private parts of keys", "handshake/key-ring.ts", ".map(({ d: _, ", ".map(({ ", RING),
  edge(
    "a grant's end",
    "clients/rights.ts",
    "if (grant.expiresAtMs > nowMs && grant.capabilities.allows(resource, operation)) return true;",
    "if (grant.capabilities.allows(resource, operation)) return true;",
    RIGHTS,
  ),
  edge(
    "a grant's revocation",
    "clients/rights.ts",
    "grant.issuedAtMs <= issuedUpToMs",
    "grant.issuedAtMs < issuedUpToMs",
    RIGHTS,
  ),
  edge(
    "deny by default",
    "clients/rights.ts",
    "    }\n    return false;\n  }\n\n  /** When the newest",
    "    }\n    return true;\n  }\n\n  /** When the newest",
    RIGHTS,
  ),
  edge("the bound of grants", "clients/rights.ts", "this.#grants.size >= MAX_GRANTS", "false", RIGHTS),
  edge(
    "origins exactly",
    "handshake/origin.ts",
    "exact.has(origin) ||",
    "[...exact].some((one) => origin.startsWith(one)) ||",
    "handshake/origin.test.ts",
  ),
  edge("ports of origins", "handshake/origin.ts", "/^\\d{1,5}$/", "/^\\d{1,5}/", "handshake/origin.test.ts"),
  edge("trusted proxies", "handshake/address.ts", "hops.at(-trustedProxies)", "hops.at(0)", ADMISSION),
  edge("an untrusted header", "handshake/address.ts", "trustedProxies === 0 || ", "", ADMISSION),
  edge(
    "the connection budget",
    "handshake/admission.ts",
    "facts.connections >= limits.maxConnections ||",
    "",
    ADMISSION,
  ),
  edge("handshakes in flight", "handshake/admission.ts", "facts.handshakes >= limits.maxHandshakes ||", "", ADMISSION),
  edge(
    "connections of an address",
    "handshake/admission.ts",
    "facts.ofAddress >= limits.maxPerAddress ||",
    "",
    ADMISSION,
  ),
  edge(
    "connections of a user over all edges",
    "handshake/connect.ts",
    "ref: session.ref, mostSessions, ...facts",
    "ref: session.ref, ...facts",
    "services/edge/test/doors.integration.test.ts",
  ),
  edge("loop delay", "handshake/admission.ts", "facts.loopDelayMs > limits.maxLoopDelayMs ||", "", ADMISSION),
  edge("memory", "handshake/admission.ts", "facts.heapUsedBytes > limits.maxHeapBytes", "false", ADMISSION),
  edge(
    "nobody comes in while it drains",
    "handshake/admission.ts",
    'if (facts.draining) return "DRAINING";',
    "",
    ADMISSION,
  ),
  edge("rejections are spread", "handshake/admission.ts", "Math.floor(random * RETRY_SPREAD_S)", "0", ADMISSION),
  edge(
    "fragments of a message",
    "handshake/websockets.ts",
    "      maxFragments: MAX_FRAGMENTS,\n",
    "",
    "services/edge/test/hostile.integration.test.ts",
  ),
  edge(
    "a connection without a session",
    "handshake/gateway.ts",
    "connectTimeout: settings.CONNECT_TIMEOUT_MS,",
    "connectTimeout: 1_000_000,",
    "services/edge/test/handshake.integration.test.ts",
  ),
  edge(
    "slow headers",
    "handshake/front-door.ts",
    "headersTimeout: HEADERS_TIMEOUT_MS,\n    requestTimeout: HEADERS_TIMEOUT_MS,",
    "headersTimeout: 0,\n    requestTimeout: 0,",
    "services/edge/test/hostile.integration.test.ts",
  ),
];
