/**
 * What the program around an agent wants to know of it. `command` is that program; the agent is made
 * and run by code of its user, which it does not know.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { ObservedSource } from "../observe/health.ts";
import type { JsonObject } from "../rpc/json.ts";

/** What a source would do, found out by {@linkcode Supervision.onChecked}. */
export interface CheckedSource {
  readonly token: string;
  /** The manager's configuration, if it has one. */
  readonly config: JsonObject | undefined;
  /** The metadata of what it would declare, by metric. */
  readonly metrics: Readonly<Record<string, JsonObject>>;
}

/** Told of an agent's life while its program runs. */
export interface Supervision {
  /** A source begins to connect. */
  readonly onConnecting?: (source: ObservedSource) => void;
  /** The agent is on the network. */
  readonly onRunning?: () => void;
  /**
   * Makes a source declare nothing and send nothing: it connects, registers, takes its
   * configuration, tells, and stops.
   */
  readonly onChecked?: (source: CheckedSource) => void;
}

/** The supervision of whatever runs within it. */
export const supervision: AsyncLocalStorage<Supervision> = new AsyncLocalStorage();
