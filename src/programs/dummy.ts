/**
 * This package run as a program: the tutorial's dummy source, and without `--server` a network for
 * it in the same process.
 *
 * @module
 */

import { supervision } from "../agent/supervision.ts";
import { command } from "../cli/command.ts";
import { printText } from "../cli/print.ts";
import { VERSION } from "../version.ts";
import { DUMMY_METRIC, DummySource } from "./dummy_source.ts";

// The dummy source's first configuration in the box; the dashboard can change it.
const CONFIGURATION = { rate: 2 };

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
  // Loaded only here, so that a source with a network does not load another.
  const { Box } = await import("../dev/box.ts");
  await using box = await Box.open({ configs: { [token]: CONFIGURATION } });
  const source = new DummySource({ token, url: box.network.url, clientVersion: VERSION });
  // A check prints JSON for programs, and nothing else.
  if (supervision.getStore()?.onChecked) await source.run();
  else await box.showWhile(() => source.run(), { write: printText, plain: isPlain });
}
