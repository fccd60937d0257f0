/**
 * What NATS refuses or does not answer, as an error of the catalogue: a command says why, never with the client's stack. To
 * services a denial is one more part that is away; who sits at a command line can mend it, so it is named here.
 */

import { JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import { errors, NoRespondersError, PermissionViolationError } from "@nats-io/nats-core";
import { RollcallError } from "@rollcall/contracts";
import { requestFailure } from "@rollcall/runtime";
import { CliError } from "../context.ts";

/** What is not of NATS stays as it is. */
export function busFailure(error: unknown): unknown {
  const causes = causesOf(error);
  const denied = causes.find((cause) => cause instanceof PermissionViolationError);
  if (denied !== undefined) return denial(denied, error);
  if (error instanceof CliError || error instanceof RollcallError) return error;
  const unheard = causes.find((cause) => cause instanceof NoRespondersError);
  if (unheard !== undefined) {
    const message = `nobody takes ${unheard.subject}: no stream has it, or JetStream is off`;
    return new RollcallError("UNAVAILABLE", { message, cause: error });
  }
  if (error instanceof JetStreamApiError || error instanceof JetStreamError) {
    return new RollcallError("UNAVAILABLE", { message: `JetStream says: ${error.message}`, cause: error });
  }
  return causes.some(isOfNats) ? requestFailure(error) : error;
}

function denial({ operation, subject }: PermissionViolationError, cause: unknown): CliError {
  const isListening = operation === "subscription";
  return new CliError(`FORBIDDEN: NATS does not let this user ${isListening ? "listen to" : "publish"} ${subject}`, {
    cause,
    hint: isListening
      ? "NATS_INBOX_PREFIX must be that of the user, such as _INBOX_operator: deploy/nats/README.md"
      : "Use another user, or grant it: deploy/nats/README.md",
  });
}

const isOfNats = (error: unknown) => Object.values(errors).some((kind) => error instanceof kind);

/** The error itself first. A library's chain of them ends. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}
