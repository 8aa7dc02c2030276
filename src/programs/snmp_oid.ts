/**
 * Names of objects in SNMP: numbers joined by dots, such as `1.3.6.1.2.1.1.3.0`.
 *
 * @module
 */

import { quote } from "../quote.ts";

// The most that SNMP allows.
const MAX_NUMBERS = 128;
const MAX_NUMBER = 2 ** 32 - 1;

/** An OID as a configuration gives it, without the dot that it may begin with. */
export function parseOid(text: string): string {
  const oid = text.replace(/^\./, "");
  if (/^[0-2](?:\.\d{1,10})+$/.test(oid) && isOid(oid)) return oid;
  throw new SyntaxError(
    `Cannot read OID: ${quote(text)} is given, numbers such as 1.3.6.1.2.1.1.3.0 are required ` +
      "(snmptranslate -On tells those of a name)",
  );
}

/** Whether there are no more numbers than allowed, and none is too large. */
export function isOid(oid: string): boolean {
  const numbers = oid.split(".");
  return numbers.length <= MAX_NUMBERS && numbers.every((number) => Number(number) <= MAX_NUMBER);
}

/** Below 0 if the first comes before the second in a walk, 0 if they are the same. */
export function compareOids(one: string, other: string): number {
  const [numbers, others] = [one.split("."), other.split(".")];
  for (const [at, number] of numbers.entries()) {
    const difference = Number(number) - Number(others[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return numbers.length - others.length;
}

/** Which row of a column an OID is; `undefined` if it is not in there. */
export function rowOf(column: string, oid: string): string | undefined {
  return oid.startsWith(`${column}.`) ? oid.slice(column.length + 1) : undefined;
}
