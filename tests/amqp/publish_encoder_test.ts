import assert from "node:assert/strict";
import { AMQPBaseClient } from "@cloudamqp/amqp-client/amqp-base-client";
import { AMQPChannel } from "@cloudamqp/amqp-client";
import { PublishEncoder } from "../../src/amqp/publish_encoder.ts";

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
    for (const metric of ["a.b", "example.ü", "a.b"]) {
      await channel.basicPublish("metricq.data", metric, body, properties);
      assert.deepEqual(encoder.encode(metric, body), client.sent, `${size} bytes of ${metric}`);
    }
  }
});

Deno.test("PublishEncoder.encode() leaves messages alone that it has encoded before", () => {
  const encoder = new PublishEncoder(1, "x", {}, FRAME_MAX_BYTES);
  const first = encoder.encode("a.b", Uint8Array.of(1));
  const copy = first.slice();
  encoder.encode("a.b", Uint8Array.of(2, 3));
  assert.deepEqual(first, copy);
});
