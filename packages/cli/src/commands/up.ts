/** `up`: the command line of it, and where it runs: in this process, or in one of its own with `--detach`. */

import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { type DetachedUp, upDetached } from "../cluster/detach.ts";
import { DEFAULT_BASE_PORT, MAX_BASE_PORT, MAX_REPLICAS, MIN_BASE_PORT } from "../cluster/ports.ts";
import { type UpOptions, up } from "../cluster/up.ts";
import { type Context, EXIT } from "../context.ts";
import { repeated, wholeNumber } from "../options.ts";

interface Flags extends Omit<UpOptions, "channels"> {
  channels?: string;
  detach?: true;
}

export function addUp(program: Command, context: Context): void {
  program
    .command("up")
    .summary("start Redis, NATS, presence, notifier and edges on this machine")
    .description(
      "Starts a whole cluster on this machine and keeps it running until Ctrl-C, which stops all of it and nothing else.\n" +
        "REDIS_URL, NATS_URL, JWKS and OTEL_EXPORTER_OTLP_ENDPOINT replace what it would start or make itself.",
    )
    .option("--edges <n>", "edges", wholeNumber(1, MAX_REPLICAS), 2)
    .option("--presence <n>", "presence replicas", wholeNumber(1, MAX_REPLICAS), 1)
    .option("--notifiers <n>", "notifier replicas", wholeNumber(1, MAX_REPLICAS), 1)
    .option(
      "--base-port <port>",
      "first port; the others keep their distance from it",
      wholeNumber(MIN_BASE_PORT, MAX_BASE_PORT),
      DEFAULT_BASE_PORT,
    )
    .option("--contracts <path>", "contract file or folder, may be repeated (default: the examples)", repeated, [])
    .option("--channels <file>", "fallback channels of the notifier")
    .option("--detach", "return when ready; `down` stops it")
    .option("--observe", "also start Prometheus")
    .option("--fresh", "begin with an empty Redis and NATS of our own", false)
    .option("--no-restart", "leave what dies by itself dead")
    .option("--json", "print one line of JSON when ready; progress goes to stderr")
    .addOption(new Option("--detached").hideHelp())
    .action(async (flags: Flags) => {
      const options: UpOptions = {
        ...flags,
        ...(flags.channels === undefined ? {} : { channels: resolve(context.cwd, flags.channels) }),
      } as UpOptions;
      if (flags.detach !== true) return context.exit(await up(options, context));
      const detached: DetachedUp = {
        ...options,
        contracts: options.contracts.map((path) => resolve(context.cwd, path)),
      };
      context.exit(await upDetached(detached, context).then(() => EXIT.ok));
    });
}
