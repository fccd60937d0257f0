export { type Costs, type Cpu, cpuOf, PARTS, type Part, WORKS, type Work, type WorkPerSecond } from "./costs.ts";
export { MEASURED } from "./measured.ts";
export { DEFAULT_LIMITS, type Limits, type Plan, planFor, type Wall } from "./plan.ts";
export { type Traffic, workOf } from "./traffic.ts";
