/**
 * Texts from HTTP servers.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { MAX_TEXT_BYTES, readText } from "./bounded_text.ts";
import { requireNet } from "./permission.ts";

/** What to ask, and how much to take. */
export interface TextRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * How long the answer may be.
   * @default {1048576}
   */
  readonly maxBytes?: number;
}

/** An answer. */
export interface TextAnswer {
  readonly text: string;
  /** Its media type, or `""`. */
  readonly contentType: string;
}

/**
 * Asks a server.
 *
 * @throws {RangeError} If the answer is longer than allowed.
 * @throws {Error} If the server cannot be reached, or answers with an error. The message names the
 * server, not the rest of the URL, which may hold a key to it.
 * @throws {Error} If `signal` is aborted: its reason.
 */
export async function fetchText(
  { url, headers, maxBytes = MAX_TEXT_BYTES }: TextRequest,
  signal: AbortSignal,
): Promise<TextAnswer> {
  const { host } = new URL(url);
  const response = await fetch(url, { headers, signal }).catch((cause) => {
    signal.throwIfAborted();
    throw new Error(`Cannot reach ${host}: ${reasonOf(cause)}`);
  });
  if (response.ok && response.body) {
    const contentType = response.headers.get("content-type") ?? "";
    return { text: await readText(response.body, signal, maxBytes), contentType };
  }
  await response.body?.cancel();
  throw new Error(`Cannot read ${host}: it answers ${response.status} ${response.statusText}`);
}

/**
 * Refuses what is not the URL of a server that may be asked.
 *
 * @throws {SyntaxError} If it is not a URL of HTTP.
 * @throws {TypeError} If Deno was not permitted to reach the server.
 */
export function requireUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new SyntaxError("an address http://… or https://… is required");
  }
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  requireNet(`${url.hostname}:${port}`);
}

// Deno's messages hold the whole address, and with it what may be a key to the device.
function reasonOf(error: unknown): string {
  const { cause = error } = Object(error);
  return errorText(cause).replace(/ for url \(\S*\)/, "");
}
