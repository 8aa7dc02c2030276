/** Memory of chunks is used again: not before they have ended, and then it is. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { ChunkBuilder } from "../../src/chunk/chunk_builder.ts";
import { memoryOf } from "../../src/chunk/chunk_memory.ts";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import type { ChunkSender, Outbox } from "../../src/outbox/outbox.ts";
import { setUp } from "./outbox_setup.ts";

const CHUNK_POINTS = 1000; // 11 kB, 23 of them in a block

/** Admits chunks whose values tell which they are, and looks at each that is sent. */
class Recycling {
  readonly outbox: Outbox;
  readonly buffers = new Set<ArrayBufferLike>();
  readonly sent: number[] = [];
  readonly #builder = new ChunkBuilder(CHUNK_POINTS);
  #admitted = 0;
  #tag = 0;

  constructor(confirms: boolean) {
    this.outbox = setUp(200_000, { confirms }).outbox;
  }

  admit(): void {
    const id = this.#admitted++;
    for (let at = 0; at < CHUNK_POINTS; at++) {
      this.#builder.append(1_700_000_000, at * 1_000_000, id);
    }
    const body = this.#builder.detach();
    this.buffers.add(body.buffer);
    const chunk = { metric: `test.m${id % 3}`, body, points: CHUNK_POINTS, memory: memoryOf(body) };
    void this.outbox.admit(chunk);
  }

  attach(): void {
    this.#tag = 0;
    const sender: ChunkSender = {
      writable: true,
      publish: (metric, body) => {
        const { timesNs, values } = decodeChunk(body);
        const id = values[0] ?? NaN;
        assert(values.length === CHUNK_POINTS && values.every((value) => value === id), "mixed");
        assert.equal(timesNs[CHUNK_POINTS - 1], 1_700_000_000_999_000_000n);
        assert.equal(metric, `test.m${id % 3}`);
        this.sent.push(id);
        return ++this.#tag;
      },
    };
    this.outbox.attach(sender);
  }

  /** Confirms, or nacks, one of the last chunks, or all up to it. */
  confirm(back: number, multiple: boolean, acked: boolean): void {
    if (this.#tag > back) this.outbox.confirm(this.#tag - back, multiple, acked);
  }
}

type Step = (recycling: Recycling) => void;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 30 }).map((chunks): Step => (recycling) => {
      for (let at = 0; at < chunks; at++) recycling.admit();
    }),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(20), fc.boolean(), fc.boolean()).map(
      (confirm): Step => (recycling) => recycling.confirm(...confirm),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((recycling) => recycling.attach()) },
  { weight: 1, arbitrary: fc.constant<Step>((recycling) => recycling.outbox.detach()) },
);

Deno.test("A chunk's bytes stay while it may be sent again, whatever is confirmed and dropped", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 60, size: "max" }), (confirms, steps) => {
      const recycling = new Recycling(confirms);
      recycling.attach();
      for (const step of steps) step(recycling);
      recycling.outbox.close();
    }),
  );
});

for (const confirms of [true, false]) {
  Deno.test(`Memory of chunks is used again when they have ended, ${confirms ? "with" : "without"} confirms`, () => {
    const recycling = new Recycling(confirms);
    recycling.attach();
    for (let chunk = 0; chunk < 2000; chunk++) {
      recycling.admit();
      recycling.confirm(0, true, true);
    }
    assert.equal(recycling.sent.length, 2000); // 22 MB
    assert(recycling.buffers.size < 4, `${recycling.buffers.size} blocks`);
    recycling.outbox.close();
  });
}
