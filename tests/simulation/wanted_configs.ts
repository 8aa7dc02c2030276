/**
 * Which configuration each source is to have.
 *
 * @module
 */

import { errorText } from "../../src/error_text.ts";
import type { ManagerActor } from "./manager_actor.ts";
import { drawConfig, type Plan, type SourceConfig } from "./plan.ts";
import { Random } from "./random.ts";
import type { Trace } from "./trace.ts";

// The part of all others that no source can use.
const USELESS = 0.15;
// An answer to a registration may have been under way for so long: as long as a call may take.
const LONGEST_ANSWER_MS = 60_000;

/** What {@linkcode WantedConfigs} are made with. */
export interface WantedConfigsOptions {
  readonly plan: Plan;
  readonly trace: Trace;
  readonly manager: () => ManagerActor;
  readonly nowMs: () => number;
}

/** Configures sources through the manager, and knows what follows from its answers. */
export class WantedConfigs {
  readonly #options: WantedConfigsOptions;
  // What each source may have: first what the manager keeps, then others that it may have instead,
  // as it has refused the first or an answer was lost.
  readonly #possible = new Map<string, SourceConfig[]>();
  // When what the manager keeps was changed, while the source may not have heard of it.
  readonly #changedAtMs = new Map<string, number>();
  readonly #configuring = new Set<string>();
  // By source: what the next one is drawn with when it comes back, and until when it may come.
  readonly #onReturn = new Map<string, { readonly choice: number; readonly untilMs: number }>();
  #generations = 0;

  /** Begins with those of the plan. */
  constructor(options: WantedConfigsOptions) {
    this.#options = options;
    for (const { token, config } of options.plan.sources) this.#possible.set(token, [config]);
  }

  /** The generations of those that a source may have. */
  generationsOf(token: string): readonly number[] {
    return this.#possible.get(token)?.map(({ generation }) => generation) ?? [];
  }

  /** Draws the next one. */
  draw(random: Random): SourceConfig {
    return drawConfig(random, ++this.#generations, this.#options.plan.sources.length);
  }

  /** Gives a source another one, now and then one that it cannot use. */
  replace(token: string, choice: number): void {
    const random = new Random(this.#options.plan.seed, `configuration ${token} ${choice}`);
    const drawn = this.draw(random);
    const config = random.chance(USELESS) ? { ...drawn, periodMs: -1 } : drawn;
    // The wizard writes it into the database first; a useless one would keep the source from starting.
    void this.#replace(token, config, config.periodMs > 0 && random.chance(0.5));
  }

  /** Gives a source another one when it comes back the next time, unless that is too late. */
  replaceOnReturn(token: string, choice: number, untilMs: number): void {
    this.#onReturn.set(token, { choice, untilMs });
  }

  /** A source is connected again, and about to register. */
  returned(token: string): void {
    const { choice, untilMs } = this.#onReturn.get(token) ?? {};
    this.#onReturn.delete(token);
    if (choice === undefined || this.#options.nowMs() >= (untilMs ?? 0)) return;
    this.replace(token, choice);
  }

  /** Gives a source another one while nothing is wrong, so that it has to take it. */
  async require(token: string): Promise<void> {
    const config = this.draw(new Random(this.#options.plan.seed, `probe ${token}`));
    const manager = this.#options.manager();
    await manager.keep(token, { ...config });
    await manager.current?.configure(token, { ...config });
    this.#possible.set(token, [config]);
  }

  /** Another program is about to give a source one, behind which none comes. */
  async keepLast(token: string, config: SourceConfig): Promise<void> {
    await this.#options.manager().keep(token, { ...config });
    this.#possible.set(token, [config]);
  }

  /** With a registration a source is given what the manager keeps, and has that if it can use it. */
  expectKept(token: string): void {
    const changedAtMs = this.#changedAtMs.get(token) ?? -Infinity;
    if (this.#options.nowMs() - changedAtMs < LONGEST_ANSWER_MS) return; // the answer may be older
    const kept = this.#possible.get(token)?.[0];
    if (kept !== undefined) this.#possible.set(token, [kept]);
  }

  /** The manager was killed: it waits for no answers any more. */
  forgetCalls(): void {
    this.#configuring.clear();
  }

  async #replace(token: string, config: SourceConfig, asWizard: boolean): Promise<void> {
    const { trace } = this.#options;
    const manager = this.#options.manager();
    const { current } = manager;
    if (current === undefined || this.#configuring.has(token)) return;
    this.#configuring.add(token);
    const before = this.#possible.get(token)?.[0];
    trace.note(`${token} is to be configured: ${JSON.stringify(config)}`);
    try {
      const possible = this.#possible.get(token);
      if (asWizard) {
        possible?.unshift(config);
        this.#changedAtMs.set(token, this.#options.nowMs());
        await manager.keep(token, { ...config });
      } else if (config.periodMs > 0) possible?.push(config);
      await current.configure(token, { ...config });
      // A source that is away cannot refuse what it cannot use.
      if (config.periodMs < 0) await manager.keep(token, { ...before });
      else this.#possible.set(token, [config]);
      trace.note(`${token} is configured: generation ${config.generation}`);
    } catch (error) {
      trace.note(`${token} refuses generation ${config.generation}: ${errorText(error)}`);
      // Where just the answer is lost the source has it all the same.
    } finally {
      this.#configuring.delete(token);
    }
  }
}
