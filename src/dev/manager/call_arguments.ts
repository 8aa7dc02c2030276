/**
 * The arguments of calls, which may be any JSON.
 *
 * @module
 */

import { quote } from "../../quote.ts";
import { type JsonObject, type JsonValue, kindOf } from "../../rpc/json.ts";

const MAX_TEXTS = 100_000; // the metrics of a large network
const MAX_NAME_BYTES = 255; // of queues and routing keys in AMQP
const LIST = `a list of at most ${MAX_TEXTS} texts`;

/**
 * Reads the arguments of one call. Every method throws a TypeError for a value of another kind, and
 * those for names a RangeError for one that is too long.
 */
export class CallArguments {
  readonly #function: string;
  readonly #args: JsonObject;

  /** Takes what a function was called with. */
  constructor(functionName: string, args: JsonObject) {
    this.#function = functionName;
    this.#args = args;
  }

  /** A text. */
  text(name: string): string {
    return this.optionalText(name) ?? this.#refuse(name, "a text");
  }

  /** A text, if there is one. */
  optionalText(name: string): string | undefined {
    const value = this.value(name);
    return value === undefined || typeof value === "string" ? value : this.#refuse(name, "a text");
  }

  /** The name of a queue. */
  queue(name: string): string {
    return this.#requireName(name, this.text(name));
  }

  /** The name of a queue, if there is one. */
  optionalQueue(name: string): string | undefined {
    const queue = this.optionalText(name);
    return queue === undefined ? undefined : this.#requireName(name, queue);
  }

  /** A list of the names of metrics. */
  metrics(name: string): string[] {
    const value = this.value(name);
    if (!isTexts(value)) this.#refuse(name, LIST);
    for (const metric of value) this.#requireName(name, metric);
    return value;
  }

  /** A text or a list of texts, if there is one. */
  optionalTextOrTexts(name: string): string | string[] | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "string" || isTexts(value)) return value;
    return this.#refuse(name, `a text or ${LIST}`);
  }

  /** `true` or `false`, if it is there. */
  optionalFlag(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "boolean") return value;
    return this.#refuse(name, "true or false");
  }

  /** A count, if there is one. */
  optionalCount(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
    return this.#refuse(name, "an integer of 0 or more");
  }

  /** One of several texts, the first of them if there is none. */
  choice<const Choice extends string>(
    name: string,
    choices: readonly [Choice, ...Choice[]],
  ): Choice {
    const value = this.value(name) ?? choices[0];
    const chosen = choices.find((choice) => choice === value);
    return chosen ?? this.#refuse(name, choices.map((choice) => `"${choice}"`).join(" or "));
  }

  /** Anything. Clients in other languages send `null` for what they do not want to say. */
  value(name: string): JsonValue | undefined {
    return this.#args[name] ?? undefined;
  }

  // The AMQP client would refuse it as well, and repeat all of it.
  #requireName(argument: string, name: string): string {
    const bytes = new TextEncoder().encode(name).byteLength;
    if (bytes <= MAX_NAME_BYTES) return name;
    throw new RangeError(
      `Cannot answer ${this.#function}: "${argument}" has a name of ${bytes} bytes, ${
        quote(name)
      }; ` +
        `at most ${MAX_NAME_BYTES} are allowed`,
    );
  }

  #refuse(name: string, requirement: string): never {
    const value = this.value(name);
    const given = typeof value === "string" || typeof value === "number"
      ? JSON.stringify(value).slice(0, 80)
      : value === undefined
      ? "nothing"
      : kindOf(value);
    throw new TypeError(
      `Cannot answer ${this.#function}: "${name}" is ${given}, ${requirement} is required`,
    );
  }
}

function isTexts(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.length <= MAX_TEXTS &&
    value.every((item) => typeof item === "string");
}
