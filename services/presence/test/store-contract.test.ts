/** The contract over the twin: the pure core. */

import { storeContract } from "./store-contract.ts";
import { twinWorld } from "./worlds.ts";

storeContract("twin", twinWorld);
