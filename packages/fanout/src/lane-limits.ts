/** What a connection may hold on our side. Bytes count, never packets: one write holds many messages. */

export interface LaneLimits {
  /** Bytes in the TCP queue above which a connection counts as congested. */
  congestedBytes: number;
  /**
   * Smallest piece handed to a congested connection. Smaller ones cost objects, larger ones let frames grow old in the
   * heap while they wait: of 2, 4, 8 and 16 KiB, 4 had the least RSS for 100 stalled connections (262 KiB each).
   */
  pieceBytes: number;
  softBytes: number;
  /** A connection above the soft limit for so long is congested. */
  settleMs: number;
  hardBytes: number;
  /** Connections written to in one turn of the event loop. */
  sliceLanes: number;
  /** And for so long: on a slow machine, or when each gets much, fewer. */
  sliceMs: number;
}

export const DEFAULT_LANE_LIMITS: LaneLimits = {
  congestedBytes: 16 * 1024,
  pieceBytes: 4 * 1024,
  softBytes: 64 * 1024,
  settleMs: 50,
  hardBytes: 256 * 1024,
  sliceLanes: 500,
  sliceMs: 3,
};
