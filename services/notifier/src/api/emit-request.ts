/** An `emit` request, with its defaults. */

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

export function readEmit(body: unknown): EmitRequest {
  const { namespace = DEFAULT_NAMESPACE, to, event, data, id } = checked("emit", body);
  return {
    namespace,
    audience: to.room === undefined ? { to: "users", users: [...new Set(to.users)] } : { to: "room", room: to.room },
    event,
    data,
    ...(id === undefined ? {} : { id }),
  };
}
