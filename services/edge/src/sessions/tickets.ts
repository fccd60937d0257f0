/** Who waits for which operation of the lane, and what an answer does whether or not somebody still waits. */

import { RollcallError } from "@rollcall/contracts";
import type { LaneData, LaneResult } from "@rollcall/contracts/internal";
import { NO_TICKET } from "./lane-core.ts";

export interface SubmitOptions {
  /** Estimated size of the operation. Default: that of a usual one. */
  bytes?: number;
  /** Runs when presence has answered, before anything else does, even when nobody waits for the answer any more. */
  applied?: (data: LaneData) => void;
  /** The same for a refusal. */
  refused?: () => void;
}

interface Waiting {
  resolve(data: LaneData): void;
  reject(error: RollcallError): void;
  options: SubmitOptions;
  isRequest: boolean;
}

export class Tickets {
  readonly #waiting = new Map<number, Waiting>();
  #next = NO_TICKET + 1;

  issue(isRequest: boolean, options: SubmitOptions): { ticket: number; answer: Promise<LaneData> } {
    const ticket = this.#next++;
    const { promise: answer, resolve, reject } = Promise.withResolvers<LaneData>();
    this.#waiting.set(ticket, { resolve, reject, options, isRequest });
    return { ticket, answer };
  }

  settle(ticket: number, result: LaneResult): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    this.#waiting.delete(ticket);
    if (result.ok) {
      waiting.options.applied?.(result.data);
      waiting.resolve(result.data);
    } else {
      waiting.options.refused?.();
      waiting.reject(RollcallError.fromWire(result.error));
    }
  }

  /** Presence is away: clients are told now. What their operations did is applied when the answer comes. */
  refuseRequests(): void {
    for (const { isRequest, reject } of this.#waiting.values()) if (isRequest) reject(new RollcallError("UNAVAILABLE"));
  }

  close(): void {
    for (const { reject } of this.#waiting.values()) reject(new RollcallError("UNAVAILABLE"));
    this.#waiting.clear();
  }
}
