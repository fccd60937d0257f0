/** `presence:watch` and `presence:unwatch`: whose changes this socket is told. Watches belong to the socket. */

import { RollcallError } from "@rollcall/contracts";
import type { ReadUsersData } from "@rollcall/contracts/internal";
import type { Session } from "../../clients/session.ts";
import type { Parts } from "../../parts.ts";
import { type Command, command, type Invocation } from "../command.ts";
import { coreShape } from "../core-shape.ts";
import { requesting } from "../request-span.ts";

interface Users {
  users: string[];
}

export function presenceWatch(parts: Parts): Command {
  return command<Users>({
    event: "presence:watch",
    shape: coreShape("presence:watch"),
    allowed: (session, { users }, nowMs) =>
      users.every((user) => session.rights.allows(`user:${user}`, "watch", nowMs)),
    run: (invocation) => watch(parts, invocation),
  });
}

export function presenceUnwatch(parts: Parts): Command {
  return command<Users>({
    event: "presence:unwatch",
    shape: coreShape("presence:unwatch"),
    allowed: () => true,
    run({ session, payload: { users } }) {
      for (const user of users) forget(parts, session, user);
      return {};
    },
  });
}

/** Watches first and reads then, so that no change falls between; what comes meanwhile follows the answer. */
async function watch(parts: Parts, invocation: Invocation<Users>): Promise<unknown> {
  const { session, payload, span, event } = invocation;
  const { tenant } = session.ref;
  const { hub } = parts;
  const users = [...new Set(payload.users)];
  const watched = (session.watched ??= new Set());
  const added = users.filter((user) => !watched.has(user));
  if (watched.size + added.length > session.limits.watched) {
    throw new RollcallError("LIMIT_EXCEEDED", { details: { limit: "watched" } });
  }
  for (const user of added) {
    watched.add(user);
    hub.watch(tenant, user, session);
  }
  hub.hold(session);
  try {
    const { position, ...answer } = await requesting(event, span, (traceparent) =>
      parts.bus.read<ReadUsersData>(session.cell, { read: "users", tenant, users }, traceparent),
    );
    if (session.live) {
      hub.answered(tenant, session, answer.users, position);
      invocation.answer(answer);
    }
    return answer;
  } catch (error) {
    for (const user of added) forget(parts, session, user);
    throw error;
  } finally {
    hub.release(session);
  }
}

function forget(parts: Parts, session: Session, user: string): void {
  if (session.watched?.delete(user)) parts.hub.unwatch(session.ref.tenant, user, session);
}
