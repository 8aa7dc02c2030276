import assert from "node:assert/strict";
import fc from "fast-check";
import { MemoryGauge } from "../../../src/dev/broker/memory_gauge.ts";
import type { Message } from "../../../src/dev/broker/message.ts";
import { type MessageTaker, Queue, type QueuedMessage } from "../../../src/dev/broker/queue.ts";

Deno.test("Queue.dequeue() returns messages in the order of push()", () => {
  const { queue } = setup();
  for (const text of ["a", "b", "c"]) queue.push(message(text));
  assert.deepEqual([take(queue), take(queue), take(queue), take(queue)], ["a", "b", "c", ""]);
});

Deno.test("Queue.requeue() puts messages back to their places, in whatever order they come", () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 1 });
  fc.assert(fc.property(order, fc.boolean(), (indexes, atOnce) => {
    const { queue } = setup();
    for (let index = 0; index < 10; index++) queue.push(message(`${index}`));
    const taken = Array.from({ length: 8 }, () => queue.dequeue(false)).filter((entry) => !!entry);
    const back = indexes.flatMap((index) => taken[index] ?? []);
    if (atOnce) queue.requeue(back);
    else for (const entry of back) queue.requeue([entry]);
    const expected = [...indexes.sort().map(String), "8", "9"];
    assert.deepEqual(expected.map(() => take(queue)), expected);
  }));
});

Deno.test("Queue.requeue() marks messages as redelivered", () => {
  const { queue } = setup();
  queue.push(message("a"));
  const entry = queue.dequeue(false);
  assert.equal(entry?.redelivered, false);
  if (entry) queue.requeue([entry]);
  assert.equal(queue.dequeue(false)?.redelivered, true);
});

Deno.test("Queue delivers to consumers in turn and passes over those that are not ready", () => {
  const { queue } = setup();
  const consumers = [new Consumer(), new Consumer(), new Consumer()];
  for (const consumer of consumers) queue.addConsumer(consumer, false);
  for (const text of ["a", "b", "c"]) queue.push(message(text));
  if (consumers[1]) consumers[1].window = 0;
  for (const text of ["d", "e", "f"]) queue.push(message(text));
  assert.deepEqual(consumers.map(({ texts }) => texts), [["a", "d", "f"], ["b"], ["c", "e"]]);
});

Deno.test("Queue keeps messages until a consumer is ready and deliver() is called", () => {
  const { queue } = setup();
  const consumer = new Consumer(1);
  queue.addConsumer(consumer, false);
  for (const text of ["a", "b", "c"]) queue.push(message(text));
  assert.deepEqual([consumer.texts, queue.messageCount], [["a"], 2]);
  consumer.window = 1;
  queue.deliver();
  assert.deepEqual([consumer.texts, queue.messageCount], [["a", "b"], 1]);
});

Deno.test("Queue.removeConsumer() ends deliveries to it", () => {
  const { queue } = setup();
  const consumer = new Consumer();
  queue.addConsumer(consumer, true);
  assert.equal(queue.hasExclusiveConsumer, true);
  queue.removeConsumer(consumer);
  queue.push(message("a"));
  assert.deepEqual([consumer.texts, queue.consumerCount], [[], 0]);
  assert.equal(queue.hasExclusiveConsumer, false);
});

Deno.test("Queue drops messages that are older than x-message-ttl", () => {
  const { queue, clock } = setup({ messageTtlMs: 100 });
  queue.push(message("a"));
  clock.ms = 60;
  queue.push(message("b"));
  clock.ms = 99;
  assert.equal(queue.messageCount, 2);
  clock.ms = 100;
  assert.equal(queue.messageCount, 1);
  assert.equal(take(queue), "b");
});

Deno.test("Queue lets the shorter of expiration and x-message-ttl count", () => {
  const { queue, clock } = setup({ messageTtlMs: 100 });
  queue.push({ ...message("a"), expirationMs: 50 });
  queue.push({ ...message("b"), expirationMs: 150 });
  clock.ms = 50;
  assert.equal(queue.messageCount, 1);
  clock.ms = 100;
  assert.equal(queue.messageCount, 0);
});

Deno.test("Queue delivers a message with expiration 0 to a consumer that is ready", () => {
  const { queue } = setup();
  const consumer = new Consumer();
  queue.addConsumer(consumer, false);
  queue.push({ ...message("a"), expirationMs: 0 });
  assert.deepEqual(consumer.texts, ["a"]);
});

