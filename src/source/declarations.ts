/**
 * The metrics that a source has declared: told to the manager in parts, and remembered.
 *
 * @module
 */

import type { AgentCore } from "../agent/agent_core.ts";
import { ReplyCode } from "../amqp/reply_codes.ts";
import { errorText } from "../error_text.ts";
import { AmqpError, RpcError } from "../errors.ts";
import { logger } from "../log.ts";
import { isRecommendedName } from "../chunk/metric_name.ts";
import type { OptionNames } from "../option_names.ts";
import { MANAGEMENT_EXCHANGE } from "../rpc/exchanges.ts";
import { orAborted } from "../time/aborted.ts";
import type { JsonObject } from "../rpc/json.ts";
import { type Declaration, DECLARE_METRICS, DeclaredMetrics } from "./declared_metrics.ts";
import type { ChunkSize } from "./given_points.ts";

const log = logger("source");

// A message for 100 000 metrics would keep the manager from all others for seconds, might be larger
// than the broker takes, and its answer later than `rpcTimeout`. Larger parts are not faster.
const PART_MAX_METRICS = 1000;
const PART_MAX_CHARACTERS = 64 * 1024;
const LOG_INTERVAL_MS = 1000;
const MAX_NAMES_SHOWN = 20; // in one line

/** Options of `Source.declareMetrics`. */
export interface DeclareOptions {
  /** Cancels the rest; what the manager has accepted by then stays declared. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called whenever the manager has accepted a part: how many of the metrics are declared by then,
   * and how many there are. The next part waits for it if it is asynchronous, and the declaration fails
   * if it does.
   */
  readonly onProgress?: ((declared: number, metrics: number) => void) | undefined;
}

/** The names of {@linkcode DeclareOptions}. */
export const DECLARE_OPTIONS: OptionNames<DeclareOptions> = { signal: true, onProgress: true };

/** What {@linkcode Declarations} are made with. */
export interface DeclarationsOptions {
  readonly core: AgentCore;
  /** The chunk size that a metric has at the time of its declaration. */
  readonly chunkSizeOf: (metric: string) => ChunkSize;
  /** Aborted when answers to earlier calls are lost, as the connection is a new one. */
  readonly connection: () => AbortSignal;
}

/** Declares metrics, and again all of them. */
export class Declarations {
  /** What was declared. */
  readonly metrics: DeclaredMetrics = new DeclaredMetrics((metrics) => this.#restore(metrics));
  readonly #options: DeclarationsOptions;
  // Smaller once the broker has refused a part as too large.
  #partMaxCharacters = PART_MAX_CHARACTERS;
  #isRehearsal = false;
  // Those that are on their way to the manager for the first time.
  readonly #unanswered = new Set<Promise<void>>();

  /** Begins with none. */
  constructor(options: DeclarationsOptions) {
    this.#options = options;
  }

  /** All that were declared, with their chunk sizes. */
  get all(): Record<string, JsonObject> {
    return this.#complete(this.metrics.all);
  }

  /** Tells the manager nothing from now on. */
  rehearse(): void {
    this.#isRehearsal = true;
  }

  /** Warns, once of each, of names that the network carries and does not recommend. */
  warnOfNames(metrics: readonly Declaration[]): void {
    const names = metrics.map(([name]) => name)
      .filter((name) => !isRecommendedName(name) && !this.metrics.has(name));
    if (names.length === 0) return;
    const shown = names.slice(0, MAX_NAMES_SHOWN).map((name) => JSON.stringify(name)).join(", ");
    const more = names.length - MAX_NAMES_SHOWN;
    log.warn(
      "The MetricQ Wizard reports names of {token} as invalid, which work all the same: {names}",
      { token: this.#options.core.token, names: more > 0 ? `${shown} and ${more} more` : shown },
    );
  }

  /**
   * Declares metrics now, and again with every `repeat` to come until they are replaced.
   *
   * @throws {RpcError} If the manager refuses a part, or does not answer; the parts before are declared.
   * If a metric alone is larger than the broker takes; all others are declared.
   */
  async declare(metrics: readonly Declaration[], options: DeclareOptions = {}): Promise<void> {
    const set = this.metrics.current;
    if (this.#isRehearsal) return this.metrics.note(set, metrics);
    const { stopping } = this.#options.core;
    const signal = options.signal ? AbortSignal.any([stopping, options.signal]) : stopping;
    const tooLarge = await this.#inParts(metrics, options.onProgress, async (part) => {
      const answered = this.#untilAnswered(part, signal).then(() => {
        // Only now: what the manager has refused is not to be declared again after an outage.
        this.metrics.note(set, part);
      });
      this.#unanswered.add(answered);
      await answered.finally(() => this.#unanswered.delete(answered));
    });
    this.#tell(metrics.length - tooLarge.length, false);
    const [first] = tooLarge;
    if (first !== undefined) throw new RpcError(DECLARE_METRICS, reasonOf(tooLarge), first);
  }

  /** Declares all of them again, to a manager that may not know them. */
  async repeat(signal: AbortSignal): Promise<void> {
    const metrics = this.metrics.all;
    const tooLarge = await this.#inParts(metrics, undefined, (part) => this.#again(part, signal));
    this.#tell(metrics.length - tooLarge.length, true);
    if (tooLarge.length === 0) return;
    const { token } = this.#options.core;
    log.error("{token} cannot declare again: {error}", { token, error: reasonOf(tooLarge) });
  }

