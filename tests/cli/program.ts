/**
 * A program with options of its own, for the tests of the command line. Its option `--end` says how
 * it ends.
 *
 * @module
 */

import { getLogger } from "@logtape/logtape";
import { command, parsePositiveInteger } from "../../src/cli/mod.ts";
import { ConnectFailed, ReceivedSignal } from "../../src/errors.ts";

await command({
  defaultToken: "source-test",
  version: "1.2.3",
  options: {
    "chunk-size": { description: "Points per chunk", default: 1, parse: parsePositiveInteger },
    end: {
      description: "How to end",
      choices: ["well", "connect", "bug", "signal", "hang", "log", "url"],
      default: "well",
    },
  },
}, async (values) => {
  await Promise.resolve();
  const { server, end } = values;
  switch (end) {
    case "well":
      Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(values)));
      return;
    case "connect":
      throw new ConnectFailed("Cannot connect", { cause: new Error("connection refused") });
    case "bug":
      throw new TypeError("nothing is a function");
    case "url":
      throw new Error(`Cannot reach ${server}`, { cause: new Error(`no route to ${server}`) });
    case "signal":
      throw new ReceivedSignal("SIGTERM");
    case "hang":
      setInterval(() => {}, 1000);
      return;
    case "log":
      for (const category of ["source-test", "metricq", "other"]) {
        getLogger(category).warn("Told by {category}", { category });
        getLogger(category).info("Whispered by {category}", { category });
      }
  }
});
