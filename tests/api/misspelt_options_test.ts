/**
 * Options that are misspelt, in programs whose types nothing checks. TypeScript refuses each where it
 * is written as here.
 */

import assert from "node:assert/strict";
import {
  Agent,
  type AgentOptions,
  command,
  type DeliveryOptions,
  HealthServer,
  type IntervalSourceOptions,
  rateOf,
  readPeriod,
  rpcHandler,
  Source,
  type SourceOptions,
  ticks,
} from "../../mod.ts";
import { AGENT_OPTIONS } from "../../src/agent/agent_options.ts";
import { Box, Dashboard, DevNetwork } from "../../src/dev/mod.ts";
import { type OptionNames, refuseMisspelt } from "../../src/option_names.ts";
import { DELIVERY_OPTIONS } from "../../src/outbox/delivery_options.ts";
import { INTERVAL_OPTIONS } from "../../src/source/interval_source.ts";
import { SOURCE_OPTIONS } from "../../src/source/source.ts";
import { Sink } from "../../src/sink/mod.ts";
import { TestNetwork } from "../../src/testing/mod.ts";
import { needing } from "../support/needing.ts";
import { Clock, Meter, Rack } from "./sources.ts";

const [token, url] = ["source-test", "amqp://127.0.0.1:1/"];

class MisspeltRack extends Rack {
  read(): Promise<void> {
    const metrics = { "a.b": {} };
    // @ts-expect-error: TypeScript names an option that there is not only where nothing else is wrong
    return this.poll([{ period: 1, timout: 5, metrics, read: () => ({ "a.b": "5" }) }]);
  }
}

