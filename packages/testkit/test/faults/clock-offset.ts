/** Preloaded into a service (`--import`): its pod's clock is off by `CLOCK_OFFSET_MS`. Its monotonic clock is not. */

const offsetMs = Number(process.env.CLOCK_OFFSET_MS ?? 0);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now() + offsetMs] : args, newTarget),
  get: (target, name, receiver) =>
    name === "now" ? () => target.now() + offsetMs : Reflect.get(target, name, receiver),
});
