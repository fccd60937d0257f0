/** The settings of a presence replica. */

import { DEFAULT_MAX_LEN } from "@rollcall/fanout";
import { boundsConfig, commonConfig, defineConfig, duration, integer, sumAtLeast } from "@rollcall/runtime";

export const config = defineConfig(commonConfig, boundsConfig, {
  properties: {
    LOG_MAX_LEN: integer({
      default: DEFAULT_MAX_LEN,
      minimum: 1_000,
      same: true,
      description: "Entries the fan-out log keeps, approximately.",
    }),
    MAX_TOKEN_TTL: duration({
      default: 86_400_000,
      minimum: 1_000,
      same: true,
      description: "Longest life of a token; so long is a revocation remembered.",
    }),
    OCCUPANCY_ABOVE: integer({
      default: 500,
      minimum: 1,
      description: "Above this many members a room's sockets get counts instead of roster diffs.",
    }),
    OCCUPANCY_BELOW: integer({
      default: 100,
      description: "At this many members a room's sockets get roster diffs again.",
    }),
  },
  relations: [
    sumAtLeast(
      "OCCUPANCY_BELOW must be less than OCCUPANCY_ABOVE: rooms would change mode with every member",
      { OCCUPANCY_BELOW: -1, OCCUPANCY_ABOVE: 1 },
      1,
    ),
  ],
});
