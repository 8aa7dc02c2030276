/**
 * Requests to HTTP servers, and the texts they answer.
 *
 * @module
 */

import { takeAuthorization } from "../http/basic_authorization.ts";
import { MAX_TEXT_BYTES, readText } from "../http/bounded_text.ts";
import { errorText } from "../error_text.ts";
import { requireNet } from "./permission.ts";

/** A request. */
export interface HttpRequest {
  /** Where; a user and a password in it are sent as a header. */
  readonly url: string;
  /** Sent along, but not to another server that the first one names. */
  readonly headers: Readonly<Record<string, string>>;
  /** @default {"GET"} */
  readonly method?: "GET" | "POST" | "DELETE";
  /** What is sent; JSON. */
  readonly body?: string;
  /**
   * What to do with an answer that names another address: go there, or take it as an error, or as the
   * answer.
   * @default {"follow"}
   */
  readonly redirects?: "follow" | "refuse" | "take";
}

/** What to ask, and how much to take. */
export interface TextRequest extends HttpRequest {
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

/** A server has answered, but not with what was asked for. */
export class HttpRefusal extends Error {
  /** The answer's status. */
  readonly status: number;

  /** The message tells the server's name. */
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const MAX_REDIRECTS = 5;

/**
 * Asks a server for a text.
 *
 * @throws {RangeError} If the answer is longer than allowed.
 * @throws {HttpRefusal | Error} If {@linkcode ask} does.
 */
export async function fetchText(request: TextRequest, signal: AbortSignal): Promise<TextAnswer> {
  return await ask(request, signal, async ({ headers, body }) => ({
    text: body === null ? "" : await readText(body, signal, request.maxBytes ?? MAX_TEXT_BYTES),
    contentType: headers.get("content-type") ?? "",
  }));
}

/**
 * Asks a server. No message of what it throws has more of the URL than the server's name, as the rest
 * may hold a key to it.
 *
 * @param take Takes the answer. What it leaves of its body is not read.
 * @throws {HttpRefusal} If the server answers with an error.
 * @throws {Error} If the server cannot be reached.
 * @throws {Error} If `signal` is aborted: its reason.
 */
export async function ask<Result>(
  request: HttpRequest,
  signal: AbortSignal,
  take: (response: Response) => Result | Promise<Result>,
): Promise<Result> {
  const { host } = new URL(request.url);
  const refusal = (what: string, status: number) =>
    new HttpRefusal(`Cannot read ${host}: ${what}`, status);
  let response: Response | undefined;
  try {
    response = await follow(request, signal, refusal);
    const { ok, status, statusText } = response;
    const isTaken = ok || request.redirects === "take" && isRedirection(status);
    if (!isTaken) throw refusal(`it answers ${status} ${statusText}`, status);
    return await take(response);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RangeError || error instanceof HttpRefusal) throw error;
    throw new Error(`Cannot reach ${host}: ${reasonOf(error)}`);
  } finally {
    if (response?.bodyUsed === false) await response.body?.cancel().catch(() => {});
  }
}

// `fetch` would follow by itself, and send headers that hold a key to whatever server it comes to.
async function follow(
  { url: text, headers: given, method = "GET", body, redirects = "follow" }: HttpRequest,
  signal: AbortSignal,
  refusal: (what: string, status: number) => HttpRefusal,
): Promise<Response> {
  let url = new URL(text);
  let headers = new Headers(given);
  let status = 0;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const authorization = takeAuthorization(url);
    if (authorization !== undefined && !headers.has("authorization")) {
      headers.set("authorization", authorization);
    }
    const response = await fetch(url, {
      method,
      body: body ?? null,
      headers,
      signal,
      redirect: "manual",
    });
    ({ status } = response);
    const location = response.headers.get("location");
    if (!isRedirection(status) || location === null || redirects !== "follow") return response;
    await response.body?.cancel();
    const next = URL.parse(location, url);
    if (next?.protocol !== "http:" && next?.protocol !== "https:") {
      throw refusal("it redirects to what is not a URL of HTTP", status);
    }
    if (next.origin !== url.origin) headers = new Headers();
    url = next;
  }
  throw refusal(`it redirects more than ${MAX_REDIRECTS} times`, status);
}

function isRedirection(status: number): boolean {
  return status >= 300 && status < 400;
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
