/** A command of a contract file: a NATS request to whoever answers its subject; the validated reply is the ack's data. */

import { type CommandContract, LIMITS, RollcallError } from "@rollcall/contracts";
import type { Parts } from "../../parts.ts";
import { type Command, command, type Invocation } from "../command.ts";
import { enforced } from "../enforcement.ts";
import { requesting } from "../request-span.ts";
import { whose } from "../whose.ts";

/** Of an ack, around the data: the frame's and its own. */
const ENVELOPE_BYTES = 256;

export function backendCommand(parts: Parts, contract: CommandContract): Command {
  return command<unknown>({
    event: contract.name,
    ...(contract.rate === undefined ? {} : { rate: contract.rate }),
    shape: (payload) => ({ ok: true, value: payload }),
    allowed: (session, _, nowMs) => session.rights.allows(`command:${contract.name}`, "call", nowMs),
    conforms: (payload) => enforced(parts, contract, contract.validate(payload)),
    run: (invocation) => ask(parts, contract, invocation),
  });
}

async function ask(parts: Parts, contract: CommandContract, invocation: Invocation): Promise<unknown> {
  const { session, payload, span } = invocation;
  const id = invocation.id ?? parts.random.id();
  const { user, tenant, namespace, session: sessionId } = session.ref;
  return requesting(contract.name, span, async (traceparent) => {
    const reply = await parts.bus.command({
      subject: contract.subject,
      data: payload,
      timeoutMs: contract.timeoutMs,
      headers: {
        traceparent,
        "rollcall-user": user,
        "rollcall-tenant": tenant,
        "rollcall-namespace": namespace,
        "rollcall-session": sessionId,
        "rollcall-id": id,
        "rollcall-deadline": new Date(parts.clock.now() + contract.timeoutMs).toISOString(),
      },
    });
    const issues = enforced(parts, contract, contract.validateReply(reply));
    if (issues !== undefined) {
      const fields = { event: "command.reply_invalid", name: contract.name, ...whose(session, span, id), issues };
      parts.logger.error(fields, "a reply breaks its contract");
      throw new RollcallError("INTERNAL", { message: "the backend's reply does not match the contract" });
    }
    if (Buffer.byteLength(JSON.stringify(reply)) > LIMITS.encodedBytes - ENVELOPE_BYTES)
      throw new RollcallError("INTERNAL", { message: "the backend's reply is too large" });
    return reply;
  });
}
