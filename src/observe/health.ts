/**
 * Whether a source does its work, in a word and a sentence.
 *
 * @module
 */

import type { SourceStats } from "./stats.ts";

/** Whether a source does its work, from `Source.health`. */
export interface SourceHealth {
  /**
   * `"connected"`: to the management network and to the data network. `"outage"`: one of these
   * connections is away. `"connecting"`: not yet. `"stopping"`, `"stopped"`: on request;
   * `"failed"`: stopped because of an error.
   */
  readonly status: "connecting" | "connected" | "outage" | "stopping" | "stopped" | "failed";
  /** What is wrong, such as `"the data connection has been away for 12.3 s"`. */
  readonly reason: string | undefined;
  /** How long a connection has been away now, in seconds; 0 while both are up. */
  readonly outageSeconds: number;
}

/** What operators see of a source; every `Source` has it. */
export interface ObservedSource {
  /** Its name on the network. */
  readonly token: string;
  /** What has become of its points. */
  readonly stats: SourceStats;
  /** Whether it does its work. */
  readonly health: SourceHealth;
}

/** What {@linkcode sourceHealth} judges by. */
export interface SourceCondition {
  /** Where in its life the source is. */
  readonly state: "new" | "connecting" | "running" | "stopping" | "stopped";
  /** Why it was stopped, if not on request. */
  readonly failure: Error | undefined;
  /** How long the management connection has been away; `undefined` while it is up. */
  readonly managementOutageSeconds: number | undefined;
  /** How long the data connection has been away; `undefined` while it is up. */
  readonly dataOutageSeconds: number | undefined;
}

/** Judges the health of a source. */
export function sourceHealth(condition: SourceCondition): SourceHealth {
  const { state, failure } = condition;
  const because = failure === undefined ? "" : `: ${failure.message}`;
  switch (state) {
    case "new":
    case "connecting":
      return { status: "connecting", reason: "it is not connected yet", outageSeconds: 0 };
    case "running":
      return connectionHealth(condition);
    case "stopping":
      return { status: "stopping", reason: `it is stopping${because}`, outageSeconds: 0 };
    case "stopped": {
      const status = failure === undefined ? "stopped" : "failed";
      return { status, reason: `it has stopped${because}`, outageSeconds: 0 };
    }
  }
}

function connectionHealth(condition: SourceCondition): SourceHealth {
  const { managementOutageSeconds: management, dataOutageSeconds: data } = condition;
  if (management === undefined && data === undefined) {
    return { status: "connected", reason: undefined, outageSeconds: 0 };
  }
  const away = management === undefined
    ? "the data connection has"
    : data === undefined
    ? "the management connection has"
    : "both connections have";
  const outageSeconds = Math.max(management ?? 0, data ?? 0);
  return {
    status: "outage",
    reason: `${away} been away for ${outageSeconds.toFixed(1)} s`,
    outageSeconds,
  };
}
