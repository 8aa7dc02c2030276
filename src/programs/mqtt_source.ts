/**
 * Takes values from MQTT brokers; `mqtt.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { addressText, unbracketed } from "../address.ts";
import { MAX_TEXT_BYTES } from "../http/bounded_text.ts";
import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import { quote } from "../quote.ts";
import { systemRandomness } from "../randomness.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import { MAX_FOUND_METRICS } from "../source/found_metrics.ts";
import type { Metadata } from "../source/metadata.ts";
import { fillTemplate } from "../source/metric_template.ts";
import type { PollGroup } from "../source/poll_group.ts";
import type { TimedValue } from "../source/readings.ts";
import type { SourceOptions } from "../source/source.ts";
import { orAborted } from "../time/aborted.ts";
import { requireDuration } from "../time/require_duration.ts";
import { Timestamp } from "../time/timestamp.ts";
import { ConnectedSource } from "./connected_source.ts";
import { COMMON } from "./device_poll.ts";
import type { MqttConnection, MqttOptions } from "./mqtt_connection.ts";
import { MqttInbox } from "./mqtt_inbox.ts";
import { matchTopic, requireFilter, type TopicParts } from "./mqtt_topic.ts";
import { OwnTime } from "./own_time.ts";
import { requireNet } from "./permission.ts";
import { accepts, AT_LEAST_ONE, fullName, SCHEDULE, scheduleOf, Timeout } from "./schema.ts";
import { countWays, FINDING } from "./text_finder.ts";
import { about, DESCRIPTION, SCALE, telling, UNIT } from "./told_schema.ts";
import { findValues, metadataOf } from "./values.ts";

const log = logger("mqtt");

const MAX_WARNINGS = 100;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883 };

const MessageValue = v.pipe(
  v.looseObject({
    ...FINDING,
    time: v.optional(
      about("Where the message has the time; that of arrival unless given", OwnTime),
    ),
    scale: v.optional(SCALE),
    unit: v.optional(UNIT),
    description: v.optional(DESCRIPTION),
  }),
  v.check((value) => countWays(value) <= 1, "one of regex, json, csv is required, or none"),
);

const TopicConfig = v.strictObject({
  values: about(
    "The metrics of a message, by their names behind prefix; {1}, {2} stand for the levels of each +",
    v.pipe(v.record(v.string(), MessageValue), v.minEntries(1, AT_LEAST_ONE)),
  ),
  retained: v.optional(
    about("With true also what the broker has kept from before", v.boolean()),
    false,
  ),
  timeout: v.optional(about(
    'A metric that has not come for so long gets one "no reading"',
    Timeout,
    { unit: "s", examples: ["5min"] },
  )),
});

type MessageValue = v.InferOutput<typeof MessageValue>;
type TopicConfig = v.InferOutput<typeof TopicConfig>;

const BrokerConfig = v.strictObject({
  url: about(
    "mqtt:// or, with TLS, mqtts://; port 1883 or 8883 unless given",
    v.pipe(v.string(), accepts((url) => void readUrl(url))),
  ),
  user: v.optional(about("Whom the broker knows", v.string())),
  password: v.optional(about("The user's password", v.string())),
  caFile: v.optional(about(
    "A file with certificates to trust beside those of the system, PEM",
    v.string(),
  )),
  qos: v.optional(about("How surely messages arrive: 0, 1 or 2", v.picklist([0, 1, 2])), 1),
  ...SCHEDULE,
  topics: about(
    "What to subscribe to, by filters in which + stands for one level and # for those that follow",
    v.pipe(
      v.record(v.pipe(v.string(), accepts(requireFilter)), TopicConfig),
      v.minEntries(1, AT_LEAST_ONE),
    ),
  ),
});

type BrokerConfig = v.InferOutput<typeof BrokerConfig>;

const Config = v.strictObject({
  ...COMMON,
  brokers: about(
    "Where values come from, by names of your choice",
    v.record(v.string(), BrokerConfig),
  ),
});

type Config = v.InferOutput<typeof Config>;

/** Takes values from MQTT brokers, as its configuration says. */
export class MqttSource extends ConnectedSource {
  /** As {@linkcode ConnectedSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(telling(Config), (config) => this.#configure(config)));
  }

  async #configure({ brokers, ...common }: Config): Promise<void> {
    // Loaded here, as the library asks for variables of the environment when it is.
    const { MqttConnection } = await import("./mqtt_connection.ts");
    const all = await Promise.all(
      Object.entries(brokers).map(async ([name, broker]) => ({
        name,
        broker,
        ca: broker.caFile === undefined ? undefined : await Deno.readTextFile(broker.caFile),
      })),
    );
    const connections: MqttConnection[] = [];
    const groups = all.map(({ name, broker, ca }) => {
      const messages = new Messages(common.prefix, broker, () => this.clock.nowMs());
      const connection = new MqttConnection({
        ...readUrl(broker.url, broker),
        clientId: `${this.token}-${systemRandomness.identifier()}`.slice(-MAX_CLIENT_ID),
        ca,
        filters: Object.keys(broker.topics),
        qos: broker.qos,
        onMessage: (...message) => messages.receive(...message),
      });
      connections.push(connection);
      return groupOf(name, scheduleOf(broker, common), connection, messages);
    });
    await this.pollBy(connections, groups);
  }
}

/** Brokers of MQTT 3.1 take no longer identifiers. */
const MAX_CLIENT_ID = 23;

function groupOf(
  name: string,
  schedule: Pick<PollGroup, "period" | "align">,
  connection: MqttConnection,
  messages: Messages,
): PollGroup {
  return {
    name,
    ...schedule,
    metrics: {},
    describe: (metric) => messages.describe(metric),
    read: async (signal) => {
      await orAborted(connection.tried, signal);
      const { problem } = connection;
      if (problem !== undefined) throw new Error(`Cannot read ${name}: ${problem.message}`);
      return messages.take();
    },
  };
}

/** A topic of a configuration. */
interface Topic extends Omit<TopicConfig, "timeout"> {
  readonly filter: string;
  /** How long its metrics may be silent. */
  readonly timeoutMs: number;
}

/** What the messages of one broker say of metrics. */
class Messages {
  readonly #prefix: string | undefined;
  readonly #topics: readonly Topic[];
  readonly #nowMs: () => number;
  readonly #inbox = new MqttInbox();
  readonly #metadata = new Map<string, Metadata>();
  #warnings = 0;

