/** `publish`: a domain event as any backend would send it, with a trace of its own. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { DEFAULT_TENANT } from "@rollcall/contracts";
import { ATTRIBUTES, during, startSpan } from "@rollcall/telemetry";
import type { Command } from "commander";
import { addressOf, hasAddress, publishEvent, reaches } from "../bus/cloud-event.ts";
import { type BusFlags, useBus, withBus } from "../bus/connect.ts";
import { contractPaths, loadOrExplain } from "../cluster/contract-paths.ts";
import { readState } from "../cluster/state.ts";
import { CliError, type Context } from "../context.ts";
import { json } from "../options.ts";
import { startCliTelemetry } from "../telemetry.ts";
import { undeclaredEvent } from "../undeclared-event.ts";

const SOURCE = "/rollcall/cli";

interface Flags extends BusFlags {
  data?: unknown;
  file?: string;
  id?: string;
  contracts?: string[];
}

export function addPublish(program: Command, context: Context): void {
  const { home, env, cwd, terminal, clock, random } = context;
  withBus(
    program
      .command("publish")
      .summary("publish the CloudEvent of a declared event; prints its id and trace id")
      .argument("<event>", "its declared name, for example order:shipped")
      .option("--data <json>", "its data", json)
      .option("--file <file>", "its data from a file; - for standard input")
      .option("--id <id>", "its ce-id (default: a new one)"),
  ).action(async (name: string, flags: Flags) => {
    const contracts = await loadOrExplain(readState(home.state)?.contracts ?? contractPaths([], { home, env, cwd }));
    const declared = [...contracts.namespaces.values()].flatMap(({ events }) => events.get(name) ?? []);
    const [event] = declared;
    if (event === undefined) {
      const names = [...contracts.namespaces.values()].flatMap(({ events }) => [...events.keys()]);
      throw new CliError(`no contract declares the event ${name}`, { hint: undeclaredEvent(name, names) });
    }
    const data = dataOf(flags, cwd);
    const issues = event.validate(data);
    if (issues !== undefined) {
      const lines = issues.map(({ pointer, message }) => `  ${pointer || "/"} ${message}`);
      throw new CliError("the data does not match the event's schema:", { hint: lines.join("\n") });
    }
    if (!hasAddress(event)) throw new CliError(`${name} has no \`from\`: only the emit request sends it`);
    if (!reaches(event, flags.tenant)) {
      throw new CliError(`${name} is of tenant ${DEFAULT_TENANT} only: its \`from\` has no {tenant}`);
    }
    const endpoint = readState(home.state)?.otlpEndpoint ?? env.OTEL_EXPORTER_OTLP_ENDPOINT;
    const telemetry = await startCliTelemetry(endpoint, clock);
    const span = startSpan("publish", name, { kind: "producer" });
    const id = flags.id ?? random.id();
    span.setAttribute(ATTRIBUTES.eventId, id);
    try {
      await during(span, (traceparent) =>
        useBus(flags, context, ({ nc, jetStream }) => {
          const sent = { ...addressOf(event, flags.tenant), id, source: SOURCE, data, traceparent };
          return publishEvent(jetstream(nc, jetStream), sent, clock);
        }),
      );
    } finally {
      await telemetry.shutdown();
    }
    if (flags.json === true) terminal.json({ id, traceId: span.traceId });
    else {
      terminal.out(`id     ${id}`);
      terminal.out(`trace  ${span.traceId}`);
    }
  });
}

function dataOf({ data, file }: Flags, cwd: string): unknown {
  if (file === undefined) return data ?? {};
  try {
    return JSON.parse(readFileSync(file === "-" ? 0 : resolve(cwd, file), "utf8"));
  } catch (cause) {
    throw new CliError(`${file} holds no JSON, or cannot be read`, { cause });
  }
}
