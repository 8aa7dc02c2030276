/** An outbox, and chunks that the broker refuses for what they are. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Chunk, ChunkRefusal, ChunkSender, Outbox } from "../../src/outbox/outbox.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { chunk, chunkOfA, isSettled, makeOutbox, ManualSender, setUp } from "./outbox_setup.ts";

const TOO_LARGE = {
  kind: "too-large",
  bodyBytes: 20,
  maxBodyBytes: 10,
  reason: "20 is larger than 10",
} as const;
const UNKNOWN = { kind: "unknown", isCertain: true, reason: "no reason" } as const;
const NOISE = { kind: "unknown", isCertain: false, reason: "noise" } as const;

function forbidden(metric: string): ChunkRefusal {
  return {
    kind: "forbidden",
    mayBe: (other) => other === metric,
    reason: `no access to ${metric}`,
  };
}

function admitAll(outbox: Outbox, chunks: readonly Chunk[]): void {
  for (const each of chunks) void outbox.admit(each);
}

Deno.test("Outbox.refuse() gives up the body that is too large, and sends those around it again", async () => {
  const { outbox, sender, dropped, reasons } = setUp();
  outbox.attach(sender);
  admitAll(outbox, [chunk(1), chunk(2, { bytes: 20 }), chunk(3)]);
  const drained = outbox.drained();
  assert.equal(outbox.refuse(sender, TOO_LARGE), true);
  assert.deepEqual([dropped, reasons], [[2], ["refused"]]);
  const next = new ManualSender();
  outbox.attach(next);
  assert.deepEqual(next.ids, [1, 3]);
  outbox.confirm(2, true, true);
  await assert.rejects(drained, { name: "PublishFailed", metric: "test.m2" });
  assert.deepEqual([outbox.chunks, outbox.bytes], [0, 0]);
});

Deno.test("Outbox remembers a limit while the connection lasts", () => {
  const { outbox, sender, dropped } = setUp();
  outbox.attach(sender);
  admitAll(outbox, [chunk(1, { bytes: 20 }), chunk(2, { bytes: 20 })]);
  outbox.refuse(sender, TOO_LARGE);
  assert.deepEqual(dropped, [1, 2]);
  const second = new ManualSender();
  outbox.attach(second);
  admitAll(outbox, [chunk(3, { bytes: 11 }), chunk(4, { bytes: 10 })]);
  assert.deepEqual([dropped, second.ids], [[1, 2, 3], [4]]);
  outbox.detach(second);
  const third = new ManualSender();
  outbox.attach(third);
  admitAll(outbox, [chunk(5, { bytes: 20 })]);
  assert.deepEqual(third.ids, [4, 5]);
});

Deno.test("Outbox.refuse() gives up a metric that is forbidden until pardon(), and lets all others go on", () => {
  const { outbox, sender, dropped } = setUp();
  outbox.attach(sender);
  admitAll(outbox, [chunk(1), chunkOfA(2), chunk(3), chunkOfA(4)]);
  assert.equal(outbox.refuse(sender, forbidden("test.a")), true);
  const next = new ManualSender();
  outbox.attach(next);
  admitAll(outbox, [chunkOfA(5), chunk(6)]);
  assert.deepEqual([dropped, next.ids], [[2, 4, 5], [1, 3, 6]]);
  outbox.pardon();
  admitAll(outbox, [chunkOfA(7)]);
  assert.deepEqual([dropped, next.ids], [[2, 4, 5], [1, 3, 6, 7]]);
});

Deno.test("Outbox.refuse() looks for one suspect at a time where the text does not tell", () => {
  const { outbox, sender, dropped } = setUp();
  outbox.attach(sender);
  admitAll(outbox, [chunk(1), chunk(2), chunk(3)]);
  assert.equal(outbox.refuse(sender, UNKNOWN), true);
  assert.deepEqual(dropped, []);
  const second = new ManualSender();
  outbox.attach(second);
  admitAll(outbox, [chunk(4)]);
  assert.deepEqual(second.ids, [1]);
  outbox.confirm(1, false, true);
  assert.deepEqual(second.ids, [1, 2]);
  outbox.refuse(second, UNKNOWN);
  assert.deepEqual(dropped, [2]);
  const third = new ManualSender();
  outbox.attach(third);
  assert.deepEqual(third.ids, [3, 4]); // which the broker has not seen
});

Deno.test("Outbox.refuse() takes what may be noise for a refusal when it comes three times", () => {
  const { outbox, dropped } = setUp();
  void outbox.admit(chunk(1));
  for (const expected of [[], [], [1]]) {
    const sender = new ManualSender();
    outbox.attach(sender);
    assert.deepEqual(sender.ids, [1]);
    assert.equal(outbox.refuse(sender, NOISE), true);
    assert.deepEqual(dropped, expected);
  }
});

Deno.test("Outbox.refuse() is told when no chunk can be the reason", () => {
  const { outbox, sender, dropped } = setUp();
  outbox.attach(sender);
  assert.equal(outbox.refuse(sender, UNKNOWN), false);
  outbox.attach(sender);
  void outbox.admit(chunk(1));
  assert.equal(outbox.refuse(sender, forbidden("test.other")), false);
  assert.equal(outbox.refuse(sender, TOO_LARGE), true, "it is sent no more, and changes nothing");
  assert.deepEqual([dropped, outbox.isAttached], [[], false]);
});

Deno.test("Outbox tells what was refused when it is pardoned, and when it is closed", () => {
  let relieved = 0;
  const { outbox, sender } = setUp(1e6, { onRelief: () => relieved++ });
  outbox.attach(sender);
  void outbox.admit(chunkOfA(1));
  outbox.refuse(sender, forbidden("test.a"));
  const next = new ManualSender();
  outbox.attach(next);
  admitAll(outbox, [chunkOfA(2), chunk(3)]);
  outbox.confirm(1, false, true);
  assert.equal(relieved, 0);
  outbox.pardon();
  outbox.pardon();
  assert.equal(relieved, 1);
  void outbox.admit(chunkOfA(4));
  outbox.refuse(next, forbidden("test.a"));
  outbox.close();
  assert.equal(relieved, 2);
});

Deno.test("Outbox goes on with a metric that was held back when its last chunk is refused", async () => {
  const { outbox, sender, dropped, clock } = setUp();
  outbox.attach(sender);
  admitAll(outbox, [chunkOfA(1), chunkOfA(2)]);
  outbox.confirm(1, false, true);
  outbox.confirm(2, false, false);
  await clock.advance(1000); // it may go again
  assert.deepEqual(sender.ids, [1, 2, 2]);
  void outbox.admit(chunk(3));
  outbox.refuse(sender, forbidden("test.a"));
  assert.deepEqual(dropped, [2]);
  const next = new ManualSender();
  outbox.attach(next);
  outbox.confirm(1, false, true);
  assert(await isSettled(outbox.drained()));
});

Deno.test("Outbox without confirms takes back what a refusal has cost, as far as that is known", () => {
  const lost: number[] = [];
  const told: string[] = [];
  const { outbox, sender, dropped } = setUp(1e6, {
    confirms: false,
    onTakenBack: ({ metric, points }, words) => {
      lost.push(points);
      told.push(`${metric}: ${words}`);
    },
  });
  outbox.attach(sender);
  const chunks = [chunk(1), chunk(2, { bytes: 20, points: 7 }), chunk(3), chunk(4, { points: 5 })];
  admitAll(outbox, chunks);
  assert.equal(outbox.refuse(sender, TOO_LARGE), true);
  assert.deepEqual(lost, [7, 1, 5]);
  assert.deepEqual(told, [
    "test.m2: 20 is larger than 10 (without confirms, more may be lost)",
    "test.m3: 20 is larger than 10 (of a chunk that was sent before)",
    "test.m4: 20 is larger than 10 (of a chunk that was sent before)",
  ]);
  const { points, takenBack } = outbox.counters;
  assert.deepEqual([points.admitted, points.acked, points.dropped], [14, 14, 13]);
  assert.deepEqual(takenBack, { points: 13, chunks: 3, bytes: 22 });
  const next = new ManualSender();
  outbox.attach(next);
  admitAll(outbox, [chunk(5, { bytes: 20 }), chunk(6)]);
  assert.deepEqual([dropped, next.ids], [[5], [6]]);
  outbox.close();
});

Deno.test("Outbox without confirms counts for a forbidden metric what was certainly lost", () => {
  const lost: number[] = [];
  const { outbox, sender, dropped } = setUp(1e6, {
    confirms: false,
    onTakenBack: ({ points }) => lost.push(points),
  });
  outbox.attach(sender);
  admitAll(outbox, [1, 2, 3].map((points) => chunk(1, { metric: "test.a", points })));
  void outbox.admit(chunk(4, { points: 4 }));
  assert.equal(outbox.refuse(sender, forbidden("test.a")), true);
  // The first two may have arrived, when it was allowed.
  assert.deepEqual(lost, [3, 4]);
  const next = new ManualSender();
  outbox.attach(next);
  admitAll(outbox, [chunkOfA(5), chunk(6)]);
  assert.deepEqual([dropped, next.ids], [[5], [6]]);
  assert.equal(outbox.refuse(next, UNKNOWN), false);
});

Deno.test("Outbox without confirms takes all that it remembers for lost behind a chunk that it has forgotten", () => {
  let lost = 0;
  const { outbox, sender } = setUp(1e6, {
    confirms: false,
    onTakenBack: ({ points }) => lost += points,
  });
  outbox.attach(sender);
  void outbox.admit(chunk(1, { bytes: 20 }));
  for (let i = 0; i < 5000; i++) void outbox.admit(chunkOfA(2));
  assert.equal(outbox.refuse(sender, TOO_LARGE), true);
  assert.equal(lost, 4096);
});

Deno.test("Outbox without confirms finds a forbidden metric whose chunk it has forgotten", () => {
  let lost = 0;
  const { outbox, sender, dropped } = setUp(1e6, {
    confirms: false,
    onTakenBack: ({ points }) => lost += points,
  });
  outbox.attach(sender);
  admitAll(outbox, [chunk(1), chunk(2)]);
  for (let i = 0; i < 5000; i++) void outbox.admit(chunkOfA(3));
  const either = { ...forbidden(""), mayBe: (metric: string) => metric.startsWith("test.m") };
  assert.equal(outbox.refuse(sender, either), false, "it does not tell which");
  assert.equal(lost, 0);
  outbox.attach(sender);
  void outbox.admit(chunk(1));
  for (let i = 0; i < 5000; i++) void outbox.admit(chunkOfA(3));
  assert.equal(outbox.refuse(sender, forbidden("test.m1")), true);
  assert.equal(lost, 4096);
  const next = new ManualSender();
  outbox.attach(next);
  admitAll(outbox, [chunk(1), chunkOfA(4)]);
  assert.deepEqual([dropped, next.ids], [[1], [4]]);
});

/** What a broker says of a poisonous chunk. */
type Kind = "size" | "topic" | "unknown" | "noise";

