/**
 * Runs commands and finds numbers in what they print; `exec.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { logger } from "../log.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { SourceOptions } from "../source/source.ts";
import { COMMON } from "./device_poll.ts";
import { requireRun } from "./permission.ts";
import { canKillGroups, runProgram } from "./run_program.ts";
import { accepts } from "./schema.ts";
import { TEXT_DEVICE, textPoll } from "./text_poll.ts";
import { about, telling } from "./told_schema.ts";

const CommandConfig = v.strictObject({
  command: about(
    "The program and its arguments; they are run without a shell",
    v.pipe(
      v.tupleWithRest([v.pipe(v.string(), v.minLength(1))], v.string()),
      accepts(([program]) => requireRun(program)),
    ),
  ),
  ...TEXT_DEVICE,
});

const Config = v.strictObject({
  ...COMMON,
  commands: about("What to run, by names of your choice", v.record(v.string(), CommandConfig)),
});

const log = logger("programs");

/** Runs commands and sends the numbers in their output, as its configuration says. */
export class ExecSource extends PollingSource {
  #isTold = false;

  /** As {@linkcode PollingSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(telling(Config), (config) => this.#configure(config)));
  }

  async #configure({ commands, ...common }: v.InferOutput<typeof Config>): Promise<void> {
    if (!canKillGroups() && !this.#isTold) {
      this.#isTold = true;
      log.warn(
        "Of a command that is too slow only the program itself is killed, not what it has started: " +
          "that takes --allow-run without a list",
      );
    }
    await this.poll(
      Object.entries(commands).map(([name, own]) =>
        textPoll(name, own, common, (signal) => runProgram(own.command, signal))
      ),
    );
  }
}
