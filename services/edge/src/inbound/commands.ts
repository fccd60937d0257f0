/** Every event a client may send, by namespace: core's, and what its contract declares. Anything else is unknown. */

import type { NamespaceContract } from "@rollcall/contracts";
import type { Parts } from "../parts.ts";
import type { Command } from "./command.ts";
import { backendCommand } from "./commands/backend-command.ts";
import { inboxCommands } from "./commands/inbox.ts";
import { presenceSet } from "./commands/presence-set.ts";
import { presenceUnwatch, presenceWatch } from "./commands/presence-watch.ts";
import { relay } from "./commands/relay.ts";
import { roomJoin } from "./commands/room-join.ts";
import { roomLeave } from "./commands/room-leave.ts";
import { roomRead } from "./commands/room-reads.ts";
import { roomUpdate } from "./commands/room-update.ts";
import { sessionRefresh } from "./commands/session-refresh.ts";
import { statePatch } from "./commands/state-patch.ts";

export type CommandTable = (contract: NamespaceContract, event: string) => Command | undefined;

export function commandTable(parts: Parts): CommandTable {
  const core = [
    roomJoin(parts),
    roomLeave(parts),
    roomUpdate(parts),
    roomRead(parts, "room:members"),
    roomRead(parts, "room:history"),
    roomRead(parts, "state:get"),
    statePatch(parts),
    presenceSet(parts),
    presenceWatch(parts),
    presenceUnwatch(parts),
    sessionRefresh(parts),
    ...inboxCommands(parts),
  ];
  const tables = new WeakMap<NamespaceContract, ReadonlyMap<string, Command>>();
  const tableOf = (contract: NamespaceContract) => {
    let table = tables.get(contract);
    if (table === undefined) {
      const declared = [
        ...[...contract.relays.values()].map((one) => relay(parts, one)),
        ...[...contract.commands.values()].map((one) => backendCommand(parts, one)),
      ];
      table = new Map([...core, ...declared].map((one) => [one.event, one]));
      tables.set(contract, table);
    }
    return table;
  };
  return (contract, event) => tableOf(contract).get(event);
}
