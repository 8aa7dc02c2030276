/**
 * Options that are `true` or `false`, given something else by programs whose types nothing checks: "no"
 * would count as true.
 */

import assert from "node:assert/strict";
import { Agent, command, ticks } from "../../mod.ts";
import { AGENT_OPTIONS, GET_METRICS_OPTIONS } from "../../src/agent/agent_options.ts";
import { nameOption } from "../../src/cli/options.ts";
import { Box, DevNetwork } from "../../src/dev/mod.ts";
import { DELIVERY_OPTIONS } from "../../src/outbox/delivery_options.ts";
import { TICKS_OPTIONS } from "../../src/schedule/ticker.ts";
import { INTERVAL_OPTIONS } from "../../src/source/interval_source.ts";
import { GROUP_OPTIONS } from "../../src/source/poll_group.ts";
import { Sink } from "../../src/sink/mod.ts";
import { SUBSCRIBE_OPTIONS } from "../../src/sink/sink.ts";
import { TestNetwork } from "../../src/testing/mod.ts";
import { Clock, Meter, Rack } from "./sources.ts";

const [token, url] = ["source-test", "amqp://127.0.0.1:1/"];

for (
  const [names, action, use] of [
    [AGENT_OPTIONS, "make an agent", (given) => new Agent({ token, url, ...given })],
    [DELIVERY_OPTIONS, "make a source", (given) => new Meter({ token, url, ...given })],
    [INTERVAL_OPTIONS, "make a source", (given) => new Clock({ token, url, ...given })],
    [
      GET_METRICS_OPTIONS,
      "get metrics",
      (given) => new Meter({ token, url }).getMetrics(given),
    ],
    [GROUP_OPTIONS, "poll", (given) => new Rack({ token, url }).pollWith(given)],
    [SUBSCRIBE_OPTIONS, "subscribe", (given) => new Sink({ token, url }).subscribe([], given)],
    [TICKS_OPTIONS, "tick", (given) => ticks({ period: 1, ...given })],
    [
      { allowRemote: "boolean", transientQueues: "boolean" },
      "start a network",
      (given) => DevNetwork.start(given),
    ],
    [{ allowRemote: "boolean" }, "open a box", (given) => Box.open(given)],
    [
      { transientQueues: "boolean" },
      "start a test network",
      (given) => TestNetwork.start(given),
    ],
    [
      { sends: "boolean" },
      "use command",
      (given) => command({ defaultToken: token, ...given }, () => {}),
    ],
  ] as readonly [object, string, (given: object) => unknown][]
) {
  const booleans = Object.entries(names).filter(([, kind]) => kind === "boolean");
  for (const [name] of booleans) {
    Deno.test(`${name} that is neither true nor false is refused: Cannot ${action}`, async () => {
      for (const [value, shown] of [["no", '"no"'], [0, "0"], [null, "null"], [[], "a list"]]) {
        await assert.rejects(async () => void await use({ [name as string]: value }), {
          name: "TypeError",
          message: `Cannot ${action}: ${name} is ${shown}, true or false is required`,
        });
      }
    });
  }
}

for (const field of ["flag", "required", "multiple"]) {
  Deno.test(`A program's option whose ${field} is neither true nor false is refused`, () => {
    assert.throws(() => nameOption("period", { description: "Period", ...{ [field]: "no" } }), {
      name: "TypeError",
      message: `Cannot declare option "period": ${field} is "no", true or false is required`,
    });
  });
}
