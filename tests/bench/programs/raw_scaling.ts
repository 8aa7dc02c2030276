/**
 * The limit of `scaling.ts`: messages that were encoded before, written to a socket as fast as the
 * broker takes and confirms them: `raw_scaling.ts URL METRICS`.
 *
 * @module
 */

import { AmqpSocket } from "../../../src/amqp/amqp_socket.ts";
import { PublishEncoder } from "../../../src/amqp/publish_encoder.ts";
import { ServerAddress } from "../../../src/amqp/server_address.ts";
import { systemTransport } from "../../../src/amqp/transport.ts";
import { WriteBuffer } from "../../../src/amqp/write_buffer.ts";
import { encodePoint } from "../../../src/chunk/data_chunk.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { answerAll, cpuSeconds } from "./answering.ts";
import type { StreamingAnswer } from "./scaling.ts";

const DATA_EXCHANGE = "metricq.data";
const BLOCK_BYTES = 256 * 1024;
const BACKLOG_BYTES = 1024 * 1024;

const [url = "", metrics = ""] = Deno.args;
const socket = new AmqpSocket(ServerAddress.parse(url), {
  name: "bench-raw-scaling",
  tls: {},
  clock: systemClock,
  transport: systemTransport,
});
await socket.connect();
const channel = await socket.channel();
await channel.confirmSelect();
let allUpTo = 0;
const beyond = new Set<number>();
let onConfirmed = () => {};
channel.publishConfirmed = (tag, multiple) => {
  if (multiple) {
    allUpTo = Math.max(allUpTo, tag);
    for (const single of beyond) if (single <= tag) beyond.delete(single);
  } else beyond.add(tag);
  while (beyond.delete(allUpTo + 1)) allUpTo++;
  onConfirmed();
};

const properties = { deliveryMode: 2 };
const encoder = new PublishEncoder(channel.id, DATA_EXCHANGE, properties, socket.frameMax);
const messages = new WriteBuffer();
// Where blocks begin: at messages, as a heartbeat may come between two blocks.
const blocksAt = [0];
for (let at = 0; at < Number(metrics); at++) {
  encoder.encode(`bench.scaling.metric${at}`, encodePoint(1_700_000_000, 0, 1), messages);
  if (messages.length - (blocksAt.at(-1) ?? 0) > BLOCK_BYTES) blocksAt.push(messages.length);
}
let sent = 0;

await answerAll(async ({ points }: { readonly points: number }): Promise<StreamingAnswer> => {
  const startMs = performance.now();
  const cpuBefore = cpuSeconds();
  for (let left = points; left > 0; left -= Number(metrics)) await sendAll();
  sent += points;
  const done = Promise.withResolvers<void>();
  onConfirmed = () => {
    if (allUpTo >= sent) done.resolve();
  };
  onConfirmed();
  await done.promise;
  return {
    seconds: (performance.now() - startMs) / 1000,
    cpuSeconds: cpuSeconds() - cpuBefore,
  };
});

async function sendAll(): Promise<void> {
  const all = messages.written();
  for (const [index, from] of blocksAt.entries()) {
    void socket.send(all.subarray(from, blocksAt[index + 1]));
    if (socket.backlogBytes > BACKLOG_BYTES) {
      await new Promise<void>((resolve) => socket.onDrain = resolve);
    }
  }
}
