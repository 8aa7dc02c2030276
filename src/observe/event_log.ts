/**
 * What the log says of events.
 *
 * @module
 */

import type { LogLevel } from "@logtape/logtape";
import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import { counted } from "../quote.ts";
import type { LossReason } from "../outbox/delivery_options.ts";
import type { AgentEvent, ToldEvent } from "./events.ts";

const log = logger("agent");

// Of a configuration whose keys are the names of a thousand devices.
const MAX_KEYS_LOGGED = 20;
const MAX_KEYS_CHARACTERS = 500;

const MAX_METRICS_LOGGED = 20;
// How long a configuration takes at least for that to be told.
const MIN_SECONDS_LOGGED = 1;

const LOSSES: Readonly<Record<LossReason, string>> = {
  full: "its outbox is full, the oldest go",
  refused: "the broker has refused them",
  damaged: "they were in its spool, which is damaged",
  stopped: "it was stopped before the broker had confirmed them",
};

const STALLS = {
  blocked: "the broker takes no messages, as it runs out of memory or disk",
  unconfirmed: "the broker confirms nothing",
} as const;

/** A line of the log: its message, with the names of properties in braces, and further properties. */
interface Line {
  readonly level: Extract<LogLevel, "info" | "warning" | "error">;
  readonly message: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/**
 * Logs an event of the agent with a token. What is over is told at the level at which its beginning
 * was: an operator who sees warnings only would otherwise wait for the end.
 *
 * @param isSeen Whether a part of the program learns of its error by itself.
 */
export function logEvent(token: string, event: ToldEvent, isSeen: boolean): void {
  const { level, message, properties } = lineOf(event, isSeen);
  const all = { token, ...scalarsOf(event), ...properties };
  if (level === "info") log.info(message, all);
  else if (level === "warning") log.warn(message, all);
  else log.error(message, all);
}

/**
 * What of an event's data fits into a field of a structured log. Not its time, as the log has its own;
 * and no error with its stack, and no list that may be long: the message has what there is to say.
 */
function scalarsOf(event: ToldEvent): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== undefined && typeof value !== "object"),
  );
}

function lineOf(event: ToldEvent, isSeen: boolean): Line {
  switch (event.kind) {
    case "connecting":
      return info("Connecting {token} to {url}");
    case "running":
      return info("{token} is running");
    case "connection-lost":
      return warning("Lost {connection} connection {token}: {reason}");
    case "connection-back":
      return warning("{connection} connection {token} is back after {seconds} s", {
        seconds: event.outageSeconds.toFixed(1),
      });
    case "registered":
      return info(event.again ? "{token} has registered again" : "{token} has registered");
    case "unconfigured":
      return warning(
        "{token} has no configuration yet ({reason}): enter one for this token, in the MetricQ " +
          "Wizard or where the manager keeps them; it is waited for",
      );
    case "configured":
      return configured(event);
    case "configuration-refused":
      return refusal(event);
    case "declared":
      return info(
        event.again ? "{token} has declared {what} again" : "{token} has declared {what}",
        { what: counted(event.metrics, "metric") },
      );
    case "losing-points":
      return error("{token} begins to lose points: {why}", { why: LOSSES[event.reason] });
    case "points-refused":
      return refusedPoints(event);
    case "points-lost":
      return error("{token} has lost {what}: {why}", {
        what: `${counted(event.points, "point")} of ${counted(event.metrics, "metric")}`,
        why: event.reasons.map((reason) => LOSSES[reason]).join("; "),
      });
    case "points-recovered":
      return info("{token} sends {what} of an earlier run", {
        what: counted(event.points, "point"),
      });
    case "points-kept":
      return warning("{token} leaves {what} in {spool}", {
        what: counted(event.points, "unsent point"),
      });
    case "stalled":
      return warning("The data of {token} does not move: {why}", { why: STALLS[event.reason] });
    case "moving":
      return warning("The data of {token} moves again after {seconds} s", {
        seconds: event.stalledSeconds.toFixed(1),
      });
    case "hanging":
      return warning("{activity} of {token} has not come back since {begun}", {
        begun: String(event.since),
      });
    case "hanging-over":
      return warning("{activity} of {token} hangs no more, after {seconds} s", {
        seconds: event.hangingSeconds.toFixed(1),
      });
    case "disk-full":
      return error(
        "{reason}; chunks of {token} are kept in memory only until it can be written again",
      );
    case "disk-free":
      return error("{spool} is written again after {seconds} s", {
        seconds: event.fullSeconds.toFixed(1),
      });
    case "data-missing":
      return warning(
        "{token}: points from {since} to {until} may be missing, as the queue was lost",
        {
          since: event.since.toString(),
          until: event.until.toString(),
        },
      );
    case "chunk-unreadable":
      return warning("{token} leaves out a chunk of {metric}: {reason}");
    case "stopping":
      return stopping(event, isSeen);
    case "stopped":
      return info("{token} has stopped");
  }
}

// When a source starts late, the log tells what it was waiting for.
function configured({ keys, tookSeconds }: AgentEvent<"configured">): Line {
  const names = shownKeys(keys);
  if (tookSeconds < MIN_SECONDS_LOGGED) return info("Configuration of {token}: {names}", { names });
  const message = "Configuration of {token}, which took {seconds} s to apply: {names}";
  return info(message, { names, seconds: tookSeconds.toFixed(1) });
}

// An agent that has sent a configuration is answered with the reason, which the log tells already.
function refusal({ from, hasEarlier }: AgentEvent<"configuration-refused">): Line {
  const message = hasEarlier
    ? "{token} cannot use its new configuration and keeps the old one: {reason}"
    : "{token} cannot use its configuration: {reason}";
  return from === undefined ? error(message) : info(message);
}

// Of a source whose metrics are all forbidden; "points-lost" tells of all of them.
function refusedPoints({ points, metrics }: AgentEvent<"points-refused">): Line {
  const message = "{token} gives up {what} of {metric}, which the broker refuses: {reason}";
  const properties = { what: counted(points, "point") };
  return metrics > MAX_METRICS_LOGGED ? info(message, properties) : error(message, properties);
}

function stopping({ error: reason }: AgentEvent<"stopping">, isSeen: boolean): Line {
  if (reason === undefined) return info("Stopping {token}");
  const properties = { error: errorText(reason) };
  // The only trace of an error that no caller gets.
  return isSeen
    ? info("Stopping {token}: {error}", properties)
    : error("Stopping {token}: {error}", properties);
}

function info(message: string, properties?: Line["properties"]): Line {
  return { level: "info", message, ...properties && { properties } };
}

function warning(message: string, properties?: Line["properties"]): Line {
  return { level: "warning", message, ...properties && { properties } };
}

function error(message: string, properties?: Line["properties"]): Line {
  return { level: "error", message, ...properties && { properties } };
}

function shownKeys(keys: readonly string[]): string {
  const text = keys.slice(0, MAX_KEYS_LOGGED).join(", ");
  return text.slice(0, MAX_KEYS_CHARACTERS) || "empty";
}
