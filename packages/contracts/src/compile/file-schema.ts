/** The shape of a contract file: unknown keys and wrong types are found here; what they mean, by `build.ts`. */

import { GRAMMAR } from "../names.ts";
import { type Static, Type } from "../schema/type.ts";

const closed = { additionalProperties: false } as const;
const schema = Type.Unsafe<object | boolean>({ type: ["object", "boolean"] });
const text = Type.String({ minLength: 1, maxLength: 4_096 });
const operation = Type.String({ pattern: "^[a-z][a-z0-9-]{0,31}$" });
const duration = Type.Unsafe<string | number>({ type: ["string", "integer"] });
const mapOf = <T extends Parameters<typeof Type.Record>[1]>(value: T) => Type.Record(Type.String(), value);
const opt = Type.Optional;

const history = opt(Type.Object({ size: Type.Integer({ minimum: 1 }), ttl: duration }, closed));
const declared = {
  description: opt(text),
  examples: opt(Type.Array(Type.Unknown(), { maxItems: 50 })),
  deprecated: opt(Type.Object({ since: text, use: opt(text), remove: opt(text) }, closed)),
  owner: opt(text),
  enforcement: opt(Type.Unsafe<"enforce" | "warn">({ type: "string", enum: ["enforce", "warn"] })),
  sample: opt(Type.Number({ minimum: 0, maximum: 1 })),
  payload: schema,
};

const Room = Type.Object(
  {
    description: opt(text),
    info: opt(schema),
    maxMembers: opt(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    state: opt(
      Type.Object(
        {
          retain: opt(duration),
          publish: opt(Type.Boolean()),
          keys: opt(
            mapOf(
              Type.Object(
                {
                  value: schema,
                  write: opt(Type.Unsafe<"owner">({ type: "string", enum: ["owner"] })),
                  op: opt(operation),
                  description: opt(text),
                },
                closed,
              ),
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

const Relay = Type.Object(
  {
    ...declared,
    rooms: Type.Array(text, { minItems: 1, maxItems: 50 }),
    op: opt(operation),
    rate: opt(Type.String()),
    volatile: opt(Type.Boolean()),
    history,
  },
  closed,
);

const Command = Type.Object(
  { ...declared, reply: schema, subject: text, timeout: opt(duration), rate: opt(Type.String()) },
  closed,
);

const Event = Type.Object(
  {
    ...declared,
    from: opt(text),
    type: opt(text),
    tenant: opt(Type.Unsafe<"header">({ type: "string", enum: ["header"] })),
    to: opt(
      Type.Object(
        { room: opt(text), users: opt(Type.String({ maxLength: 512 })) },
        {
          ...closed,
          minProperties: 1,
          maxProperties: 1,
        },
      ),
    ),
    durable: opt(
      Type.Object(
        {
          ttl: duration,
          collapse: opt(text),
          fallback: opt(
            Type.Object({ after: duration, channel: Type.String({ pattern: "^[a-z][a-z0-9-]{0,63}$" }) }, closed),
          ),
          digest: opt(Type.Object({ window: duration }, closed)),
        },
        closed,
      ),
    ),
    history,
  },
  closed,
);

export const ContractFile = Type.Object(
  {
    rollcall: Type.Literal(1),
    namespace: Type.String({ pattern: GRAMMAR.namespace }),
    description: opt(text),
    rooms: opt(mapOf(Room)),
    relays: opt(mapOf(Relay)),
    commands: opt(mapOf(Command)),
    events: opt(mapOf(Event)),
    shared: opt(mapOf(schema)),
  },
  closed,
);

export type ContractFile = Static<typeof ContractFile>;
export type RoomDeclaration = Static<typeof Room>;
export type RelayDeclaration = Static<typeof Relay>;
export type CommandDeclaration = Static<typeof Command>;
export type EventDeclaration = Static<typeof Event>;
