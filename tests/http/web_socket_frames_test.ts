import assert from "node:assert/strict";
import fc from "fast-check";
import {
  encodeFrame,
  type Frame,
  FrameReader,
  WebSocketError,
} from "../../src/http/web_socket_frames.ts";

const MAX_BYTES = 70_000;

/** A client's frame: ours, with a mask. */
function masked(opcode: number, payload: Uint8Array, isFinal: boolean = true): Uint8Array {
  const plain = encodeFrame(opcode, payload);
  const headBytes = plain.length - payload.length;
  const mask = [1, 2, 3, 250];
  return new Uint8Array([
    (plain[0] ?? 0) & (isFinal ? 0xFF : 0x7F),
    (plain[1] ?? 0) | 0x80,
    ...plain.subarray(2, headBytes),
    ...mask,
    ...payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)),
  ]);
}

function readAll(pieces: readonly Uint8Array[]): Frame[] {
  const reader = new FrameReader(MAX_BYTES);
  return pieces.flatMap((piece) => [...reader.read(piece)]);
}

const frames = fc.array(
  fc.oneof(
    fc.record({
      opcode: fc.constantFrom(0, 1, 2),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(125, 126, 127, 65_535, 65_536, MAX_BYTES).map((size) =>
          new Uint8Array(size).fill(7)
        ),
      ),
      isFinal: fc.boolean(),
    }),
    fc.record({
      opcode: fc.constantFrom(8, 9, 10),
      payload: fc.uint8Array({ maxLength: 125 }),
      isFinal: fc.constant(true),
    }),
  ),
  { maxLength: 6 },
);

Deno.test("FrameReader reads frames as they were written, wherever the bytes are cut", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(400), { maxLength: 50 }), (written, cuts) => {
      const bytes = written.flatMap(({ opcode, payload, isFinal }) => [
        ...masked(opcode, payload, isFinal),
      ]);
      const pieces: Uint8Array[] = [];
      let start = 0;
      for (const cut of cuts) {
        pieces.push(new Uint8Array(bytes.slice(start, start + cut)));
        start += cut;
      }
      pieces.push(new Uint8Array(bytes.slice(start)));
      const read = readAll(pieces);
      assert.equal(read.length, written.length);
      read.forEach((frame, at) => {
        assert.deepEqual(frame, { ...written[at], payload: new Uint8Array(frame.payload) });
        assert.deepEqual([...frame.payload], [...written[at]?.payload ?? []]);
      });
    }),
    { numRuns: 50 },
  );
});

Deno.test("FrameReader takes any bytes, and fails with a code that a peer can be told", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    try {
      readAll([bytes]);
    } catch (error) {
      assert.ok(error instanceof WebSocketError);
      assert.ok([1002, 1009].includes(error.code));
    }
  }));
});

Deno.test("FrameReader refuses what no client may send, before its content has come", () => {
  const refused: [string, number[], number][] = [
    ["no mask", [0x81, 0x05], 1002],
    ["a reserved bit", [0xC1, 0x85], 1002],
    ["an unknown opcode", [0x83, 0x85], 1002],
    ["a ping in parts", [0x09, 0x80], 1002],
    ["a long ping", [0x89, 0xFE, 0x01, 0x00], 1002],
    ["too much", [0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0x11, 0x71], 1009],
    ["more than a number holds", [0x81, 0xFF, ...Array(8).fill(0xFF)], 1009],
  ];
  for (const [name, bytes, code] of refused) {
    assert.throws(() => readAll([new Uint8Array(bytes)]), { name: "WebSocketError", code }, name);
  }
});

Deno.test("encodeFrame() writes the shortest length that holds the content", () => {
  const heads = [[125, 2], [126, 4], [65_535, 4], [65_536, 10]];
  for (const [size = 0, headBytes = 0] of heads) {
    assert.equal(encodeFrame(2, new Uint8Array(size)).length, headBytes + size);
  }
});
