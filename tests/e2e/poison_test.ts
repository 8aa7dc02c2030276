/** Four sources on a RabbitMQ that refuses in every way that it has. */

import assert from "node:assert/strict";
import { ServerAddress } from "../../src/amqp/server_address.ts";
import { AmqpSession } from "../../src/amqp/session.ts";
import { systemTransport } from "../../src/amqp/transport.ts";
import type { PointsLost } from "../../src/outbox/delivery_options.ts";
import { systemClock } from "../../src/time/clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { SpoolFolder } from "../outbox/spool_folder.ts";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import { makeDatabaseQueue, readDatabase } from "./database.ts";
import { allowTopics, Network } from "./network.ts";
import { TestSource, type TestSourceOptions } from "./test_source.ts";

const LIMIT_BYTES = 16_384;
const LARGE_POINTS = 5000; // more than the limit's bytes
const ROUNDS = 4;
const ROUND_POINTS = 200;

const LARGE = "poison.large";
const FORBIDDEN = ["poison.forbidden.a", `poison.forbidden.${"long".repeat(55)}`] as const;
const REJECTED = "poison.rejected";

/** Sends to several metrics, each of which counts its own points. */
class Sender {
  readonly source: TestSource;
  readonly losses: PointsLost[] = [];
  readonly sent = new Map<string, number>();

  constructor(options: TestSourceOptions) {
    this.source = new TestSource({ ...options, onPointsLost: (loss) => this.losses.push(loss) });
  }

  async send(metric: string, count: number): Promise<void> {
    const first = this.sent.get(metric) ?? 0;
    this.sent.set(metric, first + count);
    for (let i = first; i < first + count; i++) {
      await this.source.send(metric, new Timestamp(1_700_000_000 + i, 0), i);
    }
  }
}

/** A queue that takes one message, and refuses all others until it is deleted. */
async function makeFullQueue(broker: RabbitMq): Promise<() => Promise<void>> {
  const policy = JSON.stringify({ overflow: "reject-publish", "max-length": 1 });
  await broker.ctl("set_policy", "full", "^full$", policy);
  const session = await AmqpSession.open(ServerAddress.parse(broker.url), {
    name: "full queue",
    tls: {},
    clock: systemClock,
    transport: systemTransport,
  });
  await session.arrange(async (topology) => {
    await topology.declareQueue("full");
    await topology.bindQueue("full", "metricq.data", REJECTED);
  });
  return async () => {
    await session.arrange((topology) => topology.deleteQueue("full"));
    await session.close();
  };
}

/** A network whose broker refuses large messages and some topics, and keeps what it takes. */
class RefusingNetwork implements AsyncDisposable {
  readonly broker: RabbitMq;
  readonly #parts: AsyncDisposableStack;

  private constructor(broker: RabbitMq, parts: AsyncDisposableStack) {
    this.broker = broker;
    this.#parts = parts;
  }

  static async start(): Promise<RefusingNetwork> {
    await using parts = new AsyncDisposableStack();
    const config = [`max_message_size = ${LIMIT_BYTES}`];
    const broker = parts.use(await RabbitMq.start({ config }));
    const { url } = broker;
    await makeDatabaseQueue(url);
    const vhost = { name: "/", url, ctl: (...args: string[]) => broker.ctl(...args) };
    parts.use(await Network.start({ vhost }));
    await allowTopics(vhost, "^(?!poison\\.forbidden)");
    return new RefusingNetwork(broker, parts.move());
  }

