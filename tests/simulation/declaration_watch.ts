/**
 * Whether the manager knows the metrics of a source as that has them, whenever it says that it has
 * registered again, or has refused a configuration.
 *
 * @module
 */

import type { Manager } from "../../src/dev/manager/manager.ts";
import type { AgentEvent } from "../../src/observe/events.ts";
import { metricsOf } from "./given_config.ts";
import type { PointSender } from "./point_sender.ts";

/** What {@linkcode DeclarationWatch} is made with. */
export interface DeclarationWatchOptions {
  readonly token: string;
  readonly source: { readonly sender: Pick<PointSender, "config" | "trials"> };
  readonly manager: () => Pick<Manager, "catalog"> | undefined;
  /** How often the manager has forgotten what it knew. */
  readonly timesForgotten: () => number;
  /** Whether the manager may be out of reach, or may have been just now. */
  readonly mayBeCutOff: () => boolean;
  readonly violate: (text: string) => void;
}

/** Follows the events of one run. */
export class DeclarationWatch {
  readonly #options: DeclarationWatchOptions;
  // What the manager knew before that is not what it has been told since.
  #timesForgotten: number;
  // What a refused configuration has declared may not be taken back yet. One that took too long goes on:
  // the source has what was before, and its program the new one, until it is asked for again.
  #wasRefused = false;

  /** Nothing has happened yet. */
  constructor(options: DeclarationWatchOptions) {
    this.#options = options;
    this.#timesForgotten = options.timesForgotten();
  }

  /** The next event. */
  note(event: AgentEvent): void {
    if (event.kind === "configuration-refused") {
      this.#wasRefused = true;
      if (!this.#options.mayBeCutOff()) this.#requireKnown("has refused another, and goes on");
    }
    if (event.kind === "connection-back" && event.connection === "management") {
      this.#timesForgotten = this.#options.timesForgotten();
    }
    if (event.kind === "declared" && event.again) this.#requireNoOthers(event.total);
    if (event.kind !== "registered" || !event.again) return;
    if (!this.#wasRefused) this.#requireKnown("has registered again");
    this.#wasRefused = false;
  }

  /** What was removed is forgotten. */
  #requireNoOthers(total: number): void {
    const { token, source: { sender: { config, trials } }, violate } = this.#options;
    if (config === undefined || trials.running > 0 || this.#wasRefused) return;
    const { length } = metricsOf(token, config);
    if (total !== length) violate(`it has declared ${total} metrics, it says, and not ${length}`);
  }

  #requireKnown(what: string): void {
    const { token, source: { sender: { config, trials } }, manager, timesForgotten, violate } =
      this.#options;
    const catalog = manager()?.catalog;
    if (catalog === undefined || config === undefined || trials.running > 0) return;
    if (this.#timesForgotten !== timesForgotten()) return;
    for (const metric of metricsOf(token, config)) {
      const { generation } = catalog.get(metric) ?? {};
      if (generation === config.generation) continue;
      return violate(
        `it ${what} with configuration ${config.generation}, ` +
          `and ${metric} is declared as of ${generation}`,
      );
    }
  }
}
