export { issuesOf, newAjv } from "./ajv.ts";
export {
  type AckData,
  ANY_EVENT_ERRORS,
  CLIENT_EVENTS,
  type ClientEvent,
  type ClientPayload,
  errorsOfEvent,
  RelayPayload,
} from "./client-events.ts";
export {
  CloudEventAttributes,
  FallbackBody,
  PRESENCE_EVENTS,
  type PresenceEvent,
  type PresenceEventData,
} from "./cloud-events.ts";
export type { Auth, Claims, ClientMeta } from "./connect.ts";
export { exceedsDepth, jsonBytes, utf8Bytes } from "./json.ts";
export { REQUESTS, type ReplyData, type RequestBody, type RequestName } from "./requests.ts";
export { isServerEvent, SERVER_EVENTS, type ServerEvent, type ServerPayload } from "./server-events.ts";
export { CORE_SHAPES } from "./shapes.ts";
export * from "./validators.ts";
