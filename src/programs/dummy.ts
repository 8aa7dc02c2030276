/**
 * This package run as a program: the tutorial's dummy source, and without `--server` a network for
 * it in the same process.
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { VERSION } from "../version.ts";
import { DUMMY_METRIC, DummySource } from "./dummy_source.ts";

/** Runs the dummy source as its command line says. */
export async function main(args: readonly string[] = Deno.args): Promise<void> {
  await command(
    {
      defaultToken: "source-deno-dummy",
      version: VERSION,
      description: `Sends random values of the metric ${DUMMY_METRIC} to a MetricQ network, ` +
        'at the rate that its configuration there says: {"rate": 2}, in Hz. Without --server it ' +
        "starts a network for development in this process, with a dashboard.",
      requireServer: false,
      options: {
        plain: { flag: true, description: "Print lines instead of a live view (without --server)" },
      },
    },
    async ({ server, token, plain }) => {
      if (server === undefined) await runInBox(token, plain);
      else await new DummySource({ token, url: server, clientVersion: VERSION }).run();
    },
    args,
  );
}

async function runInBox(token: string, isPlain: boolean): Promise<void> {
  // Loaded only here, so that a source with a network does not load another. Named by a variable, as
  // what is imported by a text is fetched with all that imports this package.
  const file = "./dummy_box.ts";
  const box: { runInBox(token: string, isPlain: boolean): Promise<void> } = await import(file);
  await box.runInBox(token, isPlain);
}
