/** The contracts and the channel of the fault runs: shared by the test and by the process that dies. */

import type { Channel } from "../src/fallback/channel.ts";
import { buildChannels, type ChannelParts } from "../src/fallback/channels-file.ts";
import { fakeContracts, from, toBoard, toUsers } from "./fake-contracts.ts";

export const mixContracts = fakeContracts([
  { name: "card:moved", from: from("events.cards"), audience: toBoard },
  {
    name: "order:urgent",
    from: from("events.urgent"),
    audience: toUsers,
    durable: { ttlMs: 600_000, fallback: { afterMs: 50, channel: "hook" } },
  },
]);

export const mixTiming = { leaseMs: 300, renewMs: 60, ackWaitMs: 400 };

export const hookChannel =
  (url: string) =>
  (parts: ChannelParts): Map<string, Channel> =>
    buildChannels({ channels: { hook: { type: "webhook", url, secrets: ["whsec_YQ=="], allowPrivate: true } } }, parts);
