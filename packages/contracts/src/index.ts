export * from "./contract.ts";
export * from "./encoding.ts";
export * from "./errors.ts";
export type * from "./internal/wire-types.ts";
export * from "./names.ts";
export * from "./pattern.ts";
export * from "./subjects.ts";
export * from "./targets.ts";
