/**
 * The metrics of the network and their metadata.
 *
 * @module
 */

import { runInNewContext } from "node:vm";
import { errorText } from "../../error_text.ts";
import { logger } from "../../log.ts";
import { isJsonObject, type JsonObject, type JsonValue, kindOf } from "../../rpc/json.ts";

const log = logger("manager");

const NAME_MAX_BYTES = 255; // of an AMQP routing key
const MAX_METRICS = 100_000;
const MAX_REGEX_MS = 250;
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
    const entries = readDeclaration(metrics);
    const added = entries.filter(([name]) => !this.#metrics.has(name)).length;
    if (this.#metrics.size + added > MAX_METRICS) {
      throw new RangeError(
        `Cannot declare metrics: there would be ${
          this.#metrics.size + added
        }, at most ${MAX_METRICS} are allowed`,
      );
    }
    for (const [name, metadata] of entries) {
      const known = this.#metrics.get(name);
      if (known !== undefined && known["source"] !== source) {
        log.warn("{metric} was a metric of {previous} and becomes one of {source}", {
          metric: name,
          previous: known["source"],
          source,
        });
      }
      this.#metrics.set(name, { ...known, date, ...withoutReserved(name, metadata), source });
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
    const names = [...this.#metrics.keys()].filter((name) => {
      const metadata = this.#metrics.get(name);
      return (prefix === undefined || name.startsWith(prefix)) &&
        (infix === undefined || name.startsWith(infix) || name.includes(`.${infix}`)) &&
        (historic === undefined || historic === (metadata?.["historic"] === true)) &&
        (hidden === undefined || hidden === (metadata?.["hidden"] === true));
    });
    return selectNames(selector, names).sort().slice(0, limit);
  }
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

function selectNames(selector: MetricFilter["selector"], names: string[]): string[] {
  if (selector === undefined) return names;
  if (typeof selector !== "string") {
    const wanted = new Set(selector);
    return names.filter((name) => wanted.has(name));
  }
  const regex = compile(selector);
  try {
    // Such as /(a+)+$/ takes longer than the universe has time for. Only this can interrupt it.
    return [...runInNewContext("names.filter((name) => regex.test(name))", { names, regex }, {
      timeout: MAX_REGEX_MS,
    })];
  } catch (cause) {
    throw new RangeError(
      `Cannot get metrics: the selector ${JSON.stringify(selector)} takes over ${MAX_REGEX_MS} ms`,
      { cause },
    );
  }
}

function compile(selector: string): RegExp {
  try {
    return new RegExp(selector);
  } catch (cause) {
    const reason = errorText(cause);
    throw new SyntaxError(`Cannot get metrics: "selector" is refused: ${reason}`, { cause });
  }
}
