/** The end of every types file: from an event's name to its types. */

import { camelCase } from "../naming.ts";
import { interfaceText } from "./members.ts";
import { quoted } from "./schema-type.ts";

export const NAMESPACE_MAPS = ["ServerToClient", "ClientToServer", "Events", "Rooms"] as const;

export function accessors(namespaces: readonly { namespace: string; prefix: string }[]): string {
  const members = namespaces.map(({ namespace, prefix }) => {
    const parts = NAMESPACE_MAPS.map((map) => `${camelCase(map)}: ${prefix}${map}`);
    return `${quoted(namespace)}: { ${parts.join("; ")} };`;
  });
  return `${interfaceText("Namespaces", members)}
${TEXT}`;
}

const TEXT = `
type NameIn<M extends "events" | "clientToServer"> = {
  [N in keyof Namespaces]: keyof Namespaces[N][M] & string;
}[keyof Namespaces];
type Of<T, K> = K extends keyof T ? T[K] : never;
type InEach<N, M extends "events" | "clientToServer", E> = N extends keyof Namespaces ? Of<Namespaces[N][M], E> : never;

/** The data of an event that backends publish. Where two namespaces declare the name, say which. */
export type EventOf<E extends NameIn<"events">, N extends keyof Namespaces = keyof Namespaces> = InEach<N, "events", E>;

/** What an emitted event is acknowledged with. */
export type AckOf<E extends NameIn<"clientToServer">, N extends keyof Namespaces = keyof Namespaces> =
  InEach<N, "clientToServer", E> extends infer F
    ? F extends (payload: never, meta: never, ack: infer A) => void
      ? NonNullable<A> extends (reply: infer R) => void
        ? R
        : never
      : never
    : never;

/**
 * The same events, every ack asked for: \`Socket<ServerToClient, Acked<ClientToServer>>\` has a typed \`emitWithAck\`, which
 * sees no ack where it may be left out.
 */
export type Acked<Events> = {
  [E in keyof Events]: Events[E] extends (...args: infer A) => void ? (...args: Required<A>) => void : never;
};`;
