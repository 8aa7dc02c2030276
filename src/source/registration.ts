/**
 * A source's standing with the manager: that it is registered, sends its data where the manager says,
 * has declared its metrics and uses its configuration, and that all of this is so again after an
 * outage.
 *
 * @module
 */

import type { AgentCore } from "../agent/agent_core.ts";
import { type CheckedSource, supervision } from "../agent/supervision.ts";
import { errorText } from "../error_text.ts";
import { ReconnectTimeout } from "../errors.ts";
import { logger } from "../log.ts";
import { CONFIG_FUNCTION } from "../rpc/config_function.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { HandledCall } from "../rpc/rpc_endpoint.ts";
import { orAborted } from "../time/aborted.ts";
import { pause } from "../time/backoff.ts";
import { sleep } from "../time/clock.ts";
import type { DataConnection } from "./data_connection.ts";
import { Declarations, type DeclareOptions } from "./declarations.ts";
import type { Declaration, DeclaredMetrics } from "./declared_metrics.ts";
import { callRegister, isUnconfigured, type RegisterAnswer } from "./register_call.ts";
import { SourceConfiguration } from "./source_configuration.ts";
import type { ChunkSize } from "./given_points.ts";

const log = logger("source");

// Between two questions for a configuration, which people enter. A call that brings it cuts the wait
// short; an entry in the manager's database alone does not.
const LONGEST_CONFIGURATION_WAIT_MS = 10_000;

// Until the configuration is asked for again. A refused one twice as long each time: what was in its way
// may be over.
const FIRST_WAIT_MS = 10_000;
const LONGEST_REFUSED_WAIT_MS = 300_000;

/** What a {@linkcode Registration} is made with. */
export interface RegistrationOptions {
  readonly core: AgentCore;
  /** Brought to where the manager says. */
  readonly data: DataConnection;
  /** The chunk size that a metric has at the time of its declaration. */
  readonly chunkSizeOf: (metric: string) => ChunkSize;
}

/** Registers a source, and again whenever the management connection is back. */
export class Registration {
  readonly #core: AgentCore;
  readonly #data: DataConnection;
  readonly #declarations: Declarations;
  readonly #configuration: SourceConfiguration;
  readonly #begun = Promise.withResolvers<void>();
  #renewing: Promise<void> = Promise.resolve();
  // Aborted when the connection is back once more: answers to earlier calls are lost.
  #outdated = new AbortController();
  // How many configurations in a row were refused, and what ends the wait after the last of them.
  #refusals = 0;
  #judged = new AbortController();

