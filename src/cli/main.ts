/**
 * This package run as a program: the tutorial's dummy source.
 *
 * @module
 */

import { VERSION } from "../version.ts";
import { command } from "./command.ts";
import { DUMMY_METRIC, DummySource } from "./dummy_source.ts";

/** Runs the dummy source as a command line says. */
export async function main(args: readonly string[] = Deno.args): Promise<void> {
  await command(
    {
      defaultToken: "source-deno-dummy",
      version: VERSION,
      description: `Sends random values of the metric ${DUMMY_METRIC} to a MetricQ network, ` +
        'at the rate that its configuration there says: {"rate": 2}, in Hz.',
    },
    ({ server, token }) => new DummySource({ token, url: server, clientVersion: VERSION }).run(),
    args,
  );
}
