export { MEASURED } from "./measured.ts";
export { DEFAULT_LIMITS, type Limits, type Plan, planFor, type Wall } from "./plan.ts";
export { type Traffic, workOf } from "./traffic.ts";
