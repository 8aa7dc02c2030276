/**
 * Calls that may hang.
 *
 * @module
 */

/** Calls of one kind. Their caller says when one begins and when it has come back. */
export interface WatchedCalls {
  /** A call begins. Returns what it is known by. */
  begin(): number;
  /** A call has come back, whether well or not. Those that began before it are not waited for any more. */
  end(call: number): void;
}
