/**
 * All that looks at texts from the network, and what texts are made of that are slow to look at.
 *
 * @module
 */

import { asAmqpError } from "../../src/amqp/amqp_error.ts";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { describeError, oneLine } from "../../src/error_text.ts";
import { checkMetricName, isRecommendedName } from "../../src/chunk/metric_name.ts";
import { parseCsv } from "../../src/programs/csv.ts";
import { glob } from "../../src/programs/glob.ts";
import { parseJsonPath } from "../../src/programs/json_path.ts";
import { compilePattern } from "../../src/pattern/pattern.ts";
import { readSamples } from "../../src/programs/prometheus_text.ts";
import { isUnit } from "../../src/programs/units.ts";
import { quote } from "../../src/quote.ts";
import { redactUrl } from "../../src/redact_url.ts";
import { copyJson, parseJsonObject } from "../../src/rpc/json.ts";
import { AGENT_REQUEST_LIMITS, excessOf } from "../../src/rpc/request_size.ts";
import { checkArguments, type StandardSchema } from "../../src/rpc/schema.ts";
import { expandHosts } from "../../src/source/expand_hosts.ts";
import { metricName } from "../../src/source/metric_template.ts";
import { readPeriod } from "../../src/source/period.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { Timedelta } from "../../src/time/timedelta.ts";

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

/** The readers, by name. What they throw does not matter. */
export const READERS: Readonly<Record<string, (text: string) => unknown>> = {
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
  expandHosts,
  isUnit,
  parseJsonPath,
  compilePattern,
  "glob, pattern": (text) => glob(text)("a.b"),
  "glob, text": (text) => glob("a*b*c*d")(text),
  "parseCsv": (text) => parseCsv(text, ","),
  "readSamples, Prometheus": (text) => readSamples(text, "text/plain; version=0.0.4"),
  "readSamples, labels": (text) => readSamples(`a{b="${text}"} 1\n`, "text/plain"),
  "readSamples, OpenMetrics": (text) => readSamples(text, "application/openmetrics-text"),
};

/** What is repeated: beginnings of what the readers look for, without an end. */
export const PIECES: readonly string[] = [
  ...["a.", "a", "a://", "a://b:", "a:b@", "://@", "amqp://a:b@c", "@", ":", "/", "b:/"],
  ...[" ", "\t", "a ", "\n", "{", "{a", "{a}", "}", "[", '"', "\\", '\\"', '":', "__proto__"],
  ...["\x1b", "\x1b[", "\x1b[0;", "\x1b]", "\x1b]8;;", "\x9b1", "\x1bP", "\u2028", "\ud800"],
  ...["1", "1.", "e+", "Hz ", " Hz", "+", "closed: ", " (404)", " (404", "%", "%4", "é", "🌡"],
];

/** Lets a reader look at a text, and forgets what becomes of that. */
export function look(read: (text: string) => unknown, text: string): void {
  try {
    const result = read(text);
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // Refusing a text must not take long either.
  }
}
