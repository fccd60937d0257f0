/**
 * Which declared rooms and events the scenarios use: those of the example contracts (board, support desk), which every
 * `rollcall up` loads. `VOCABULARY` (JSON, any of these fields) names those of another cluster.
 */

export interface Vocabulary {
  /** Rooms are this and more characters. */
  room: string;
  /** A relay with history of `{ text }`. */
  said: string;
  /** A volatile relay of `{ x, y }`. */
  moved: string;
  /** State keys whose values are `{ text }`, and `{ x, y }` bound to the session. */
  note: string;
  cursor: string;
  /** Namespace and name of a durable event with `{ ticket, assignee, by }` to the user `assignee`. */
  inbox: string;
  assigned: string;
}

const EXAMPLES: Vocabulary = {
  room: "doc:",
  said: "chat:said",
  moved: "cursor:moved",
  note: "note:",
  cursor: "cursor:",
  inbox: "/support",
  assigned: "ticket:assigned",
};

export const vocabulary: Vocabulary = { ...EXAMPLES, ...(JSON.parse(__ENV.VOCABULARY ?? "{}") as Partial<Vocabulary>) };

/** Every other event, the core's aside, is one that nobody declared. */
export const declared: ReadonlySet<string> = new Set([vocabulary.said, vocabulary.moved, vocabulary.assigned]);
