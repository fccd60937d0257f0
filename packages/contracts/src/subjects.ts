/** Every NATS subject, stream and durable name of one installation. Tokens are encoded here and nowhere else. */

import { encodeSubjectToken } from "./encoding.ts";

const token = encodeSubjectToken;

/** Names on the bus; `install` prefixes all of them. `cell` is the unit of atomicity, `c0` to begin with. */
export function subjectsOf(install: string) {
  const upper = install.toUpperCase();
  return {
    /** A public request: `<install>.v1.<tenant>.<name>`, for example `presence.get`. */
    request: (tenant: string, name: string) => `${install}.v1.${token(tenant)}.${name}`,
    /** What the answering service subscribes to, in a queue group: the tenant is a wildcard. */
    requestAny: (name: string) => `${install}.v1.*.${name}`,
    presenceUser: (tenant: string, user: string) => `${install}.presence.v1.${token(tenant)}.user.${token(user)}`,
    presenceRoom: (tenant: string, namespace: string, room: string) =>
      `${install}.presence.v1.${token(tenant)}.room.${token(namespace)}.${token(room)}`,
    presenceEpoch: () => `${install}.presence.v1.epoch`,
    /** What a reader of one tenant may hear. */
    presenceTenant: (tenant: string) => `${install}.presence.v1.${token(tenant)}.>`,
    presenceAll: () => `${install}.presence.v1.>`,
    presenceStream: () => `${upper}_PRESENCE`,
    deadletter: (reason: string) => `${install}.deadletter.${reason}`,
    deadletterAll: () => `${install}.deadletter.>`,
    deadletterStream: () => `${upper}_DEADLETTER`,
    /** Private: a durable event that was accepted by the `emit` request, until it is final. */
    emitted: (tenant: string) => `${install}.internal.v1.emitted.${token(tenant)}`,
    emittedAll: () => `${install}.internal.v1.emitted.*`,
    emittedStream: () => `${upper}_EMITTED`,
    fallback: (tenant: string, event: string) => `${install}.fallback.v1.${token(tenant)}.${token(event)}`,
    /** What a backend of one tenant may hear. */
    fallbackTenant: (tenant: string) => `${install}.fallback.v1.${token(tenant)}.>`,
    fallbackAll: () => `${install}.fallback.v1.>`,
    notifierDurable: (stream: string) => `${install}-notifier-${token(stream).replaceAll("%", "_")}`,
    /** Private: the key-value bucket of the notifiers' low-water marks. */
    marksBucket: () => `${install}-notifier`,
    marksStream: () => `KV_${install}-notifier`,
    marksAll: () => `$KV.${install}-notifier.>`,
    /** Private: edge to presence. `door` is one of `hello`, `lease`, `lane`, `read`. */
    presenceDoor: (cell: string, door: string) => `${install}.internal.v1.presence.${cell}.${door}`,
    /** Private: edge to notifier. `door` is `inbox`. */
    notifierDoor: (door: string) => `${install}.internal.v1.notifier.${door}`,
    /** Private: the notifier asks every edge and notifier what became of a message. */
    delivery: () => `${install}.internal.v1.delivery`,
    /** Private: presence to one edge. */
    edgeControl: (edge: string) => `${install}.internal.v1.edge.${token(edge)}.control`,
    edgeControlAny: () => `${install}.internal.v1.edge.*.control`,
    /** Private: presence to every edge. */
    edgesControl: () => `${install}.internal.v1.edges.control`,
    /** Private: an edge that drains asks the others how much they can take. */
    edgesLoad: () => `${install}.internal.v1.edges.load`,
  };
}

export type Subjects = ReturnType<typeof subjectsOf>;
