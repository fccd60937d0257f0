/** The client of this page, and which edge it goes to. One session for all of them: nobody sees a change of edge. */

import { createClient } from "@rollcall/client";
import { loseConnection } from "./lossy-socket.ts";

/** What the page's server tells it: `GET /api/session?user=`. */
export interface Entry {
  user: string;
  token: string;
  /** Names of edges to their URLs. */
  edges: Record<string, string>;
}

export async function enter(user: string): Promise<Entry> {
  const response = await fetch(`/api/session?user=${encodeURIComponent(user)}`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Entry;
}

export function connect(user: string, first: Entry) {
  const names = Object.keys(first.edges);
  let edge = names[0]!;
  let edges = first.edges;
  const client = createClient({
    url: () => edges[edge]!,
    token: async () => {
      const entry = await enter(user);
      edges = entry.edges;
      return entry.token;
    },
    client: "board/1",
    presence: { status: "active" },
  });
  return {
    client,
    edges: names,
    edge: () => edge,
    moveTo(next: string) {
      edge = next;
      loseConnection();
    },
    /** When an edge is gone: the next one, and round. */
    moveOn() {
      edge = names[(names.indexOf(edge) + 1) % names.length]!;
    },
  };
}

export type Connection = ReturnType<typeof connect>;
