/**
 * The reference package's `Sink`, receiving for tests.
 *
 * @module
 */

import { PythonPeer } from "./python_peer.ts";
import type { JsonObject } from "./reference_manager.ts";

/** A data point as the reference package has read it. */
export interface ReceivedPoint {
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: bigint;
  /** The value. */
  readonly value: number;
  /**
   * The value's 64 bits as 16 hexadecimal digits. Those of a NaN are Python's own: its protobuf reads
   * every NaN as the same one.
   */
  readonly bits: string;
}

/** What a sink needs to start. */
export interface ReferenceSinkOptions {
  /** AMQP URL of the manager's broker and vhost, with credentials. */
  readonly server: string;
  /** The metrics to subscribe to. */
  readonly metrics: readonly string[];
}

/** A running sink. */
export class ReferenceSink implements AsyncDisposable {
  readonly #peer: PythonPeer;
  #metadata: Readonly<Record<string, JsonObject>> = {};
  readonly #points = new Map<string, ReceivedPoint[]>();
  #eventsRead = 0;

  private constructor({ server, metrics }: ReferenceSinkOptions) {
    this.#peer = new PythonPeer("sink.py", server, ...metrics);
  }

  /** Starts a sink and waits until it receives all that is sent from now on. */
  static async start(options: ReferenceSinkOptions): Promise<ReferenceSink> {
    const sink = new ReferenceSink(options);
    try {
      const { metadata } = await sink.#peer.waitForEvent((event) => event.event === "ready");
      sink.#metadata = Object(metadata);
    } catch (error) {
      await sink.kill();
      throw error;
    }
    return sink;
  }

  /** The metadata that the manager answered the subscription with, by metric. */
  get metadata(): Readonly<Record<string, JsonObject>> {
    return this.#metadata;
  }

  /** All points of a metric so far, in the order of their arrival. */
  points(metric: string): readonly ReceivedPoint[] {
    const { events } = this.#peer;
    for (; this.#eventsRead < events.length; this.#eventsRead++) {
      const event = events[this.#eventsRead];
      if (event?.event !== "chunk") continue;
      this.#add(String(event.metric), event.points as [string, string][]);
    }
    return this.#points.get(metric) ?? [];
  }

  /** Waits until at least `count` points of the metric have arrived, and returns all. */
  async waitForPoints(metric: string, count: number): Promise<readonly ReceivedPoint[]> {
    return await this.#peer.waitFor(() => {
      const points = this.points(metric);
      return points.length >= count ? points : undefined;
    });
  }

  /** Kills the sink (-9). */
  async kill(): Promise<void> {
    await this.#peer.kill();
  }

  /** Same as `kill`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #add(metric: string, points: readonly (readonly [string, string])[]): void {
    let known = this.#points.get(metric);
    if (!known) this.#points.set(metric, known = []);
    for (const [timeNs, bits] of points) {
      known.push({ timeNs: BigInt(timeNs), value: doubleOf(bits), bits });
    }
  }
}

function doubleOf(bits: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
}
