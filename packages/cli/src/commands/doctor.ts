/** `doctor`: what is misconfigured, and what to do about it. */

import type { Command } from "commander";
import { withBus } from "../bus/connect.ts";
import { type Context, EXIT } from "../context.ts";
import { type DoctorFlags, examine } from "../doctor/examine.ts";

const STYLE = { ok: "green", warn: "yellow", bad: "red" } as const;

export function addDoctor(program: Command, context: Context): void {
  const { terminal } = context;
  withBus(
    program
      .command("doctor")
      .summary("what is misconfigured, and what to do about it; exit 1 when something is")
      .option("--redis <url>", "Redis of another cluster (default: REDIS_URL, else the cluster of this folder)"),
  ).action(async (flags: DoctorFlags) => {
    const findings = await examine(flags, context);
    if (flags.json === true) terminal.json({ findings });
    else {
      const width = Math.max(...findings.map(({ about }) => about.length));
      for (const { level, about, message, todo } of findings) {
        terminal.out(`${terminal.style(STYLE[level], level.padEnd(4))}  ${about.padEnd(width)}  ${message}`);
        if (todo !== undefined) terminal.out(`${" ".repeat(width + 8)}-> ${todo}`);
      }
    }
    context.exit(findings.some(({ level }) => level === "bad") ? EXIT.failed : EXIT.ok);
  });
}
