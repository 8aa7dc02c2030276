/** Hostile texts: addresses, `.metricq` files, names of metrics; see `fuzz.ts`. */

import fc from "fast-check";
import assert from "node:assert/strict";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { findEnvFile } from "../../src/cli/env_file.ts";
import { VERBOSITIES } from "../../src/cli/logging.ts";
import { nameOption } from "../../src/cli/options.ts";
import {
  parseDuration,
  parsePositiveInteger,
  parseTemplate,
  parseTimestamp,
} from "../../src/cli/parameters.ts";
import { resolveSettings } from "../../src/cli/settings.ts";
import { parseSyslogAddress } from "../../src/cli/syslog_address.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { metricName } from "../../src/source/metric_template.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { TestSource } from "../e2e/test_source.ts";
import { needing } from "../support/needing.ts";
import { fuzz, FUZZ_TIMEOUT_MS, mutated } from "./fuzz.ts";

/** Texts that look like URLs of brokers, more or less. */
const hostileUrl = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.array(
    fc.oneof(
      fc.constantFrom("amqp://", "amqps://", "vhost:", "@", ":", "/", "?", "&", "=", "[", "]", "%"),
      fc.constantFrom("heartbeat", "cacertfile", "%2F", "%ff", "localhost", "::1", "5672", "-1"),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    ),
    { maxLength: 12 },
  ).map((parts) => parts.join("")),
  mutated(fc.constantFrom(
    "amqps://ada:pass%40word@[::1]:5671/%2Fv?heartbeat=5&cacertfile=/etc/ca.pem",
    "vhost:metricq",
  )),
);

Deno.test({
  name: "ServerAddress takes any text for an address or refuses it, and tells no password",
  timeout: FUZZ_TIMEOUT_MS,
  fn: async () => {
    const base = ServerAddress.parse("amqp://user:hunter2@broker.example/");
    await fuzz(hostileUrl, (text) => {
      for (const parse of [() => ServerAddress.parse(text), () => base.derive(text)]) {
        try {
          const address = parse();
          assert(address.port > 0 && address.port < 65_536 && address.vhost && address.hostname);
          assert.doesNotMatch(Deno.inspect(address), /hunter2/);
        } catch (error) {
          assert(error instanceof SyntaxError || error instanceof RangeError, Deno.inspect(error));
          assert.match(error.message, /^Cannot /);
          assert.doesNotMatch(error.message, /hunter2/);
        }
      }
    });
  },
});

const ENV_FILE = `# MetricQ
export METRICQ_SERVER="amqp://ada:hunter2@broker.example/%2F?heartbeat=5" # of the lab
METRICQ_TOKEN = source-$HOST
METRICQ_VERBOSITY=debug
METRICQ_SYSLOG=tcp:[::1]:514
METRICQ_CHECK='no'
METRICQ_PERIOD=1.5 min
METRICQ_SINCE=2012-12-21T00:00:00Z
METRICQ_CHUNKS=1 20\t300
`;

const hostileFile = fc.oneof(
  mutated(fc.constant(ENV_FILE)).map((text) => new TextEncoder().encode(text)),
  fc.uint8Array({ maxLength: 100 }),
  fc.tuple(fc.nat(ENV_FILE.length - 1), fc.nat(255)).map(([at, byte]) =>
    new TextEncoder().encode(ENV_FILE).with(at, byte)
  ),
);

const OPTIONS = [
  nameOption("server", {
    description: "…",
    parse: (text) => String(ServerAddress.parse(parseTemplate(text))),
  }),
  nameOption("token", { description: "…", parse: parseTemplate }),
  nameOption("verbosity", { description: "…", choices: VERBOSITIES }),
  nameOption("syslog", { description: "…", parse: parseSyslogAddress }),
  nameOption("check", { description: "…", flag: true }),
  nameOption("period", { description: "…", parse: parseDuration }),
  nameOption("since", { description: "…", parse: parseTimestamp }),
  nameOption("chunks", { description: "…", parse: parsePositiveInteger, multiple: true }),
];

Deno.test(needing({ permissions: [{ name: "read" }, { name: "write" }] }, {
  name: "A .metricq file gives settings or is refused as wrong use, and no password is told",
  timeout: FUZZ_TIMEOUT_MS,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "metricq-fuzz-" });
    try {
      await fuzz(hostileFile, async (bytes) => {
        await Deno.writeFile(`${folder}/.metricq`, bytes);
        const sources = { environment: () => undefined, file: () => findEnvFile([folder]) };
        try {
          resolveSettings(OPTIONS, new Map(), sources);
        } catch (error) {
          assert(error instanceof UsageError, Deno.inspect(error));
          assert.match(
            error.message,
            /^Cannot (read line \d+ of|use METRICQ_[A-Z]+ of) .*\.metricq: ./s,
          );
          const text = new TextDecoder().decode(bytes);
          if (text.includes(":hunter2@")) assert.doesNotMatch(error.message, /hunter2/);
        }
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));

const NAME = /^(?!__proto__$)(?!.*(?:^|\.)[*#](?:\.|$))\P{Cc}+$/su;

const hostileName = fc.oneof(
  fc.string({ unit: "binary" }),
  mutated(fc.constantFrom("example.room1.power", "a_1.b_2", "x".repeat(200) + ".y_")),
  fc.stringMatching(/^[a-zA-Z0-9_.]{0,300}$/),
  fc.constantFrom(
    "__proto__",
    "constructor.name",
    "metricq.data",
    "#",
    "*.*",
    "amq.topic",
    "gpu-01.cpu",
    "foo",
    "a.*",
  ),
);

Deno.test({
  name: "Source takes the names that the network carries, and refuses others",
  timeout: FUZZ_TIMEOUT_MS,
  fn: async () => {
    const value = fc.oneof({ weight: 3, arbitrary: hostileName }, fc.anything());
    const time = Timestamp.fromPosixNs(1n);
    await fuzz(fc.tuple(hostileName, value), async ([name, host]) => {
      // A new one each time, as a source remembers its metrics.
      const source = new TestSource({ url: "amqp://localhost/" });
      const bytes = new TextEncoder().encode(name).byteLength;
      const isName = NAME.test(name) && name.isWellFormed() && bytes <= 255;
      const attempts = [
        () => source.metric(name).name,
        () => source.send(name, time, 1),
        () => source.sendMany(name, new BigInt64Array(1), new Float64Array(1)),
        () => metricName(name, {}),
      ];
      for (const attempt of attempts) assert.equal(await isTaken(attempt), isName, name);
      // Whatever a configuration holds in the place of a text.
      await isTaken(() => metricName(name, { host: host as string }));
      await isTaken(() => source.send(host as string, time, 1));
      await isTaken(() => source.send("example.value", time, host as number));
    });
  },
});

async function isTaken(attempt: () => unknown): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    assert(error instanceof RangeError || error instanceof TypeError, Deno.inspect(error));
    assert.match(error.message, /^Cannot /);
    return false;
  }
}