for (
  const [name, misuse, message, kind = "TypeError"] of [
    [
      "new Agent()",
      // @ts-expect-error: tls
      () => new Agent({ token, url, TLS: {} }),
      'Cannot make an agent: option "TLS" is given: did you mean "tls"?',
    ],
    [
      "new Agent() with a certificate",
      // @ts-expect-error: caCerts
      () => new Agent({ token, url, tls: { ca: "PEM" } }),
      'Cannot use tls: option "ca" is given, there is only "caCerts", "cert", "key"',
    ],
    [
      "new Source()",
      // @ts-expect-error: chunkSize
      () => new Meter({ token, url, chunksize: 1 }),
      'Cannot make a source: option "chunksize" is given: did you mean "chunkSize"?',
    ],
    [
      "new Source() with an option of its delivery",
      // @ts-expect-error: outboxMaxBytes
      () => new Meter({ token, url, outboxMax: 1 }),
      'Cannot make a source: option "outboxMax" is given: did you mean "outboxMaxBytes"?',
    ],
    [
      "new IntervalSource()",
      // @ts-expect-error: period
      () => new Clock({ token, url, periodMs: 100 }),
      'Cannot make a source: option "periodMs" is given: did you mean "period"?',
    ],
    [
      "new IntervalSource() with a text as align",
      // @ts-expect-error: true or false
      () => new Clock({ token, url, align: "no" }),
      'Cannot make a source: align is "no", true or false is required',
    ],
    [
      "new Agent() with a text as addUuid",
      // @ts-expect-error: true or false
      () => new Agent({ token, url, addUuid: "no" }),
      'Cannot make an agent: addUuid is "no", true or false is required',
    ],
    [
      "new Agent() with an object as clock",
      // @ts-expect-error: a clock
      () => new Agent({ token, url, clock: {} }),
      "Cannot use clock: an object is given, an object with nowMs() and sleepUntil() is required",
    ],
    [
      "new Agent() with null as clock",
      // @ts-expect-error: a clock
      () => new Agent({ token, url, clock: null }),
      "Cannot use clock: null is given, an object with nowMs() and sleepUntil() is required",
    ],
    [
      "ticks() with an object as clock",
      // @ts-expect-error: a clock
      () => ticks({ period: 1, clock: {} }),
      "Cannot use clock: an object is given, an object with nowMs() and sleepUntil() is required",
    ],
    [
      "new Agent() with a text that is no duration",
      () => new Agent({ token, url, connectionTimeout: "no" }),
      'Cannot use connectionTimeout: "no" is given, a number and one of the units d, h, min, s, ms, us and ns are required',
      "SyntaxError",
    ],
    [
      "new IntervalSource() with an object as period",
      // @ts-expect-error: a duration
      () => new Clock({ token, url, period: { seconds: 5 } }),
      'Cannot set period: an object is given, a number of seconds, a string such as "500ms" or a Timedelta is required',
    ],
    [
      "new IntervalSource() with a precision that there is not",
      // @ts-expect-error: fine or coarse
      () => new Clock({ token, url, precision: "high" }),
      'Cannot set precision: "high" is given, "fine" or "coarse" is required',
    ],
    [
      "new Source() with a text as chunkSize",
      // @ts-expect-error: a number
      () => new Meter({ token, url, chunkSize: "10" }),
      'Cannot set chunk size: "10" is given, an integer from 1 to 524288 or null is required',
    ],
    [
      "getMetrics() with a number as selector",
      // @ts-expect-error: a text or a list
      () => new Meter({ token, url }).getMetrics({ selector: 5 }),
      "Cannot get metrics: selector is 5, a text or a list of names is required",
    ],
    [
      "readPeriod() without a configuration",
      // @ts-expect-error: an object
      () => readPeriod(undefined),
      "Cannot read period: undefined is given, a configuration is required",
    ],
    [
      "ticks() with a number as signal",
      // @ts-expect-error: a signal
      () => ticks({ period: 1, signal: 5 }),
      "Cannot tick: signal is 5, an AbortSignal is required",
    ],
    [
      "rpcHandler() with fields in the place of a schema",
      // @ts-expect-error: a schema
      () => rpcHandler("config", { rate: Number }),
      "Cannot use rpcHandler: an object is given last, a name or a Standard Schema is required",
    ],
    [
      "new Sink()",
      // @ts-expect-error: addUuid
      () => new Sink({ token, url, addUUID: false }),
      'Cannot make an agent: option "addUUID" is given: did you mean "addUuid"?',
    ],
    [
      "connect()",
      // @ts-expect-error: signal
      () => new Meter({ token, url }).connect({ singal: AbortSignal.abort() }),
      'Cannot connect: option "singal" is given: did you mean "signal"?',
    ],
    [
      "run() with a controller",
      // @ts-expect-error: its signal
      () => new Meter({ token, url }).run({ signal: new AbortController() }),
      "Cannot run: signal is an AbortController, its signal (controller.signal) is required",
    ],
    [
      "rpc()",
      // @ts-expect-error: timeout
      () => new Meter({ token, url }).rpc("coffee.make", {}, { timeoutSeconds: 5 }),
      'Cannot call coffee.make: option "timeoutSeconds" is given: did you mean "timeout"?',
    ],
    [
      "getMetrics()",
      // @ts-expect-error: selector
      () => new Meter({ token, url }).getMetrics({ select: "a.*" }),
      'Cannot get metrics: option "select" is given: did you mean "selector"?',
    ],
    [
      "declareMetrics()",
      // @ts-expect-error: onProgress
      () => new Meter({ token, url }).declareMetrics([], { onprogress() {} }),
      'Cannot declare metrics: option "onprogress" is given: did you mean "onProgress"?',
    ],
    [
      "events()",
      // @ts-expect-error: signal
      () => new Meter({ token, url }).events({ abort: AbortSignal.abort() }),
      'Cannot follow events: option "abort" is given, there is only "signal"',
    ],
    [
      "poll()",
      () => new MisspeltRack({ token, url }).read(),
      'Cannot poll: option "timout" is given: did you mean "timeout"?',
    ],
    [
      "poll() with an object as describe",
      () => new Rack({ token, url }).pollWith({ describe: { unit: "W" } }),
      "Cannot poll: describe is an object, a function is required",
    ],
    [
      "poll() with a number as device",
      () => new Rack({ token, url }).pollWith({ name: "rack", device: 5 }),
      "Cannot poll rack: device is 5, a text is required",
    ],
    [
      "poll() with a text as timeout that is no duration",
      () => new Rack({ token, url }).pollWith({ name: "rack", timeout: "soon" }),
      'Cannot use timeout of rack: "soon" is given, a number and one of the units d, h, min, s, ms, us and ns are required',
      "SyntaxError",
    ],
    [
      "subscribe()",
      // @ts-expect-error: signal
      () => new Sink({ token, url }).subscribe(["a.b"], { signl: AbortSignal.abort() }),
      'Cannot subscribe: option "signl" is given: did you mean "signal"?',
    ],
    [
      "subscribe() with a selection",
      // @ts-expect-error: prefix
      () => new Sink({ token, url }).subscribe({ preffix: "a." }),
      'Cannot subscribe: option "preffix" is given: did you mean "prefix"?',
    ],
    [
      "subscribe() of a name",
      // @ts-expect-error: a list
      () => new Sink({ token, url }).subscribe("a.b"),
      'Cannot subscribe: "a.b" is given, a list of names or a selection is required',
    ],
    [
      "ticks()",
      // @ts-expect-error: precision
      () => ticks({ period: 1, precison: "coarse" }),
      'Cannot tick: option "precison" is given: did you mean "precision"?',
    ],
    [
      "rateOf()",
      // @ts-expect-error: wrapsAt
      () => rateOf({ wrapAt: 5 }),
      'Cannot make rate: option "wrapAt" is given: did you mean "wrapsAt"?',
    ],
    [
      "HealthServer.start()",
      // @ts-expect-error: hostname
      () => HealthServer.start({ host: "127.0.0.1" }),
      'Cannot serve health: option "host" is given, there is only "sources", "hostname", "port"',
    ],
    [
      "HealthServer.start() of one source",
      // @ts-expect-error: a list
      () => HealthServer.start({ sources: new Meter({ token, url }) }),
      "Cannot serve health: sources is a Meter, a list of sources is required",
    ],
    [
      "HealthServer.start() of a token",
      // @ts-expect-error: a source
      () => HealthServer.start({ sources: [token] }),
      'Cannot serve health: "source-test" is given, a source is required',
    ],
    [
      "TestNetwork.start()",
      // @ts-expect-error: configs
      () => TestNetwork.start({ cofigs: {} }),
      'Cannot start a test network: option "cofigs" is given: did you mean "configs"?',
    ],
    [
      "TestNetwork.start() with a Map of configurations",
      // @ts-expect-error: an object
      () => TestNetwork.start({ configs: new Map([[token, { rate: 1 }]]) }),
      "Cannot start a test network: configs is a Map, an object with configurations by token is required",
    ],
    [
      "DevNetwork.start()",
      // @ts-expect-error: configDir
      () => DevNetwork.start({ configdir: "." }),
      'Cannot start a network: option "configdir" is given: did you mean "configDir"?',
    ],
    [
      "Box.open()",
      // @ts-expect-error: dashboardPort
      () => Box.open({ dashboardport: 0 }),
      'Cannot open a box: option "dashboardport" is given: did you mean "dashboardPort"?',
    ],
    [
      "Dashboard.start()",
      // @ts-expect-error: view
      () => Dashboard.start({ network: {} }),
      'Cannot start a dashboard: option "network" is given, there is only "view", "hostname", ' +
      '"port", "allowRemote", "clock"',
    ],
    [
      "command()",
      // @ts-expect-error: defaultToken
      () => command({ defaulttoken: "source-x" }, () => {}),
      'Cannot use command: option "defaulttoken" is given: did you mean "defaultToken"?',
    ],
    [
      "command() with a list of options",
      // @ts-expect-error: an object
      () => command({ defaultToken: "source-x", options: [{ description: "Period" }] }, () => {}),
      "Cannot use command: options is a list, descriptions by name are required: " +
      '{ rate: { description: "Points per second" } }',
    ],
    [
      "command() with a text as requireServer",
      // @ts-expect-error: true, false or "never"
      () => command({ defaultToken: "source-x", requireServer: "no" }, () => {}),
      'Cannot use command: requireServer is "no", true, false or "never" is required',
    ],
    [
      "command() with the name of a type as parse",
      () =>
        command({
          defaultToken: "source-x",
          // @ts-expect-error: a function
          options: { period: { description: "Period", parse: "number" } },
        }, () => {}),
      'Cannot declare option "period": parse is "number", a function is required',
    ],
    [
      "command() with a text as choices",
      () =>
        command({
          defaultToken: "source-x",
          // @ts-expect-error: a list
          options: { mode: { description: "Mode", choices: "fast|slow" } },
        }, () => {}),
      'Cannot declare option "mode": choices is "fast|slow", a list is required',
    ],
    [
      "command() without main",
      // @ts-expect-error: main
      () => command({ defaultToken: "source-x" }),
      "Cannot use command: main is undefined, a function is required",
    ],
    [
      "command() of a text",
      // @ts-expect-error: an object
      () => command("source-x", () => {}),
      'Cannot use command: "source-x" is given, an object with options is required',
    ],
    [
      "command() without a token",
      // @ts-expect-error: defaultToken
      () => command({}, () => {}),
      "Cannot use command: defaultToken is undefined, a text is required",
    ],
    [
      "command() with a value in the place of an option",
      // @ts-expect-error: a description
      () => command({ defaultToken: "source-x", options: { period: "1s" } }, () => {}),
      'Cannot declare option "period": "1s" is given, an object with a description is required',
    ],
    [
      "command() with an option that is required and has a default",
      () =>
        command({
          defaultToken: "source-x",
          // @ts-expect-error: one of them
          options: { period: { description: "Period", required: true, default: "1s" } },
        }, () => {}),
      'Cannot declare option "period": required and default are given, only one of them has an effect',
    ],
  ] as const
) {
  Deno.test(needing({ permissions: [{ name: "net" }] }, {
    name: `${name} with a wrong option is refused: ${message}`,
    fn: async () => {
      await assert.rejects(async () => void await misuse(), { name: kind, message });
    },
  }));
}

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name: "TestNetwork refuses wrong options of what it waits for",
  fn: async () => {
    await using network = await TestNetwork.start();
    for (
      const [wait, message] of [
        [
          // @ts-expect-error: timeoutSeconds
          () => network.points("a.b", 1, { timeout: 5 }),
          'Cannot wait for points: option "timeout" is given: did you mean "timeoutSeconds"?',
        ],
        [
          // @ts-expect-error: the count comes before the options
          () => network.points("a.b", { timeoutSeconds: 5 }),
          'Cannot wait for points of "a.b": an object is given as their number, an integer of 1 or more is required',
        ],
        [
          // @ts-expect-error: a number of seconds
          () => network.points("a.b", 1, { timeoutSeconds: "200ms" }),
          'Cannot wait: timeoutSeconds is "200ms", a number of 0 or more is required',
        ],
        [
          // @ts-expect-error: a name
          () => network.points(),
          "Cannot wait for points: undefined is given, a metric's name is required",
        ],
        [
          // @ts-expect-error: from
          () => network.rpc("source.register", { token: "source-x" }),
          'Cannot wait for a call: option "token" is given, there is only "timeoutSeconds", ' +
          '"signal", "from", "count"',
        ],
        [
          // @ts-expect-error: timeoutSeconds
          () => network.metadata("a.b", { timeoutMs: 5 }),
          'Cannot wait for metadata: option "timeoutMs" is given: did you mean "timeoutSeconds"?',
        ],
      ] as const
    ) {
      await assert.rejects(wait, { name: "TypeError", message });
    }
  },
}));

Deno.test("Classes that derive from a source hand on options of their own", () => {
  interface PortOptions extends SourceOptions {
    readonly port: number;
    readonly interval: string;
    readonly lock?: boolean;
  }
  class Port extends Source {
    readonly port: number;
    constructor(options: PortOptions) {
      super(options);
      this.port = options.port;
    }
    task() {}
  }
  assert.equal(new Port({ token, url, port: 5, interval: "1s", lock: true }).port, 5);
});

Deno.test("No option of a class is taken for a misspelt one of another", () => {
  const kinds: readonly Parameters<typeof refuseMisspelt>[2][] = [
    AGENT_OPTIONS satisfies OptionNames<AgentOptions>,
    DELIVERY_OPTIONS satisfies OptionNames<DeliveryOptions>,
    SOURCE_OPTIONS,
    INTERVAL_OPTIONS satisfies OptionNames<Omit<IntervalSourceOptions, keyof SourceOptions>>,
  ];
  for (const name of kinds.flatMap((names) => Object.keys(names))) {
    for (const names of kinds) refuseMisspelt("test", { [name]: true }, names);
  }
});