  get url(): string {
    return this.broker.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "Sources lose what RabbitMQ refuses for what it is, and that alone, and count each point",
  fn: async () => {
    await using refusing = await RefusingNetwork.start();
    const { broker, url } = refusing;
    const deleteFullQueue = await makeFullQueue(broker);
    await using folder = await SpoolFolder.make();

    const [large, forbidden, rejected, both] = [
      new Sender({ url, token: "source-large" }),
      new Sender({ url, token: "source-forbidden" }),
      new Sender({ url, token: "source-rejected" }),
      new Sender({ url, token: "source-both", spool: folder.file }),
    ] as const;
    const senders = [large, forbidden, rejected, both];
    for (const { source } of senders) await source.connect();
    large.source.metric(LARGE).chunkSize = LARGE_POINTS;
    both.source.metric(`${LARGE}.too`).chunkSize = LARGE_POINTS;

    const round = async () => {
      await Promise.all([
        ...senders.map((sender) => sender.send(`poison.good.${sender.source.token}`, ROUND_POINTS)),
        large.send(LARGE, LARGE_POINTS),
        ...FORBIDDEN.map((metric) => forbidden.send(metric, ROUND_POINTS)),
        rejected.send(REJECTED, ROUND_POINTS),
        both.send(`${LARGE}.too`, LARGE_POINTS),
        both.send("poison.forbidden.too", ROUND_POINTS),
      ]);
    };
    for (let count = 0; count < ROUNDS; count++) {
      if (count === 1) await broker.ctl("set_vm_memory_high_watermark", "absolute", "1");
      if (count === 2) await broker.ctl("set_vm_memory_high_watermark", "0.6");
      await round();
    }
    await deleteFullQueue();
    for (const { source } of senders) await source.flush().catch(() => {}); // a part was refused
    for (const { source } of senders) await source.stop();

    const received = await readDatabase(url);
    const isRefused = (metric: string) => /^poison\.(large|forbidden)/.test(metric);
    for (const { source, sent, losses } of senders) {
      const refused = new Map<string, number>();
      for (const [metric, count] of sent) {
        const values = [...new Set(received.get(metric))];
        if (isRefused(metric)) refused.set(metric, count);
        const expected = isRefused(metric) ? 0 : count;
        assert.deepEqual(values, Array.from({ length: expected }, (_, i) => i), metric);
      }
      const lost = Map.groupBy(losses, ({ metric }) => metric);
      assert.deepEqual(
        new Map([...lost].map(([metric, all]) => [metric, sum(all.map(({ points }) => points))])),
        refused,
      );
      assert(losses.every(({ reason, words }) => reason === "refused" && words !== undefined));
      const { pointsSent, pointsConfirmed, pointsDropped, pointsBuffered, reconnects } =
        source.stats;
      assert.equal(pointsSent, sum([...sent.values()]));
      assert.equal(pointsDropped, sum([...refused.values()]));
      assert.deepEqual(
        [pointsConfirmed, pointsBuffered, reconnects],
        [pointsSent - pointsDropped, 0, 0],
      );
    }
  },
}));

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: 'Source with "at-most-once" tells what RabbitMQ has refused, and goes on',
  fn: async () => {
    await using refusing = await RefusingNetwork.start();
    const { url } = refusing;
    const sender = new Sender({ url, delivery: "at-most-once" });
    const { source } = sender;
    await source.connect();
    source.metric(LARGE).chunkSize = LARGE_POINTS;
    const refusals = new Events<string>();
    const followed = (async () => {
      for await (const event of source.events()) {
        if (event.kind === "points-refused") refusals.add(event.metric);
      }
    })();
    await sender.send("poison.good", ROUND_POINTS);
    await sender.send(LARGE, LARGE_POINTS);
    assert.equal(await refusals.nth(1), LARGE);
    await sender.send("poison.good", ROUND_POINTS);
    await sender.send(FORBIDDEN[0], 1);
    assert.equal(await refusals.nth(2), FORBIDDEN[0]);
    await sender.send(FORBIDDEN[0], 10);
    await sender.send("poison.good", ROUND_POINTS);
    await source.stop();
    await followed;

    const received = await readDatabase(url);
    assert.deepEqual([...received.keys()], ["poison.good"]);
    const { pointsConfirmed, pointsDropped, takenBack, reconnects } = source.stats;
    assert.equal(received.get("poison.good")?.length, 3 * ROUND_POINTS);
    assert.deepEqual([pointsConfirmed, pointsDropped], [3 * ROUND_POINTS, LARGE_POINTS + 11]);
    assert.deepEqual([takenBack.points, takenBack.chunks, reconnects], [LARGE_POINTS + 1, 2, 0]);
  },
}));

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
