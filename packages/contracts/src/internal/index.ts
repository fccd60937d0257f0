export * from "./presence-rpc.ts";
