/**
 * What the events of a source tell, kind by kind, on whichever network it is.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Agent } from "../../src/agent/agent.ts";
import type { AgentEvent, AgentEventKind, AgentEvents } from "../../src/observe/events.ts";
import { MAX_WAITING_EVENTS } from "../../src/observe/event_reader.ts";
import { SpoolFailed } from "../../src/errors.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { Sink } from "../../src/sink/sink.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { METRIC, TestSource, type TestSourceOptions } from "../e2e/test_source.ts";
import { withClient } from "../faults/account.ts";
import { SpoolFolder } from "../outbox/spool_folder.ts";
import { encodeTimes } from "../sink/chunks.ts";
import { retryUntil, until } from "../support/clock.ts";

/** The token of the source in question. */
export const TOKEN = "source-test";

/** Ends a stall. */
export type GoOn = () => Promise<void> | void;

/** A network with one source. The source's clock is a manual one, that of the network is not. */
export interface EventPlace extends AsyncDisposable {
  /** Where the source connects to, without heartbeats, which would follow the source's clock. */
  readonly url: string;
  /** Sends the source a configuration; rejects if the source refuses it. */
  configure(config: JsonObject): Promise<unknown>;
  /** Loses all connections of the source. */
  loseConnections(): Promise<void> | void;
  /** Gives the source, which is not connected, a configuration for its next registration. */
  keep(config: JsonObject): Promise<void>;
  /** Loses the queues of all sinks with what they hold. */
  loseDataQueues(): Promise<void>;
  /** Refuses the points of a metric from now on. */
  forbid(metric: string): Promise<void> | void;
  /** Lets the data stand still, for this reason, until the result is called. */
  stall(reason: StallReason): Promise<GoOn> | GoOn;
}

/** Why data stands still. */
export type StallReason = AgentEvents["stalled"]["reason"];

type Play = (place: EventPlace) => Promise<readonly AgentEvent[]>;

/** What is played to be told of. */
export interface Scenario {
  /** What the events do. */
  readonly name: string;
  /** Returns the events that it has looked at. */
  readonly play: Play;
  /** Whether the broker takes nothing for a while, from all that use it. */
  readonly blocksAll?: true;
  /** Whether the source has no configuration yet. */
  readonly isNew?: true;
}

/** What a reader has been told. */
class Followed {
  readonly events: AgentEvent[] = [];
  readonly ended: Promise<void>;

  constructor(agent: Agent) {
    this.ended = this.#follow(agent);
  }

  /** The events of these kinds, all if none are given, without their times. */
  data(...kinds: readonly AgentEventKind[]): unknown[] {
    return this.events
      .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
      .map(({ time: _, ...data }) => data);
  }

  /** Waits until a kind has been told `count` times. */
  async until(kind: AgentEventKind, count = 1): Promise<void> {
    await until(() => this.data(kind).length >= count);
  }

  async #follow(agent: Agent): Promise<void> {
    for await (const event of agent.events()) this.events.push(event);
  }
}

function start(place: EventPlace, options: Partial<TestSourceOptions> = {}) {
  const clock = new ManualClock();
  const source = new TestSource({ token: TOKEN, url: place.url, clock, ...options });
  return { clock, source, followed: new Followed(source) };
}

async function sendPoints(source: TestSource, count: number): Promise<void> {
  const { pointsSent } = source.stats;
  for (let i = 0; i < count; i++) await source.send(METRIC, new Timestamp(pointsSent + i, 0), i);
}

const LIFE: Scenario = {
  name: "tells of the life of a source, and of the keys of its configurations that are its own",
  play: async (place) => {
    await place.keep({ rate: 1, _rev: "1-a", "x-metricq": {} });
    const { source, followed } = start(place, {
      onConfig: async ({ rate }, source) => {
        if (rate === 0) throw new RangeError("rate must be above 0");
        await source.declareMetrics({ [METRIC]: {}, [`${METRIC}.other`]: {} });
      },
    });
    await source.connect();
    await assert.rejects(place.configure({ rate: 0 }));
    await followed.until("configuration-refused");
    await place.configure({ name: "a", rate: 2, _rev: "2-b", "x-metricq": {} });
    await followed.until("configured", 2);
    await source.stop();
    await followed.ended;
    const url = source.url;
    const [from] = followed.events.flatMap((event) => "from" in event ? [event.from] : []);
    assert.match(from ?? "", /manager/);
    assert.deepEqual(followed.data(), [
      { kind: "connecting", url },
      { kind: "registered", again: false },
      { kind: "declared", metrics: 2, total: 2, again: false },
      { kind: "configured", keys: ["rate"], tookSeconds: 0 },
      { kind: "running" },
      { kind: "configuration-refused", reason: "rate must be above 0", from, hasEarlier: true },
      { kind: "declared", metrics: 2, total: 2, again: false },
      { kind: "configured", keys: ["name", "rate"], tookSeconds: 0 },
      { kind: "stopping", error: undefined },
      { kind: "stopped", error: undefined },
    ]);
    return followed.events;
  },
};

