/** Every bench, small: one after the other. */

import { test } from "vitest";
import { BENCHES } from "../src/benches/index.ts";
import { runSmall } from "./smoke.ts";

test.each(BENCHES)("$id: $title", runSmall);
