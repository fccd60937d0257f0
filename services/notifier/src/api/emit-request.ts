/** The shape of an `emit` request. */

import { DEFAULT_NAMESPACE, RollcallError, validateRequest } from "@rollcall/contracts";
import type { Audience } from "../routing/route.ts";

export interface EmitRequest {
  namespace: string;
  audience: Audience;
  event: string;
  data: unknown;
  id?: string;
}

interface EmitBody {
  namespace?: string;
  to: { room: string } | { users: string[] };
  event: string;
  data: unknown;
  id?: string;
}

export function readEmit(body: unknown): EmitRequest {
  const checked = validateRequest("emit", body);
  if (!checked.ok) throw RollcallError.invalid(checked.issues);
  const { namespace = DEFAULT_NAMESPACE, to, event, data, id } = checked.value as EmitBody;
  return {
    namespace,
    audience: "room" in to ? { to: "room", room: to.room } : { to: "users", users: [...new Set(to.users)] },
    event,
    data,
    ...(id === undefined ? {} : { id }),
  };
}
