/** `explain`: why an event arrived, or did not. */

import { RollcallError } from "@rollcall/contracts";
import type { Command } from "commander";
import { addressesOf } from "../bus/addresses.ts";
import { answersOf } from "../bus/answers.ts";
import { type BusFlags, useBus, withBus } from "../bus/connect.ts";
import { findEvent } from "../bus/find-event.ts";
import { runningCluster } from "../cluster/running.ts";
import { findTraces } from "../collector.ts";
import { CliError, type Context } from "../context.ts";
import { nameOf } from "../options.ts";
import { unknownEvent } from "../unknown-event.ts";

export function addExplain(program: Command, context: Context): void {
  const { print } = answersOf(context);
  withBus(
    program
      .command("explain")
      .summary("why did an event (not) arrive")
      .argument("<event id>", "the publisher's id, or meta.id of an event that clients got; not of a relay")
      .option("--user <user>", "for this recipient", nameOf("user")),
  ).action((id: string, flags: BusFlags & { user?: string }) =>
    useBus(flags, context, async (bus) => {
      const { user } = flags;
      try {
        print(flags, await bus.ask("delivery.get", user === undefined ? { id } : { id, user }));
      } catch (error) {
        if (!(error instanceof RollcallError) || error.code !== "EVENT_UNKNOWN") throw error;
        const where = { clock: context.clock, sources: addressesOf(context).EVENT_SOURCES };
        const [answer, ...more] = unknownEvent(id, await findEvent(bus, id, where));
        const trace = (await isTraced(id, flags, context))
          ? `Its trace is known: ./rollcall trace ${id}`
          : "What clients send (relays, commands) is in traces alone: ./rollcall trace ID, by the meta.id that others got.";
        throw new CliError(answer, { hint: [trace, ...more].join("\n"), cause: error });
      }
    }),
  );
}

/** Asked in passing, of this folder's cluster: that there is no answer is no failure of `explain`. */
async function isTraced(id: string, { nats }: BusFlags, context: Context): Promise<boolean> {
  if ((nats ?? addressesOf(context).NATS_URL) !== undefined) return false;
  try {
    const endpoint = runningCluster(context).otlpEndpoint;
    return endpoint !== undefined && (await findTraces(endpoint, id)).length > 0;
  } catch (error) {
    if (error instanceof CliError) return false;
    throw error;
  }
}
