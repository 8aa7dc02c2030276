import assert from "node:assert/strict";
import { AMQPBaseClient } from "@cloudamqp/amqp-client/amqp-base-client";
import fc from "fast-check";
import { AMQPChannel } from "@cloudamqp/amqp-client";
import { PublishEncoder } from "../../src/amqp/publish_encoder.ts";
import { WriteBuffer } from "../../src/amqp/write_buffer.ts";

const FRAME_MAX_BYTES = 8192;

/** The client's own encoding, taken from where it would go to the socket. */
class RecordingClient extends AMQPBaseClient {
  sent: Uint8Array = new Uint8Array(0);

  constructor() {
    super("/", "guest", "guest", "", "", FRAME_MAX_BYTES);
  }

  override connect(): Promise<AMQPBaseClient> {
    return Promise.resolve(this);
  }

  override send(bytes: Uint8Array): Promise<void> {
    this.sent = bytes.slice();
    return Promise.resolve();
  }

  override closeSocket(): void {}
}

Deno.test("PublishEncoder.encode() gives the client's own bytes, for bodies of any number of frames", async () => {
  const client = new RecordingClient();
  const channel = new AMQPChannel(client, 3);
  const properties = { deliveryMode: 2, appId: "token", contentType: "application/json" };
  const encoder = new PublishEncoder(3, "metricq.data", properties, FRAME_MAX_BYTES);
  for (const size of [0, 1, 8183, 8184, 8185, 16_368, 16_369, 50_000]) {
    const body = Uint8Array.from({ length: size }, (_, index) => index % 251);
    for (const metric of ["a.b", "example.ü", "", "x".repeat(255)]) {
      await channel.basicPublish("metricq.data", metric, body, properties);
      const buffer = new WriteBuffer();
      encoder.encode(metric, body, buffer);
      assert.deepEqual(buffer.written(), client.sent, `${size} bytes of ${metric}`);
    }
  }
});

Deno.test("PublishEncoder.encode() writes the same, whichever keys and bodies came before", () => {
  const message = fc.record({
    key: fc.constantFrom("a.b", "a.c", "example.ü"),
    size: fc.constantFrom(0, 1, 21, 32, 33, 8184, 8185, 20_000),
  });
  fc.assert(fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
    const encoder = new PublishEncoder(3, "metricq.data", { deliveryMode: 2 }, FRAME_MAX_BYTES);
    const buffer = new WriteBuffer();
    for (const { key, size } of messages) {
      const body = Uint8Array.from({ length: size }, (_, index) => index % 251);
      const start = buffer.length;
      encoder.encode(key, body, buffer);
      const fresh = new WriteBuffer();
      new PublishEncoder(3, "metricq.data", { deliveryMode: 2 }, FRAME_MAX_BYTES)
        .encode(key, body, fresh);
      assert.deepEqual(buffer.written().subarray(start), fresh.written());
    }
  }));
});

Deno.test("PublishEncoder.encode() writes behind what is there", () => {
  const encoder = new PublishEncoder(1, "x", {}, FRAME_MAX_BYTES);
  const buffer = new WriteBuffer();
  const messages = [1, 2, 3].map((byte) => {
    const from = buffer.length;
    encoder.encode(`test.m${byte}`, new Uint8Array(5000).fill(byte), buffer);
    return buffer.bytes.slice(from, buffer.length);
  });
  assert.deepEqual(buffer.written(), new Uint8Array(messages.flatMap((bytes) => [...bytes])));
});

Deno.test("PublishEncoder.encode() refuses a routing key of more than 255 bytes, and writes nothing", () => {
  const encoder = new PublishEncoder(1, "x", {}, FRAME_MAX_BYTES);
  const buffer = new WriteBuffer();
  for (const key of ["x".repeat(256), "ü".repeat(128)]) {
    assert.throws(
      () => encoder.encode(key, Uint8Array.of(1), buffer),
      {
        name: "RangeError",
        message:
          "Cannot publish: a routing key of 256 bytes is given, at most 255 bytes are required",
      },
    );
  }
  assert.equal(buffer.length, 0);
});