/** A broker that takes chunks in order, until one of them ends the connection. */
class Broker implements ChunkSender {
  writable = true;
  readonly #taken: Map<string, number[]>;
  readonly #poison: ReadonlyMap<number, Kind>;
  readonly #forbidden: ReadonlySet<string>;
  #tag = 0;
  confirmable = 0;
  refusal: ChunkRefusal | undefined;

  constructor(
    taken: Map<string, number[]>,
    poison: ReadonlyMap<number, Kind>,
    forbiddenMetrics: ReadonlySet<string>,
  ) {
    this.#taken = taken;
    this.#poison = poison;
    this.#forbidden = forbiddenMetrics;
  }

  publish(metric: string, body: Uint8Array): number {
    this.#tag++;
    if (this.refusal !== undefined) return this.#tag; // nobody reads it
    const id = new DataView(body.buffer, body.byteOffset).getUint32(0);
    const kind = this.#forbidden.has(metric) ? "topic" : this.#poison.get(id);
    if (kind === undefined) {
      this.#taken.set(metric, [...this.#taken.get(metric) ?? [], id]);
      this.confirmable = this.#tag;
    } else this.refusal = refusalOf(kind, metric, body.byteLength);
    return this.#tag;
  }
}

function refusalOf(kind: Kind, metric: string, bodyBytes: number): ChunkRefusal {
  switch (kind) {
    case "size":
      return { kind: "too-large", bodyBytes, maxBodyBytes: 8, reason: "too large" };
    case "topic":
      return forbidden(metric);
    case "unknown":
      return UNKNOWN;
    case "noise":
      return NOISE;
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name: fc.constant("admit" as const), n: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      name: fc.constant("poison" as const),
      n: fc.nat(3),
      kind: fc.constantFrom<Kind>("size", "unknown", "noise"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ name: fc.constantFrom("confirm", "lose", "tell") }) },
);

