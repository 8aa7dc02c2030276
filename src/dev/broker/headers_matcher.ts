/**
 * The bindings of a headers exchange.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { Table } from "./field_reader.ts";

/** The values that the argument `x-match` may have; `all` is the default. */
export const HEADER_MATCHES: readonly unknown[] = ["all", "any", "all-with-x", "any-with-x"];

/**
 * Whether a message with the given headers goes to a binding with the given arguments. An argument
 * without a value (void) asks only for the header to be there.
 */
export function headersMatch(bindingArguments: Table, headers: Table): boolean {
  const mode = String(bindingArguments["x-match"] ?? "all");
  const wanted = Object.entries(bindingArguments).filter(([name]) =>
    name !== "x-match" && (mode.endsWith("-with-x") || !name.startsWith("x-"))
  );
  const matches = ([name, value]: [string, unknown]) =>
    Object.hasOwn(headers, name) && (value === null || isDeepStrictEqual(headers[name], value));
  return mode.startsWith("any") ? wanted.some(matches) : wanted.every(matches);
}
