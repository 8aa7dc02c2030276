/**
 * Requests to a CouchDB, bounded in size and time.
 *
 * @module
 */

import { takeAuthorization } from "../http/basic_authorization.ts";
import { readText } from "../http/bounded_text.ts";
import { errorText, oneLine } from "../error_text.ts";
import { quote } from "../quote.ts";
import { redactUrl } from "../redact_url.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../rpc/json.ts";
import { AGENT_REQUEST_LIMITS, excessOf } from "../rpc/request_size.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { TimeLimit } from "../time/time_limit.ts";
import { StoreFailed } from "./configuration_store.ts";

/** How a CouchDB is asked. */
export interface CouchDbClientOptions {
  /** `http[s]://[user:password@]host[:port]/[path/]`. */
  readonly url: string;
  readonly clock: MonotonicClock;
  /** How long one request may take. */
  readonly timeoutSeconds: number;
}

/** A request. */
export interface CouchDbRequest {
  /** What fails if it does, such as `read configuration of "source-a"`. */
  readonly action: string;
  readonly method?: "GET" | "PUT";
  /** The names of database and document, of any characters. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** What the caller can deal with; everything else but `"done"` is an error. */
  readonly expects?: readonly CouchDbOutcome[];
}

/** What has come of a request. */
export type CouchDbOutcome =
  | "done"
  /** Another revision is there than the one that was to be replaced. */
  | "conflict"
  | "no document"
  | "no database"
  /** The database that was to be made is there. */
  | "exists";

/** An answer. */
export interface CouchDbAnswer {
  readonly outcome: CouchDbOutcome;
  readonly body: JsonObject;
}

const UNAUTHORIZED = 401;
const NOT_FOUND = 404;
const CONFLICT = 409;
const PRECONDITION_FAILED = 412;
const MAX_ANSWER_BYTES = AGENT_REQUEST_LIMITS.maxBytes;
const MAX_REASON_CHARACTERS = 200;

/** Talks to one server. It never shows user and password, and sends them to no other server. */
export class CouchDbClient {
  /** The server's address, without user and password. */
  readonly address: string;
  readonly #headers: Headers;
  readonly #options: CouchDbClientOptions;

  /**
   * Connects to nothing yet.
   *
   * @throws {SyntaxError} If the URL is none of HTTP.
   */
  constructor(options: CouchDbClientOptions) {
    const url = URL.parse(options.url);
    if (url?.protocol !== "http:" && url?.protocol !== "https:" || url.search || url.hash) {
      throw new SyntaxError(
        `Cannot use CouchDB: ${quote(redactUrl(options.url))} is given, ` +
          "http[s]://[user:password@]host[:port]/ is required",
      );
    }
    const authorization = takeAuthorization(url);
    this.#headers = new Headers({ accept: "application/json", "content-type": "application/json" });
    if (authorization !== undefined) this.#headers.set("authorization", authorization);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    this.address = url.href;
    this.#options = options;
  }

  /**
   * Asks the server.
   *
   * @throws {StoreFailed} If it cannot be reached, takes too long, or answers anything else.
   */
  async request(request: CouchDbRequest): Promise<CouchDbAnswer> {
    const { clock, timeoutSeconds } = this.#options;
    const unsure = request.method === "PUT" ? ", it is not known whether it was written" : "";
    using limit = new TimeLimit({
      clock,
      timeoutSeconds,
      onTimeout: () => this.#failure(request, `no answer within ${timeoutSeconds} s${unsure}`),
    });
    return await limit.race(this.#ask(request, limit.signal));
  }

  async #ask(request: CouchDbRequest, signal: AbortSignal): Promise<CouchDbAnswer> {
    const { method = "GET", body, expects = [] } = request;
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#urlOf(request), {
        method,
        headers: this.#headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal,
        redirect: "manual", // it would be sent the password, too
      });
      text = response.body === null ? "" : await readText(response.body, signal, MAX_ANSWER_BYTES);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RangeError) {
        throw this.#failure(request, `it answers more than ${MAX_ANSWER_BYTES} bytes`, error);
      }
      throw this.#failure(request, `it cannot be reached: ${reasonOf(error)}`);
    }
    const { status, ok } = response;
    const reason = ok ? "" : reasonIn(text);
    const outcome = ok ? "done" : outcomeOf(status, reason);
    if (outcome === "done") return { outcome, body: this.#read(request, text) };
    if (outcome !== undefined && expects.includes(outcome)) return { outcome, body: {} };
    throw this.#failure(
      request,
      outcome === "no database"
        ? `there is no database ${quote(request.path[0])}`
        : describe(status, reason),
    );
  }

  #urlOf({ path, query = {} }: CouchDbRequest): URL {
    const url = new URL(path.map(encodeURIComponent).join("/"), this.address);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  #read(request: CouchDbRequest, text: string): JsonObject {
    const bytes = new TextEncoder().encode(text);
    const excess = excessOf(bytes, AGENT_REQUEST_LIMITS);
    if (excess !== undefined) throw this.#failure(request, `of what it answers, ${excess}`);
    try {
      return parseJsonObject(bytes);
    } catch (cause) {
      const reason = `it does not answer with a JSON object, so it is not a CouchDB: ${
        quote(text)
      }`;
      throw this.#failure(request, reason, cause);
    }
  }

  #failure({ action }: CouchDbRequest, reason: string, cause?: unknown): StoreFailed {
    return new StoreFailed(`Cannot ${action} in CouchDB at ${this.address}: ${reason}`, { cause });
  }
}

function outcomeOf(status: number, reason: string): CouchDbOutcome | undefined {
  if (status === CONFLICT) return "conflict";
  if (status === PRECONDITION_FAILED) return "exists";
  // A CouchDB gives a reason: without one, something else has answered.
  if (status !== NOT_FOUND || reason === "") return undefined;
  return /: (?:missing|deleted)$/.test(reason) ? "no document" : "no database";
}

function describe(status: number, reason: string): string {
  if (status === UNAUTHORIZED) {
    return "it refuses user and password, http[s]://user:password@host/ is required";
  }
  if (status >= 300 && status < 400) {
    return "it redirects to another address, which is not followed";
  }
  return `it answers ${status}${reason && ` ${reason}`}`;
}

/** What CouchDB says of an error, which comes as JSON. */
function reasonIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (!isJsonObject(body)) return "";
    const reason = [body.error, body.reason].filter((part) => typeof part === "string").join(": ");
    return oneLine(redactUrl(reason.slice(0, MAX_REASON_CHARACTERS)));
  } catch {
    return ""; // a proxy's page, most likely
  }
}

// Deno's messages hold the whole address, which the error has already.
function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return error.message;
  const { cause = error } = Object(error);
  const text = errorText(cause);
  const [, detail = text] = /: client error \(\w+\): (.*)$/s.exec(text) ?? [];
  return oneLine(redactUrl(detail));
}
