/**
 * Keeps one connection to the broker alive: when a session ends, the next is opened, with backoff
 * and jitter, over the given addresses in turn, until it is closed or the outage lasts too long.
 *
 * @module
 */

import { AmqpError, ConnectFailed, ReconnectTimeout } from "../errors.ts";
import { logger } from "../log.ts";
import { type MonotonicClock, sleep } from "../time/clock.ts";
import { asAmqpError } from "./amqp_error.ts";
import type { TlsCertificates } from "./amqp_socket.ts";
import { backoffMs } from "./backoff.ts";
import type { ServerAddress } from "./server_address.ts";
import { AmqpSession } from "./session.ts";
import { readTlsCertificates } from "./tls_files.ts";

const log = logger("amqp");

// A host that swallows packets would otherwise hold an attempt for the system's two minutes.
const ATTEMPT_TIMEOUT_MS = 10_000;

/** What a {@linkcode ReconnectingConnection} is made with. */
export interface ReconnectingConnectionOptions {
  /** The connection's name in the broker's management pages, and in messages. */
  readonly name: string;
  /** The addresses of one broker's nodes, tried in turn; at least one. */
  readonly addresses: readonly ServerAddress[];
  /** Certificates beside those that an address names. */
  readonly tls: TlsCertificates;
  /** The clock of attempts, heartbeats and timeouts. */
  readonly clock: MonotonicClock;
  /** How long an outage may last before it is given up. */
  readonly reconnectTimeoutMs: number;
  /** Prepares every new session; it counts as up when this has resolved. */
  readonly setUp: (session: AmqpSession) => Promise<void>;
  /** Called when a session is up again after an outage. */
  readonly onReconnected?: () => void;
  /** Called once when an outage has lasted too long. */
  readonly onGiveUp: (error: ReconnectTimeout) => void;
}

type State =
  | { readonly name: "new" }
  | { readonly name: "up"; readonly session: AmqpSession }
  | { readonly name: "down"; readonly up: PromiseWithResolvers<void> }
  | { readonly name: "closed"; readonly reason: AmqpError };

/** A connection that comes back by itself. */
export class ReconnectingConnection {
  readonly #options: ReconnectingConnectionOptions;
  readonly #closing = new AbortController();
  #state: State = { name: "new" };
  #kept: Promise<void> = Promise.resolve();

  /** Prepares the connection; nothing is opened before `connect`. */
  constructor(options: ReconnectingConnectionOptions) {
    this.#options = options;
  }

  /**
   * Opens the first session, trying each address once.
   *
   * @throws {ConnectFailed} When none can be opened or set up; its cause is the last failure.
   */
  async connect(): Promise<void> {
    const { addresses, name } = this.#options;
    let failure: unknown;
    for (const address of addresses) {
      try {
        this.#enter({ name: "up", session: await this.#attempt(address) });
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
      if (this.#closing.signal.aborted) break;
    }
    if (failure instanceof ConnectFailed) throw failure;
    const reason = failure instanceof Error ? failure.message : String(failure);
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

  /**
   * The session, waiting for it during an outage.
   *
   * @throws {AmqpError} When the connection is closed for good, or `signal` is aborted.
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
      await (state.name === "down" ? untilAborted(state.up.promise, signal) : state.session.ended);
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
    while (this.#state.name === "up") {
      const { session } = this.#state;
      const reason = await session.ended;
      if (this.#closing.signal.aborted) return;
      this.#enter({ name: "down", up: Promise.withResolvers() });
      const { name } = this.#options;
      log.warn("Lost {name}: {reason}", { name, reason: reason?.message ?? "closed" });
      await this.#reconnect();
    }
  }

  async #reconnect(): Promise<void> {
    const { addresses, name, clock, reconnectTimeoutMs, onGiveUp } = this.#options;
    const { signal } = this.#closing;
    const lostAtMs = clock.nowMs();
    let failure: unknown;
    for (let attempt = 0;; attempt++) {
      await sleep(clock, backoffMs(attempt, Math.random()), signal);
      if (signal.aborted) return;
      const outageMs = clock.nowMs() - lostAtMs;
      if (outageMs >= reconnectTimeoutMs) {
        const error = new ReconnectTimeout(name, Math.round(outageMs / 1000), { cause: failure });
        this.#enter({ name: "closed", reason: new AmqpError(error.message) });
        return onGiveUp(error);
      }
      // The cast: the remainder is a valid index, as there is at least one address.
      const address = addresses[attempt % addresses.length] as ServerAddress;
      try {
        this.#enter({ name: "up", session: await this.#attempt(address) });
        log.info("{name} is back after {seconds} s", {
          name,
          seconds: ((clock.nowMs() - lostAtMs) / 1000).toFixed(1),
        });
        this.#options.onReconnected?.();
        return;
      } catch (error) {
        failure = error;
        log.debug("Cannot reopen {name}: {error}", { name, error: String(error) });
      }
    }
  }

  async #attempt(address: ServerAddress): Promise<AmqpSession> {
    const closing = this.#closing.signal;
    const session = await this.#open(address);
    const closeEarly = () => void session.close();
    closing.addEventListener("abort", closeEarly);
    try {
      await this.#options.setUp(session);
      closing.throwIfAborted();
      return session;
    } catch (error) {
      await session.close();
      throw error instanceof ConnectFailed ? error : asAmqpError(error);
    } finally {
      closing.removeEventListener("abort", closeEarly);
    }
  }

  async #open(address: ServerAddress): Promise<AmqpSession> {
    const { name, tls, clock } = this.#options;
    const opened = new AbortController();
    const tooLong = new AbortController();
    void sleep(clock, ATTEMPT_TIMEOUT_MS, opened.signal).then(() => tooLong.abort());
    const signal = AbortSignal.any([this.#closing.signal, tooLong.signal]);
    try {
      const certificates = address.tls ? { ...tls, ...await readTlsCertificates(address) } : tls;
      return await AmqpSession.open(address, { name, tls: certificates, clock }, signal);
    } catch (error) {
      if (!tooLong.signal.aborted) throw error;
      throw new AmqpError(`Connection failed: no answer within ${ATTEMPT_TIMEOUT_MS / 1000} s`);
    } finally {
      opened.abort();
    }
  }
}

async function untilAborted(promise: Promise<void>, signal?: AbortSignal): Promise<void> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<void>();
  const abort = () => aborted.resolve();
  signal.addEventListener("abort", abort);
  await Promise.race([promise, aborted.promise]);
  signal.removeEventListener("abort", abort);
}
