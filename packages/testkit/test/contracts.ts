/** The contract files every end-to-end test loads. */

import { join } from "node:path";

export const E2E_CONTRACTS = join(import.meta.dirname, "../contracts");
