/** Where things live. Version 1: everything in one cell, one partition. */

import type { Placement } from "./seam.ts";

export const v1Placement: Placement = {
  cellOf: () => "c0",
  partitionOf: () => 0,
};
