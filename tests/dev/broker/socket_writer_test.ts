import assert from "node:assert/strict";
import { SocketWriter } from "../../../src/dev/broker/socket_writer.ts";

const KIB = 1024;

Deno.test("SocketWriter writes what is appended in one turn at once", async () => {
  const { writer, sink } = setup();
  for (const byte of [1, 2, 3]) writer.write(Uint8Array.of(byte));
  await writer.flushed();
  assert.deepEqual(sink.writes, [[1, 2, 3]]);
  assert.deepEqual([writer.sentBytes, writer.idle], [3, true]);
});

Deno.test("SocketWriter goes on with the rest where the socket takes only a part", async () => {
  const { writer, sink } = setup();
  sink.takes = 2;
  writer.write(Uint8Array.of(1, 2, 3, 4, 5));
  await writer.flushed();
  assert.deepEqual(sink.writes.flat(), [1, 2, 3, 4, 5]);
});

Deno.test("SocketWriter keeps the order of what is appended during a write", async () => {
  const { writer, sink } = setup();
  sink.onWrite = () => {
    sink.onWrite = () => {};
    writer.write(Uint8Array.of(9));
  };
  writer.write(Uint8Array.of(1));
  await writer.flushed();
  assert.deepEqual(sink.writes, [[1], [9]]);
});

Deno.test("SocketWriter is full while much waits, and says when there is room", async () => {
  const { writer, sink, events } = setup();
  sink.hold();
  writer.write(new Uint8Array(511 * KIB));
  assert.equal(writer.full, false);
  writer.write(new Uint8Array(KIB));
  assert.equal(writer.full, true);
  assert.equal(events.rooms, 0);
  sink.release();
  await writer.flushed();
  assert.deepEqual([writer.full, events.rooms], [false, 1]);
});

Deno.test("SocketWriter reports room only after it has refused some", async () => {
  const { writer, events } = setup();
  writer.write(new Uint8Array(600 * KIB));
  await writer.flushed();
  assert.equal(events.rooms, 0);
});

Deno.test("SocketWriter.roomy() waits until a choked writer has written", async () => {
  const { writer, sink } = setup();
  sink.hold();
  writer.write(new Uint8Array(5 * KIB * KIB));
  assert.equal(writer.choked, true);
  const roomy = writer.roomy();
  sink.release();
  await roomy;
  assert.equal(writer.choked, false);
});

Deno.test("SocketWriter reports a failed socket once, and ends all waits for it", async () => {
  const { writer, sink, events } = setup();
  sink.hold();
  writer.write(new Uint8Array(5 * KIB * KIB));
  const roomy = writer.roomy();
  sink.fail(new Error("reset"));
  await roomy;
  await writer.flushed();
  writer.write(Uint8Array.of(1));
  await writer.flushed();
  assert.deepEqual(events.failures, ["Error: reset"]);
});

Deno.test("SocketWriter takes no deliveries once the connection ends", () => {
  const { writer } = setup();
  writer.acceptsDeliveries = false;
  assert.equal(writer.full, true);
});

function setup() {
  const events = { rooms: 0, failures: [] as string[] };
  const sink = new Sink();
  const writer = new SocketWriter(sink, {
    onRoom: () => void events.rooms++,
    onFailure: (error) => void events.failures.push(String(error)),
    mayWrite: () => undefined,
  });
  return { writer, sink, events };
}

class Sink {
  readonly writes: number[][] = [];
  takes = Infinity;
  onWrite = () => {};
  #gate = Promise.resolve();
  release = () => {};
  fail: (error: Error) => void = () => {};

  hold(): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.release = resolve;
    this.fail = reject;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate;
    const taken = bytes.slice(0, this.takes);
    this.writes.push(taken.length < KIB ? [...taken] : []);
    this.onWrite();
    return taken.length;
  }
}
