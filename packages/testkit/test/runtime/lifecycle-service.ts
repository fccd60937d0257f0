/** A service with nothing to do but what `ROLE` says, to watch the life of a process from outside. */

import {
  ConfigError,
  commonConfig,
  connectNats,
  connectRedis,
  defineConfig,
  runService,
  text,
} from "@rollcall/runtime";

const config = defineConfig(commonConfig, {
  properties: { ROLE: text({ default: "plain", description: "What this process is to do wrong." }) },
});

await runService({
  name: "presence",
  config,
  async start({ config: { ROLE, REDIS_URL, NATS_URL }, logger, metrics, clock, signal, random }) {
    if (ROLE === "misconfigured") throw new ConfigError(["A is wrong", "B is wrong"]);
    if (ROLE === "fails") throw new Error("cannot start");
    if (ROLE === "waits-for-redis") {
      await connectRedis({ url: REDIS_URL, clock, logger, metrics, name: "redis" }).ready(signal);
    }
    if (ROLE === "waits-for-nats") await connectNats({ url: NATS_URL, name: "test", logger, metrics, signal });
    // Something must keep the process alive, as sockets do.
    const alive = clock.setRepeating(60_000, () => {}, { ref: true });
    process.on("SIGHUP", () => {
      if (ROLE === "chatty") return logger.info({ event: "test.line" }, "x".repeat(500_000));
      if (ROLE === "throws") throw new Error(`SECRET ${random.id()}`);
      void Promise.reject(new Error("nobody waits for me"));
    });
    return {
      unmet: () => (ROLE === "never-ready" ? ["intake"] : []),
      async stop(graceMs) {
        logger.info({ event: "test.stopping", graceMs });
        if (ROLE === "hangs") await new Promise(() => {});
        if (ROLE === "stop-fails") throw new Error("cannot stop");
        if (ROLE === "slow") await clock.sleep(500);
        alive.cancel();
        logger.info({ event: "test.stopped" });
      },
    };
  },
});
