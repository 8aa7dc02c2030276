/**
 * Keeps one connection to the broker alive: when a session ends, the next is opened, with backoff
 * and jitter, over the given addresses in turn, beginning with that of the last session, until it is
 * closed or the outage lasts too long.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { type AgentStopped, AmqpError, ConnectFailed, ReconnectTimeout } from "../errors.ts";
import { logger } from "../log.ts";
import { orAborted } from "../time/aborted.ts";
import { type Pace, pause } from "../time/backoff.ts";
import { sleep } from "../time/clock.ts";
import { asAmqpError } from "./amqp_error.ts";
import { askCredentials, type CredentialsProvider } from "./credentials.ts";
import { isRefusal, Refusals } from "./refusals.ts";
import type { ServerAddress } from "./server_address.ts";
import { AmqpSession } from "./session.ts";
import { readTlsCertificates, type TlsCertificates } from "./tls.ts";
import type { Transport } from "./transport.ts";

const log = logger("amqp");

// A host that swallows packets would otherwise hold an attempt for the system's two minutes, and one
// that accepts and says nothing for ever.
const ATTEMPT_TIMEOUT_MS = 10_000;
// What an attempt that takes too long is said to be.
const CONNECTING = "Connection failed";

const SHORT_SESSION_MS = 1000;
const MOST_SHORT_SESSIONS = 2; // 0.4 s between attempts: the next session may be a good one

/** What a {@linkcode ReconnectingConnection} is made with. */
export interface ReconnectingConnectionOptions extends Pace {
  /** The connection's name in the broker's management pages, and in messages. */
  readonly name: string;
  /** The addresses of one broker's nodes, tried in turn; at least one. */
  readonly addresses: readonly ServerAddress[];
  /** Certificates beside those that an address names. */
  readonly tls: TlsCertificates;
  /**
   * User and password, asked for at every attempt.
   * @default {those of the address}
   */
  readonly credentials?: CredentialsProvider;
  /** How the bytes come and go. */
  readonly transport: Transport;
  /** How long an outage may last before it is given up. */
  readonly reconnectTimeoutMs: number;
  /** Prepares every new session; it counts as up when this has resolved. */
  readonly setUp: (session: AmqpSession) => Promise<void>;
  /** Called when a session that was up is gone, with the reason, and an outage begins. */
  readonly onLost?: (reason: string) => void;
  /** Called when a session is up again after an outage, with the outage's length. */
  readonly onReconnected?: (outageSeconds: number) => void;
  /** Called once when an outage has lasted too long, or the broker refuses user and password again and again. */
  readonly onGiveUp: (error: AgentStopped) => void;
}

type State =
  | { readonly name: "new" }
  | { readonly name: "up"; readonly session: AmqpSession }
  | { readonly name: "down"; readonly up: PromiseWithResolvers<void>; readonly sinceMs: number }
  | { readonly name: "closed"; readonly reason: AmqpError };

/** A connection that comes back by itself. */
export class ReconnectingConnection {
  readonly #options: ReconnectingConnectionOptions;
  readonly #closing = new AbortController();
  #state: State = { name: "new" };
  // Which of the addresses has led to the last session, or has answered that there is none to be had.
  #lastAt = 0;
  #kept: Promise<void> = Promise.resolve();

  /** Prepares the connection; nothing is opened before `connect`. */
  constructor(options: ReconnectingConnectionOptions) {
    this.#options = options;
  }

  /** Its addresses, beginning with the one that has answered last. */
  get addressesInTurn(): readonly ServerAddress[] {
    const { addresses } = this.#options;
    return [...addresses.slice(this.#lastAt), ...addresses.slice(0, this.#lastAt)];
  }

  /**
   * Opens the first session, trying each address once, until one has answered. Another call begins with
   * that one: others may not have answered for long.
   *
   * @throws {ConnectFailed} If none can be opened or set up; its cause is the last failure.
   */
  async connect(): Promise<void> {
    const { addresses, name } = this.#options;
    let failure: unknown;
    for (const address of this.addressesInTurn) {
      try {
        this.#enter({ name: "up", session: await this.#attempt(address) });
        this.#lastAt = addresses.indexOf(address);
        this.#kept = this.#keep();
        return;
      } catch (error) {
        failure = error;
        log.debug("Cannot open {name} to {address}: {error}", {
          name,
          address: String(address),
          error: String(error),
        });
      }
      // What is missing there, such as the token, is missing at the broker's other nodes as well.
      if (failure instanceof ConnectFailed) {
        this.#lastAt = addresses.indexOf(address);
        throw failure;
      }
      if (this.#closing.signal.aborted) break;
    }
    const reason = errorText(failure);
    throw new ConnectFailed(`Cannot connect to ${addresses.join(", ")}: ${reason}`, {
      cause: failure,
    });
  }

  /** The session that is up now, if one is. */
  get session(): AmqpSession | undefined {
    return this.#state.name === "up" && !this.#state.session.down.aborted
      ? this.#state.session
      : undefined;
  }

  /** How long there has been no session, in milliseconds; `undefined` while there is one. */
  get outageMs(): number | undefined {
    if (this.session !== undefined) return undefined;
    return this.#state.name === "down" ? this.#options.clock.nowMs() - this.#state.sinceMs : 0;
  }

  /**
   * The session, waiting for it during an outage.
   *
   * @throws {AmqpError} If the connection is closed for good, or `signal` is aborted.
   */
  async established(signal?: AbortSignal): Promise<AmqpSession> {
    while (true) {
      if (signal?.aborted) {
        throw new AmqpError(`Cannot use ${this.#options.name}: ${signal.reason}`);
      }
      const { session } = this;
      if (session !== undefined) return session;
      const state = this.#state;
      if (state.name === "closed") throw state.reason;
      if (state.name === "new") {
        throw new AmqpError(`Cannot use ${this.#options.name}: not connected`);
      }
      // A session that has just ended is noticed in a microtask; then the state is "down".
      await (state.name === "down" ? orAborted(state.up.promise, signal) : state.session.ended);
    }
  }

  /** Closes the connection for good, also while it is being opened. */
  async close(): Promise<void> {
    const { session } = this;
    this.#enter({
      name: "closed",
      reason: new AmqpError(`Cannot use ${this.#options.name}: it is closed`),
    });
    this.#closing.abort();
    await session?.close();
    await this.#kept;
  }

  /** The one place where the state changes. "closed" is final. */
  #enter(next: State): void {
    const previous = this.#state;
    if (previous.name === "closed") return;
    this.#state = next;
    if (previous.name === "down") previous.up.resolve();
  }

