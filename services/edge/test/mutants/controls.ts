/**
 * The edge's controls, each with a change that takes it away and the test that notices. `edge-mutants.campaign.test.ts`
 * makes each change in a copy of the checkout and runs that test; the table it writes is in docs/security.md.
 */

import type { Control } from "./control.ts";
import { DELIVERY } from "./delivery-controls.ts";
import { HANDSHAKE } from "./handshake-controls.ts";
import { MESSAGES } from "./message-controls.ts";

export const CONTROLS: readonly Control[] = [...HANDSHAKE, ...MESSAGES, ...DELIVERY];
