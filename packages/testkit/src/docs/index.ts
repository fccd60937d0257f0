export { makeApp, makeCheckout, processPath } from "./checkout.ts";
export { GUIDES, type Guide, INCIDENTS } from "./guides.ts";
export { type RunDocOptions, runDoc } from "./run-doc.ts";
