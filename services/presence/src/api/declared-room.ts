/** What a contract says of a namespace and of a room: what none declares is there for nobody. */

import { type Contracts, type NamespaceContract, RollcallError, type RoomContract } from "@rollcall/contracts";

export function declaredNamespace(contracts: Contracts, namespace: string): NamespaceContract {
  const declared = contracts.namespaces.get(namespace);
  if (declared === undefined) throw new RollcallError("NAMESPACE_UNKNOWN");
  return declared;
}

export function declaredRoom(
  contracts: Contracts,
  { namespace, room }: { namespace: string; room: string },
): RoomContract {
  const declared = declaredNamespace(contracts, namespace).room(room);
  if (declared === undefined) throw new RollcallError("ROOM_UNKNOWN");
  return declared;
}
