import assert from "node:assert/strict";
import fc from "fast-check";
import { SpoolFailed } from "../../src/errors.ts";
import type { Chunk, ChunkSender } from "../../src/outbox/outbox.ts";
import { Spool } from "../../src/outbox/spool.ts";
import { SpoolBacklog } from "../../src/outbox/spool_backlog.ts";
import type { SpoolStorage, StoredChunk } from "../../src/outbox/spool_storage.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { needing } from "../support/needing.ts";
import { makeOutbox } from "./outbox_setup.ts";
import { NEEDS, SpoolFolder } from "./spool_folder.ts";

const CHUNK_BYTES = 4 + 128;

function chunk(id: number): Chunk {
  const body = new Uint8Array(4);
  new DataView(body.buffer).setUint32(0, id);
  return { metric: `test.m${id % 3}`, body, points: 1 };
}

function idOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(0);
}

class ManualSender implements ChunkSender {
  writable = true;
  readonly ids: number[] = [];

  publish(_metric: string, body: Uint8Array): number {
    return this.ids.push(idOf(body));
  }
}

interface SetUp {
  readonly memoryChunks?: number;
  readonly spoolChunks?: number;
  readonly early?: readonly Chunk[];
}

/** An outbox whose chunks are in a spool. */
function openOutbox(
  spool: SpoolStorage,
  { memoryChunks = 1e6, spoolChunks = 1e6, early = [] }: SetUp,
) {
  const clock = new ManualClock();
  const dropped: number[] = [];
  const disk: string[] = [];
  const maxBytes = memoryChunks * CHUNK_BYTES;
  const outbox = makeOutbox({
    maxBytes,
    clock,
    onDrop: ({ body }) => dropped.push(idOf(body)),
  });
  for (const one of early) outbox.admit(one);
  outbox.useBacklog((makeEntry) =>
    new SpoolBacklog({
      spool,
      memoryMaxBytes: maxBytes,
      spoolMaxBytes: spoolChunks * CHUNK_BYTES,
      clock,
      makeEntry,
      onUnwritable: (error) => disk.push(error.message),
      onWritable: () => disk.push("written again"),
      onDamaged: (entry) => outbox.loseDamaged(entry),
      onUnreadable: (error) => assert.fail(error),
    })
  );
  return { outbox, dropped, disk, clock };
}

