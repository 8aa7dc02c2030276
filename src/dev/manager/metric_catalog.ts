/**
 * The metrics of the network and their metadata.
 *
 * @module
 */

import { logger } from "../../log.ts";
import { quote } from "../../quote.ts";
import { isJsonObject, type JsonObject, type JsonValue, kindOf } from "../../rpc/json.ts";
import { clockOrSystem, type MonotonicClock } from "../../time/clock.ts";
import { NamePatterns } from "./name_pattern.ts";

const log = logger("manager");

const NAME_MAX_BYTES = 255; // of an AMQP routing key
const MAX_METRICS = 100_000;
const MAX_METADATA_CHARACTERS = 64 * 1024; // of one metric, as JSON
const MAX_ALL_METADATA_CHARACTERS = 64 * 2 ** 20;
const RESERVED_FIELDS: readonly string[] = ["source", "historic"];

/** Which metrics are asked for. What is absent excludes none. */
export interface MetricFilter {
  /** A regular expression that matches anywhere in the name, or a list of names. */
  readonly selector?: string | readonly string[] | undefined;
  /** How the name begins. */
  readonly prefix?: string | undefined;
  /** How the name, or what follows one of its dots, begins. */
  readonly infix?: string | undefined;
  /** The most names to return, the first in order. */
  readonly limit?: number | undefined;
  /** Whether they are stored in a database. */
  readonly historic?: boolean | undefined;
  /** Whether they are hidden. */
  readonly hidden?: boolean | undefined;
}

/** The metadata of metrics, as their sources have declared it, by name. */
export class MetricCatalog {
  readonly #metrics = new Map<string, JsonObject>();
  readonly #patterns: NamePatterns;
  #characters = 0;

  /** Begins without metrics. */
  constructor(clock: MonotonicClock = clockOrSystem()) {
    this.#patterns = new NamePatterns(clock);
  }

