/**
 * Streams that a service needs are looked after while it runs, not only at its start: a NATS that lost its data comes
 * back without them. They are looked at again whenever the connection is back, until they are as needed, and whenever
 * somebody finds one missing. `STREAMS` says what a look may do: make them, or say what is missing.
 */

import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { NatsHandle } from "./nats.ts";

export interface StreamsKeptOptions {
  nats: Pick<NatsHandle, "isUp" | "onUp">;
  clock: Pick<Clock, "setTimer">;
  logger: Logger;
  /** Gives the names of what it made. Rejects with what is missing. */
  ensure(): Promise<readonly string[]>;
}

export interface StreamsKept {
  /** Now; those who ask meanwhile share the answer. Rejects with what is missing. */
  look(): Promise<void>;
  close(): void;
}

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;

export function keepStreams({ nats, clock, logger, ensure }: StreamsKeptOptions): StreamsKept {
  let looking: Promise<void> | undefined;
  let timer: ReturnType<Clock["setTimer"]> | undefined;
  let failures = 0;

  const look = (): Promise<void> => {
    looking ??= ensure()
      .then((made) => {
        if (made.length === 0) return;
        logger.warn({ event: "streams.made", streams: made }, "streams were gone: they are made anew, and empty");
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };

  const lookUntilGood = (): void => {
    timer?.cancel();
    look().then(
      () => {
        if (failures > 0) logger.info({ event: "streams.good" }, "streams are as needed again");
        failures = 0;
      },
      (error: unknown) => {
        if (!nats.isUp()) return; // looked at when it is back
        if (failures++ === 0)
          logger.error({ event: "streams.missing", error }, "streams are not as needed, or cannot be asked for");
        const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures - 1, 10));
        timer = clock.setTimer(waitMs, lookUntilGood);
      },
    );
  };

  const offUp = nats.onUp(lookUntilGood);
  return {
    look,
    close() {
      offUp();
      timer?.cancel();
      timer = undefined;
    },
  };
}