  #tell(metrics: number, again: boolean): void {
    if (metrics === 0) return;
    this.#options.core.events.tell("declared", { metrics, total: this.metrics.size, again });
  }

  async #restore(metrics: readonly Declaration[]): Promise<void> {
    if (this.#isRehearsal) return;
    const { token, stopping } = this.#options.core;
    const signal = AbortSignal.any([stopping, this.#options.connection()]);
    try {
      await this.#inParts(metrics, undefined, (part) => this.#again(part, signal));
    } catch (error) {
      if (signal.aborted) return; // the next registration declares all of them again
      log.warn("{token} cannot undo what was declared for nothing: {error}", {
        token,
        error: errorText(error),
      });
    }
  }

  /** Declares part by part. Returns the metrics that are too large for the broker, each alone. */
  async #inParts(
    metrics: readonly Declaration[],
    onProgress: DeclareOptions["onProgress"],
    declare: (part: readonly Declaration[]) => Promise<void>,
  ): Promise<readonly TooLarge[]> {
    const { token, clock } = this.#options.core;
    const tooLarge: TooLarge[] = [];
    let loggedAtMs = clock.nowMs();
    for (let start = 0; start < metrics.length;) {
      const part = metrics.slice(start, this.#endOfPart(metrics, start));
      try {
        await declare(part);
      } catch (cause) {
        if (!isTooLarge(cause)) {
          throw part.length < metrics.length ? naming(part, start, metrics.length, cause) : cause;
        }
        if (part.length > 1) {
          this.#partMaxCharacters = charactersOf(part) / 2;
          continue;
        }
        const [[name] = [""]] = part;
        tooLarge.push({ name, cause });
      }
      start += part.length;
      const declared = start - tooLarge.length;
      await onProgress?.(declared, metrics.length);
      // That all are declared is an event.
      if (clock.nowMs() - loggedAtMs < LOG_INTERVAL_MS || start === metrics.length) continue;
      loggedAtMs = clock.nowMs();
      log.info("{token} has declared {declared} of {metrics} metrics", {
        token,
        declared,
        metrics: metrics.length,
      });
    }
    return tooLarge;
  }

  #endOfPart(metrics: readonly Declaration[], start: number): number {
    let characters = 0;
    let end = start;
    while (end < metrics.length && end - start < PART_MAX_METRICS) {
      characters += charactersOf(metrics.slice(end, end + 1));
      if (characters > this.#partMaxCharacters && end > start) break;
      end++;
    }
    return end;
  }

  /** As `#call`, and once more if the answer is lost with the connection. */
  async #untilAnswered(part: readonly Declaration[], signal: AbortSignal): Promise<void> {
    while (true) {
      const connection = this.#options.connection();
      try {
        return await this.#call(part, AbortSignal.any([signal, connection]));
      } catch (error) {
        // To declare what is declared already changes nothing.
        if (signal.aborted || !connection.aborted) throw error;
      }
    }
  }

  /**
   * Declares metrics of before as they are known now, behind newer declarations of theirs that have no
   * answer yet: else the older would be what the manager keeps.
   */
  async #again(part: readonly Declaration[], signal: AbortSignal): Promise<void> {
    while (this.#unanswered.size > 0) {
      await orAborted(Promise.allSettled(this.#unanswered), signal);
      signal.throwIfAborted();
    }
    const known = this.metrics.of(part.map(([name]) => name));
    if (known.length > 0) await this.#call(known, signal);
  }

  async #call(part: readonly Declaration[], signal: AbortSignal): Promise<void> {
    await this.#options.core.rpc.call(
      DECLARE_METRICS,
      { metrics: this.#complete(part) },
      { exchange: MANAGEMENT_EXCHANGE, signal },
    );
  }

  #complete(metrics: readonly Declaration[]): Record<string, JsonObject> {
    return Object.fromEntries(
      metrics.map(([name, metadata]) =>
        [name, { chunkSize: this.#options.chunkSizeOf(name), ...metadata }] as const
      ),
    );
  }
}

interface TooLarge {
  readonly name: string;
  readonly cause: unknown;
}

function isTooLarge(error: unknown): error is RpcError {
  return error instanceof RpcError && error.cause instanceof AmqpError &&
    error.cause.code === ReplyCode.PRECONDITION_FAILED;
}

function reasonOf(tooLarge: readonly TooLarge[]): string {
  const [first] = tooLarge;
  const names = tooLarge.slice(0, MAX_NAMES_SHOWN).map(({ name }) => JSON.stringify(name));
  const more = tooLarge.length - names.length;
  const shown = `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const reason = first?.cause instanceof RpcError ? first.cause.reason : "it is too large";
  return `${reason} (metadata of ${shown}; the others are declared)`;
}

function charactersOf(part: readonly Declaration[]): number {
  return part.reduce(
    (sum, [name, metadata]) => sum + name.length + JSON.stringify(metadata).length,
    0,
  );
}

/** Which of many metrics an error is about. */
function naming(
  part: readonly Declaration[],
  declared: number,
  metrics: number,
  cause: unknown,
): unknown {
  if (!(cause instanceof RpcError)) return cause;
  const [first, last] = [part[0], part.at(-1)].map((declaration) => declaration?.[0]);
  return new RpcError(
    DECLARE_METRICS,
    `${cause.reason} (metrics ${declared + 1} to ${
      declared + part.length
    } of ${metrics}, from "${first}" to "${last}")`,
    { cause },
  );
}