const NEW: Scenario = {
  isNew: true,
  name: "tells that a source waits for its first configuration",
  play: async (place) => {
    const { source, followed, clock } = start(place);
    const connected = source.connect();
    await followed.until("unconfigured");
    await place.configure({ rate: 1 });
    await retryUntil(connected, clock);
    await source.stop();
    await followed.ended;
    assert.deepEqual(followed.data("unconfigured", "registered"), [
      { kind: "unconfigured", reason: `Document ${TOKEN} was not found` },
      { kind: "registered", again: false },
    ]);
    assert.equal(followed.data("configured").length, 1);
    return followed.events;
  },
};

const FAILURE: Scenario = {
  name: "tells why a source stops that has failed",
  play: async (place) => {
    const error = new Error("the sensor is gone");
    const { source, followed } = start(place, { task: () => Promise.reject(error) });
    await source.connect();
    await assert.rejects(source.stopped(), error);
    await followed.ended;
    assert.deepEqual(followed.data("stopping", "stopped"), [
      { kind: "stopping", error },
      { kind: "stopped", error },
    ]);
    return followed.events;
  },
};

const OUTAGE: Scenario = {
  name: "tells of each connection that is lost and back, and of what is made anew then",
  play: async (place) => {
    const { source, followed, clock } = start(place, {
      onConfig: ({ rate }) => {
        if (rate === 0) throw new RangeError("rate must be above 0");
      },
    });
    await source.connect();
    await source.declareMetrics([METRIC]);
    await place.loseConnections();
    await followed.until("connection-lost", 2);
    assert.equal(source.health.status, "outage");
    await place.keep({ rate: 0 });
    await clock.advance(0.05); // less than the shortest time until the next attempt
    await retryUntil(followed.until("configuration-refused"), clock);
    await retryUntil(followed.until("registered", 2), clock);
    await retryUntil(followed.until("connection-back", 2), clock);
    assert.equal(source.health.status, "connected");
    await source.stop();

    const connections = followed.events.filter(({ kind }) => kind.startsWith("connection-"));
    for (const connection of ["management", "data"]) {
      const [lost, back, ...more] = connections.filter((event) =>
        "connection" in event && event.connection === connection
      );
      assert(lost?.kind === "connection-lost" && lost.reason !== "");
      assert(back?.kind === "connection-back");
      assert(back.outageSeconds >= 0.05 && back.outageSeconds * 1e3 <= clock.nowMs());
      assert.deepEqual(more, []);
    }
    assert.deepEqual(followed.data("registered", "declared", "configuration-refused"), [
      { kind: "registered", again: false },
      { kind: "declared", metrics: 1, total: 1, again: false },
      { kind: "declared", metrics: 1, total: 1, again: true },
      {
        kind: "configuration-refused",
        reason: "rate must be above 0",
        from: undefined,
        hasEarlier: true,
      },
      { kind: "registered", again: true },
    ]);
    return followed.events;
  },
};

const LOSS: Scenario = {
  name: "tells of each loss of points once when it begins and once when it ends, and counts all",
  play: async (place) => {
    const { source, followed, clock } = start(place, { outboxMaxBytes: 900, stopTimeout: "1ms" });
    await source.connect();
    await place.loseConnections();
    await followed.until("connection-lost", 2);
    await sendPoints(source, 20);
    await followed.until("losing-points");
    const { pointsDropped: first } = source.stats;
    await retryUntil(followed.until("points-lost"), clock);
    await retryUntil(followed.until("connection-back", 2), clock);

    await place.loseConnections();
    await followed.until("connection-lost", 4);
    await sendPoints(source, 20);
    await retryUntil(source.stop(), clock);
    await followed.ended;
    const lost = followed.events.filter((event) => event.kind === "points-lost");
    assert.deepEqual(lost.map(({ reasons }) => reasons), [["full"], ["full"], ["stopped"]]);
    assert.deepEqual(followed.data("losing-points"), [
      { kind: "losing-points", reason: "full" },
      { kind: "losing-points", reason: "full" },
    ]);
    let total = 0;
    for (const loss of lost) {
      assert.deepEqual([loss.metrics, loss.total], [1, total += loss.points]);
    }
    assert.equal(lost[0]?.points, first);
    assert.equal(total - first, 20); // what was sent in the second outage
    assert.equal(total, source.stats.pointsDropped);
    return followed.events;
  },
};

