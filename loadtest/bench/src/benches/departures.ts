/** How each contender says that somebody left, and how else one can know. */

import type { Contender } from "../harness/bench.ts";
import type { World } from "../servers/world.ts";

/** Users that this event says have left. */
export function departuresIn(contender: Contender, data: Buffer): string[] {
  const text = data.toString();
  if (contender === "centrifuge") {
    const { push } = JSON.parse(text) as { push?: { leave?: { info: { user: string } } } };
    return push?.leave === undefined ? [] : [push.leave.info.user];
  }
  const [name, payload] = JSON.parse(text.slice(2)) as [string, { left?: string[]; user?: string } | undefined];
  if (name === "room:roster") return payload?.left ?? [];
  return name === "room:left" && payload?.user !== undefined ? [payload.user] : [];
}

/** How many of these users a reader of presence would still show. */
export async function remaining(world: World, room: string, users: readonly string[]): Promise<number> {
  if (world.contender === "centrifuge") {
    const { internalUrl } = world.baselines[1]!;
    const members = Number(await (await fetch(`${internalUrl}/presence?channel=${room}`)).text());
    return Math.max(0, members - 1); // the onlooker
  }
  const known = new Set(users);
  const keys = await world.redis.keys("presence:*");
  return keys.filter((key) => known.has(key.split(":")[1]!)).length;
}
