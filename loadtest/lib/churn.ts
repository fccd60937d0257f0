/** People who change all the time, in rounds; after each, every roster must equal the truth. */

import { Cell } from "./cell.ts";
import type { Client } from "./client.ts";
import { guarded } from "./metrics.ts";
import { pick } from "./random.ts";
import { patience } from "./settings.ts";
import { vocabulary } from "./vocabulary.ts";
import { paced, sleep } from "./wait.ts";

export interface ChurnSizes {
  rampSeconds: number;
  /** Clients that change in a round. */
  changes: number;
  roundMs: number;
}

/** How many never change, so that they see everything. */
export const STEADY = 4;
/** Grace, sweep and delivery; beyond the objective, so that what is late is measured and not only missing. */
const VANISH_MS = 20_000 * patience;

/** The clients of one virtual user, in a room of their own. */
export function cellOf(
  run: string,
  vu: number,
  { clients, watched }: { clients: number; watched: number },
  steady = 0,
): Cell {
  return new Cell({ vu, clients, room: `${vocabulary.room}load-${run}-${vu}`, watched, steady });
}

export async function enterAll(cell: Cell, { rampSeconds }: { rampSeconds: number }): Promise<void> {
  await paced(cell.clients.length, rampSeconds * 1_000, (i) =>
    guarded("enter", () => cell.enter(cell.clients[i] as Client, cell.present())),
  );
  await cell.audit();
}

export async function churn(cell: Cell, sizes: ChurnSizes, endMs: number): Promise<void> {
  let vanishing: Promise<void> | undefined;
  let gone: Client | undefined;
  while (Date.now() < endMs) {
    const startMs = Date.now();
    const idle = cell.restless.filter((client) => client !== gone && client.online);
    if (vanishing === undefined && idle.length > 1) {
      const [client] = idle.splice(0, 1);
      gone = client;
      vanishing = guarded("vanish", () => vanish(cell, client as Client)).then(() => {
        vanishing = gone = undefined;
      });
    }
    const busy = pick(idle, sizes.changes);
    const still = cell.present(busy);
    await Promise.all(busy.map((client, i) => guarded("change", () => change(cell, client, still, i))));
    await cell.audit();
    await sleep(startMs + sizes.roundMs - Date.now());
  }
  await vanishing;
  await cell.audit();
}

/** Seen only by those who never change: others might miss it while they are away themselves. */
async function vanish(cell: Cell, client: Client): Promise<void> {
  cell.unsure.add(client.user);
  await cell.vanish(client, cell.steady, VANISH_MS);
  await cell.enter(client, cell.steady);
  cell.unsure.delete(client.user);
}

async function change(cell: Cell, client: Client, still: readonly Client[], kind: number): Promise<void> {
  switch (kind % 5) {
    case 0:
      await cell.leave(client, still);
      return cell.join(client, still);
    case 1:
      return cell.blink(client);
    case 2:
      return cell.setStatus(client, still);
    case 3:
      return cell.update(client, still);
    default:
      await cell.logout(client, still);
      return cell.enter(client, still);
  }
}