Deno.test("Outbox gives up what the broker refuses for what it is, and that alone, in any order of events", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 80 }),
      fc.boolean(),
      fc.boolean(),
      (steps, isForbidden, isSilent) => {
        const taken = new Map<string, number[]>();
        const poison = new Map<number, Kind>();
        const forbiddenMetrics = new Set(isForbidden ? ["test.3"] : []);
        const words = new Map<number, string | undefined>();
        const admitted = new Map<number, string>();
        const outbox = makeOutbox({
          clock: new ManualClock(),
          onDrop: ({ body }, reason, told) => {
            assert.equal(reason, "refused");
            words.set(new DataView(body.buffer).getUint32(0), told);
          },
        });
        let broker = new Broker(taken, poison, forbiddenMetrics);
        outbox.attach(broker);
        const next = () => {
          broker = new Broker(taken, poison, forbiddenMetrics);
          outbox.attach(broker);
        };
        const settle = (): boolean => {
          // A broker may end a connection without having confirmed what it has taken.
          if (broker.confirmable > 0 && !(isSilent && broker.refusal)) {
            outbox.confirm(broker.confirmable, true, true);
          }
          const { refusal } = broker;
          if (refusal === undefined) return false;
          outbox.refuse(broker, refusal);
          next();
          return true;
        };
        let id = 0;
        for (const { name, ...more } of steps) {
          if (name === "admit" || name === "poison") {
            const { n, kind } = more as { n: number; kind?: Kind };
            const metric = `test.${n}`;
            if (kind !== undefined) poison.set(id, kind);
            const body = new Uint8Array(kind === "size" ? 9 + id : 4 + id % 5);
            new DataView(body.buffer).setUint32(0, id);
            admitted.set(id++, metric);
            void outbox.admit({ metric, body, points: 1 });
          } else if (name === "lose") {
            outbox.detach(broker);
            next();
          } else settle();
        }
        for (let turn = 0; outbox.chunks > 0; turn++) {
          assert(turn < 8 * id + 8, "it never becomes empty");
          settle();
        }
        for (const [each, metric] of admitted) {
          const isGuilty = poison.has(each) || forbiddenMetrics.has(metric);
          assert.equal(words.get(each) !== undefined, isGuilty, `chunk ${each}`);
          assert.equal(taken.get(metric)?.includes(each) ?? false, !isGuilty, `chunk ${each}`);
        }
        for (const ids of taken.values()) {
          const first = [...new Set(ids)];
          assert.deepEqual(first, first.toSorted((a, b) => a - b), "out of order");
        }
        assert.equal(outbox.bytes, 0);
        outbox.close();
      },
    ),
    { numRuns: 1000 },
  );
});
