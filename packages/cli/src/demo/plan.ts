/** What the demo publishes, what must become of it, and who has to listen. Pure. */

import { type Contracts, DEFAULT_TENANT } from "@rollcall/contracts";
import { messageId } from "@rollcall/contracts/internal";

/** `ce-source` of all that the demo publishes. */
export const SOURCE = "/rollcall/demo/github";

export interface Family {
  name: string;
  examples: readonly { action?: string }[];
}

export type Expected =
  | { arrives: true; namespace: string; event: string; room: string }
  | { arrives: true; namespace: string; event: string; users: readonly string[] }
  | { arrives: false };

export interface Publication {
  id: string;
  /** `meta.id` of what arrives. */
  mid: string;
  subject: string;
  type: string;
  data: unknown;
  expected: Expected;
}

/** A client that has to be there on every edge: of rooms, or of one user. */
export interface Listener {
  namespace: string;
  /** Undefined: anybody. */
  user?: string;
  rooms: readonly string[];
}

/**
 * Every payload, once per type that is declared for its subject; one of which none is declared, once. With a `count`,
 * so many of them: spread evenly over all, or all of them again and again. `run` begins their ids.
 */
export function planPublications(
  contracts: Contracts,
  families: readonly Family[],
  options: { run: string; count?: number | undefined },
): Publication[] {
  const events = [...contracts.namespaces.values()].flatMap((namespace) => [...namespace.events.values()]);
  const all = families.flatMap(({ name, examples }) =>
    examples.flatMap((data) => {
      const kind = data.action === undefined ? name : `${name}.${data.action}`;
      const subject = `events.github.${kind}`;
      const declared = events.filter(({ from }) => from?.match(subject) !== undefined);
      const types = new Set(declared.map(({ type }) => type ?? `com.github.${kind}`));
      if (types.size === 0) types.add(`com.github.${kind}`);
      return [...types].map((type) => ({ subject, type, data, expected: expectedOf(contracts, subject, type, data) }));
    }),
  );
  const count = all.length === 0 ? 0 : (options.count ?? all.length);
  const stride = Math.max(1, all.length / count);
  return Array.from({ length: count }, (_, i) => {
    const id = `${options.run}-${i + 1}`;
    const chosen = all[Math.floor(i * stride) % all.length]!;
    return { id, mid: messageId(DEFAULT_TENANT, SOURCE, id), ...chosen };
  });
}

function expectedOf(contracts: Contracts, subject: string, type: string, data: unknown): Expected {
  const routed = contracts.route(subject, type);
  const audience = routed?.event.audience?.of(data);
  if (routed === undefined || audience?.ok !== true) return { arrives: false };
  const { event } = routed;
  if (event.enforcement === "enforce" && event.validate(data) !== undefined) return { arrives: false };
  const common = { arrives: true, namespace: event.namespace, event: event.name } as const;
  return audience.to === "room" ? { ...common, room: audience.room } : { ...common, users: audience.users };
}

/** Even one session could hold few rooms; several clients show that their number is of no interest. */
const CLIENTS_FOR_ROOMS = 3;

export function planListeners(publications: readonly Publication[], roomsPerSession: number): Listener[] {
  const rooms = new Map<string, Set<string>>();
  const users = new Map<string, Set<string>>();
  const add = (to: Map<string, Set<string>>, namespace: string, names: readonly string[]) => {
    const known = to.get(namespace) ?? new Set();
    for (const name of names) known.add(name);
    to.set(namespace, known);
  };
  for (const { expected } of publications) {
    if (!expected.arrives) continue;
    if ("room" in expected) add(rooms, expected.namespace, [expected.room]);
    else add(users, expected.namespace, expected.users);
  }
  const ofRooms = [...rooms].flatMap(([namespace, names]) => {
    const size = Math.min(roomsPerSession, Math.ceil(names.size / CLIENTS_FOR_ROOMS));
    const list = [...names];
    return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => ({
      namespace,
      rooms: list.slice(i * size, (i + 1) * size),
    }));
  });
  const ofUsers = [...users].flatMap(([namespace, names]) =>
    [...names].map((user) => ({ namespace, user, rooms: [] })),
  );
  return [...ofRooms, ...ofUsers];
}
