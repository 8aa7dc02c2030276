/**
 * What has come from an MQTT broker since it was last asked for.
 *
 * @module
 */

import { logger } from "../log.ts";
import { MAX_FOUND_METRICS } from "../source/found_metrics.ts";
import type { Reading, Readings, TimedValue } from "../source/readings.ts";

const log = logger("mqtt");

/** How many points of a metric wait for being taken at most. */
export const MAX_WAITING_POINTS = 10_000;
// One more than a group may find, which then says that there are too many.
const MAX_METRICS = MAX_FOUND_METRICS + 1;

interface Metric {
  readonly points: TimedValue[];
  error: Error | undefined;
  /** When it has last come, by the monotonic clock. */
  lastMs: number;
  /** For how long it may be silent. */
  readonly timeoutMs: number;
}

/** Collects messages by metric. */
export class MqttInbox {
  readonly #metrics = new Map<string, Metric>();
  #dropped = 0;

  /** Adds what a message says of a metric. */
  add(metric: string, value: TimedValue | Error, nowMs: number, timeoutMs: number): void {
    let known = this.#metrics.get(metric);
    if (known === undefined) {
      if (this.#metrics.size >= MAX_METRICS) return;
      known = { points: [], error: undefined, lastMs: nowMs, timeoutMs };
      this.#metrics.set(metric, known);
    }
    known.lastMs = nowMs;
    if (value instanceof Error) {
      known.error = value;
      return;
    }
    known.error = undefined;
    if (known.points.length < MAX_WAITING_POINTS) known.points.push(value);
    else this.#dropped++;
  }

  /** Takes all that has come: of a metric that is not silent for too long an empty list, if nothing. */
  take(nowMs: number): Readings {
    if (this.#dropped > 0) {
      log.warn(
        "Dropped {count} points: more than {most} of a metric have come between two readings",
        {
          count: this.#dropped,
          most: MAX_WAITING_POINTS,
        },
      );
      this.#dropped = 0;
    }
    const readings: Record<string, Reading> = {};
    for (const [name, metric] of this.#metrics) {
      const points = metric.points.splice(0);
      if (points.length > 0) readings[name] = points;
      else if (metric.error !== undefined) readings[name] = metric.error;
      else if (nowMs - metric.lastMs <= metric.timeoutMs) readings[name] = [];
      else this.#metrics.delete(name);
    }
    return readings;
  }
}
