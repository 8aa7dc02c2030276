/**
 * The limit: frames that were encoded before, written to a socket as fast as the broker takes them:
 * `raw_sending.ts URL`.
 *
 * @module
 */

import { AmqpSocket } from "../../../src/amqp/amqp_socket.ts";
import { PublishEncoder } from "../../../src/amqp/publish_encoder.ts";
import { ServerAddress } from "../../../src/amqp/server_address.ts";
import { systemTransport } from "../../../src/amqp/transport.ts";
import { WriteBuffer } from "../../../src/amqp/write_buffer.ts";
import { ChunkBuilder } from "../../../src/chunk/chunk_builder.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { answerAll, cpuSeconds, residentMiB } from "./answering.ts";
import { LAST_METRIC, type SendingAnswer, type SendingQuestion } from "./sending.ts";

const DATA_EXCHANGE = "metricq.data";
const BLOCK_BYTES = 256 * 1024;
const BACKLOG_BYTES = 1024 * 1024;

const [url = ""] = Deno.args;
const socket = new AmqpSocket(ServerAddress.parse(url), {
  name: "bench-raw-sending",
  tls: {},
  clock: systemClock,
  transport: systemTransport,
});
await socket.connect();
const channel = await socket.channel();

await answerAll(async ({ points, chunkSize, metrics }: SendingQuestion): Promise<SendingAnswer> => {
  const messages = encodeMessages(chunkSize, metrics);
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / messages.bytesEach));
  const cpuBefore = cpuSeconds();
  const startMs = performance.timeOrigin + performance.now();
  for (let left = points / chunkSize; left > 0; left -= perBlock) {
    const block = messages.bytes.subarray(0, Math.min(left, perBlock) * messages.bytesEach);
    void socket.send(block);
    await Promise.resolve(); // lets the socket take it
    if (socket.backlogBytes > BACKLOG_BYTES) {
      await new Promise<void>((resolve) => socket.onDrain = resolve);
    }
  }
  void socket.send(encodeMessages(1, 1, () => LAST_METRIC).one);
  return {
    startMs,
    cpuSeconds: cpuSeconds() - cpuBefore,
    residentMiB: residentMiB(),
  };
});

/** A block of messages, all of the same size, to the metrics in turn. */
function encodeMessages(
  chunkSize: number,
  metrics: number,
  nameOf = (at: string) => `bench.sending.metric${at}`,
) {
  const encoder = new PublishEncoder(channel.id, DATA_EXCHANGE, {}, socket.frameMax);
  const width = String(metrics - 1).length;
  const buffer = new WriteBuffer();
  let messages = 0;
  for (let at = 0; buffer.length < BLOCK_BYTES; at = (at + 1) % metrics) {
    const builder = new ChunkBuilder();
    for (let point = 0; point < chunkSize; point++) {
      builder.append(1_700_000_000 + Math.floor(point / 1000), (point % 1000) * 1e6, point);
    }
    encoder.encode(nameOf(String(at).padStart(width, "0")), builder.detach(), buffer);
    messages++;
  }
  const bytesEach = buffer.length / messages;
  const bytes = buffer.written();
  return { bytes, bytesEach, one: bytes.subarray(0, bytesEach) };
}
