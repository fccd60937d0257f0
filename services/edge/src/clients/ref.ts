/** Sessions as map keys. `\n` is in no name, so no part of a key can reach into the next. */

import type { SessionRef } from "@rollcall/contracts/internal";

export type RefKey = string;

export const refKey = (ref: SessionRef): RefKey => `${ref.tenant}\n${ref.namespace}\n${ref.user}\n${ref.session}`;
