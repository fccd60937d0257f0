/** Contracts made by hand for tests of the notifier's own behaviour; what contract files mean is tested where they are compiled. */

import type { Contracts, EventContract, NamespaceContract, RoomContract } from "@rollcall/contracts";

type Given = Partial<EventContract> & { name: string };

/** Every given event is enforced and takes any object as data, unless it says otherwise. */
export function fakeContracts(events: Given[], rooms: RoomContract[] = [{ pattern: "board:*" }]): Contracts {
  const declared = events.map(
    (event): EventContract => ({
      kind: "event",
      namespace: "/",
      enforcement: "enforce",
      tenantFrom: "default",
      validate: (value) =>
        typeof value === "object" && value !== null && !("bad" in value)
          ? undefined
          : [{ pointer: "/bad", keyword: "not", message: "must not be there" }],
      ...event,
    }),
  );
  const namespace: NamespaceContract = {
    namespace: "/",
    rooms,
    relays: new Map(),
    commands: new Map(),
    events: new Map(declared.map((event) => [event.name, event])),
    room: (id) => rooms.find(({ pattern }) => id.startsWith(pattern.replace("*", ""))),
  };
  return {
    hash: "test",
    namespaces: new Map([["/", namespace]]),
    operations: [],
    route(subject, type) {
      for (const event of declared) {
        const matched = event.from?.match(subject);
        if (matched && (event.type === undefined || event.type === type)) return { event, tenant: matched.tenant };
      }
      return undefined;
    },
  };
}

/** `events.{tenant}.x` or an exact subject. */
export function from(source: string): NonNullable<EventContract["from"]> {
  const pattern = new RegExp(`^${source.replaceAll(".", "\\.").replace("{tenant}", "([^.]+)")}$`);
  return {
    source,
    match(subject) {
      const found = pattern.exec(subject);
      return found === null ? undefined : { tenant: found[1] ?? "main" };
    },
  };
}

const field = (data: unknown, name: string): unknown => (data as Record<string, unknown>)[name];

/** The room `board:<data.board>`. */
export const toBoard: NonNullable<EventContract["audience"]> = {
  to: "room",
  of(data) {
    const board = field(data, "board");
    return typeof board === "string"
      ? { ok: true, to: "room", room: `board:${board}` }
      : { ok: false, detail: "/board is missing" };
  },
};

/** The users of `data.users`. */
export const toUsers: NonNullable<EventContract["audience"]> = {
  to: "users",
  of(data) {
    const users = field(data, "users");
    return Array.isArray(users) && users.length > 0
      ? { ok: true, to: "users", users: users as string[] }
      : { ok: false, detail: "/users is empty" };
  },
};
