/**
 * The configuration of a source: in force, on trial, or refused.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { AgentCore } from "../agent/agent_core.ts";
import { errorText } from "../error_text.ts";
import { ConnectFailed, RpcError } from "../errors.ts";
import { CONFIG_FUNCTION } from "../rpc/config_function.ts";
import type { JsonObject } from "../rpc/json.ts";
import type { HandledCall } from "../rpc/rpc_endpoint.ts";
import { orAborted } from "../time/aborted.ts";
import type { DeclaredMetrics } from "./declared_metrics.ts";

/** A configuration whose handlers run. */
interface ConfigurationTrial {
  readonly config: JsonObject;
  readonly settled: Promise<void>;
}

/**
 * Runs the handlers of each configuration, whether it was sent or a registration has brought it, and
 * knows which one all of them have accepted.
 */
export class SourceConfiguration {
  readonly #core: AgentCore;
  readonly #metrics: DeclaredMetrics;
  readonly #onVerdict: (isAccepted: boolean) => void;
  // The one that all handlers have accepted; none after one was refused, which may have changed a part
  // of what the one before had set.
  #inForce: JsonObject | undefined;
  // The latest of those whose handlers run.
  #trial: ConfigurationTrial | undefined;
  // The one that a registration has brought: one whose handlers hang must not keep out all that come
  // later.
  #offered = new AbortController();
  #offering: Promise<void> = Promise.resolve();
  #acceptedCalls = 0;
  // The latest of those that were sent by a call and whose handlers run.
  #called: ConfigurationTrial | undefined;
  #hasAccepted = false;
  // Aborted, and replaced, by every configuration that arrives.
  #arrival = new AbortController();

  /**
   * There is none yet.
   *
   * @param metrics What its handlers declare.
   * @param onVerdict Called when one is accepted, or refused.
   */
  constructor(
    core: AgentCore,
    metrics: DeclaredMetrics,
    onVerdict: (isAccepted: boolean) => void,
  ) {
    this.#core = core;
    this.#metrics = metrics;
    this.#onVerdict = onVerdict;
  }

  /** Aborted when a configuration arrives. */
  get arrival(): AbortSignal {
    return this.#arrival.signal;
  }

  /** How many of those that were sent by a call have been accepted. */
  get acceptedCalls(): number {
    return this.#acceptedCalls;
  }

  /** Waits until handlers of none that was sent by a call run: what comes of the latest is known then. */
  async callsSettled(): Promise<void> {
    while (this.#called !== undefined) await this.#called.settled;
  }

  /** Settles when the handlers of the last one that was offered have ended. */
  get offering(): Promise<void> {
    return this.#offering;
  }

  /**
   * Uses the first one that a registration has brought.
   *
   * @throws {ConnectFailed} If it is empty, and refused.
   * @throws {Error} If it is refused: the handler's error.
   */
  async useFirst(config: JsonObject | undefined): Promise<void> {
    await orAborted(this.#trial?.settled ?? Promise.resolve(), this.#core.stopping);
    // One that came by itself meanwhile is newer than the answer.
    if (config === undefined || this.#inForce !== undefined) return;
    try {
      await this.#core.rpc.dispatch(CONFIG_FUNCTION, config);
    } catch (error) {
      if (Object.keys(config).length > 0) throw error;
      // Most often none has been entered yet, which a handler's complaint about a field would hide.
      const reason = errorText(error);
      throw new ConnectFailed(
        `Cannot start "${this.#core.token}": its configuration is empty: ${reason}`,
        { cause: error },
      );
    }
  }

  /**
   * Uses the configuration that a registration has brought, unless that is in force or on its way. If
   * it is bad, the event tells, and it is offered again by the next registration.
   */
  async offer(config: JsonObject): Promise<void> {
    const trial = this.#trial;
    if (isDeepStrictEqual(config, trial ? trial.config : this.#inForce)) return;
    const offered = new AbortController();
    const { rpc } = this.#core;
    this.#offering = rpc.dispatch(CONFIG_FUNCTION, config, offered.signal).then(() => {}, () => {});
    this.#offered = offered;
    await this.#offering;
  }

  /** Runs the handlers of a call that brings one, and takes note of how that ends. */
  async around<Result>(
    { arguments: args, fromToken }: HandledCall,
    run: () => Promise<Result>,
  ): Promise<Result> {
    const { events, clock, stopping } = this.#core;
    const settled = Promise.withResolvers<void>();
    // A copy, as handlers may change what they are given.
    const trial = { config: structuredClone(args), settled: settled.promise };
    const beganMs = clock.nowMs();
    this.#arrive(trial);
    if (fromToken !== undefined) this.#called = trial;
    try {
      const result = await this.#metrics.configuring(run);
      this.#inForce = trial.config;
      this.#hasAccepted = true;
      if (fromToken !== undefined) this.#acceptedCalls++;
      const tookSeconds = (clock.nowMs() - beganMs) / 1000;
      events.tell("configured", { keys: Object.keys(trial.config), tookSeconds });
      this.#onVerdict(true);
      return result;
    } catch (error) {
      this.#inForce = undefined;
      if (!stopping.aborted) {
        const [reason, hasEarlier] = [errorText(error), this.#hasAccepted];
        events.tell("configuration-refused", { reason, from: fromToken, hasEarlier });
        this.#onVerdict(false);
      }
      throw error;
    } finally {
      if (this.#trial === trial) this.#trial = undefined;
      if (this.#called === trial) this.#called = undefined;
      settled.resolve();
    }
  }

  #arrive(trial: ConfigurationTrial): void {
    this.#offered.abort(new RpcError(CONFIG_FUNCTION, "a newer configuration has come"));
    this.#arrival.abort();
    this.#arrival = new AbortController();
    this.#trial = trial;
  }
}
