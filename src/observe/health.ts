/**
 * Whether a source does its work, in a word and a sentence.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import type { Condition } from "./condition.ts";
import type { AgentEvent } from "./events.ts";
import type { SourceStats } from "./stats.ts";

/** Whether a source does its work, from `Source.health`. */
export interface SourceHealth {
  /**
   * `"connected"`: to the management network and to the data network. `"outage"`: one of these
   * connections is away. `"hanging"`: both are up, but something that the source has called does not
   * come back: see {@linkcode AgentEvents}. `"connecting"`: not yet. `"unconfigured"`: it waits for a
   * configuration, which the manager does not have yet. `"stopping"`, `"stopped"`: on request;
   * `"failed"`: stopped because of an error.
   */
  readonly status:
    | "connecting"
    | "unconfigured"
    | "connected"
    | "outage"
    | "hanging"
    | "stopping"
    | "stopped"
    | "failed";
  /** What is wrong, such as `"the data connection has been away for 12.3 s"`. */
  readonly reason: string | undefined;
  /** How long a connection has been away now, in seconds; 0 while both are up. */
  readonly outageSeconds: number;
}

/** What operators see of a source, such as a `Source`. */
export interface ObservedSource {
  /** Its name on the network. */
  readonly token: string;
  /** What has become of its points. */
  readonly stats: SourceStats;
  /** Whether it does its work. */
  readonly health: SourceHealth;
}

const UNCONFIGURED: SourceHealth = {
  status: "unconfigured",
  reason: "the manager has no configuration for it",
  outageSeconds: 0,
};

/** Judges the health of a source by what is the case with it. */
export function healthOf(condition: Condition, nowMs: number): SourceHealth {
  const life = condition.get("life")?.event;
  switch (life?.kind) {
    case "running":
      return connectionHealth(condition, nowMs);
    case "stopping":
      return { status: "stopping", reason: `it is stopping${because(life)}`, outageSeconds: 0 };
    case "stopped": {
      const status = life.error === undefined ? "stopped" : "failed";
      return { status, reason: `it has stopped${because(life)}`, outageSeconds: 0 };
    }
    default:
      if (condition.get("unconfigured") !== undefined) return UNCONFIGURED;
      return {
        status: "connecting",
        reason: joined("it is not connected yet", hangingText(condition, nowMs)),
        outageSeconds: 0,
      };
  }
}

function because({ error }: AgentEvent<"stopping" | "stopped">): string {
  return error === undefined ? "" : `: ${errorText(error)}`;
}

function connectionHealth(condition: Condition, nowMs: number): SourceHealth {
  const secondsOf = (connection: "management" | "data") => {
    const lost = condition.get(connection);
    return lost && (nowMs - lost.sinceMs) / 1000;
  };
  const [management, data] = [secondsOf("management"), secondsOf("data")];
  const hanging = hangingText(condition, nowMs);
  if (management === undefined && data === undefined) {
    if (condition.get("unconfigured") !== undefined) return UNCONFIGURED;
    if (hanging !== undefined) return { status: "hanging", reason: hanging, outageSeconds: 0 };
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
    reason: joined(`${away} been away for ${outageSeconds.toFixed(1)} s`, hanging),
    outageSeconds,
  };
}

/** How long something has been hanging, in seconds; 0 if nothing does. */
export function hangingSeconds({ hanging: [longest] }: Condition, nowMs: number): number {
  return longest === undefined ? 0 : (nowMs - longest.sinceMs) / 1000;
}

function hangingText(condition: Condition, nowMs: number): string | undefined {
  const { hanging: [longest, ...others] } = condition;
  if (longest === undefined) return undefined;
  const seconds = hangingSeconds(condition, nowMs).toFixed(1);
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return `${longest.event.activity} has not come back for ${seconds} s${more}`;
}

function joined(reason: string, other: string | undefined): string {
  return other === undefined ? reason : `${reason}; ${other}`;
}