  constructor(prefix: string | undefined, { topics }: BrokerConfig, nowMs: () => number) {
    this.#prefix = prefix;
    this.#topics = Object.entries(topics).map(([filter, { timeout, ...topic }]) => ({
      ...topic,
      filter,
      timeoutMs: timeout === undefined
        ? Infinity
        : requireDuration("Cannot read timeout", timeout).ms,
    }));
    this.#nowMs = nowMs;
  }

  /** Takes what has come since the last time. */
  take() {
    return this.#inbox.take(this.#nowMs());
  }

  /** The metadata of a metric that has come. */
  describe(metric: string): Metadata {
    return this.#metadata.get(metric) ?? {};
  }

  /** Reads a message. Never throws: what is wrong with it is the reading of its metrics. */
  receive(topic: string, body: Uint8Array, isRetained: boolean): void {
    for (const wanted of this.#topics) {
      if (isRetained && !wanted.retained) continue;
      const parts = matchTopic(wanted.filter, topic);
      if (parts !== undefined) this.#read(topic, parts, wanted, body);
    }
  }

  #read(
    topic: string,
    parts: TopicParts,
    { values, timeoutMs }: Topic,
    body: Uint8Array,
  ): void {
    const now = Timestamp.now();
    const configs: Record<string, MessageValue> = {};
    for (const [template, config] of Object.entries(values)) {
      const metric = this.#admit(template, parts, topic, config);
      if (metric !== undefined) configs[metric] = config;
    }
    for (const [metric, value] of Object.entries(readMessage(configs, body))) {
      const point = typeof value === "number" ? { time: now, value } : value;
      this.#inbox.add(metric, point, this.#nowMs(), timeoutMs);
    }
  }

  /** The name of a metric that a message tells of, and what is known of it. */
  #admit(
    template: string,
    parts: TopicParts,
    topic: string,
    config: MessageValue,
  ): string | undefined {
    try {
      const metric = fullName(this.#prefix, template, parts);
      if (this.#metadata.has(metric)) return metric;
      if (this.#metadata.size > MAX_FOUND_METRICS) return undefined; // which its group tells of
      const { description, ...metadata } = metadataOf(config);
      const about = typeof description === "string" ? fillTemplate(description, parts) : undefined;
      // How often a device speaks is not known, unless it is configured.
      const unknown = { rate: undefined, interval: undefined, chunkSize: 1 };
      this.#metadata.set(metric, { ...unknown, description: about, ...metadata });
      return metric;
    } catch (error) {
      if (this.#warnings++ < MAX_WARNINGS) {
        log.warn("Leaving out topic {topic}: {error}", {
          topic: quote(topic),
          error: errorText(error),
        });
      }
      return undefined;
    }
  }
}

function readMessage(
  configs: Readonly<Record<string, MessageValue>>,
  body: Uint8Array,
): Record<string, number | Error | TimedValue> {
  const { byteLength } = body;
  if (byteLength <= MAX_TEXT_BYTES) return findValues(configs, new TextDecoder().decode(body));
  const error = new Error(`a message has ${byteLength} bytes, at most ${MAX_TEXT_BYTES} are read`);
  return Object.fromEntries(Object.keys(configs).map((metric) => [metric, error]));
}

/**
 * Reads the URL of a broker; user and password may stand in it, and are taken out.
 *
 * @throws {SyntaxError} If it is not a URL of MQTT.
 * @throws {TypeError} If Deno may not reach it.
 */
function readUrl(
  text: string,
  { user, password }: Pick<BrokerConfig, "user" | "password"> = {},
): Pick<MqttOptions, "url" | "username" | "password"> {
  const url = URL.parse(text);
  const defaultPort = DEFAULT_PORTS[url?.protocol ?? ""];
  if (url === null || defaultPort === undefined || url.hostname === "") {
    throw new SyntaxError(
      "a URL is required such as mqtt://broker.example or mqtts://broker.example",
    );
  }
  const port = url.port === "" ? defaultPort : Number(url.port);
  const address = addressText({ hostname: unbracketed(url.hostname), port });
  requireNet(address);
  return {
    url: `${url.protocol}//${address}`,
    username: user ?? (decodeURIComponent(url.username) || undefined),
    password: password ?? (decodeURIComponent(url.password) || undefined),
  };
}
