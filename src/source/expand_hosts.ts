/**
 * Lists of hosts, written short.
 *
 * @module
 */

import { quote } from "../quote.ts";

/** At most this many hosts are in a list: more is a slip, such as `[1-99999999]`. */
const MAX_HOSTS = 100_000;

/**
 * The hosts of a list in which ranges stand in brackets, as Slurm, ClusterShell and `python-hostlist`
 * write it: `"node[08-10,12],login[1-2]"`. Brackets may hold several ranges and numbers, and a name
 * several brackets. Leading zeros are kept, white space around a host is not. Of hosts that are there
 * twice the first counts.
 *
 * Also for other things that are numbered, such as the names of metrics: `"room.E[4-6,8]"`.
 *
 * @param list The list; if it is an array, each element is one.
 * @throws {SyntaxError} If brackets do not match, are nested, or hold anything but numbers and ranges.
 * @throws {RangeError} If a range goes down, or there are more than 100 000 hosts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { expandHosts } from "@metricq/source";
 *
 * assert.deepEqual(expandHosts("foo[4-5,08].example"), [
 *   "foo4.example",
 *   "foo5.example",
 *   "foo08.example",
 * ]);
 * ```
 */
export function expandHosts(list: string | readonly string[]): string[] {
  const hosts = new Set<string>();
  for (const text of typeof list === "string" ? [list] : list) {
    for (const pattern of splitList(text)) {
      for (const host of expandPattern(pattern, text)) hosts.add(host);
    }
  }
  if (hosts.size > MAX_HOSTS) throw tooMany(String(list));
  return [...hosts];
}

/** Splits at the commas that are not in brackets. */
function splitList(text: string): string[] {
  const patterns: string[] = [];
  let start = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "[" || character === "]") {
      if (isInside === (character === "[")) throw unbalanced(text);
      isInside = !isInside;
    } else if (character === "," && !isInside) {
      patterns.push(text.slice(start, at));
      start = at + 1;
    }
  }
  if (isInside) throw unbalanced(text);
  return [...patterns, text.slice(start)].map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== "");
}

function expandPattern(pattern: string, list: string): string[] {
  let hosts = [""];
  // Every second part is what stands in brackets.
  for (const [index, part] of pattern.split(/[[\]]/).entries()) {
    const pieces = index % 2 === 0
      ? [part]
      : part.split(",").flatMap((range) => expand(range, list));
    if (hosts.length * pieces.length > MAX_HOSTS) throw tooMany(list);
    hosts = hosts.flatMap((host) => pieces.map((piece) => host + piece));
  }
  return hosts;
}

function expand(range: string, list: string): string[] {
  const [, low, high = low] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  if (low === undefined || high === undefined) {
    throw new SyntaxError(
      `Cannot expand hosts: ${quote(range)} of ${quote(list)} is given, ` +
        "a number or a range such as 1-4 is required",
    );
  }
  const [first, last] = [Number(low), Number(high)];
  if (last < first) {
    throw new RangeError(
      `Cannot expand hosts: ${quote(range)} of ${
        quote(list)
      } is given, a range that goes up is required`,
    );
  }
  if (last - first >= MAX_HOSTS) throw tooMany(list);
  return Array.from(
    { length: last - first + 1 },
    (_, at) => String(first + at).padStart(low.length, "0"),
  );
}

function unbalanced(list: string): SyntaxError {
  return new SyntaxError(
    `Cannot expand hosts: ${
      quote(list)
    } is given, brackets in pairs that are not nested are required`,
  );
}

function tooMany(list: string): RangeError {
  return new RangeError(
    `Cannot expand hosts: ${quote(list)} is given, no more than ${MAX_HOSTS} hosts are allowed`,
  );
}
