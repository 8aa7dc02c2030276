/**
 * A simulated source of one of the kinds that there are.
 *
 * @module
 */

import type { SourcePlan } from "./plan.ts";
import type { SimulatedSourceOptions } from "./point_sender.ts";
import { SimulatedIntervalSource } from "./simulated_interval_source.ts";
import { SimulatedPollingSource } from "./simulated_polling_source.ts";
import { SimulatedSource } from "./simulated_source.ts";
import type { UpdateFaults } from "./update_faults.ts";
import { addWork } from "./working.ts";

/** A source of any kind. */
export type AnySource = SimulatedSource | SimulatedIntervalSource | SimulatedPollingSource;

/** Makes a source of the kind that is planned. */
export function makeSource(
  { kind, updates }: SourcePlan,
  options: SimulatedSourceOptions,
  updateFaults: UpdateFaults,
): AnySource {
  const source = kind === "polling"
    ? new SimulatedPollingSource(options)
    : updates === undefined
    ? new SimulatedSource(options)
    : new SimulatedIntervalSource({ ...options, updates, updateFaults });
  addWork(source, options);
  return source;
}

/** Whether an update of a source takes long, while it sends to a broker that is far away. */
export function mayHang(source: AnySource): boolean {
  return source instanceof SimulatedIntervalSource && source.watch.mayHang;
}
