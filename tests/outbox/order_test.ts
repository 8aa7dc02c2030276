/** An outbox against a broker that does all that a broker may do, in any order. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { type Loss, LossReport } from "../../src/outbox/loss_report.ts";
import type { ChunkSender, Outbox } from "../../src/outbox/outbox.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { makeOutbox } from "./outbox_setup.ts";

const METRICS = ["test.a", "test.b", "test.c"];

interface Message {
  readonly metric: string;
  readonly id: number;
  readonly isAcked: boolean;
}

/** All that has ever come to a broker, over all connections. */
class Broker {
  readonly acked = new Map<string, number[]>();
  /** What it has said so of. */
  readonly settled = new Set<number>();
  readonly refusing = new Set<string>();
  readonly refused: Message[] = [];
  /**
   * Chunks that cannot be kept in order: the broker has nacked them and has acked later
   * ones, and the connection went before it could say both.
   */
  readonly undecided = new Set<number>();
}

/** One connection to it. */
class Connection implements ChunkSender {
  writable = true;
  blocked = false;
  readonly #broker: Broker;
  readonly #outbox: Outbox;
  readonly #unsettled = new Map<number, Message>();
  #tag = 0;

  constructor(broker: Broker, outbox: Outbox) {
    this.#broker = broker;
    this.#outbox = outbox;
  }

  publish(metric: string, body: Uint8Array): number {
    assert(this.writable && !this.blocked);
    const id = new DataView(body.buffer).getUint32(0);
    const isAcked = !this.#broker.refusing.has(metric);
    if (isAcked) {
      const ids = this.#broker.acked.get(metric) ?? [];
      this.#broker.acked.set(metric, [...ids, id]);
    }
    const message = { metric, id, isAcked };
    if (!isAcked) this.#broker.refused.push(message);
    this.#unsettled.set(++this.#tag, message);
    return this.#tag;
  }

  /** Confirms or refuses the nth of those that wait for it. */
  settleOne(n: number): void {
    const entries = [...this.#unsettled];
    const [tag, message] = entries[n % Math.max(1, entries.length)] ?? [];
    if (tag === undefined || message === undefined) return;
    this.#unsettled.delete(tag);
    if (message.isAcked) this.#broker.settled.add(message.id);
    this.#outbox.confirm(tag, false, message.isAcked);
  }

  /** Confirms or refuses at most n at once, beginning with the oldest, all in the same way. */
  settleMany(n: number): void {
    const entries = [...this.#unsettled];
    const verdict = entries[0]?.[1].isAcked;
    const end = entries.findIndex(([, { isAcked }]) => isAcked !== verdict);
    const together = entries.slice(0, Math.min(n, end === -1 ? entries.length : end));
    const tag = together.at(-1)?.[0];
    if (tag === undefined || verdict === undefined) return;
    for (const [settled, { id }] of together) {
      this.#unsettled.delete(settled);
      if (verdict) this.#broker.settled.add(id);
    }
    this.#outbox.confirm(tag, true, verdict);
  }

  lose(): void {
    this.writable = false;
    const { refused, undecided } = this.#broker;
    for (const { metric, id, isAcked } of this.#unsettled.values()) {
      if (!isAcked) undecided.add(id);
      for (const earlier of refused) {
        if (isAcked && earlier.metric === metric && earlier.id < id) undecided.add(earlier.id);
      }
    }
    this.#outbox.detach(this);
  }
}

type Event =
  | { readonly name: "admit" | "settleOne" | "settleMany" | "refuse"; readonly n: number }
  | { readonly name: "lose" | "reconnect" | "writable" | "blocked" | "wait" | "flush" };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name: fc.constant("admit" as const), n: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ name: fc.constant("settleOne" as const), n: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constant("settleMany" as const), n: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant("refuse" as const), n: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      name: fc.constantFrom("lose", "reconnect", "writable", "blocked", "wait", "flush"),
    }),
  },
);

