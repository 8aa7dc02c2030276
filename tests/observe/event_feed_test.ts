import assert from "node:assert/strict";
import { configure, reset } from "@logtape/logtape";
import { LOG_CATEGORY } from "../../src/log.ts";
import { EventFeed } from "../../src/observe/event_feed.ts";
import type { AgentEvent, AgentEventKind, EventsOptions } from "../../src/observe/events.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { wallTimeOf } from "../../src/time/clock.ts";
import { LogRecords } from "../support/log_records.ts";

const URL = "amqp://localhost/";

function setUp() {
  const clock = new ManualClock();
  return { feed: new EventFeed("source-test", clock), clock };
}

/** What a reader gets that is fast, and when it has ended. */
function follow(feed: EventFeed, options: EventsOptions = {}) {
  const events: AgentEvent[] = [];
  const ended = (async () => {
    for await (const event of feed.read(options)) events.push(event);
  })();
  return { events, ended, kinds: () => events.map(({ kind }) => kind) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("EventFeed.read() tells each of any number of readers all that happens, until the end", async () => {
  const { feed } = setUp();
  const readers = [follow(feed), follow(feed), follow(feed)];
  feed.tell("connecting", { url: URL });
  feed.tell("registered", { again: false });
  await turn();
  feed.tell("running", {});
  feed.tell("stopping", { error: undefined });
  feed.tell("stopped", { error: undefined });
  for (const { kinds, ended } of readers) {
    await ended;
    assert.deepEqual(kinds(), ["connecting", "registered", "running", "stopping", "stopped"]);
  }
  assert.equal(feed.hasReaders, false);
});

Deno.test("EventFeed.read() begins with what is the case, as it happened, and with nothing that is over", async () => {
  const { feed, clock } = setUp();
  feed.tell("connecting", { url: URL });
  feed.tell("registered", { again: false });
  feed.tell("configuration-refused", { reason: "no", from: "manager", hasEarlier: true });
  feed.tell("configured", { keys: ["rate"], tookSeconds: 0 });
  feed.tell("declared", { metrics: 3, total: 3, again: false });
  feed.tell("running", {});
  await clock.advance(1);
  feed.stalled("unconfirmed");
  feed.connectionLost("data", "closed");
  feed.connectionLost("management", "closed");
  await clock.advance(2);
  feed.connectionBack("management");
  feed.tell("losing-points", { reason: "full" });
  feed.diskFull("spool.db", "full");
  feed.diskFree("spool.db");
  await clock.advance(5);
  const { events, kinds } = follow(feed);
  await turn();
  const expected: AgentEventKind[] = [
    ...["registered", "configured", "declared", "running"] as const,
    ...["connection-lost", "losing-points"] as const,
  ];
  assert.deepEqual(kinds(), expected);
  assert.deepEqual(events.map(({ time }) => time.seconds), [0, 0, 0, 0, 1, 3]);
});

Deno.test("EventFeed.read() after the end tells that, and ends", async () => {
  const { feed } = setUp();
  feed.tell("running", {});
  feed.connectionLost("data", "closed");
  feed.tell("stopped", { error: undefined });
  const { kinds, ended } = follow(feed);
  await ended;
  assert.deepEqual(kinds(), ["stopped"]);
});

Deno.test("EventFeed.read() leaves out the oldest events for a slow reader, and tells how many", async () => {
  const { feed } = setUp();
  const reader = feed.read({})[Symbol.asyncIterator]();
  let told = 0;
  const tell = (count: number) => {
    for (let i = 0; i < count; i++) {
      told++;
      feed.tell("points-lost", { points: 2, metrics: 1, reasons: ["full"], total: 2 * told });
    }
  };
  const first = reader.next();
  tell(5000);
  assert.equal((await first).value?.kind, "points-lost"); // it has been waiting for this one
  const event = (await reader.next()).value;
  assert(event?.kind === "missed");
  assert.equal(event.events, 5000 - 1 - 1000);
  let seen = 1 + event.events;
  let total = 0;
  tell(500); // they push out as many again
  for (;;) {
    const { value } = await reader.next();
    if (value?.kind === "missed") seen += value.events;
    else if (value?.kind === "points-lost") [seen, total] = [seen + 1, value.total];
    if (seen === told) break;
    assert(seen < told);
  }
  // All are accounted for, and the last one still knows the total.
  assert.equal(total, 2 * told);
  await reader.return?.();
  assert.equal(feed.hasReaders, false);
});

Deno.test("EventFeed.read() ends when the signal is aborted, also before and while it waits", async () => {
  const { feed } = setUp();
  feed.tell("running", {});
  const aborted = follow(feed, { signal: AbortSignal.abort() });
  await aborted.ended;
  assert.deepEqual(aborted.kinds(), []);
  const stop = new AbortController();
  const { kinds, ended } = follow(feed, { signal: stop.signal });
  await turn();
  stop.abort();
  await ended;
  assert.deepEqual(kinds(), ["running"]);
  assert.equal(feed.hasReaders, false);
});

Deno.test("EventFeed.read() forgets a reader that breaks, and each iteration begins anew", async () => {
  const { feed } = setUp();
  feed.tell("running", {});
  const events = feed.read({});
  for (let time = 0; time < 2; time++) {
    for await (const { kind } of events) {
      assert.equal(kind, "running");
      assert.equal(feed.hasReaders, true);
      break;
    }
    assert.equal(feed.hasReaders, false);
  }
});

Deno.test("EventFeed.read() begins with all that is the case, however much that is, and then bounds what waits", async () => {
  const { feed, clock } = setUp();
  const hang = (count: number) => {
    for (let each = 0; each < count; each++) {
      const data = { activity: `reading of ${each}`, since: wallTimeOf(clock), seconds: 10 };
      feed.tell("hanging", data);
    }
  };
  for (
    const [inForce, waiting] of [[999, 1000], [1000, 1000], [1001, 1001], [5000, 5000]] as const
  ) {
    hang(inForce);
    const reader = feed.read({})[Symbol.asyncIterator]();
    assert.equal((await reader.next()).value?.kind, "hanging");
    hang(20_000); // to a reader that does nothing meanwhile
    const { value } = await reader.next();
    assert.equal(value?.kind, "missed");
    assert.deepEqual(value.events, inForce - 1 + 20_000 - waiting);
    for (let each = 0; each < waiting; each++) {
      assert.equal((await reader.next()).value?.kind, "hanging");
    }
    await reader.return?.();
    for (let each = 0; each < 20_000; each++) {
      feed.tell("hanging-over", { activity: `reading of ${each}`, hangingSeconds: 10 });
    }
  }
});

Deno.test("EventFeed.read() ends at once with return(), abort and the last event, however many next() wait", async () => {
  const ways = ["return", "cancel", "abort", "stopped"] as const;
  for (const way of ways) {
    const { feed } = setUp();
    const stop = new AbortController();
    const events = feed.read({ signal: stop.signal });
    if (way === "cancel") {
      const reader = ReadableStream.from(events).getReader();
      const read = reader.read();
      await turn();
      await reader.cancel();
      assert.equal((await read).done, true);
    } else {
      const iterator = events[Symbol.asyncIterator]();
      const waiting = [iterator.next(), iterator.next(), iterator.next()];
      feed.tell("running", {}); // to the one that asked first
      if (way === "return") await iterator.return?.();
      else if (way === "abort") stop.abort();
      else feed.tell("stopped", { error: undefined });
      const kinds = (await Promise.all(waiting)).map(({ value }) => value?.kind);
      assert.deepEqual(kinds, ["running", way === "stopped" ? way : undefined, undefined]);
      assert.deepEqual(await iterator.next(), { done: true, value: undefined });
    }
    assert.equal(feed.hasReaders, false, way);
  }
});

Deno.test("EventFeed tells nothing after the last event: not the log, nor readers, nor what is the case", async () => {
  await using logged = await LogRecords.capture();
  const { feed, clock } = setUp();
  const { kinds, ended } = follow(feed);
  feed.connectionLost("management", "closed");
  feed.tell("stopped", { error: undefined });
  const count = logged.records.length;
  feed.connectionLost("data", "closed");
  await clock.advance(5);
  feed.connectionBack("management");
  feed.stalled("blocked");
  feed.moving();
  feed.diskFull("spool.db", "full");
  feed.tell("configured", { keys: [], tookSeconds: 60 });
  feed.tell("hanging-over", { activity: "update", hangingSeconds: 60 });
  feed.tell("stopped", { error: new Error("again") });
  await ended;
  assert.deepEqual(kinds(), ["connection-lost", "stopped"]);
  assert.deepEqual(feed.condition.events.map(({ kind }) => kind), ["stopped"]);
  assert.equal(logged.records.length, count);
  assert.deepEqual([feed.outages.currentSeconds, feed.outages.totalSeconds], [0, 0]);
});

Deno.test("EventFeed.read() keeps the order when the log's sink makes something happen", async () => {
  const { feed } = setUp();
  await configure({
    reset: true,
    sinks: {
      stopper: ({ rawMessage }) => {
        if (String(rawMessage).startsWith("Lost")) feed.tell("stopping", { error: undefined });
      },
    },
    loggers: [
      { category: LOG_CATEGORY, sinks: ["stopper"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], lowestLevel: "fatal" },
    ],
  });
  try {
    const { kinds } = follow(feed);
    feed.connectionLost("data", "closed");
    await turn();
    assert.deepEqual(kinds(), ["connection-lost", "stopping"]);
  } finally {
    await reset();
  }
});

Deno.test("EventFeed.connectionLost() tells of one outage until all connections of a kind are back", async () => {
  const { feed, clock } = setUp();
  const { events } = follow(feed);
  feed.connectionBack("data"); // it was never lost
  feed.connectionLost("data", "closed", "one");
  feed.connectionLost("data", "closed", "one");
  await clock.advance(1);
  feed.connectionLost("data", "closed", "two");
  feed.connectionBack("data", "one");
  await clock.advance(1);
  feed.connectionBack("data", "two");
  await turn();
  assert.deepEqual(events.map(({ time: _, ...event }) => event), [
    { kind: "connection-lost", connection: "data", reason: "closed" },
    { kind: "connection-back", connection: "data", outageSeconds: 2 },
  ]);
  assert.deepEqual([feed.outages.reconnects, feed.outages.totalSeconds], [1, 2]);
});

Deno.test("EventFeed tells the log of each event once, and of the end at the level of the beginning", async () => {
  await using logged = await LogRecords.capture();
  const { feed, clock } = setUp();
  const lines = () => logged.messages().splice(0);
  feed.connectionLost("data", "closed");
  feed.stalled("blocked");
  feed.tell("losing-points", { reason: "full" });
  feed.diskFull("spool.db", 'Cannot use spool "spool.db": the disk is full');
  await clock.advance(1.5);
  feed.connectionBack("data");
  feed.moving();
  feed.tell("points-lost", { points: 1, metrics: 1, reasons: ["full"], total: 1 });
  feed.diskFree("spool.db");
  assert.deepEqual(logged.messages("warning"), [
    "Lost data connection source-test: closed",
    "The data of source-test does not move: the broker takes no messages, as it runs out of memory or disk",
    "data connection source-test is back after 1.5 s",
    "The data of source-test moves again after 1.5 s",
  ]);
  assert.deepEqual(logged.messages("error"), [
    "source-test begins to lose points: its outbox is full, the oldest go",
    'Cannot use spool "spool.db": the disk is full; chunks of source-test are kept in memory only until it can be written again',
    "source-test has lost 1 point of 1 metric: its outbox is full, the oldest go",
    "spool.db is written again after 1.5 s",
  ]);
  assert.equal(lines().length, 8);
});

Deno.test("EventFeed tells the log of an error as such only if no part of the program learns of it", async () => {
  await using logged = await LogRecords.capture();
  const { feed } = setUp();
  const error = new Error("the sensor is gone");
  const REFUSED = { reason: "rate must be above 0", hasEarlier: true };
  feed.tell("stopping", { error });
  feed.tell("stopping", { error }, { isSeen: true });
  feed.tell("configuration-refused", { ...REFUSED, from: undefined });
  feed.tell("configuration-refused", { ...REFUSED, from: "wizard" });
  feed.tell("configuration-refused", { ...REFUSED, from: undefined, hasEarlier: false });
  assert.deepEqual(logged.messages("error"), [
    "Stopping source-test: the sensor is gone",
    "source-test cannot use its new configuration and keeps the old one: rate must be above 0",
    "source-test cannot use its configuration: rate must be above 0",
  ]);
  assert.equal(logged.messages("info").length, 2);
});
