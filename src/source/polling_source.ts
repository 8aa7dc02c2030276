/**
 * A source that reads several devices, each at its own period, and goes on when one of them fails.
 *
 * @module
 */

import { coreOf } from "../agent/agent.ts";
import { protectMembers } from "../agent/hidden_members.ts";
import { PublishFailed } from "../errors.ts";
import { logger } from "../log.ts";
import { quote } from "../quote.ts";
import { FoundMetrics } from "./found_metrics.ts";
import { GroupReader, type ReaderHost } from "./group_reader.ts";
import { handlesConfig } from "./misspelt_handlers.ts";
import type { Metadata } from "./metadata.ts";
import type { Point } from "./point_filter.ts";
import { devicesOf } from "./poll_device.ts";
import {
  type AnyPollGroup,
  type CheckedGroup,
  type CheckedRead,
  checkGroup,
  declarations,
} from "./poll_group.ts";
import { declaredBy, Source, watchedBy } from "./source.ts";
import type { ChunkSize } from "./given_points.ts";
import { detachWhenRoom } from "./source_metric.ts";

const log = logger("source");

/**
 * A source of several groups of metrics, each read at its own period.
 *
 * A group that fails, or does not answer in time, is read again at its next deadline (or later, see
 * {@linkcode PollGroup.backoff}), "no reading" (NaN) is sent for its metrics meanwhile, and the others
 * do not notice. The log tells once that it has failed, and once that it is back; so it does of single
 * metrics.
 *
 * What it inherits from {@linkcode Source} and {@linkcode Agent}:
 *
 * - Metrics and points: {@linkcode Source.prototype.declareMetrics | declareMetrics},
 *   {@linkcode Source.prototype.send | send}, {@linkcode Source.prototype.sendMany | sendMany},
 *   {@linkcode Source.prototype.flush | flush}, {@linkcode Source.prototype.metric | metric},
 *   {@linkcode Source.prototype.chunkSize | chunkSize}
 * - How it is doing: {@linkcode Source.prototype.stats | stats},
 *   {@linkcode Source.prototype.health | health}, {@linkcode Source.prototype.clock | clock}
 * - Its life: {@linkcode Agent.prototype.run | run}, {@linkcode Agent.prototype.connect | connect},
 *   {@linkcode Agent.prototype.stop | stop}, {@linkcode Agent.prototype.stopped | stopped},
 *   {@linkcode Agent.prototype.events | events}
 * - Calls: {@linkcode Agent.prototype.rpc | rpc},
 *   {@linkcode Agent.prototype.addRpcHandler | addRpcHandler},
 *   {@linkcode Agent.prototype.getMetrics | getMetrics}
 * - Its name and its network: {@linkcode Agent.prototype.token | token},
 *   {@linkcode Agent.prototype.url | url}
 *
 * @example
 * ```ts
 * import { PollingSource, rpcHandler } from "@metricq/source";
 *
 * class Rack extends PollingSource {
 *   @rpcHandler("config")
 *   async onConfig({ url }: { url: string }) {
 *     await this.poll([
 *       {
 *         period: "100ms",
 *         metrics: { "example.rack.load": { unit: "" } },
 *         read: () => ({ "example.rack.load": Deno.loadavg()[0] ?? NaN }),
 *       },
 *       {
 *         period: "1min",
 *         align: true,
 *         metrics: { "example.rack.power": { unit: "W" } },
 *         read: async (signal) => {
 *           const answer = await fetch(url, { signal });
 *           return { "example.rack.power": (await answer.json()).power };
 *         },
 *       },
 *     ]);
 *   }
 * }
 *
 * const rack = new Rack({ token: "source-rack", url: "amqp://localhost/" });
 * // await rack.run();
 * ```
 */
export abstract class PollingSource extends Source {
  static {
    protectMembers(this, {
      called: {
        task: "so no group would be read: remove it, or call super.task(signal) in it",
      },
    });
  }