for (const [what, maxBytes] of [["", 2 ** 20], [", also when it is full", 132 * 6]] as const) {
  Deno.test(`Outbox keeps the order within each metric and accounts for every chunk, whatever the broker does${what}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 20, maxLength: 120 }),
        (events) => deliver(events, maxBytes),
      ),
      { numRuns: 300 },
    );
  });
}

async function deliver(events: readonly Event[], maxBytes: number): Promise<void> {
  const clock = new ManualClock();
  const broker = new Broker();
  const dropped = new Map<number, string>();
  const losses = new LossBook();
  const outbox = makeOutbox({
    maxBytes,
    clock,
    onDrop: (chunk, reason) => {
      const { body } = chunk;
      const id = new DataView(body.buffer, body.byteOffset).getUint32(0);
      assert(!dropped.has(id), "dropped twice");
      dropped.set(id, reason);
      losses.report.add(chunk, reason);
    },
    onRelief: () => losses.report.end(outbox.counters.points.dropped),
  });
  const flushes: Promise<void>[] = [];
  const chunks = new Map<string, number[]>(METRICS.map((metric) => [metric, []]));
  let connection: Connection | undefined;
  let nextId = 0;
  let refusals = 0;
  const reconnect = () => {
    connection?.lose();
    connection = new Connection(broker, outbox);
    outbox.attach(connection);
  };

  for (const event of events) {
    if (event.name === "admit") {
      const metric = METRICS[event.n] ?? "";
      const body = new Uint8Array(4);
      new DataView(body.buffer).setUint32(0, nextId);
      chunks.get(metric)?.push(nextId++);
      outbox.admit({ metric, body, points: 1 });
    } else if (event.name === "settleOne") connection?.settleOne(event.n);
    else if (event.name === "settleMany") connection?.settleMany(event.n + 1);
    else if (event.name === "refuse") {
      const metric = METRICS[event.n] ?? "";
      refusals++;
      if (!broker.refusing.delete(metric)) broker.refusing.add(metric);
    } else if (event.name === "lose") {
      connection?.lose();
      connection = undefined;
    } else if (event.name === "reconnect") reconnect();
    else if (event.name === "wait") await clock.advance(1);
    else if (event.name === "flush") flushes.push(flush(outbox, nextId, broker, dropped));
    else if (connection) {
      if (event.name === "writable") connection.writable = !connection.writable;
      else connection.blocked = !connection.blocked;
      if (connection.blocked) connection.writable = false;
      outbox.resume();
    }
    const { points } = outbox.counters;
    assert.equal(points.admitted, points.acked + points.dropped + outbox.chunks);
    assert.equal(outbox.bytes, outbox.chunks * 132);
    assert(outbox.bytes <= maxBytes + 132, `${outbox.bytes} bytes`);
  }

  broker.refusing.clear();
  reconnect();
  for (let i = 0; outbox.chunks > 0; i++) {
    assert(i < 1000, "it never becomes empty");
    connection?.settleMany(Infinity);
    await clock.advance(1);
  }
  assert.equal(outbox.bytes, 0);
  await Promise.all(flushes);
  let repetitions = 0;
  for (const [metric, ids] of chunks) {
    const acked = broker.acked.get(metric) ?? [];
    const first = [...new Set(acked)];
    repetitions += acked.length - first.length;
    const ordered = first.filter((id) => !broker.undecided.has(id));
    assert.deepEqual(ordered, ordered.toSorted((a, b) => a - b), "out of order");
    for (const id of ids) assert(first.includes(id) || dropped.has(id), `chunk ${id} is missing`);
  }
  assert(repetitions <= outbox.counters.points.resent);
  if (refusals === 0) assert(![...dropped.values()].includes("refused"));
  if (maxBytes > 132 * nextId) assert(![...dropped.values()].includes("full"));
  outbox.close();
  losses.compare(dropped.size);
}

/** Waits as `flush` does, and holds the outbox to it that all is through then. */
async function flush(
  outbox: Outbox,
  nextId: number,
  broker: Broker,
  dropped: ReadonlyMap<number, string>,
): Promise<void> {
  const waited = Array.from({ length: nextId }, (_, id) => id)
    .filter((id) => !broker.settled.has(id) && !dropped.has(id));
  const outcome = await outbox.drained().then(() => "drained", (error) => error.name);
  const isLost = waited.some((id) => dropped.has(id));
  assert.equal(outcome, isLost ? "PublishFailed" : "drained");
  assert(waited.every((id) => broker.settled.has(id) || dropped.has(id)), "it has not waited");
}

/** What is told of losses. */
class LossBook {
  readonly report: LossReport;
  #isOpen = false;
  #total = 0;

  constructor() {
    this.report = new LossReport({
      token: "source-test",
      onPointsLost: undefined,
      onBegin: () => {
        assert(!this.#isOpen, "a loss begins twice");
        this.#isOpen = true;
      },
      onRefused: () => {},
      onEnd: (loss) => this.#end(loss),
    });
  }

  /** Compares what was told with how many points were dropped. */
  compare(points: number): void {
    assert(!this.#isOpen, "a loss has no end");
    assert.equal(this.#total, points);
  }

  #end({ points, total }: Loss): void {
    assert(this.#isOpen, "a loss ends that has not begun");
    this.#isOpen = false;
    this.#total += points;
    assert.equal(total, this.#total);
  }
}
