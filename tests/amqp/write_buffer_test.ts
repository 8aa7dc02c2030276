import assert from "node:assert/strict";
import { WriteBuffer } from "../../src/amqp/write_buffer.ts";

function write(buffer: WriteBuffer, bytes: Uint8Array): void {
  buffer.reserve(bytes.byteLength);
  buffer.bytes.set(bytes, buffer.length);
  buffer.length += bytes.byteLength;
}

Deno.test("WriteBuffer.reserve() grows, and keeps what is written", () => {
  const buffer = new WriteBuffer();
  for (let byte = 1; byte <= 10; byte++) write(buffer, new Uint8Array(10_000).fill(byte));
  const expected = Uint8Array.from({ length: 100_000 }, (_, at) => 1 + Math.floor(at / 10_000));
  assert.deepEqual(buffer.written(), expected);
});

Deno.test("WriteBuffer.clear() begins from the front, and keeps no more memory than usual", () => {
  const buffer = new WriteBuffer();
  write(buffer, new Uint8Array(100_000));
  const { bytes } = buffer;
  buffer.clear();
  assert.equal(buffer.length, 0);
  assert.equal(buffer.bytes, bytes);
  write(buffer, new Uint8Array(10_000_000));
  buffer.clear();
  assert(buffer.bytes.byteLength < 10_000_000);
});
