/**
 * Points that were sent and never received.
 *
 * @module
 */

/** How many there are of each kind. */
export interface Losses {
  /** The source has told of them. */
  readonly counted: number;
  /** They went with a process that was killed, and were not in its spool. */
  readonly killed: number;
  /** Nobody confirms them: what is on its way when a connection goes is lost without a word. */
  readonly unconfirmed: number;
  /** They should be here, or counted. */
  readonly uncounted: number;
}

/** None. */
export const NO_LOSSES: Losses = { counted: 0, killed: 0, unconfirmed: 0, uncounted: 0 };

/** Both together. */
export function addLosses(a: Losses, b: Losses): Losses {
  return {
    counted: a.counted + b.counted,
    killed: a.killed + b.killed,
    unconfirmed: a.unconfirmed + b.unconfirmed,
    uncounted: a.uncounted + b.uncounted,
  };
}