Deno.test("Queue drops the oldest messages beyond x-max-length", () => {
  const { queue } = setup({ maxLength: 2 });
  for (const text of ["a", "b", "c", "d"]) queue.push(message(text));
  assert.deepEqual([take(queue), take(queue), take(queue)], ["c", "d", ""]);
});

Deno.test("Queue counts only waiting messages against x-max-length", () => {
  const { queue } = setup({ maxLength: 1 });
  queue.push(message("a"));
  const taken = queue.dequeue(false);
  queue.push(message("b"));
  assert.equal(queue.messageCount, 1);
  if (taken) queue.requeue([taken]);
  assert.deepEqual([take(queue), take(queue)], ["b", ""]);
});

Deno.test("Queue.expired is true after x-expires without consumers or use", () => {
  const { queue, clock } = setup({ expiresMs: 100 });
  const consumer = new Consumer();
  clock.ms = 90;
  queue.touch();
  clock.ms = 189;
  assert.equal(queue.expired, false);
  queue.addConsumer(consumer, false);
  clock.ms = 1000;
  assert.equal(queue.expired, false);
  queue.removeConsumer(consumer);
  clock.ms = 1099;
  assert.equal(queue.expired, false);
  clock.ms = 1100;
  assert.equal(queue.expired, true);
});

Deno.test("Queue.delete() tells its consumers and frees its messages", () => {
  const { queue, memory } = setup();
  for (const text of ["a", "b", "c"]) queue.push(message(text));
  const [first, second] = [queue.dequeue(false), queue.dequeue(false)];
  const consumer = new Consumer(0);
  queue.addConsumer(consumer, false);
  queue.delete();
  assert.equal(consumer.wasCancelled, true);
  if (first) queue.settle(first);
  if (second) queue.requeue([second]);
  assert.deepEqual([memory.bytes, queue.messageCount], [0, 0]);
});

Deno.test("Queue frees the memory of every message, whatever becomes of it", () => {
  const action = fc.constantFrom("push", "get", "take", "settle", "requeue", "purge", "wait");
  fc.assert(fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
    const { queue, memory, clock } = setup({ maxLength: 5, messageTtlMs: 3 });
    const taken: QueuedMessage[] = [];
    for (const action of actions) {
      if (action === "push") queue.push(message("text"));
      else if (action === "get") queue.dequeue(true);
      else if (action === "purge") queue.purge();
      else if (action === "wait") clock.ms++;
      else if (action === "take") taken.push(...[queue.dequeue(false)].filter((entry) => !!entry));
      else if (action === "settle") taken.splice(0, 1).forEach((entry) => queue.settle(entry));
      else queue.requeue(taken.splice(-2));
    }
    assert.equal(queue.unsettledCount, taken.length);
    for (const entry of taken) queue.settle(entry);
    queue.purge();
    assert.equal(memory.bytes, 0);
  }));
});

function setup(limits: Partial<Queue["limits"]> = {}) {
  const clock = { ms: 0 };
  const memory = new MemoryGauge(1e6);
  const queue = new Queue({
    name: "queue",
    durable: false,
    autoDelete: false,
    owner: undefined,
    limits: { expiresMs: undefined, messageTtlMs: undefined, maxLength: undefined, ...limits },
  }, { nowMs: () => clock.ms, memory });
  return { queue, memory, clock };
}

function message(text: string): Message {
  const route = { exchange: "", routingKey: "queue", bytes: new Uint8Array() };
  return { route, content: new TextEncoder().encode(text), propertiesBytes: 0 };
}

function textOf(entry: QueuedMessage | undefined): string {
  return entry ? new TextDecoder().decode(entry.message.content) : "";
}

function take(queue: Queue): string {
  return textOf(queue.dequeue(true));
}

class Consumer implements MessageTaker {
  readonly noAck = true;
  readonly texts: string[] = [];
  wasCancelled = false;

  constructor(public window: number = Infinity) {}

  ready(): boolean {
    return this.window > 0;
  }

  deliver(entry: QueuedMessage): void {
    this.window--;
    this.texts.push(textOf(entry));
  }

  cancelled(): void {
    this.wasCancelled = true;
  }
}
