/**
 * The measurements of a source for OpenTelemetry. Loaded only if that is on; see `telemetry.ts`.
 *
 * @module
 */

import { metrics, type Observable } from "@opentelemetry/api";
import { LATENESS_BOUNDS_SECONDS, type TickMeter } from "../schedule/tick_meter.ts";
import { VERSION } from "../version.ts";
import type { ObservedSource } from "./health.ts";
import { INSTRUMENTS, LATENESS, type NumberInstrument, TOKEN_LABEL } from "./instruments.ts";

/** The name under which all of this package's telemetry is found. */
export const SCOPE = "@metricq/source";

/**
 * Offers the measurements of a source whenever they are collected.
 *
 * @param ticks Where the source's ticks are counted: OpenTelemetry wants to make histograms itself.
 * @returns Ends it.
 */
export function meterSource(source: ObservedSource, ticks: TickMeter): () => void {
  const meter = metrics.getMeter(SCOPE, VERSION);
  const attributes = { [TOKEN_LABEL]: source.token };

  const numbers = new Map<Observable, NumberInstrument>();
  for (const instrument of INSTRUMENTS) {
    if (instrument.kind === "histogram") continue;
    const { name, unit, description } = instrument;
    const observable = instrument.kind === "counter"
      ? meter.createObservableCounter(name, { unit, description })
      : meter.createObservableGauge(name, { unit, description });
    numbers.set(observable, instrument);
  }
  const observables = [...numbers.keys()];
  // One for all, as it is the source's statistics that take time to make.
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    const { stats, health } = source;
    for (const [observable, { read }] of numbers) {
      result.observe(observable, read(stats, health), attributes);
    }
  };
  meter.addBatchObservableCallback(observe, observables);

  const { name, unit, description } = LATENESS;
  const lateness = meter.createHistogram(name, {
    unit,
    description,
    advice: { explicitBucketBoundaries: [...LATENESS_BOUNDS_SECONDS] },
  });
  ticks.latenessSeconds.onRecord = (seconds) => lateness.record(seconds, attributes);

  return () => {
    meter.removeBatchObservableCallback(observe, observables);
    ticks.latenessSeconds.onRecord = undefined;
  };
}
