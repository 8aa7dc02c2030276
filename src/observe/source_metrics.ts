/**
 * The measurements of a source for OpenTelemetry. Loaded only if that is on; see `telemetry.ts`.
 *
 * @module
 */

import {
  type Attributes,
  type BatchObservableResult,
  type Counter,
  type Meter,
  metrics,
  type Observable,
} from "@opentelemetry/api";
import { VERSION } from "../version.ts";
import type { ObservedSource } from "./health.ts";
import {
  INSTRUMENTS,
  type NumberInstrument,
  type SourceHistograms,
  TOKEN_LABEL,
} from "./instruments.ts";

/** The name under which all of this package's telemetry is found. */
export const SCOPE = "@metricq/source";

/**
 * Offers the measurements of a source whenever they are collected.
 *
 * @param histograms Those of the source: OpenTelemetry wants to count value by value itself.
 * @returns Counts a last time, and ends it.
 */
export function meterSource(source: ObservedSource, histograms: SourceHistograms): () => void {
  const meter = metrics.getMeter(SCOPE, VERSION);
  const attributes = { [TOKEN_LABEL]: source.token };
  const numbers = new SourceNumbers(source, meter, attributes);
  const recorded = INSTRUMENTS.filter((instrument) => instrument.kind === "histogram");
  for (const { name, unit, description, key } of recorded) {
    const histogram = histograms[key];
    const advice = { explicitBucketBoundaries: [...histogram.bounds] };
    const recorder = meter.createHistogram(name, { unit, description, advice });
    histogram.onRecord = (value) => recorder.record(value, attributes);
  }
  return () => {
    numbers.end();
    for (const { key } of recorded) histograms[key].onRecord = undefined;
  };
}

interface CounterState {
  readonly instrument: NumberInstrument;
  readonly counter: Counter;
  /** What it has been brought to. */
  value: number;
}

/**
 * The gauges and counters of a source. The counters are not observable ones: those are not asked
 * when a program ends, so that all would be lost that it has counted since they were asked last, a
 * minute before or never.
 */
class SourceNumbers {
  readonly #source: ObservedSource;
  readonly #meter: Meter;
  readonly #attributes: Attributes;
  readonly #counters: CounterState[] = [];
  readonly #gauges = new Map<Observable, NumberInstrument>();
  // One callback for all: what takes time is to make the statistics.
  readonly #collect = (result: BatchObservableResult) => this.#observe(result);

  constructor(source: ObservedSource, meter: Meter, attributes: Attributes) {
    this.#source = source;
    this.#meter = meter;
    this.#attributes = attributes;
    for (const instrument of INSTRUMENTS) {
      const { kind, name, unit, description } = instrument;
      if (kind === "counter") {
        const counter = meter.createCounter(name, { unit, description });
        this.#counters.push({ instrument, counter, value: 0 });
      } else if (kind === "gauge") {
        this.#gauges.set(meter.createObservableGauge(name, { unit, description }), instrument);
      }
    }
    meter.addBatchObservableCallback(this.#collect, [...this.#gauges.keys()]);
  }

  end(): void {
    this.#meter.removeBatchObservableCallback(this.#collect, [...this.#gauges.keys()]);
    this.#observe();
  }

  #observe(result?: BatchObservableResult): void {
    const { stats, health } = this.#source;
    for (const state of this.#counters) {
      const value = state.instrument.read(stats, health);
      state.counter.add(value - state.value, this.#attributes);
      state.value = value;
    }
    for (const [gauge, { read }] of this.#gauges) {
      result?.observe(gauge, read(stats, health), this.#attributes);
    }
  }
}
