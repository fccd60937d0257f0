/** The shape of an `emit` request. */

import { DEFAULT_NAMESPACE } from "@rollcall/contracts";
import type { Audience } from "../routing/route.ts";
import { checked } from "./checked.ts";

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
  const { namespace = DEFAULT_NAMESPACE, to, event, data, id } = checked<EmitBody>("emit", body);
  return {
    namespace,
    audience: "room" in to ? { to: "room", room: to.room } : { to: "users", users: [...new Set(to.users)] },
    event,
    data,
    ...(id === undefined ? {} : { id }),
  };
}
