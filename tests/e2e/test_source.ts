/**
 * A source that does what a test wants.
 *
 * @module
 */

import type { JsonObject } from "../../src/rpc/json.ts";
import { Source, type SourceOptions } from "../../src/source/source.ts";
import { Events } from "../support/events.ts";

/** The metric that tests send, unless they need another. */
export const METRIC = "test.e2e.value";

/** What a {@linkcode TestSource} does. */
export interface TestSourceOptions extends Omit<SourceOptions, "token"> {
  /** Default `source-test`. */
  readonly token?: string;
  /** Called with each configuration. */
  readonly onConfig?: (config: JsonObject, source: TestSource) => Promise<void> | void;
  /** The task. Default: none. */
  readonly task?: (signal: AbortSignal, source: TestSource) => Promise<void> | void;
}

/** A source whose configurations can be waited for. */
export class TestSource extends Source {
  /** The configurations that have arrived. */
  readonly configs: Events<JsonObject> = new Events();
  readonly #task: TestSourceOptions["task"];

  /** Makes the source; nothing is sent yet. */
  constructor({ token = "source-test", onConfig, task, ...options }: TestSourceOptions) {
    super({ token, ...options });
    this.#task = task;
    this.addRpcHandler("config", async (config) => {
      await onConfig?.(config, this);
      this.configs.add(config);
    });
  }

  protected override async task(signal: AbortSignal): Promise<void> {
    await this.#task?.(signal, this);
  }
}
