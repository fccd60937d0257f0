/** Channels, operations and messages of an AsyncAPI document, as they come. Every reference it gives leads somewhere. */

import { ref } from "./common.ts";
import type { Json } from "./messages.ts";

type Reference = ReturnType<typeof ref>;

export class Draft {
  readonly channels: Record<string, Json & { messages: Json }> = {};
  readonly operations: Json = {};
  readonly messages: Json = {};

  /** The same one when it is there already. */
  channel(key: string, channel: Json): void {
    this.channels[key] ??= { ...channel, messages: {} };
  }

  message(channel: string, key: string, message: Json): Reference {
    this.messages[key] ??= message;
    this.channels[channel]!.messages[key] = ref(`#/components/messages/${key}`);
    return ref(`#/channels/${channel}/messages/${key}`);
  }

  operation(key: string, channel: string, operation: Json & { action: "send" | "receive" }): void {
    const { action, ...rest } = operation;
    this.operations[key] = { action, channel: ref(`#/channels/${channel}`), ...rest };
  }
}
