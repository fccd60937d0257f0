export { makeApp, makeCheckout, processPath } from "./checkout.ts";
export { type RunDocOptions, runDoc } from "./run-doc.ts";
