/**
 * The limit: frames that were encoded before, written to a socket as fast as the broker takes them, or
 * confirms them: `raw_sending.ts URL [confirmed]`. All are transient.
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

// As many as a source has in flight.
const WINDOW_MESSAGES = 4096;

const [url = "", delivery] = Deno.args;
const socket = new AmqpSocket(ServerAddress.parse(url), {
  name: "bench-raw-sending",
  tls: {},
  clock: systemClock,
  transport: systemTransport,
});
await socket.connect();
const channel = await socket.channel();
const isConfirmed = delivery === "confirmed";
let published = 0;
let confirmed = 0;
// A broker confirms in any order: one message may come before another that speaks for all up to it.
const isConfirmedTag = new Uint8Array(WINDOW_MESSAGES);
let openFrom = 1;
let onConfirm = () => {};
if (isConfirmed) {
  await channel.confirmSelect();
  channel.publishConfirmed = (tag, multiple) => {
    for (let each = multiple ? openFrom : tag; each <= tag; each++) noteConfirm(each);
    for (; isConfirmedTag[openFrom % WINDOW_MESSAGES] === 1; openFrom++) {
      isConfirmedTag[openFrom % WINDOW_MESSAGES] = 0;
    }
    onConfirm();
  };
}

function noteConfirm(tag: number): void {
  const at = tag % WINDOW_MESSAGES;
  if (isConfirmedTag[at] === 1) return;
  isConfirmedTag[at] = 1;
  confirmed++;
}

/** Waits until so few messages are not confirmed. */
async function untilOpen(atMost: number): Promise<void> {
  while (isConfirmed && published - confirmed > atMost) {
    await new Promise<void>((resolve) => onConfirm = resolve);
  }
}

await answerAll(async ({ points, chunkSize, metrics }: SendingQuestion): Promise<SendingAnswer> => {
  const messages = encodeMessages(chunkSize, metrics);
  const fitting = Math.max(1, Math.floor(BLOCK_BYTES / messages.bytesEach));
  const perBlock = isConfirmed ? Math.min(fitting, WINDOW_MESSAGES / 4) : fitting;
  const cpuBefore = cpuSeconds();
  const startMs = performance.timeOrigin + performance.now();
  for (let left = points / chunkSize; left > 0; left -= perBlock) {
    const count = Math.min(left, perBlock);
    await untilOpen(WINDOW_MESSAGES - count);
    void socket.send(messages.bytes.subarray(0, count * messages.bytesEach));
    published += count;
    await Promise.resolve(); // lets the socket take it
    if (socket.backlogBytes > BACKLOG_BYTES) {
      await new Promise<void>((resolve) => socket.onDrain = resolve);
    }
  }
  void socket.send(encodeMessages(1, 1, () => LAST_METRIC).one);
  published++;
  await untilOpen(0);
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
