/** The lane's operations as a simulated edge keeps them until they go: an age is known only then. */

import type { AssertedSession, LaneOp } from "@rollcall/contracts/internal";

export interface Connected {
  connectedMs: number;
}
type Kept<O> = O extends { op: "open" }
  ? Omit<O, "ageMs"> & Connected
  : O extends { op: "assert" }
    ? Omit<O, "sessions"> & { sessions: (Omit<AssertedSession, "ageMs"> & Connected)[] }
    : O;
export type KeptOp = Kept<LaneOp>;
export type OpBody = KeptOp extends infer O ? (O extends unknown ? Omit<O, "n" | "incarnation"> : never) : never;
