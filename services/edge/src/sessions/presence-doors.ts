import type { HelloRequest, LaneReplyData, LaneRequest, LeaseData, LeaseRequest } from "@rollcall/contracts/internal";

/** How presence is asked: rejects with `UNAVAILABLE` or `TIMEOUT` when it does not answer. */
export interface PresenceDoors {
  hello(body: HelloRequest): Promise<LeaseData>;
  lease(body: LeaseRequest): Promise<LeaseData>;
  lane(body: LaneRequest): Promise<LaneReplyData>;
}
