/** What one edge holds, folded (E2). */

import { type Digest, digestHashes, digestItem } from "@rollcall/contracts/internal";
import type { Session, User } from "./user.ts";

export const EMPTY_DIGEST: Digest = { count: 0, x1: 0, x2: 0 };

function fold(digest: Digest, item: string, by: 1 | -1): Digest {
  const [a, b] = digestHashes(item);
  return { count: digest.count + by, x1: (digest.x1 ^ a) >>> 0, x2: (digest.x2 ^ b) >>> 0 };
}

const refOf = ({ tenant, user }: Pick<User, "tenant" | "user">, { ns, id }: Session) => ({
  tenant,
  namespace: ns,
  user,
  session: id,
});

/** A session and all its memberships. */
export function foldSession(digest: Digest, user: User, session: Session, by: 1 | -1): Digest {
  const ref = refOf(user, session);
  const alone = fold(digest, digestItem(ref, session.incarnation), by);
  return session.rooms.reduce((all, { room }) => fold(all, digestItem(ref, session.incarnation, room), by), alone);
}

/** The digest of `edge`, from scratch: counters are derived from sets. */
export function digestOf(edge: string, users: Iterable<User>): Digest {
  let digest = EMPTY_DIGEST;
  for (const user of users) {
    for (const session of user.sessions) {
      if (session.edge === edge && session.lost === undefined) digest = foldSession(digest, user, session, 1);
    }
  }
  return digest;
}

export const sameDigest = (a: Digest, b: Digest): boolean =>
  a.count === b.count && a.x1 >>> 0 === b.x1 >>> 0 && a.x2 >>> 0 === b.x2 >>> 0;
