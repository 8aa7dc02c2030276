import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameReader } from "../../../src/dev/broker/frame_reader.ts";
import { ReplyError } from "../../../src/dev/broker/reply_error.ts";
import { frame } from "./raw_client.ts";

const FRAMES: readonly [type: number, channel: number, payload: number[]][] = [
  [1, 0, [0, 10, 0, 11]],
  [8, 0, []],
  [3, 65_535, [1, 2, 206, 3]],
  [2, 1, new Array(600).fill(206)],
];
const STREAM = FRAMES.flatMap(([type, channel, payload]) => [...frame(type, channel, payload)]);

Deno.test("FrameReader.feed() hands over the same frames wherever the stream is cut in two", () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    assert.deepEqual(read([STREAM.slice(0, cut), STREAM.slice(cut)]), FRAMES, `cut at ${cut}`);
  }
});

Deno.test("FrameReader.feed() takes the stream byte by byte", () => {
  assert.deepEqual(read(STREAM.map((byte) => [byte])), FRAMES);
});

Deno.test("FrameReader.feed() hands over the same frames however the stream is cut", () => {
  const cuts = fc.array(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 20 });
  fc.assert(fc.property(cuts, (unsorted) => {
    const sorted = [0, ...unsorted.sort((left, right) => left - right), STREAM.length];
    const chunks = sorted.slice(1).map((end, index) => STREAM.slice(sorted[index], end));
    assert.deepEqual(read(chunks), FRAMES);
  }));
});

Deno.test("FrameReader.feed() refuses a frame beyond the limit before its payload comes", () => {
  const reader = new FrameReader(20);
  assert.equal(reader.feed(frame(3, 1, new Array(12).fill(0)), () => true), 20);
  const header = frame(3, 1, new Array(13).fill(0)).subarray(0, 7);
  assert.throws(() => reader.feed(header, () => true), codeIs(501));
});

Deno.test("FrameReader.feed() refuses a frame without its end, also when it comes in pieces", () => {
  const broken = frame(1, 0, [1, 2, 3]).with(-1, 205);
  assert.throws(() => new FrameReader(100).feed(broken, () => true), codeIs(501));
  const reader = new FrameReader(100);
  reader.feed(broken.subarray(0, 9), () => true);
  assert.throws(() => reader.feed(broken.subarray(9), () => true), codeIs(501));
});

Deno.test("FrameReader.feed() stops after the frame whose handler says so", () => {
  const stream = Uint8Array.from(STREAM);
  for (const begun of [0, 3, 10]) {
    const reader = new FrameReader(1000);
    let handed = 0;
    reader.feed(stream.subarray(0, begun), () => true);
    let taken = begun;
    while (taken < stream.length) {
      const before = handed;
      taken += reader.feed(stream.subarray(taken), () => {
        handed++;
        return false;
      });
      assert.equal(handed, before + 1);
    }
    assert.equal(handed, FRAMES.length);
  }
});

function read(chunks: readonly number[][]): [number, number, number[]][] {
  const reader = new FrameReader(1000);
  const frames: [number, number, number[]][] = [];
  for (const chunk of chunks) {
    reader.feed(Uint8Array.from(chunk), (type, channel, bytes, start, end) => {
      frames.push([type, channel, [...bytes.subarray(start, end)]]);
      return true;
    });
  }
  return frames;
}

function codeIs(code: number): (error: unknown) => boolean {
  return (error) => error instanceof ReplyError && error.code === code;
}
