/** Every core schema, and the function that services check by it. */

import { CLIENT_EVENTS } from "../../src/core/client-events.ts";
import { CloudEventAttributes, FallbackBody, PRESENCE_EVENTS } from "../../src/core/cloud-events.ts";
import { Auth, Claims } from "../../src/core/connect.ts";
import { REQUESTS } from "../../src/core/requests.ts";
import { SERVER_EVENTS } from "../../src/core/server-events.ts";
import { Meta, WireError } from "../../src/core/shapes.ts";
import * as core from "../../src/core/validators.ts";
import type { TSchema } from "../../src/schema/type.ts";

export interface Surface {
  name: string;
  schema: TSchema;
  check(value: unknown): core.Checked<unknown>;
}

const named = <P extends string>(
  of: Record<string, Record<P, TSchema>>,
  part: P,
  check: (name: string, value: unknown) => core.Checked<unknown>,
): Surface[] =>
  Object.entries(of).map(([key, parts]) => ({
    name: `${key} ${part}`,
    schema: parts[part],
    check: (value) => check(key, value),
  }));

export const SURFACES: readonly Surface[] = [
  ...named(CLIENT_EVENTS, "payload", core.validateClientEvent),
  ...named(CLIENT_EVENTS, "ack", core.validateAck),
  ...named(SERVER_EVENTS, "payload", core.validateServerEvent),
  ...named(REQUESTS as unknown as Record<string, { body: TSchema }>, "body", (name, value) =>
    core.validateRequest(name as never, value),
  ),
  ...named(REQUESTS, "reply", core.validateReply),
  ...named(PRESENCE_EVENTS, "data", core.validatePresenceEvent),
  { name: "auth", schema: Auth, check: core.validateAuth },
  { name: "claims", schema: Claims, check: core.validateClaims },
  { name: "server meta", schema: Meta, check: core.validateServerMeta },
  { name: "cloud event", schema: CloudEventAttributes, check: core.validateCloudEvent },
  { name: "fallback body", schema: FallbackBody, check: core.validateFallbackBody },
  { name: "error", schema: WireError, check: core.validateWireError },
];
