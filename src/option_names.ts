/**
 * Names of options that there are, for programs whose types nothing checks: a misspelt one would
 * have no effect, and say nothing.
 *
 * @module
 */

import { quote } from "./quote.ts";
import { similarName } from "./suggestion.ts";

/**
 * The names of a kind of options, and which of them are `true` or `false`; that none is missing, and
 * that this is so, is checked by the compiler.
 */
export type OptionNames<Options> = {
  readonly [Name in keyof Options]-?: [NonNullable<Options[Name]>] extends [boolean] ? "boolean"
    : true;
};

/** A table of {@linkcode OptionNames}, of whatever options. */
type AnyOptionNames = Readonly<Record<string, true | "boolean">>;

/**
 * Refuses what is not an object with options of a kind, where programs have no reason to give others.
 *
 * @param action What cannot be done then, such as `"connect"`.
 * @throws {TypeError} If an option is given that there is not, a `signal` that is none, or something
 * else than `true` or `false` where it has to be one of them: the text "no" would count as true.
 */
export function checkOptions(action: string, given: object, names: AnyOptionNames): void {
  requireOptions(action, given);
  for (const name of unknownOf(given, names)) {
    const meant = meantBy(name, given, names);
    const instead = meant === undefined
      ? `, there is only ${Object.keys(names).map((one) => `"${one}"`).join(", ")}`
      : didYouMean(meant);
    throw new TypeError(`Cannot ${action}: option ${quote(name)} is given${instead}`);
  }
  if ("signal" in given && "signal" in names) requireSignal(action, given.signal);
  requireBooleans(action, given, names);
}

/**
 * Refuses options whose name is almost that of one that there is, and is not given itself, such as
 * `chunksize` or `periodMs`. Others are let through: classes that derive from one of this package's
 * may have options of their own, and hand on all of them. So the names have to be very similar.
 *
 * @param action What cannot be done then, such as `"make an agent"`.
 * @throws {TypeError} If there is one, and the message says what is most likely meant; or if something
 * else than `true` or `false` is given where it has to be one of them.
 */
export function refuseMisspelt(action: string, given: object, names: AnyOptionNames): void {
  requireOptions(action, given);
  for (const name of unknownOf(given, names)) {
    const meant = meantBy(name, given, names, Math.floor(name.length / CHARACTERS_PER_MISTAKE));
    if (meant === undefined) continue;
    throw new TypeError(`Cannot ${action}: option ${quote(name)} is given${didYouMean(meant)}`);
  }
  if ("signal" in given && "signal" in names) requireSignal(action, given.signal);
  requireBooleans(action, given, names);
}

/**
 * Refuses fields that are neither `true` nor `false`, nor missing, where they have to be.
 *
 * @throws {TypeError} If there is one.
 */
export function requireBooleans(action: string, given: object, names: AnyOptionNames): void {
  for (const [name, kind] of Object.entries(names)) {
    if (kind !== "boolean") continue;
    const value: unknown = Reflect.get(given, name);
    if (value === undefined || typeof value === "boolean") continue;
    throw new TypeError(
      `Cannot ${action}: ${name} is ${quote(value)}, true or false is required`,
    );
  }
}

// "lock" is not "clock", and "onFail" not "onFull".
const CHARACTERS_PER_MISTAKE = 6;

function unknownOf(given: object, names: object): string[] {
  return Object.entries(given)
    .filter(([name, value]) => value !== undefined && !Object.hasOwn(names, name))
    .map(([name]) => name);
}

/** The option, of those that are not given, that a name most likely means. */
function meantBy(
  name: string,
  given: object,
  names: object,
  mistakes?: number,
): string | undefined {
  const missing = new Map(
    Object.keys(names).filter((one) => Reflect.get(given, one) === undefined)
      .map((one) => [withoutUnit(one), one]),
  );
  const plain = withoutUnit(name);
  return missing.get(plain) ?? missing.get(similarName(plain, missing.keys(), mistakes) ?? "");
}

function didYouMean(name: string): string {
  return `: did you mean "${name}"?`;
}

// Durations have a unit in their value here, or are in seconds, whatever others write into a name.
const UNIT = /(?:milli|micro|nano)?(?:seconds?|secs?)$|(?:ms|bytes)$/;

function withoutUnit(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[-_]/g, "");
  return plain.replace(UNIT, "") || plain;
}

function requireOptions(action: string, given: unknown): void {
  if (isSignal(given)) {
    throw new TypeError(`Cannot ${action}: an AbortSignal is given, { signal } is required`);
  }
  if (given instanceof AbortController) {
    throw new TypeError(
      `Cannot ${action}: an AbortController is given, { signal: controller.signal } is required`,
    );
  }
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return;
  throw new TypeError(
    `Cannot ${action}: ${quote(given)} is given, an object with options is required`,
  );
}

function requireSignal(action: string, signal: unknown): void {
  if (signal === undefined || isSignal(signal)) return;
  const isController = signal instanceof AbortController;
  throw new TypeError(
    `Cannot ${action}: signal is ${quote(signal)}, ` +
      `${isController ? "its signal (controller.signal)" : "an AbortSignal"} is required`,
  );
}

// Not by `instanceof` alone: some libraries bring a signal of their own.
function isSignal(value: unknown): value is AbortSignal {
  return value instanceof AbortSignal || typeof value === "object" && value !== null &&
      "aborted" in value && "addEventListener" in value && "reason" in value;
}