  async #keep(): Promise<void> {
    const { name, clock } = this.#options;
    let refusals = new Refusals();
    let shortSessions = 0;
    while (this.#state.name === "up") {
      const upSinceMs = clock.nowMs();
      const reason = await this.#state.session.ended;
      if (this.#closing.signal.aborted) return;
      const lostAtMs = clock.nowMs();
      this.#enter({ name: "down", up: Promise.withResolvers(), sinceMs: lostAtMs });
      this.#options.onLost?.(reason?.message ?? "closed");
      // Some brokers accept a login and end the connection at once, such as for a forbidden publish.
      const isShort = lostAtMs - upSinceMs < SHORT_SESSION_MS;
      shortSessions = isShort ? Math.min(shortSessions + 1, MOST_SHORT_SESSIONS) : 0;
      if (!isRefusal(reason)) refusals = new Refusals();
      else if (refusals.note(lostAtMs)) return this.#giveUp(refused(name, refusals, reason));
      await this.#reconnect(lostAtMs, shortSessions, refusals);
    }
  }

  async #reconnect(lostAtMs: number, firstAttempt: number, refusals: Refusals): Promise<void> {
    const { addresses, name, clock, reconnectTimeoutMs } = this.#options;
    const { signal } = this.#closing;
    // One that ends each session at once must not keep it from the others.
    const firstAt = firstAttempt === 0 ? this.#lastAt : this.#lastAt + 1;
    let failure: unknown;
    for (let attempt = 0;; attempt++) {
      await pause(this.#options, firstAttempt + attempt, signal);
      if (signal.aborted) return;
      const outageMs = clock.nowMs() - lostAtMs;
      if (outageMs >= reconnectTimeoutMs) {
        const seconds = Math.round(outageMs / 1000);
        return this.#giveUp(new ReconnectTimeout(name, seconds, { cause: failure }));
      }
      const at = (firstAt + attempt) % addresses.length;
      // The cast: the remainder is a valid index, as there is at least one address.
      const address = addresses[at] as ServerAddress;
      try {
        this.#enter({ name: "up", session: await this.#attempt(address) });
        this.#lastAt = at;
        this.#options.onReconnected?.((clock.nowMs() - lostAtMs) / 1000);
        return;
      } catch (error) {
        failure = error;
        log.debug("Cannot reopen {name}: {error}", { name, error: String(error) });
        if (isRefusal(error) && refusals.note(clock.nowMs())) {
          return this.#giveUp(refused(name, refusals, error));
        }
      }
    }
  }

  #giveUp(error: AgentStopped): void {
    this.#enter({ name: "closed", reason: new AmqpError(error.message) });
    this.#options.onGiveUp(error);
  }

  async #attempt(address: ServerAddress): Promise<AmqpSession> {
    const over = new AbortController();
    const tooLong = new AbortController();
    const limit = sleep(this.#options.clock, ATTEMPT_TIMEOUT_MS, over.signal);
    void limit.then(() => tooLong.abort());
    const signal = AbortSignal.any([this.#closing.signal, tooLong.signal]);
    const attempt = { fails: CONNECTING };
    try {
      return await this.#setUp(await this.#open(address, signal, attempt), signal);
    } catch (error) {
      if (tooLong.signal.aborted) {
        throw new AmqpError(`${attempt.fails}: no answer within ${ATTEMPT_TIMEOUT_MS / 1000} s`);
      }
      throw error instanceof ConnectFailed ? error : asAmqpError(error);
    } finally {
      over.abort();
    }
  }

  async #open(
    address: ServerAddress,
    signal: AbortSignal,
    attempt: { fails: string },
  ): Promise<AmqpSession> {
    const { name, tls, clock, transport, credentials } = this.#options;
    const certificates = address.tls ? { ...tls, ...await readTlsCertificates(address) } : tls;
    attempt.fails = "Cannot get credentials";
    const login = credentials && await orAborted(askCredentials(credentials), signal);
    signal.throwIfAborted();
    attempt.fails = CONNECTING;
    const target = login ? address.withCredentials(login) : address;
    const options = { name, tls: certificates, clock, transport };
    return await AmqpSession.open(target, options, signal);
  }

  async #setUp(session: AmqpSession, signal: AbortSignal): Promise<AmqpSession> {
    const closeEarly = () => void session.close();
    signal.addEventListener("abort", closeEarly);
    try {
      await this.#options.setUp(session);
      signal.throwIfAborted();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", closeEarly);
    }
  }
}

function refused(name: string, { count }: Refusals, cause: AmqpError): ConnectFailed {
  const message = `Cannot reconnect: ${name} was refused ${count} times: ${cause.message}`;
  return new ConnectFailed(message, { cause });
}
