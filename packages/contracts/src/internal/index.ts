export type * from "./delivery-rpc.ts";
export { edgeLabel } from "./edge-id.ts";
export type * from "./inbox-rpc.ts";
export { messageId } from "./message-id.ts";
export * from "./presence-rpc.ts";
export { patchIssues, roomRules, ruledOps } from "./room-contract.ts";
