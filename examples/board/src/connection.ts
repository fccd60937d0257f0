/** The client of this page, and which edge it goes to. One session for all of them: nobody sees a change of edge. */

import { createClient } from "@rollcall/client";
import { useSyncExternalStore } from "react";
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

/** `wanted`: the edge to begin with; another name, or none, begins with the first. */
export function connect(user: string, first: Entry, wanted: string | null) {
  const names = Object.keys(first.edges);
  let edge = names.find((name) => name === wanted) ?? names[0]!;
  let edges = first.edges;
  const listeners = new Set<() => void>();
  const goTo = (next: string) => {
    edge = next;
    for (const listener of listeners) listener();
  };
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

  // Two losses in a row: that edge may be gone.
  let losses = 0;
  client.status.subscribe(() => {
    const { phase } = client.status.get();
    if (phase === "online") losses = 0;
    else if (phase === "waiting" && ++losses >= 2) goTo(names[(names.indexOf(edge) + 1) % names.length]!);
  });

  return {
    client,
    edges: names,
    edge: () => edge,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    moveTo(next: string) {
      goTo(next);
      loseConnection();
    },
  };
}

export type Connection = ReturnType<typeof connect>;

export const useEdge = ({ subscribe, edge }: Connection): string => useSyncExternalStore(subscribe, edge);
