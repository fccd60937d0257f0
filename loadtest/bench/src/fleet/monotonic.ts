/** Milliseconds of the machine's monotonic clock: the same in every process, so that one may time another's message. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
