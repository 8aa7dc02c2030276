/**
 * A session at an HTTP server that wants a login first.
 *
 * @module
 */

import { logger } from "../log.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { TimeLimit } from "../time/time_limit.ts";
import { ask, fetchText, HttpRefusal, type TextAnswer, type TextRequest } from "./http_request.ts";
import { loginBody, type SessionLogin } from "./login.ts";

const log = logger("programs");

// A server that is asked again and again with a wrong password locks the account.
const REFUSED_PAUSE_MS = 60_000;
const CLOSE_SECONDS = 2;

/** What the server has given at the login. */
interface Ticket {
  readonly headers: Readonly<Record<string, string>>;
  /** Where the session can be ended. */
  readonly location: string | undefined;
}

/**
 * Asks a server, within a session that begins with the first request, and anew when the server says
 * that it is over.
 */
export class HttpSession {
  readonly #origin: string;
  readonly #login: SessionLogin;
  readonly #clock: MonotonicClock;
  #ticket: Ticket | undefined;
  #refusal: { readonly error: Error; readonly untilMs: number } | undefined;
  // The end of the last login that was asked for.
  #lastLogin: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Nothing is asked yet. */
  constructor(url: string, login: SessionLogin, clock: MonotonicClock) {
    this.#origin = new URL(url).origin;
    this.#login = login;
    this.#clock = clock;
  }

  /**
   * Asks for a text.
   *
   * @throws {Error} If {@linkcode fetchText} does, or the server refuses the login, which is not
   * repeated for a minute then.
   */
  async fetchText(request: TextRequest, signal: AbortSignal): Promise<TextAnswer> {
    const ticket = await this.#takeTicket(undefined, signal);
    try {
      return await fetchText(withTicket(request, ticket), signal);
    } catch (error) {
      if (!(error instanceof HttpRefusal) || !isOver(error.status)) throw error;
      const next = await this.#takeTicket(ticket, signal);
      return await fetchText(withTicket(request, next), signal);
    }
  }

  /** Ends the session: servers have few, and end them by themselves after half an hour or so. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const ticket = this.#ticket;
    this.#ticket = undefined;
    if (ticket?.location === undefined) return;
    using limit = new TimeLimit({
      clock: this.#clock,
      timeoutSeconds: CLOSE_SECONDS,
      onTimeout: () => new Error(`no answer within ${CLOSE_SECONDS} s`),
    });
    const request = { url: ticket.location, headers: ticket.headers, method: "DELETE" } as const;
    try {
      await ask(request, limit.signal, () => {});
    } catch (error) {
      log.debug("A session is left open: {error}", { error });
    }
  }

  /** The ticket, or a new one instead of one that is over; requests at the same time take the same. */
  async #takeTicket(over: Ticket | undefined, signal: AbortSignal): Promise<Ticket> {
    const before = this.#lastLogin;
    const turn = Promise.withResolvers<void>();
    this.#lastLogin = turn.promise;
    try {
      await before;
      signal.throwIfAborted();
      if (this.#ticket === over) this.#ticket = undefined;
      return this.#ticket ??= await this.#logIn(signal);
    } finally {
      turn.resolve();
    }
  }

  async #logIn(signal: AbortSignal): Promise<Ticket> {
    if (this.#isClosed) throw new Error("Cannot log in: the session is closed");
    if (this.#refusal && this.#clock.nowMs() < this.#refusal.untilMs) throw this.#refusal.error;
    this.#refusal = undefined;
    const request = {
      url: this.#origin + this.#login.path,
      method: "POST",
      headers: { "content-type": "application/json", accept: "*/*" },
      body: loginBody(this.#login),
      // A form's server answers with the address of its first page.
      redirects: "take",
    } as const;
    const isRedfish = this.#login.type === "redfish";
    try {
      return await ask(request, signal, isRedfish ? takeToken : takeCookies);
    } catch (error) {
      if (!(error instanceof HttpRefusal)) throw error;
      const { host } = new URL(this.#origin);
      const told = new Error(`Cannot log in to ${host}: ${error.message}`);
      this.#refusal = { error: told, untilMs: this.#clock.nowMs() + REFUSED_PAUSE_MS };
      throw told;
    }
  }
}

/** Whether a status says that a session is over; redirections lead to the page with the login. */
function isOver(status: number): boolean {
  return status === 401 || status === 403 || status >= 300 && status < 400;
}

function withTicket(request: TextRequest, { headers }: Ticket): TextRequest {
  return { ...request, headers: { ...request.headers, ...headers }, redirects: "refuse" };
}

function takeToken({ headers, status, url }: Response): Ticket {
  const token = headers.get("x-auth-token");
  if (token === null) throw new HttpRefusal("its answer has no X-Auth-Token", status);
  const location = URL.parse(headers.get("location") ?? "", url);
  const isHere = location !== null && location.origin === new URL(url).origin;
  return { headers: { "x-auth-token": token }, location: isHere ? location.href : undefined };
}

function takeCookies({ headers, status }: Response): Ticket {
  const cookies = headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]);
  if (cookies.length === 0) throw new HttpRefusal("its answer sets no cookie", status);
  return { headers: { cookie: cookies.join("; ") }, location: undefined };
}
