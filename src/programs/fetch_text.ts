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
  /** Where; a user and a password in it are sent as a header. */
  readonly url: string;
  /** Sent along, but not to another server that the first one names. */
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

const MAX_REDIRECTS = 5;

/**
 * Asks a server. No message of what it throws has more of the URL than the server's name, as the rest
 * may hold a key to it.
 *
 * @throws {RangeError} If the answer is longer than allowed.
 * @throws {Error} If the server cannot be reached, or answers with an error.
 * @throws {Error} If `signal` is aborted: its reason.
 */
export async function fetchText(request: TextRequest, signal: AbortSignal): Promise<TextAnswer> {
  const { host } = new URL(request.url);
  try {
    const response = await follow(request, signal);
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new HttpFailure(`it answers ${response.status} ${response.statusText}`);
    }
    const contentType = response.headers.get("content-type") ?? "";
    const text = await readText(response.body, signal, request.maxBytes ?? MAX_TEXT_BYTES);
    return { text, contentType };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RangeError) throw error;
    if (error instanceof HttpFailure) throw new Error(`Cannot read ${host}: ${error.message}`);
    throw new Error(`Cannot reach ${host}: ${reasonOf(error)}`);
  }
}

/** A server has answered, but not with what was asked for. */
class HttpFailure extends Error {}

// `fetch` would follow by itself, and send headers that hold a key to whatever server it comes to.
async function follow(request: TextRequest, signal: AbortSignal): Promise<Response> {
  let url = new URL(request.url);
  let headers = new Headers(request.headers);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    moveCredentials(url, headers);
    const response = await fetch(url, { headers, signal, redirect: "manual" });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    const next = URL.parse(location, url);
    if (next?.protocol !== "http:" && next?.protocol !== "https:") {
      throw new HttpFailure("it redirects to what is not a URL of HTTP");
    }
    if (next.origin !== url.origin) headers = new Headers();
    url = next;
  }
  throw new HttpFailure(`it redirects more than ${MAX_REDIRECTS} times`);
}

/** Moves user and password from a URL into a header: spans of OpenTelemetry have the whole URL. */
function moveCredentials(url: URL, headers: Headers): void {
  if (url.username === "" && url.password === "") return;
  const authorization = basicAuthorization(decode(url.username), decode(url.password));
  if (!headers.has("authorization")) headers.set("authorization", authorization);
  [url.username, url.password] = ["", ""];
}

/** The header with which a server is told a name and a password. */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that begins no escape stands for itself.
    return text;
  }
}

/**
 * Refuses what is not the URL of a server that may be asked.
 *
 * @throws {SyntaxError} If it is not a URL of HTTP.
 * @throws {TypeError} If Deno was not permitted to reach the server.
 */
export function requireUrl(text: string): void {
  const url = URL.parse(text);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new SyntaxError("an address http://… or https://… is required");
  }
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  requireNet(`${url.hostname}:${port}`);
}

/**
 * Refuses headers that cannot be sent, without showing their values.
 *
 * @throws {TypeError} If one is not as required.
 */
export function requireHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      new Headers([[name, value]]);
    } catch {
      throw new TypeError(
        `header ${
          JSON.stringify(name)
        } is given, a name and a value without line breaks and other than Latin letters are required`,
      );
    }
  }
}

// Deno's messages hold the whole address, and with it what may be a key to the device.
function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return error.message;
  const { cause = error } = Object(error);
  const text = errorText(cause);
  const [, detail = text] = /: client error \(\w+\): (.*)$/s.exec(text) ?? [];
  return detail.replaceAll(/\S*:\/\/\S*|'[^']*'|"[^"]*"/g, "…");
}