function spoolTest(name: string, test: (file: string) => Promise<void>): Deno.TestDefinition {
  return needing({ permissions: NEEDS }, {
    name,
    fn: async () => {
      await using folder = await SpoolFolder.make();
      await test(folder.file);
    },
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

const open = (file: string) => Spool.open(file, "source-test");

Deno.test(
  spoolTest("SpoolBacklog makes admit() resolve when the chunk is on disk", async (file) => {
    const spool = await open(file);
    const { outbox } = openOutbox(spool, {});
    const stored = outbox.admit(chunk(1));
    assert.equal(spool.measure().chunks, 0);
    await stored;
    assert.equal(spool.measure().chunks, 1);
    outbox.close();
  }),
);

Deno.test(spoolTest(
  "SpoolBacklog removes what is confirmed, and never writes what is so at once",
  async (file) => {
    const spool = await open(file);
    const { outbox } = openOutbox(spool, {});
    outbox.attach(new ManualSender());
    await outbox.admit(chunk(1));
    const stored = outbox.admit(chunk(2));
    outbox.confirm(2, true, true);
    await stored;
    assert.equal(spool.measure().chunks, 0);
    assert.equal(outbox.bytes, 0);
    outbox.close();
  },
));

Deno.test(spoolTest(
  "SpoolBacklog hands on what an earlier run has left, before anything new",
  async (file) => {
    const first = openOutbox(await open(file), {});
    first.outbox.attach(new ManualSender());
    for (const id of range(0, 10)) await first.outbox.admit(chunk(id));
    first.outbox.confirm(4, true, true);
    first.outbox.close();
    assert.deepEqual(first.dropped, []);

    const sender = new ManualSender();
    const { outbox } = openOutbox(await open(file), { early: [chunk(10), chunk(11)] });
    const drained = outbox.drained();
    outbox.admit(chunk(12));
    outbox.attach(sender);
    assert.deepEqual(sender.ids, range(4, 13));
    assert.equal(outbox.counters.points.recovered, 6);
    assert.equal(outbox.counters.points.admitted, 3);
    outbox.confirm(9, true, true);
    await drained;
    outbox.close();
  },
));

Deno.test(spoolTest(
  "SpoolBacklog keeps on disk what has no room in memory, and reads it back in order",
  async (file) => {
    const spool = await open(file);
    const reads: number[] = [];
    const counting: SpoolStorage = {
      path: file,
      measure: () => spool.measure(),
      write: (added, removed) => spool.write(added, removed),
      close: () => spool.close(),
      read(from, maxBytes) {
        const chunks = spool.read(from, maxBytes);
        reads.push(chunks.length);
        return chunks;
      },
    };
    const { outbox } = openOutbox(counting, { memoryChunks: 10 });
    for (const id of range(0, 100)) await outbox.admit(chunk(id));
    assert.equal(outbox.chunks, 100);
    const sender = new ManualSender();
    outbox.attach(sender);
    for (let tag = 1; tag <= 100; tag++) outbox.confirm(tag, false, true);
    assert.deepEqual(sender.ids, range(0, 100));
    assert(Math.max(...reads) <= 5, `${reads}`);
    assert.equal(outbox.bytes, 0);
    outbox.close();
  },
));

Deno.test(
  spoolTest("SpoolBacklog gives up the oldest chunks when the spool is full", async (file) => {
    const { outbox, dropped } = openOutbox(await open(file), { memoryChunks: 3, spoolChunks: 10 });
    for (const id of range(0, 15)) await outbox.admit(chunk(id));
    assert.deepEqual(dropped, range(0, 5));
    outbox.close();
    const spool = await open(file);
    assert.deepEqual(spool.read(0, Infinity).map(({ body }) => idOf(body)), range(5, 15));
    spool.close();
  }),
);

Deno.test(spoolTest(
  "Outbox with a spool drops nothing that the broker nacks while the spool has room",
  async (file) => {
    const { outbox, dropped, clock } = openOutbox(await open(file), { memoryChunks: 10 });
    for (const id of range(0, 100)) await outbox.admit(chunk(id));
    const sender = new ManualSender();
    outbox.attach(sender);
    let tag = 0;
    const settleAll = (acked: boolean) => {
      while (tag < sender.ids.length) outbox.confirm(++tag, false, acked);
    };
    for (let second = 0; second < 60; second++) {
      settleAll(false);
      await clock.advance(1);
    }
    assert.deepEqual(dropped, []);
    const nacked = tag;
    for (let second = 0; outbox.chunks > 0; second++) {
      assert(second < 600, "it never becomes empty");
      settleAll(true);
      await clock.advance(1);
    }
    assert.deepEqual(dropped, []);
    const acked = sender.ids.slice(nacked);
    for (const metric of [0, 1, 2]) {
      const ofMetric = (ids: readonly number[]) => ids.filter((id) => id % 3 === metric);
      assert.deepEqual(ofMetric(acked), ofMetric(range(0, 100)));
    }
    outbox.close();
  },
));

/** A spool on a disk that can be full. */
class FailingSpool implements SpoolStorage {
  isFull = false;
  readonly path: string;
  readonly #spool: Spool;

  constructor(spool: Spool) {
    this.#spool = spool;
    this.path = spool.path;
  }

  measure: Spool["measure"] = () => this.#spool.measure();
  takeDamaged?: Spool["takeDamaged"];
  close: Spool["close"] = () => this.#spool.close();
  read(...range: Parameters<Spool["read"]>): StoredChunk[] {
    return this.#spool.read(...range);
  }

  write: Spool["write"] = (added, removed) => {
    if (this.isFull) throw new SpoolFailed("x", "the disk is full");
    this.#spool.write(added, removed);
  };
}

Deno.test(spoolTest(
  "SpoolBacklog goes on in memory while the disk is full, and writes again afterwards",
  async (file) => {
    const spool = new FailingSpool(await open(file));
    const { outbox, dropped, disk, clock } = openOutbox(spool, { memoryChunks: 10 });
    for (const id of range(0, 14)) await outbox.admit(chunk(id));
    spool.isFull = true;
    for (const id of range(14, 30)) await outbox.admit(chunk(id));
    // On disk are 14, of which 10 are in memory as well and make room for those that are not.
    assert.deepEqual(dropped.toSorted((a, b) => a - b), dropped);
    assert.deepEqual(disk, ['Cannot use spool "x": the disk is full']);
    spool.isFull = false;
    await clock.advance(1);
    await outbox.admit(chunk(30));
    assert.deepEqual(disk.slice(1), ["written again"]);
    const kept = spool.read(0, Infinity).map(({ body }) => idOf(body));
    assert.deepEqual(kept, range(0, 31).filter((id) => !dropped.includes(id)));

    const sender = new ManualSender();
    outbox.attach(sender);
    for (let tag = 1; outbox.chunks > 0; tag++) outbox.confirm(tag, false, true);
    assert.deepEqual(sender.ids, kept);
    outbox.close();
  },
));

Deno.test(spoolTest(
  "SpoolBacklog.close() on a full disk gives up only what was never written",
  async (file) => {
    const spool = new FailingSpool(await open(file));
    const { outbox, dropped, disk } = openOutbox(spool, {});
    await outbox.admit(chunk(1));
    spool.isFull = true;
    await outbox.admit(chunk(2));
    outbox.close();
    assert.deepEqual(dropped, [2]);
    assert.deepEqual(disk, ['Cannot use spool "x": the disk is full']);
  },
));

Deno.test(spoolTest("SpoolBacklog says so when chunks cannot be read any more", async (file) => {
  const spool = new FailingSpool(await open(file));
  const { outbox } = openOutbox(spool, { memoryChunks: 1 });
  for (const id of range(0, 5)) await outbox.admit(chunk(id));
  spool.read = () => {
    throw new Error("the disk is broken");
  };
  const sender = new ManualSender();
  outbox.attach(sender);
  assert.throws(() => outbox.confirm(1, false, true), { message: "the disk is broken" });
  outbox.close();
}));

Deno.test(spoolTest(
  "SpoolBacklog drops chunks that are damaged, and goes on with those behind them",
  async (file) => {
    const spool = new FailingSpool(await open(file));
    const { outbox, dropped } = openOutbox(spool, { memoryChunks: 4 });
    for (const id of range(0, 40)) await outbox.admit(chunk(id));
    const drained = outbox.drained();
    const isDamaged = ({ sequence }: StoredChunk) => sequence >= 5 && sequence < 35;
    let damaged: StoredChunk[] = [];
    spool.read = (from, maxBytes) => {
      const chunks = FailingSpool.prototype.read.call(spool, from, maxBytes);
      damaged = chunks.filter(isDamaged);
      return chunks.filter((one) => !isDamaged(one));
    };
    spool.takeDamaged = () => damaged.splice(0);
    const sender = new ManualSender();
    outbox.attach(sender);
    for (let tag = 1; outbox.chunks > 0; tag++) outbox.confirm(tag, false, true);
    assert.deepEqual(sender.ids, [...range(0, 5), ...range(35, 40)]);
    assert.deepEqual(dropped, range(5, 35));
    assert.deepEqual([outbox.counters.chunks.acked, outbox.counters.chunks.dropped], [10, 30]);
    assert.equal(outbox.bytes, 0);
    await assert.rejects(drained, { name: "PublishFailed" });
    outbox.close();
    const again = await open(file);
    assert.equal(again.measure().chunks, 0);
    again.close();
  },
));

type Event = "admit" | "turn" | "confirm" | "detach" | "restart";

Deno.test(needing({ permissions: NEEDS }, {
  name: "Outbox with a spool delivers every chunk in order, whatever outages and restarts come",
  fn: async () => {
    await using folder = await SpoolFolder.make();
    const event = fc.oneof(
      { weight: 6, arbitrary: fc.constant<Event>("admit") },
      { weight: 4, arbitrary: fc.constantFrom<Event>("turn", "confirm", "detach", "restart") },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 80 }),
        fc.integer({ min: 1, max: 20 }),
        async (events, memoryChunks) => {
          const confirmed: number[] = [];
          let admitted = 0;
          let { outbox } = openOutbox(await open(folder.file), { memoryChunks });
          let sender = new ManualSender();
          let tag = 0;
          const confirmOne = () => {
            const id = sender.ids[tag];
            if (id === undefined) return;
            confirmed.push(id);
            outbox.confirm(++tag, false, true);
          };
          const attach = () => {
            sender = new ManualSender();
            tag = 0;
            outbox.attach(sender);
          };
          for (const event of events) {
            if (event === "admit") void outbox.admit(chunk(admitted++));
            else if (event === "turn") await new Promise((resolve) => setTimeout(resolve));
            else if (event === "confirm") confirmOne();
            else if (event === "detach") attach();
            else {
              outbox.close();
              ({ outbox } = openOutbox(await open(folder.file), { memoryChunks }));
              attach();
            }
          }
          attach();
          while (outbox.chunks > 0) confirmOne();
          outbox.close();
          assert.deepEqual(confirmed, range(0, admitted));
        },
      ),
      { numRuns: 40 },
    );
  },
}));
