/** Calls that TypeScript refuses, from programs that it does not check: each says what is required. */

import assert from "node:assert/strict";
import {
  type Agent,
  IntervalSource,
  PollingSource,
  type Source,
  type SourceOptions,
  withSchema,
} from "../../mod.ts";
import { Sink } from "../../src/sink/mod.ts";
import { LogRecords } from "../support/log_records.ts";
import { LocalSource } from "../source/local_source.ts";
import { Meter } from "./sources.ts";

class Rack extends PollingSource {
  read(groups: unknown): Promise<void> {
    return Reflect.apply(this.poll, this, [groups]);
  }
}

const OPTIONS: SourceOptions = { token: "source-test", url: "amqp://localhost/" };
const source = new Meter(OPTIONS);
const rack = new Rack(OPTIONS);
const read = () => ({});

/** Calls a method with arguments that do not fit. */
function call(object: Source | Agent, method: string, ...args: unknown[]): unknown {
  return Reflect.apply(Reflect.get(object, method), object, args);
}

for (
  const [name, misuse, message] of [
    [
      "new Source()",
      () => Reflect.construct(Meter, []),
      "Cannot make an agent: undefined is given, an object with token and url is required",
    ],
    [
      "new IntervalSource(url)",
      () =>
        Reflect.construct(
          class extends IntervalSource {
            update() {}
          },
          ["amqp://localhost/"],
        ),
      'Cannot make an agent: "amqp://localhost/" is given, an object with token and url is required',
    ],
    [
      "connect(signal)",
      () => call(source, "connect", new AbortController().signal),
      "Cannot connect: an AbortSignal is given, { signal } is required",
    ],
    [
      "run(signal)",
      () => call(source, "run", new AbortController().signal),
      "Cannot run: an AbortSignal is given, { signal } is required",
    ],
    [
      "rpc()",
      () => call(source, "rpc"),
      "Cannot call: a value of type undefined is given, the name of a function is required",
    ],
    [
      "rpc() of a list",
      () => call(source, "rpc", "f", [1]),
      "Cannot use arguments of f: an array is given, an object is required",
    ],
    [
      "rpc() of a Map",
      () => call(source, "rpc", "f", new Map()),
      "Cannot use arguments of f: a Map is given, JSON cannot carry it",
    ],
    [
      "rpc() of null",
      () => call(source, "rpc", "f", null),
      "Cannot use arguments of f: null is given, an object is required",
    ],
    [
      "declareMetrics() of a name",
      () => call(source, "declareMetrics", "a.b"),
      'Cannot declare metrics: "a.b" is given, metadata by name or a list of names is required: ["a.b"]',
    ],
    [
      "declareMetrics() of a Map",
      () => call(source, "declareMetrics", new Map([["a.b", {}]])),
      "Cannot declare metrics: a Map is given, metadata by name or a list of names is required",
    ],
    [
      "declareMetrics() of nothing",
      () => call(source, "declareMetrics"),
      "Cannot declare metrics: undefined is given, metadata by name or a list of names is required",
    ],
    [
      "poll() of one group",
      () => rack.read({ period: 1, metrics: {}, read }),
      "Cannot poll: an object is given, a list of groups is required",
    ],
    [
      "poll() of what is not a group",
      () => rack.read(["a.b"]),
      'Cannot poll: "a.b" is given, a group is required',
    ],
    [
      "new Sink()",
      () => Reflect.construct(Sink, []),
      "Cannot make an agent: undefined is given, an object with token and url is required",
    ],
    [
      "poll() of a list of names",
      () => rack.read([{ period: 1, metrics: ["a.b"], read }]),
      'Cannot poll: metrics is a list, metadata by name is required: { "a.b": {} }',
    ],
    [
      "poll() of a group without metrics",
      () => rack.read([{ name: "meter", period: 1, read }]),
      'Cannot poll meter: metrics is undefined, metadata by name is required: { "lab.power": {} }',
    ],
    [
      "poll() of a unit in the place of metadata",
      () => rack.read([{ period: 1, metrics: { "a.b": "W" }, read }]),
      'Cannot use metadata of metric "a.b": a string is given, an object is required',
    ],
    [
      "poll() of a group that is not read",
      () => rack.read([{ name: "meter", period: 1, metrics: { "a.b": {} } }]),
      "Cannot poll meter: read is undefined, a function is required",
    ],
    [
      "withSchema() without a schema",
      () => Reflect.apply(withSchema, undefined, [() => {}]),
      "Cannot use withSchema: a function is given, a Standard Schema is required",
    ],
  ] as const
) {
  Deno.test(`${name} is refused: ${message}`, async () => {
    await assert.rejects(async () => await misuse(), { name: "TypeError", message });
  });
}

Deno.test("A PollingSource whose handler does not call poll() is told so", async () => {
  await using logged = await LogRecords.capture();
  class Forgetful extends LocalSource {
    override use(): Promise<void> {
      return Promise.resolve();
    }
  }
  const forgetful = new Forgetful();
  await forgetful.start();
  await forgetful.end();
  const configured = new Forgetful();
  configured.addRpcHandler("config", () => {});
  await configured.start();
  await configured.end();
  const none = new LocalSource();
  await none.start(); // polls a list without groups, as of a configuration without devices
  await none.end();
  assert.deepEqual(logged.messages("warning"), [
    'source-test reads nothing: poll was not called, as by a handler of "config"',
    "source-test waits for its configuration: poll was not called",
  ]);
});
