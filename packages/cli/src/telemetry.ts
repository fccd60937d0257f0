import type { Clock } from "@rollcall/runtime";

/** Every trace of a command is kept, and told where the cluster tells its own. */
export async function startCliTelemetry(endpoint: string | undefined, clock: Clock) {
  const { startTelemetry } = await import("@rollcall/telemetry/tracing"); // the SDK is slow to load
  return startTelemetry({
    service: "rollcall-cli",
    instance: "cli",
    ratio: 1,
    clock,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}