const REFUSAL: Scenario = {
  name: "tells once of each metric that is forbidden, and how many points that has cost",
  play: async (place) => {
    const { source, followed } = start(place);
    await place.forbid(METRIC);
    await source.connect();
    await sendPoints(source, 3);
    await assert.rejects(source.flush(), { name: "PublishFailed" });
    await sendPoints(source, 2);
    await source.flush().catch(() => {}); // they may have been given up before
    await source.stop();
    await followed.ended;
    const [refused] = followed.events.filter((event) => event.kind === "points-refused");
    assert.match(
      refused?.reason ?? "",
      /^(?:write )?access to topic 'test\.e2e\.value' in exchange '.* refused/,
    );
    assert.deepEqual([refused?.metric, refused?.metrics], [METRIC, 1]);
    assert.deepEqual(followed.data("losing-points", "points-lost", "connection-lost"), [
      { kind: "points-lost", points: 5, metrics: 1, reasons: ["refused"], total: 5 },
    ]);
    return followed.events;
  },
};

const SPOOL: Scenario = {
  name: "tells what a source leaves in its spool, and what it finds there",
  play: async (place) => {
    await using folder = await SpoolFolder.make();
    const options = { spool: folder.file, stopTimeout: "1ms" };
    const killed = start(place, options);
    await killed.source.connect();
    await place.loseConnections();
    await killed.followed.until("connection-lost", 2);
    await sendPoints(killed.source, 3);
    await retryUntil(killed.source.stop(), killed.clock);
    await killed.followed.ended;
    assert.deepEqual(killed.followed.data("losing-points", "points-lost", "points-kept"), [
      { kind: "points-kept", points: 3, spool: folder.file },
    ]);

    const { source, followed } = start(place, options);
    await source.connect();
    await source.flush();
    await source.stop();
    await followed.ended;
    assert.deepEqual(followed.data("points-recovered", "points-kept"), [
      { kind: "points-recovered", points: 3 },
    ]);
    return [...killed.followed.events, ...followed.events];
  },
};

const DISK: Scenario = {
  name: "tells when the spool cannot be written, and when it is again",
  play: async (place) => {
    const spool = "/spool.db";
    let isFull = false;
    const { source, followed, clock } = start(place, {
      spool,
      openSpool: (path) =>
        Promise.resolve({
          path,
          measure: () => ({ chunks: 0, points: 0, bytes: 0, nextSequence: 0 }),
          write: () => {
            if (isFull) throw new SpoolFailed(path, "the disk is full");
          },
          read: () => [],
          close: () => {},
        }),
    });
    await source.connect();
    await place.loseConnections();
    await followed.until("connection-lost", 2);
    isFull = true;
    await sendPoints(source, 3);
    await followed.until("disk-full");
    isFull = false;
    await retryUntil(followed.until("connection-back", 2), clock);
    await clock.advance(2);
    await sendPoints(source, 3);
    await followed.until("disk-free");
    await source.stop();
    const free = followed.events.find((event) => event.kind === "disk-free");
    assert((free?.fullSeconds ?? 0) >= 2);
    assert.deepEqual(followed.data("disk-full"), [
      { kind: "disk-full", spool, reason: `Cannot use spool "${spool}": the disk is full` },
    ]);
    assert.equal(followed.data("disk-free").length, 1);
    return followed.events;
  },
};

const STALL: Scenario = {
  blocksAll: true,
  name: "tells when the broker takes no data though the connection is up, and when it does again",
  play: (place) => playStall(place, "blocked"),
};

const UNCONFIRMED: Scenario = {
  name:
    "tells when the broker confirms no data though the connection is up, and when it does again",
  play: (place) => playStall(place, "unconfirmed"),
};

async function playStall(
  place: EventPlace,
  reason: StallReason,
): Promise<readonly AgentEvent[]> {
  const { source, followed, clock } = start(place);
  await source.connect();
  const goOn = await place.stall(reason);
  await sendPoints(source, 1);
  if (reason === "unconfirmed") await clock.advance(5);
  await followed.until("stalled");
  await clock.advance(1.5);
  await goOn();
  await followed.until("moving");
  await source.flush();
  await source.stop();
  assert.deepEqual(followed.data("stalled", "moving", "connection-lost"), [
    { kind: "stalled", reason },
    { kind: "moving", stalledSeconds: 1.5 },
  ]);
  return followed.events;
}

