/** What every AsyncAPI document of ours has: servers, security, what comes beside payloads. */

import { GRAMMAR } from "../../names.ts";

export const ref = ($ref: string): { $ref: string } => ({ $ref });

const text = (description: string) => ({ type: "string", description });

/** A namespace of the edges: as a connection of its own, it is a server. */
export const edgeServer = (namespace: string, descriptions: readonly string[]) => ({
  host: "{edge}",
  pathname: "/socket.io/",
  protocol: "wss",
  title: `Namespace ${namespace}`,
  description: ["Socket.IO protocol 5, websocket only.", ...descriptions].join("\n\n"),
  variables: { edge: { default: "localhost:4000", description: "Where edges are reached." } },
  security: [ref("#/components/securitySchemes/token")],
  "x-namespace": namespace,
});

export const BUS_SERVER = {
  host: "{bus}",
  protocol: "nats",
  title: "NATS",
  description: "For backends. Events go through JetStream, commands are requests.",
  variables: { bus: { default: "localhost:4622", description: "Where NATS is reached." } },
  security: [ref("#/components/securitySchemes/credentials")],
};

export const SECURITY_SCHEMES = {
  token: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "`auth.token` of the CONNECT payload. Its claim `cap` says what is allowed.",
  },
  credentials: {
    type: "asymmetricEncryption",
    description: "NATS credentials of the account; each user has its subjects.",
  },
};

export const OPERATION_TRAITS = {
  fromClients: { tags: [{ name: "from clients" }], security: [ref("#/components/securitySchemes/token")] },
  toClients: { tags: [{ name: "to clients" }], security: [ref("#/components/securitySchemes/token")] },
  fromBackends: { tags: [{ name: "from backends" }], security: [ref("#/components/securitySchemes/credentials")] },
  toBackends: { tags: [{ name: "to backends" }], security: [ref("#/components/securitySchemes/credentials")] },
};

export const MESSAGE_TRAITS = {
  emitted: {
    description: "`emit(name, payload, meta?, ack?)`: the headers stand for `meta`.",
    headers: ref("#/components/schemas/ClientMeta"),
  },
  received: {
    description: "`(payload, meta)` of the event's handler: the headers stand for `meta`.",
    headers: ref("#/components/schemas/Meta"),
  },
  cloudEvent: {
    description: "CloudEvents 1.0 in binary mode; structured mode is read as well.",
    headers: {
      type: "object",
      required: ["ce-specversion", "ce-id", "ce-source", "ce-type"],
      properties: {
        "ce-specversion": { const: "1.0" },
        "ce-id": text("Unique in its source: repeats are dropped."),
        "ce-source": text("Such as /shop/orders."),
        "ce-type": text("As the contract says, where it does."),
        "ce-time": { ...text("When it happened."), format: "date-time" },
        "ce-tenantid": { ...text("Where the subject does not name the tenant."), pattern: GRAMMAR.tenant },
        traceparent: text("Of the hop."),
        "ce-traceparent": text("Of the origin."),
      },
    },
  },
  request: {
    description: "A NATS request; the body is the payload.",
    headers: {
      type: "object",
      properties: {
        traceparent: text("The edge's span."),
        "rollcall-user": { ...text("Who calls."), pattern: GRAMMAR.user },
        "rollcall-tenant": { ...text("Of the user."), pattern: GRAMMAR.tenant },
        "rollcall-session": { ...text("The session that calls."), pattern: GRAMMAR.session },
        "rollcall-id": text("Stable over retries; unique only with tenant, namespace and user."),
        "rollcall-deadline": text("After it nobody waits for the answer."),
      },
    },
  },
  answer: {
    description: "The reply to the request. An error is the header `rollcall-error: CODE` and the body `{ message }`.",
    headers: {
      type: "object",
      properties: { "rollcall-error": { ...ref("#/components/schemas/ErrorCode") } },
    },
  },
};

export const REFUSED = {
  name: "refused",
  title: "Refused",
  summary: "The ack when it failed; without an ack it arrives as `session:fault`.",
  payload: {
    type: "object",
    required: ["ok", "error"],
    properties: { ok: { const: false }, error: ref("#/components/schemas/WireError") },
  },
};
