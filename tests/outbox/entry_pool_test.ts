import assert from "node:assert/strict";
import { EntryPool } from "../../src/outbox/entry_pool.ts";
import { Lane } from "../../src/outbox/lane.ts";
import { chunk } from "./outbox_setup.ts";

Deno.test("EntryPool.take() gives an entry that has ended to another chunk, with nothing of the one before", () => {
  const pool = new EntryPool();
  const lane = new Lane();
  const bytes = new Uint8Array(100).fill(7);
  const memory = { bytes, release() {} };
  const first = pool.take(
    { ...chunk(1, { points: 3 }), body: bytes.subarray(40, 60), memory },
    5,
    lane,
  );
  assert.deepEqual(first.body, new Uint8Array(20).fill(7));
  assert.equal(first.sizeBytes, 148);
  first.wasSent = true;
  assert.notEqual(pool.take(chunk(2), 6, lane), first);

  pool.give(first);
  assert.equal(first.body.byteLength, 0);
  const other = new Lane();
  const again = pool.take(chunk(9, { bytes: 2 }), 7, other);
  assert.equal(again, first);
  const { metric, points, body, sequence, wasSent } = again;
  assert.deepEqual(
    { metric, points, body, sequence, wasSent },
    { ...chunk(9, { bytes: 2 }), sequence: 7, wasSent: false },
  );
  assert.equal(again.lane, other);
  assert.equal(again.memory, undefined);
});