const SINK: Scenario = {
  name: "tells what a sink may have missed, and what it cannot read",
  play: async (place) => {
    const clock = new ManualClock();
    const sink = new Sink({ token: "sink-test", url: place.url, clock });
    const followed = new Followed(sink);
    await sink.connect();
    const chunks = sink.subscribe([METRIC]);
    await chunks.metadata;
    const read = chunks.next();
    const publish = (body: Uint8Array) =>
      withClient(place.url, async (client) => {
        await (await client.channel()).basicPublish("metricq.data", METRIC, body);
      });
    const since = new Timestamp(1_700_000_000, 0);
    for (let time = 0; time < 2; time++) await publish(Uint8Array.of(255));
    await publish(encodeTimes(since.seconds));
    assert.equal((await read).value?.length, 1);

    await place.loseDataQueues();
    await retryUntil(followed.until("data-missing"), clock);
    await retryUntil(sink.stop(), clock);
    await followed.ended;
    const [missing] = followed.events.filter((event) => event.kind === "data-missing");
    assert(missing !== undefined && missing.until.posixNs > since.posixNs);
    assert.deepEqual([missing.metrics, missing.since.posixNs], [[METRIC], since.posixNs]);
    const unreadable = followed.events.filter((event) => event.kind === "chunk-unreadable");
    assert.deepEqual(unreadable.map(({ metric }) => metric), [METRIC]);
    assert.match(unreadable[0]?.reason ?? "", /^Cannot decode chunk /);
    return followed.events;
  },
};

const HANG: Scenario = {
  name:
    "tells of what the source has called and does not come back, since when, and when that is over",
  play: async (place) => {
    const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { source, followed, clock } = start(place, {
      onConfig: () => {
        begun.resolve();
        return released.promise;
      },
    });
    const connected = source.connect();
    await begun.promise;
    const since = clock.wallTime();
    await clock.advance(10.05);
    await followed.until("hanging");
    assert.match(source.health.reason ?? "", /handler of config has not come back for 10\.[01] s/);
    released.resolve();
    await connected;
    await followed.until("hanging-over");
    await source.stop();
    const activity = "handler of config";
    assert.deepEqual(followed.data("hanging", "hanging-over"), [
      { kind: "hanging", activity, since, seconds: 10.05 },
      { kind: "hanging-over", activity, hangingSeconds: 10.05 },
    ]);
    return followed.events;
  },
};

const MISSED: Scenario = {
  name: "leaves out the oldest events for a reader that is slow, and tells it how many",
  play: async (place) => {
    const { source } = start(place);
    const reader = source.events()[Symbol.asyncIterator]();
    const first = reader.next();
    await source.connect();
    const count = MAX_WAITING_EVENTS + 100;
    for (let i = 0; i < count; i++) await source.declareMetrics([`${METRIC}.${i}`]);
    const events = [(await first).value];
    for (let next = await reader.next(); !next.done; next = await reader.next()) {
      events.push(next.value);
      if (next.value.kind === "declared" && next.value.total === count) await source.stop();
    }
    // "registered", "configured" and "running" were first among what was left out.
    assert.deepEqual(
      events.slice(0, 2).map(({ time: _, ...data }) => data),
      [{ kind: "connecting", url: source.url }, { kind: "missed", events: 103 }],
    );
    assert.equal(events.filter(({ kind }) => kind === "declared").length, MAX_WAITING_EVENTS);
    return events;
  },
};

/** Where each kind is told of. */
export const SCENARIO_OF: Readonly<Record<AgentEventKind, Scenario>> = {
  "connecting": LIFE,
  "registered": LIFE,
  "declared": LIFE,
  "configured": LIFE,
  "configuration-refused": LIFE,
  "running": LIFE,
  "stopped": LIFE,
  "unconfigured": NEW,
  "data-missing": SINK,
  "chunk-unreadable": SINK,
  "hanging": HANG,
  "hanging-over": HANG,
  "stopping": FAILURE,
  "connection-lost": OUTAGE,
  "connection-back": OUTAGE,
  "losing-points": LOSS,
  "points-lost": LOSS,
  "points-refused": REFUSAL,
  "points-recovered": SPOOL,
  "points-kept": SPOOL,
  "disk-full": DISK,
  "disk-free": DISK,
  "stalled": STALL,
  "moving": STALL,
  "missed": MISSED,
};

/** All of them. */
export const SCENARIOS: readonly Scenario[] = [
  ...new Set([...Object.values(SCENARIO_OF), UNCONFIRMED]),
];

/** Plays one, and requires that all kinds that it stands for have been told. */
export async function playScenario(scenario: Scenario, place: EventPlace): Promise<void> {
  const told = new Set<string>((await scenario.play(place)).map(({ kind }) => kind));
  const expected = Object.keys(SCENARIO_OF).filter((kind) => {
    return SCENARIO_OF[kind as AgentEventKind] === scenario;
  });
  assert.deepEqual(expected.filter((kind) => !told.has(kind)), []);
}
