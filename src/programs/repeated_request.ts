/**
 * Answers that repeat what was asked, and with it what may be a key to the device.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import type { Readings } from "../source/readings.ts";
import type { HttpRequest } from "./http_request.ts";

// A message is cut somewhere, so that there may be only the beginning of a key in it; and what is
// shorter than this stands in many answers by chance.
const MIN_CHARACTERS = 5;

/**
 * Takes out of a device's readings each text that is not a number and holds something of the request.
 *
 * @param more What else is secret, such as the password of a login.
 */
export function hideRequest(
  readings: Readings,
  request: Pick<HttpRequest, "url" | "headers">,
  more: readonly string[] = [],
): Readings {
  let secrets: readonly string[] | undefined;
  return Object.fromEntries(
    Object.entries(readings).map(([metric, reading]) => {
      if (!(reading instanceof Error)) return [metric, reading];
      const [, text, required] = /^(.*) is given, (.*)$/s.exec(
        reading.message.slice(metric.length),
      ) ??
        [];
      if (text === undefined) return [metric, reading];
      secrets ??= partsOf(request, more);
      if (!secrets.some((secret) => text.includes(secret))) return [metric, reading];
      return [
        metric,
        new Error(`${metric}: a text with parts of the request is given, ${required}`),
      ];
    }),
  );
}

/**
 * The error of an answer that breaks the rules of its format, without the line if that holds something
 * of the request.
 */
export function hideRequestIn(
  error: unknown,
  request: Pick<HttpRequest, "url" | "headers">,
): unknown {
  const [, begin, text] = /^(Cannot read \w+: line \d+) is (.*)$/s.exec(errorText(error)) ?? [];
  if (text === undefined || !partsOf(request, []).some((part) => text.includes(part))) return error;
  return new SyntaxError(`${begin} has parts of the request, and breaks the rules of its format`);
}

/** The beginnings of all that may be a key, as they are and as a message quotes them. */
function partsOf(
  { url, headers }: Pick<HttpRequest, "url" | "headers">,
  more: readonly string[],
): readonly string[] {
  const { pathname, search, searchParams, username, password } = new URL(url);
  const parts = [
    ...[...pathname.split("/"), ...search.split(/[?&=]/), username, password],
    ...searchParams.values(),
    // "Bearer …", and as a whole.
    ...Object.values(headers).flatMap((value) => [value, ...value.split(" ")]),
    ...more,
  ].flatMap((part) => [part, decoded(part), encodeURIComponent(part.toWellFormed())]);
  return parts.filter(({ length }) => length >= MIN_CHARACTERS)
    .map((part) => part.slice(0, MIN_CHARACTERS))
    .flatMap((part) => [part, JSON.stringify(part).slice(1, -1)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A percent sign that begins no escape.
  }
}