  /**
   * Adds metrics, or changes what is known of them: fields that are not named again stay. The
   * fields `source`, `historic` and those that begin with `_` are the manager's own, and ignored.
   *
   * @param source The token of the source that declares them.
   * @param metrics Metadata by name, or just the names.
   * @param date When, as ISO 8601.
   * @throws {TypeError | RangeError} If a name or metadata cannot be used; nothing is added then.
   */
  declare(source: string, metrics: JsonValue | undefined, date: string): void {
    const entries = new Map(readDeclaration(metrics));
    const added = [...entries.keys()].filter((name) => !this.#metrics.has(name)).length;
    requireAtMost(MAX_METRICS, this.#metrics.size + added, "metrics");
    let characters = this.#characters;
    const merged = [...entries].map(([name, metadata]): [string, JsonObject] => {
      const known = this.#metrics.get(name);
      const all = { ...known, date, ...withoutReserved(name, metadata), source };
      const size = sizeOf(all);
      requireAtMost(MAX_METADATA_CHARACTERS, size, `characters of metadata of ${quote(name)}`);
      characters += size - sizeOf(known);
      return [name, all];
    });
    requireAtMost(MAX_ALL_METADATA_CHARACTERS, characters, "characters of metadata");
    this.#characters = characters;
    for (const [name, metadata] of merged) {
      this.#warnOfMove(name, source);
      this.#metrics.set(name, metadata);
    }
  }

  /** Notes that a database keeps metrics; those that have not been declared are left out. */
  markHistoric(names: readonly string[]): void {
    for (const name of names) {
      const known = this.#metrics.get(name);
      if (known === undefined) continue;
      const metadata = { ...known, historic: true };
      this.#characters += sizeOf(metadata) - sizeOf(known);
      this.#metrics.set(name, metadata);
    }
  }

  /** The metadata of a metric, if it has been declared. */
  get(name: string): JsonObject | undefined {
    return this.#metrics.get(name);
  }

  /** The names of all metrics. */
  names(): IterableIterator<string> {
    return this.#metrics.keys();
  }

  /** How many metrics each source has. */
  countBySource(): ReadonlyMap<unknown, number> {
    const counts = new Map<unknown, number>();
    for (const { source } of this.#metrics.values()) {
      counts.set(source, (counts.get(source) ?? 0) + 1);
    }
    return counts;
  }

  /** The metadata of the named metrics, `{}` of those that have not been declared. */
  describe(names: readonly string[]): JsonObject {
    return Object.fromEntries(names.map((name) => [name, this.#metrics.get(name) ?? {}]));
  }

  /**
   * The names of the metrics that are asked for, sorted.
   *
   * @throws {SyntaxError} If the selector is not a regular expression.
   * @throws {RangeError} If it takes too long, or if filters are combined that exclude each other.
   */
  select({ selector, prefix, infix, limit, historic, hidden }: MetricFilter): string[] {
    requireCompatible(selector, prefix, infix);
    const names = this.#candidates(selector).filter((name) => {
      // Looked up only where it matters: there may be 100 000.
      const isMarked = (field: string) => this.#metrics.get(name)?.[field] === true;
      return (prefix === undefined || name.startsWith(prefix)) &&
        (infix === undefined || name.startsWith(infix) || name.includes(`.${infix}`)) &&
        (historic === undefined || historic === isMarked("historic")) &&
        (hidden === undefined || hidden === isMarked("hidden"));
    });
    return names.sort().slice(0, limit);
  }

  #candidates(selector: MetricFilter["selector"]): string[] {
    if (selector === undefined) return [...this.#metrics.keys()];
    if (typeof selector === "string") {
      return this.#patterns.filter(selector, [...this.#metrics.keys()]);
    }
    return [...new Set(selector)].filter((name) => this.#metrics.has(name));
  }

  #warnOfMove(metric: string, source: string): void {
    const previous = this.#metrics.get(metric)?.["source"];
    if (previous === undefined || previous === source) return;
    log.warn("{metric} was a metric of {previous} and becomes one of {source}", {
      metric,
      previous,
      source,
    });
  }
}

function sizeOf(metadata: JsonObject | undefined): number {
  return metadata === undefined ? 0 : JSON.stringify(metadata).length;
}

function requireAtMost(limit: number, count: number, what: string): void {
  if (count <= limit) return;
  throw new RangeError(
    `Cannot declare metrics: there would be ${count} ${what}, at most ${limit} are allowed`,
  );
}

function readDeclaration(metrics: JsonValue | undefined): [name: string, metadata: JsonObject][] {
  if (!Array.isArray(metrics) && !isJsonObject(metrics)) {
    throw new TypeError(
      `Cannot declare metrics: ${
        kindOf(metrics)
      } is given, metadata by name or a list of names is required`,
    );
  }
  const entries: [JsonValue, JsonValue][] = Array.isArray(metrics)
    ? metrics.map((name) => [name, {}])
    : Object.entries(metrics);
  return entries.map(([name, metadata]) => {
    requireMetricName(name);
    if (isJsonObject(metadata)) return [name, metadata];
    throw new TypeError(
      `Cannot declare metric "${name}": its metadata is ${kindOf(metadata)}, an object is required`,
    );
  });
}

// Sources of other languages have rules of their own; what counts is that it can be a routing key.
function requireMetricName(name: JsonValue): asserts name is string {
  if (typeof name !== "string") {
    throw new TypeError(`Cannot declare metrics: ${kindOf(name)} is given, a name is required`);
  }
  const bytes = new TextEncoder().encode(name).byteLength;
  if (bytes > 0 && bytes <= NAME_MAX_BYTES) return;
  throw new RangeError(
    `Cannot declare metric "${
      name.slice(0, 40)
    }": its name has ${bytes} bytes, 1 to ${NAME_MAX_BYTES} are required`,
  );
}

function withoutReserved(metric: string, metadata: JsonObject): JsonObject {
  const fields = Object.entries(metadata);
  const own = fields.filter(([name]) => !name.startsWith("_") && !RESERVED_FIELDS.includes(name));
  if (own.length < fields.length) {
    log.warn('Ignoring what {metric} says of "source", "historic" or fields that begin with "_"', {
      metric,
    });
  }
  return Object.fromEntries(own);
}

// The manager of real networks refuses them too; here it shows before a program gets there.
function requireCompatible(
  selector: MetricFilter["selector"],
  prefix: string | undefined,
  infix: string | undefined,
): void {
  const given = Object.entries({ selector, prefix, infix })
    .filter(([, filter]) => filter !== undefined)
    .map(([name]) => `"${name}"`);
  if (given.length > 1) {
    throw new RangeError(`Cannot get metrics: ${given.join(" and ")} are given, one is allowed`);
  }
  if (Array.isArray(selector) && selector.length === 0) {
    throw new RangeError(
      'Cannot get metrics: "selector" is an empty list, at least one name is required',
    );
  }
}
