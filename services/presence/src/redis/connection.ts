/** How the cell's Redis is connected. */

import type { RedisOptions } from "@rollcall/runtime";

/**
 * A call does not outlive its connection. Sent again it could reach another server, promoted with an older copy of the
 * cell that still names the run it knew: it would be taken for a call of that epoch, and versions would come twice (C2).
 */
export const CELL_CONNECTION: RedisOptions = { maxRetriesPerRequest: 0 };
