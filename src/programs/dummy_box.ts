/**
 * The dummy source with a network of its own, in the same process.
 *
 * @module
 */

import { supervision } from "../agent/supervision.ts";
import { printText } from "../cli/print.ts";
import { Box } from "../dev/box.ts";
import { VERSION } from "../version.ts";
import { DummySource } from "./dummy_source.ts";

// The dummy source's first configuration in the box; the dashboard can change it.
const CONFIGURATION = { rate: 2 };

/** Runs the network and the source, and shows what goes on: in plain lines, or in a live view. */
export async function runInBox(token: string, isPlain: boolean): Promise<void> {
  await using box = await Box.open({ configs: { [token]: CONFIGURATION } });
  const source = new DummySource({ token, url: box.network.url, clientVersion: VERSION });
  // A check prints JSON for programs, and nothing else.
  if (supervision.getStore()?.onChecked) await source.run();
  else await box.showWhile(() => source.run(), { write: printText, plain: isPlain });
}