  /** Prepares a registration; nothing is sent before `begin`. */
  constructor({ core, data, chunkSizeOf }: RegistrationOptions) {
    this.#core = core;
    this.#data = data;
    this.#declarations = new Declarations({
      core,
      chunkSizeOf,
      connection: () => this.#outdated.signal,
    });
    this.#configuration = new SourceConfiguration(
      core,
      this.metrics,
      (isAccepted) => this.#judge(isAccepted),
    );
  }

  /** Registers, connects to the data network, and runs the handlers of the configuration. */
  async begin(): Promise<void> {
    try {
      const answer = await this.#registerFirst();
      this.#core.events.tell("registered", { again: false });
      await this.#data.connect(answer);
      await this.#configuration.useFirst(answer.config);
    } finally {
      this.#begun.resolve();
    }
  }

  /**
   * What `begin` would do, but for the data connection and for declaring metrics: nothing that the
   * rest of the network sees. It does not wait for a configuration.
   */
  async rehearse(): Promise<Omit<CheckedSource, "token">> {
    this.#declarations.rehearse();
    let config: JsonObject | undefined;
    try {
      ({ config } = await callRegister(this.#core, this.#core.stopping));
    } catch (error) {
      if (!isUnconfigured(error)) throw error;
      this.#tellUnconfigured(error.reason);
      return { unconfigured: error.reason, config, metrics: {} };
    }
    await this.#configuration.useFirst(config);
    return { config, metrics: this.#declarations.all };
  }

  /** Runs the handlers of a call. Of a configuration it takes note, whether it was sent or asked for. */
  around<Result>(call: HandledCall, run: () => Promise<Result>): Promise<Result> {
    return call.function === CONFIG_FUNCTION ? this.#configuration.around(call, run) : run();
  }

  /** Declares metrics now, and again with every registration to come. */
  async declare(metrics: readonly Declaration[], options?: DeclareOptions): Promise<void> {
    this.#declarations.warnOfNames(metrics);
    await this.#declarations.declare(metrics, options);
  }

  /** What was declared. */
  get metrics(): DeclaredMetrics {
    return this.#declarations.metrics;
  }

  /** Registers again, as the manager may have been replaced by one that does not know the source. */
  renew(): void {
    this.#outdated.abort();
    this.#outdated = new AbortController();
    const signal = AbortSignal.any([this.#core.stopping, this.#outdated.signal]);
    this.#renewing = this.#renewing.then(() => this.#renew(signal));
  }

  /** Waits for the end of a renewal, but not for ever: a handler of the configuration may hang. */
  async end(): Promise<void> {
    await this.#core.waitToStop(this.#renewing.then(() => this.#configuration.offering));
  }

  /** Asks again on every connection: an answer that went with the last one does not come any more. */
  async #registerFirst(): Promise<RegisterAnswer> {
    const { stopping } = this.#core;
    while (true) {
      const { signal: outdated } = this.#outdated;
      try {
        return await this.#registerConfigured(AbortSignal.any([stopping, outdated]));
      } catch (error) {
        if (stopping.aborted || !outdated.aborted) throw error;
      }
    }
  }

  /** Registers, which the manager lets wait until it has a configuration. */
  async #registerConfigured(signal: AbortSignal): Promise<RegisterAnswer> {
    let attempt = 0;
    while (true) {
      // Of before the question: what arrives from now on may be more than its answer knows.
      const { arrival } = this.#configuration;
      try {
        return await callRegister(this.#core, signal);
      } catch (error) {
        if (!isUnconfigured(error)) throw error;
        this.#tellUnconfigured(error.reason);
      }
      const over = AbortSignal.any([signal, arrival]);
      await pause(this.#core, attempt, over, LONGEST_CONFIGURATION_WAIT_MS);
      signal.throwIfAborted();
      // A manager may enter a configuration only when its call has been answered.
      attempt = arrival.aborted ? 0 : attempt + 1;
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    await orAborted(this.#begun.promise, signal);
    const { token } = this.#core;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const { acceptedCalls } = this.#configuration;
        await this.#apply(await this.#registerConfigured(signal), acceptedCalls, signal);
        if (signal.aborted) return;
        this.#core.events.tell("registered", { again: true });
        return;
      } catch (error) {
        if (signal.aborted) return;
        const message = "{token} cannot register again yet: {error}";
        const properties = { token, error: errorText(error) };
        if (attempt === 0) log.warn(message, properties);
        else log.debug(message, properties);
        if (this.#isDataGivenUp(error)) return;
        await pause(this.#core, attempt, signal);
      }
    }
  }

  /** Stops the source when the manager has named a place for its data in vain for too long. */
  #isDataGivenUp(cause: unknown): boolean {
    const { token, clock, events, connectionTimeoutMs } = this.#core;
    const away = events.condition.get("data");
    const awayMs = away === undefined ? 0 : clock.nowMs() - away.sinceMs;
    if (awayMs < connectionTimeoutMs) return false;
    const seconds = Math.round(awayMs / 1000);
    void this.#core.stop(new ReconnectTimeout(`data connection ${token}`, seconds, { cause }));
    return true;
  }

  async #apply(
    answer: RegisterAnswer,
    acceptedCalls: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#data.connect(answer);
    await this.#declarations.repeat(signal);
    // A manager knows of one that it has sent only when its call has been answered, so one that is
    // accepted since the question is newer than what the registration has brought. It may be on trial.
    await orAborted(this.#configuration.callsSettled(), signal);
    if (signal.aborted) return;
    if (acceptedCalls !== this.#configuration.acceptedCalls) {
      // An acceptance that went with a lost connection is not heard of: the manager keeps the one before.
      this.#askAgain(FIRST_WAIT_MS);
      return;
    }
    const { config } = answer;
    if (config) await orAborted(this.#configuration.offer(config), signal);
  }

  #judge(isAccepted: boolean): void {
    this.#judged.abort();
    this.#judged = new AbortController();
    if (isAccepted) {
      this.#refusals = 0;
      return;
    }
    this.#askAgain(Math.min(FIRST_WAIT_MS * 2 ** this.#refusals, LONGEST_REFUSED_WAIT_MS));
    this.#refusals++;
  }

  /** Asks the manager once more, after a while: it knows the newest configuration. */
  #askAgain(waitMs: number): void {
    const { stopping, clock } = this.#core;
    const signal = AbortSignal.any([stopping, this.#outdated.signal, this.#judged.signal]);
    void sleep(clock, waitMs, signal).then(() => {
      if (!signal.aborted) this.renew();
    });
  }

  #tellUnconfigured(reason: string): void {
    const { events } = this.#core;
    if (events.condition.get("unconfigured") !== undefined) return;
    events.tell("unconfigured", { reason });
    // It works as far as it can: a supervisor that starts it again would not help.
    supervision.getStore()?.onRunning?.();
  }
}
