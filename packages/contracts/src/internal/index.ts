export type * from "./delivery-rpc.ts";
export type * from "./inbox-rpc.ts";
export * from "./presence-rpc.ts";
