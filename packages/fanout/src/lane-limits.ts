/** What a connection may hold on our side. Bytes count, never packets: one write holds many messages. */

export interface LaneLimits {
  /** Bytes in the TCP queue above which a connection counts as congested. */
  congestedBytes: number;
  /** Smallest piece handed to a congested connection. */
  pieceBytes: number;
  softBytes: number;
  /** A connection above the soft limit for so long is congested. */
  settleMs: number;
  hardBytes: number;
  /** Connections written to in one turn of the event loop. */
  sliceLanes: number;
}

export const DEFAULT_LANE_LIMITS: LaneLimits = {
  congestedBytes: 16 * 1024,
  pieceBytes: 16 * 1024,
  softBytes: 64 * 1024,
  settleMs: 50,
  hardBytes: 256 * 1024,
  sliceLanes: 500,
};
