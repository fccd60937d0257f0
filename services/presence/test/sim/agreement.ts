/** What must be equal when nothing is under way: the clients' sockets, what edges hold, what the cell says. */

import type { Cell } from "../../src/core/cell.ts";
import { digestOf, sameDigest } from "../../src/core/digest.ts";
import type { Client } from "./client.ts";
import type { Edge } from "./edge.ts";

/** P1, P9: a line per difference. */
export function agreementOf(cell: Cell, clients: readonly Client[], edges: readonly Edge[]): string[] {
  const expected = new Set<string>();
  for (const { ref, edge, connected, ready_, wanted, rooms } of clients) {
    if (wanted && !(connected && ready_)) expected.add(`${ref.user} ${ref.session} connected`);
    if (!connected) continue;
    expected.add(`${ref.user} ${ref.session} on ${edge!.id}`);
    for (const room of rooms) expected.add(`${ref.user} ${ref.session} in ${room}`);
  }
  const found = new Set<string>();
  for (const { user, sessions } of cell.users.values()) {
    for (const { id, edge, lost, rooms } of sessions) {
      found.add(`${user} ${id} on ${lost ?? edge}`);
      for (const { room } of rooms) found.add(`${user} ${id} in ${room}`);
    }
  }
  return [
    ...[...expected].filter((one) => !found.has(one)).map((one) => `missing: ${one}`),
    ...[...found].filter((one) => !expected.has(one)).map((one) => `extra: ${one}`),
    ...edges.filter((edge) => edge.alive && !holdsTheSame(cell, edge)).map(({ id }) => `digest: ${id}`),
  ];
}

/** E2. */
const holdsTheSame = (cell: Cell, { id, lane }: Edge): boolean =>
  sameDigest(lane.held.digest(), digestOf(id, cell.users.values()));

/** P10, P2: everyone who is connected is known. */
export function missingOf(cell: Cell, clients: readonly Client[]): string[] {
  return clients.flatMap(({ ref: { user, session }, connected, ready_ }) => {
    const isKnown = cell.users.get(`main ${user}`)?.sessions.some(({ id }) => id === session) === true;
    return connected && ready_ && !isKnown ? [`${user} ${session}`] : [];
  });
}

/** P16: nobody is there, and nothing remembers anybody. */
export function leftOvers(cell: Cell, edges: readonly Edge[]): string[] {
  const { users, rooms, grace, retain, evicting, resync, unnamed, expiry, publish } = cell;
  const tables = { users, rooms, grace, retain, evicting, resync, unnamed, expiry, publish };
  const inCell = Object.entries(tables).flatMap(([name, table]) => [...table.keys()].map((key) => `${name} ${key}`));
  const alive = edges.filter((edge) => edge.alive);
  const inEdges = alive.filter(({ lane, sockets }) => lane.held.size + sockets > 0).map(({ id }) => `edge ${id}`);
  const known = new Set(alive.map(({ id }) => id));
  return [...inCell, ...inEdges, ...[...cell.leases.keys()].filter((id) => !known.has(id)).map((id) => `lease ${id}`)];
}
