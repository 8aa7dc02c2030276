/**
 * The manager as an actor that comes and goes.
 *
 * @module
 */

import type { AmqpSession } from "../../src/amqp/session.ts";
import { Configurations } from "../../src/configurations/configurations.ts";
import { Manager } from "../../src/dev/manager/manager.ts";
import { errorText } from "../../src/error_text.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import type { SimulatedClock } from "./clock.ts";
import type { SimulatedNetwork } from "./network.ts";
import { Process } from "./process.ts";
import { Random } from "./random.ts";
import type { Trace } from "./trace.ts";

/** What the manager is made with. */
export interface ManagerActorOptions {
  readonly seed: number;
  readonly url: string;
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly trace: Trace;
  /** Where a source sends its data, if that is not where it has found the manager. */
  readonly dataAddressOf: (token: string) => string | undefined;
  readonly configs: Readonly<Record<string, JsonObject>>;
  /** Called with each of its sessions, before the network is open. */
  readonly prepare: (session: AmqpSession) => Promise<void>;
}

const RETRY_MS = 1000;

/** Runs a manager, and the next when that is killed. Configurations are kept, as in a database. */
export class ManagerActor {
  readonly #options: ManagerActorOptions;
  readonly #configurations: Configurations;
  // What the manager knows of metrics, which it keeps in a database as well.
  #metrics: ReadonlyMap<string, JsonObject> = new Map();
  #process: Process | undefined;
  #manager: Manager | undefined;
  #starts = 0;
  #errorsUntilMs = 0;
  /** How often it has forgotten what it knew of metrics. */
  timesForgotten = 0;

  private constructor(options: ManagerActorOptions, configurations: Configurations) {
    this.#options = options;
    this.#configurations = configurations;
    const get = configurations.get.bind(configurations);
    configurations.get = (token) => {
      this.#failIfAsked();
      return get(token);
    };
  }

  /** Makes the actor; it does not run yet. */
  static async make(options: ManagerActorOptions): Promise<ManagerActor> {
    const { clock, configs } = options;
    return new ManagerActor(options, await Configurations.open({ clock, configs }));
  }

  /** The manager that runs now. */
  get current(): Manager | undefined {
    return this.#manager;
  }

  /** Starts it, and tries again until it runs. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const { clock, network, seed, url, trace, dataAddressOf, prepare } = this.#options;
    const process = this.#process = new Process("manager", clock, network);
    const randomness = new Random(seed, `manager ${this.#starts++}`);
    while (!process.isKilled) {
      try {
        const manager = await Manager.start({
          url,
          configurations: this.#configurations,
          clock: process,
          randomness,
          transport: process.transport,
          dataAddressOf,
          prepare,
        });
        const declare = manager.catalog.declare.bind(manager.catalog);
        manager.catalog.declare = (...args) => {
          this.#failIfAsked();
          return declare(...args);
        };
        for (const [name, metadata] of this.#metrics) {
          declare(String(metadata["source"]), { [name]: metadata }, String(metadata["date"]));
        }
        this.#manager = manager;
        trace.note("the manager runs");
        return;
      } catch (error) {
        trace.note(`the manager cannot start: ${errorText(error)}`);
        await process.sleepUntil(clock.nowMs() + RETRY_MS);
      }
    }
  }

  /** Kills it; with `forgets`, what it knows of metrics is gone. */
  kill(forgets: boolean): void {
    const { catalog } = this.#manager ?? {};
    if (forgets) {
      this.#metrics = new Map(); // also of one that is away already
      this.timesForgotten++;
    } else if (catalog !== undefined) {
      this.#metrics = new Map([...catalog.names()].map((name) => [name, catalog.get(name) ?? {}]));
    }
    this.#process?.kill();
    this.#process = undefined;
    this.#manager = undefined;
  }

  /** Keeps a configuration without telling its source. */
  async keep(token: string, config: JsonObject): Promise<void> {
    await this.#configurations.set(token, config);
  }

  /** Whether registrations and declarations are answered with errors now. */
  get isFailing(): boolean {
    return this.#options.clock.nowMs() < this.#errorsUntilMs;
  }

  /** Registrations and declarations are answered with errors until then. */
  failUntil(untilMs: number): void {
    this.#errorsUntilMs = Math.max(this.#errorsUntilMs, untilMs);
  }

  #failIfAsked(): void {
    if (this.isFailing) throw new Error("The database is away");
  }
}