  #groups: readonly CheckedGroup[] = [];
  // The metrics of all groups, also those that are found when they are read.
  #taken = new Set<string>();
  #replaced = new AbortController();
  #isPolled = false;

  /**
   * Declares the metrics of these groups, and reads them instead of those before: usually called by
   * the handler of the configuration. Then they begin when all handlers have accepted it. When it
   * throws, or the configuration is refused, those before go on.
   *
   * @throws {RangeError} If two groups have the same metric, the network cannot carry a name, or a duration is
   * not above 0, an offset not below its period.
   * @throws {TypeError | SyntaxError} If a duration is of another type or cannot be parsed.
   * @throws {RpcError} If `declareMetrics` does.
   */
  protected async poll<const Groups extends readonly AnyPollGroup[]>(
    groups: { readonly [At in keyof Groups]: Groups[At] & CheckedRead<Groups[At]> },
  ): Promise<void> {
    if (!Array.isArray(groups)) {
      throw new TypeError(`Cannot poll: ${quote(groups)} is given, a list of groups is required`);
    }
    const checked = groups.map((group) => checkGroup(group, this.token));
    const declared = declarations(checked);
    const declare = () => this.declareMetrics(declared);
    await declaredBy(this).replacing(declare, () => {
      this.#setChunkSizes(declared);
      this.#groups = checked;
      this.#isPolled = true;
      this.#taken = new Set(Object.keys(declared));
      this.#replaced.abort();
      this.#replaced = new AbortController();
    });
  }

  /** Reads the groups; a method in its place has to call it as `super.task(signal)`. */
  protected override async task(signal: AbortSignal): Promise<void> {
    const host: ReaderHost = {
      clock: this.clock,
      watch: watchedBy(this),
      send: (points) => this.#send(points),
      declare: (metrics, signal) => this.#declareFound(metrics, signal),
    };
    if (!this.#isPolled) {
      const { rpc, events } = coreOf(this);
      const handled = events.condition.get("configured") === undefined
        ? "{token} waits for its configuration: poll was not called"
        : "{token} reads nothing: its configuration has come, and poll was not called";
      log.warn(
        handlesConfig(rpc.handlers)
          ? handled
          : '{token} reads nothing: poll was not called, as by a handler of "config"',
        { token: this.token },
      );
    }
    while (!signal.aborted) {
      // Those that were replaced have ended before the new ones begin: a metric that both have
      // would otherwise get its points out of order.
      const until = AbortSignal.any([signal, this.#replaced.signal]);
      const readers = [...devicesOf(this.#groups)].map(([group, device]) =>
        new GroupReader(group, device, new FoundMetrics(group, this.#taken), host)
      );
      await Promise.all([aborted(until), ...readers.map((reader) => reader.run(until))]);
      for (const name of readers.flatMap(({ metrics }) => metrics)) {
        // The chunk of a metric that is no longer read would never be full. Not waited for: others can be
        // read meanwhile.
        void this.#unlessFull(() => detachWhenRoom(this.metric(name)));
      }
    }
  }

  async #send(points: readonly Point[]): Promise<void> {
    for (const { metric, time, value } of points) {
      await this.#unlessFull(() => this.send(metric, time, value));
    }
  }

  async #declareFound(
    metrics: Readonly<Record<string, Metadata>>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#setChunkSizes(metrics);
    await declaredBy(this).adding(() => this.declareMetrics(metrics, { signal }));
  }

  // What is declared is what is done, whether it follows from the period or was given.
  #setChunkSizes(metrics: Readonly<Record<string, Metadata>>): void {
    for (const [name, { chunkSize }] of Object.entries(metrics)) {
      // The cast: the setter refuses what is none.
      this.metric(name).chunkSize = chunkSize as ChunkSize;
    }
  }

  async #unlessFull(send: () => Promise<void> | void): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (!(error instanceof PublishFailed)) throw error;
      log.warn("{error}", { error: error.message });
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
