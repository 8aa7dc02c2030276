/** The time that texts from the network take grows as they do, and no faster. */

import assert from "node:assert/strict";
import { asAmqpError } from "../src/amqp/amqp_error.ts";
import { ServerAddress } from "../src/amqp/server_address.ts";
import { describeError, oneLine } from "../src/error_text.ts";
import { checkMetricName, isRecommendedName } from "../src/metric_name.ts";
import { quote } from "../src/quote.ts";
import { redactUrl } from "../src/redact_url.ts";
import { copyJson, parseJsonObject } from "../src/rpc/json.ts";
import { AGENT_REQUEST_LIMITS, excessOf } from "../src/rpc/request_size.ts";
import { checkArguments, type StandardSchema } from "../src/rpc/schema.ts";
import { metricName } from "../src/source/metric_template.ts";
import { readPeriod } from "../src/source/period.ts";
import { Timestamp } from "../src/time/timestamp.ts";
import { Timedelta } from "../src/time/timedelta.ts";

const ADDRESS = ServerAddress.parse("amqp://localhost/");
const LIMITS = { ...AGENT_REQUEST_LIMITS, maxDepth: Infinity };

/** A schema that refuses everything, and repeats what it was given as libraries do. */
const refusing: StandardSchema = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({
      issues: [{ message: `Received ${JSON.stringify(value)}`, path: Object.keys(Object(value)) }],
    }),
  },
};

/** All that looks at texts from the network. What they throw does not matter here. */
const READERS: Record<string, (text: string) => unknown> = {
  redactUrl,
  oneLine,
  quote,
  isRecommendedName,
  checkMetricName,
  describeError: (text) => describeError(new Error(text, { cause: text })),
  asAmqpError: (text) => asAmqpError(new Error(`channel 1 closed: ${text}`)),
  "ServerAddress.derive": (text) => ADDRESS.derive(text),
  "ServerAddress.derive of a URL": (text) => ADDRESS.derive(`amqp://${text}`),
  "ServerAddress.derive of a virtual host": (text) => ADDRESS.derive(`vhost:${text}`),
  parseJsonObject: (text) => parseJsonObject(new TextEncoder().encode(`{"a":"${text}"}`)),
  "parseJsonObject of anything": (text) => parseJsonObject(new TextEncoder().encode(text)),
  excessOf: (text) => excessOf(new TextEncoder().encode(text), LIMITS),
  copyJson: (text) => copyJson({ [text]: text }, "value"),
  "checkArguments, values": (text) => checkArguments(refusing, "f", { a: text, secret: text }),
  "checkArguments, names": (text) => checkArguments(refusing, "f", { [text]: 1 }),
  "metricName, template": (text) => metricName(text, { a: "b" }),
  "metricName, value": (text) => metricName("{a}", { a: text }),
  "readPeriod, interval": (text) => readPeriod({ interval: text }),
  "readPeriod, rate": (text) => readPeriod({ rate: `1${text}` }),
  "Timestamp.fromIso8601": (text) => Timestamp.fromIso8601(`2024-05-01T12:00:00.${text}`),
  "Timedelta.fromString": (text) => Timedelta.fromString(text),
};

/** What is repeated: beginnings of what the readers look for, without an end. */
const PIECES = [
  ...["a.", "a", "a://", "a://b:", "a:b@", "://@", "amqp://a:b@c", "@", ":", "/", "b:/"],
  ...[" ", "\t", "a ", "\n", "{", "{a", "{a}", "}", "[", '"', "\\", '\\"', '":', "__proto__"],
  ...["\x1b", "\x1b[", "\x1b[0;", "\x1b]", "\x1b]8;;", "\x9b1", "\x1bP", "\u2028", "\ud800"],
  ...["1", "1.", "e+", "Hz ", " Hz", "+", "closed: ", " (404)", " (404", "%", "%4", "é", "🌡"],
];

const SHORT = 4000;
const GROWTH = 8;
// Twice the growth, and again for the noise: what is quadratic takes 64 times as long.
const MAX_RATIO = 3 * GROWTH;
const NOISE_MS = 0.2;
// A pause of the machine does not come each time; a reader that is quadratic is so in all of them.
const MEASUREMENTS = 5;

function timeMs(read: (text: string) => unknown, text: string): number {
  let shortestMs = Infinity;
  for (let attempt = 0; attempt < 3; attempt++) {
    const startMs = performance.now();
    try {
      const result = read(text);
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // Refusing a text must not take long either.
    }
    shortestMs = Math.min(shortestMs, performance.now() - startMs);
  }
  return shortestMs;
}

/** How many times as long `GROWTH` times the text takes: the least of several measurements. */
function growthOf(read: (text: string) => unknown, text: (length: number) => string): number {
  let least = Infinity;
  for (let at = 0; at < MEASUREMENTS && least >= MAX_RATIO; at++) {
    const ratio = timeMs(read, text(GROWTH * SHORT)) / (timeMs(read, text(SHORT)) + NOISE_MS);
    least = Math.min(least, ratio);
  }
  return least;
}

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name} takes a time that grows as the text does`, () => {
    for (const piece of PIECES) {
      for (const end of ["", "!"]) {
        const text = (length: number) => piece.repeat(length / piece.length) + end;
        const ratio = growthOf(read, text);
        const shown = JSON.stringify(piece);
        assert.ok(
          ratio < MAX_RATIO,
          `${shown}: ${GROWTH} times as long takes ${ratio} times as long`,
        );
      }
    }
  });
}
