/**
 * A source that exists only to be observed.
 *
 * @module
 */

import type { ObservedSource, SourceHealth } from "../../src/observe/health.ts";
import { OutageMeter } from "../../src/observe/outage_meter.ts";
import { type SourceStats, sourceStats } from "../../src/observe/stats.ts";
import { TickMeter } from "../../src/schedule/tick_meter.ts";
import { systemClock } from "../../src/time/clock.ts";
import { makeOutbox } from "../outbox/outbox_setup.ts";

/** What is different about the source from one that is connected and has done nothing. */
export interface ObservedSourceOptions {
  readonly token?: string;
  readonly stats?: Partial<SourceStats>;
  readonly health?: Partial<SourceHealth>;
}

/** Makes such a source. */
export function observedSource(
  { token = "source-test", stats, health }: ObservedSourceOptions = {},
): ObservedSource {
  const none = sourceStats({
    outbox: makeOutbox({ clock: systemClock }),
    outages: new OutageMeter(systemClock),
    collectedPoints: 0,
    outOfOrderPoints: 0,
    tooLatePoints: 0,
    hangingSeconds: 0,
    ticks: new TickMeter(),
  });
  return {
    token,
    stats: { ...none, ...stats },
    health: { status: "connected", reason: undefined, outageSeconds: 0, ...health },
  };
}
