/**
 * Where chance comes from. One that a seed feeds, in place of the system's, makes a run repeatable.
 *
 * @module
 */

/** What jitter and identifiers are made of. */
export interface Randomness {
  /** A number from 0 to below 1. */
  fraction(): number;
  /** An identifier for one agent, as 32 hexadecimal digits. */
  identifier(): string;
}

/** The system's; its identifiers cannot be guessed. */
export const systemRandomness: Randomness = {
  fraction: () => Math.random(),
  identifier: () => crypto.randomUUID().replaceAll("-", ""),
};
