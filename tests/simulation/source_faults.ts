/**
 * What befalls the program around a source, in all of its runs.
 *
 * @module
 */

import type { SourceMetric } from "../../src/source/source_metric.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Process } from "./process.ts";
import { UpdateFaults } from "./update_faults.ts";

/** Kills it in a `send`, and delays and refuses its configurations. */
export class SourceFaults {
  readonly #clock: SimulatedClock;
  /** What befalls its updates, if it is updated at intervals. */
  readonly updates: UpdateFaults;
  #refusesUntilMs = 0;
  // Whether it declares the metrics before.
  #refusesDeclared = false;
  #configuringMs = 0;
  #nextMs = 0;
  #hangsUntilMs = 0;
  #killsInSendUntilMs = 0;

  /** Begins without. */
  constructor(clock: SimulatedClock) {
    this.#clock = clock;
    this.updates = new UpdateFaults(clock);
  }

  /** It is killed while it sends a point that completes a chunk, unless none comes by then. */
  killInSend(untilMs: number): void {
    this.#killsInSendUntilMs = untilMs;
  }

  /** It can use no configuration until then, such as for a device that is off; `isDeclared` if that shows late. */
  refuseUntil(untilMs: number, isDeclared: boolean): void {
    this.#refusesUntilMs = Math.max(this.#refusesUntilMs, untilMs);
    this.#refusesDeclared = isDeclared;
  }

  /** Whether it can use no configuration now. */
  get isRefusing(): boolean {
    return this.#clock.nowMs() < this.#refusesUntilMs;
  }

  /** The first configuration of each run takes this long from now on. */
  takeLongerMs(durationMs: number): void {
    this.#configuringMs = durationMs;
  }

  /** The next configuration takes this long, unless it is given up. */
  takeNextMs(durationMs: number): void {
    this.#nextMs = durationMs;
  }

  /** It is given what hangs until then. */
  hangUntil(untilMs: number): void {
    this.#hangsUntilMs = untilMs;
  }

  /** Whether it was given what hangs. */
  get isHanging(): boolean {
    return this.#clock.nowMs() < this.#hangsUntilMs;
  }

  /** Whether the first configuration of each run takes long. */
  get isSlow(): boolean {
    return this.#configuringMs > 0;
  }

  /**
   * Points of a metric are about to be sent.
   *
   * @param kill Called where that is to kill its process: before what follows from these points, such as that
   * they are written.
   */
  beforeSend(
    process: Process,
    { pendingPoints, chunkSize }: SourceMetric,
    points: number,
    kill: () => void,
  ): void {
    if (process.nowMs() >= this.#killsInSendUntilMs || process.isKilled) return;
    if (pendingPoints + points < (chunkSize ?? Infinity)) return;
    this.#killsInSendUntilMs = 0;
    process.turn(kill);
  }

  /** A configuration, which may be the first of its run, is about to be used. */
  async beforeConfiguration(
    process: Process,
    signal: AbortSignal,
    isFirst: boolean,
  ): Promise<void> {
    if (this.isSlow && isFirst) await process.sleepUntil(process.nowMs() + this.#configuringMs);
    if (this.#nextMs > 0) await this.#holdUp(process, signal);
    if (!this.#refusesDeclared) this.#requireDevice();
  }

  /** The metrics of a configuration are declared. */
  afterDeclaration(): void {
    this.#requireDevice();
  }

  async #holdUp(process: Process, signal: AbortSignal): Promise<void> {
    const untilMs = process.nowMs() + this.#nextMs;
    this.#nextMs = 0;
    await process.sleepUntil(untilMs, signal);
    signal.throwIfAborted();
  }

  #requireDevice(): void {
    if (this.isRefusing) throw new Error("The device is off");
  }
}
