import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { ServerSocket } from "../../../src/http/web_socket.ts";
import { ManualClock } from "../../../src/testing/manual_clock.ts";
import { Dashboard } from "../../../src/watch/dashboard/dashboard.ts";
import { LiveSession, type Update } from "../../../src/watch/dashboard/live_session.ts";
import { readSeriesFrame } from "../../../src/watch/dashboard/page/series.js";
import { needing } from "../../support/needing.ts";
import { FakeNetwork } from "./fake_network.ts";
import { PageSocket } from "./page_client.ts";

const NET = [{ name: "net" }] as const;

/** A page on a network at a clock that stands still. */
class Setup implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly startMs = Date.now() - 5000;
  readonly network = new FakeNetwork(this.startMs);
  #dashboard: Dashboard | undefined;
  page: PageSocket | undefined;

  async open(): Promise<PageSocket> {
    const { network: view, clock } = this;
    this.#dashboard ??= await Dashboard.start({ view, clock });
    return this.page = await PageSocket.open(this.#dashboard.url);
  }

  /** The next message. The clock goes on until it has come: both ways lead through the system. */
  async read(): Promise<string | ArrayBuffer> {
    assert.ok(this.page);
    while (this.page.unread === 0) await this.clock.advance(0.1);
    return await this.page.read();
  }

  /** The next update, after which the page is ready for another. */
  async update(): Promise<Update> {
    const text = await this.read();
    assert.ok(typeof text === "string");
    this.page?.send({ ready: true });
    return JSON.parse(text);
  }

  /** All that is new until something of this kind has come. */
  async updateWith(kind: keyof Update): Promise<Update> {
    let all = await this.update();
    while (all[kind] === undefined) all = { ...all, ...await this.update() };
    return all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dashboard?.stop();
  }
}

Deno.test(needing({ permissions: NET }, {
  name: "LiveSession tells a page everything once, then what has changed",
  fn: async () => {
    await using setup = new Setup();
    const { network } = setup;
    network.add({ name: "test.dummy", source: "source-x", metadata: { unit: "<b>" }, rate: 1 })
      .addAgent({ token: "source-x" }, { rate: 1 })
      .addRpc({ function: "source.register" });
    const page = await setup.open();
    page.send({ table: { count: 10 } });
    const { nowMs: _, ...first } = await setup.updateWith("list");
    assert.deepEqual(first, {
      title: "development network",
      url: "amqp://127.0.0.1:5672",
      keeping: { place: "memory", historyPlace: "memory", isWritable: true },
      list: { total: 1, isComplete: true, matching: 1, first: 0, ids: [1] },
      metrics: [{
        id: 1,
        name: "test.dummy",
        source: "source-x",
        declaredRate: 1,
        metadata: { source: "source-x", rate: 1, unit: "<b>" },
        undeclared: null,
      }],
      rows: [[1, null, null, 0, "silent", null, 0]],
      summary: {
        metrics: 1,
        followed: 1,
        pointsPerSecond: 0,
        silent: 1,
        offRate: 0,
        undeclared: 0,
      },
      agents: [{
        token: "source-x",
        alive: true,
        metrics: 0,
        heardMs: setup.startMs,
        answerMs: 1,
        faults: [],
      }],
      problemCounts: { "description-missing": 1 },
      tokens: ["source-x"],
      calls: network.rpcs().map(({ error: _, ...call }) => call),
    });

    network.addRpc({ function: "config", error: "no" });
    const { nowMs: __, ...second } = await setup.update();
    assert.deepEqual(second, { calls: [{ ...network.rpcs()[1] }] });
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LiveSession sends nothing more before the page is ready",
  fn: async () => {
    await using setup = new Setup();
    const { network, clock } = setup;
    const page = await setup.open();
    await page.read();
    for (let index = 0; index < 50; index++) {
      network.addRpc({ function: "config" });
      await clock.advance(0.2);
    }
    assert.equal(page.unread, 0);

    page.send({ ready: true });
    const { calls } = await setup.update();
    assert.equal(calls?.length, 50);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LiveSession sends rows, charts and the configuration that a page watches",
  fn: async () => {
    await using setup = new Setup();
    const { network, startMs } = setup;
    network.add({ name: "a.one", rate: 1, value: () => 7 }, { name: "b.two", rate: 1 })
      .addAgent({ token: "source-x" }, { rate: 1 });
    network.advanceTo(startMs + 3000);
    const page = await setup.open();
    await setup.update();
    page.send({
      names: ["a.one", "no.such"],
      series: [{ key: 5, metric: "a.one", spanMs: 60_000, columns: 60 }],
      token: "source-x",
      updatesPerSecond: 20,
    });
    const frame = await setup.read();
    assert.ok(frame instanceof ArrayBuffer);
    const [points] = readSeriesFrame(frame);
    assert.equal(points?.key, 5);
    assert.deepEqual(
      [...points?.times ?? []],
      [0, 1, 2, 3].map((second) => startMs + second * 1000),
    );
    assert.deepEqual([...points?.values ?? []], [7, 7, 7, 7]);
    const { rows, configuration } = await setup.update();
    assert.deepEqual(rows, [
      [1, 7, startMs + 3000, 1, "ok", 1.4, 0],
      [2, null, null, 0, "unknown", null, 0],
    ]);
    const { sinceMs } = setup.network.configurationState("source-x") ?? {};
    assert.deepEqual(configuration, {
      token: "source-x",
      config: { rate: 1 },
      revision: '{"rate":1}',
      state: { status: "accepted", sinceMs },
    });

    network.advanceTo(startMs + 4000);
    const next = await setup.read();
    assert.ok(next instanceof ArrayBuffer);
    // Only what is new, and the column before it, which may have changed.
    const times = [...readSeriesFrame(next)[0]?.times ?? []];
    assert.equal(times.at(-1), startMs + 4000);
    assert.ok(times.length <= 2);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LiveSession gives a page the part of the table that it asks for, filtered and sorted",
  fn: async () => {
    await using setup = new Setup();
    const { network, startMs } = setup;
    network.add(...["c.1", "a.2", "b.3", "d.4"].map((name, at) => ({ name, rate: at + 1 })));
    network.advanceTo(startMs + 4000);
    const page = await setup.open();
    page.send({ table: { sort: "rate", isDescending: true, first: 1, count: 2 } });
    const first = await setup.updateWith("list");
    assert.deepEqual(first.metrics?.map(({ name }) => name), ["b.3", "a.2"]);
    assert.deepEqual(first.list, {
      total: 4,
      isComplete: true,
      matching: 4,
      first: 1,
      ids: [1, 2],
    });

    page.send({ table: { filter: "3", count: 2 } });
    const second = await setup.updateWith("list");
    assert.deepEqual(second.list, { total: 4, isComplete: true, matching: 1, first: 0, ids: [1] });
    assert.deepEqual([second.metrics, second.removed], [undefined, [2]]);

    page.send({ find: { sort: "name", isDescending: true, count: 3 } });
    assert.deepEqual((await setup.updateWith("found")).found, ["d.4", "c.1", "b.3"]);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LiveSession sends a page as much of 3000 metrics as of 100",
  fn: async () => {
    const sizes = [];
    for (const count of [100, 3000]) {
      await using setup = new Setup();
      const names = Array.from({ length: count }, (_, at) => `a.metric.${1000 + at}`);
      setup.network.add(...names.map((name) => ({ name, rate: 1 })));
      const page = await setup.open();
      page.send({ table: { first: 20, count: 30 } });
      let characters = JSON.stringify(await setup.updateWith("list")).length;
      for (let second = 0; second < 5; second++) {
        setup.network.advanceTo(setup.startMs + 1000 * second);
        characters += JSON.stringify(await setup.updateWith("rows")).length;
      }
      sizes.push(characters);
    }
    const [few = 0, many = 0] = sizes;
    assert.ok(many < few * 1.02, `${many} characters instead of ${few}`); // longer numbers
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LiveSession lists problems, scans and forgets as a page asks, within bounds",
  fn: async () => {
    await using setup = new Setup();
    const { network } = setup;
    network.add({ name: "b.one", rate: 1 }, { name: "aa.two", metadata: { unit: 5 }, rate: 1 })
      .addAgent({ token: "goes", alive: false });
    const page = await setup.open();
    page.send({
      problems: { kind: "unit-missing", sort: "subject", isDescending: true, count: 1 },
    });
    const { problems, problemCounts } = await setup.updateWith("problems");
    assert.equal(problemCounts?.["unit-missing"], 2);
    assert.deepEqual([problems?.matching, problems?.problems.length], [2, 1]);
    assert.equal(problems?.problems[0]?.subject, "b.one");

    page.send({ scan: { filter: "two", atATime: 1e9, seconds: "x" } });
    const { scan } = await setup.updateWith("scan");
    assert.deepEqual([scan?.filter, scan?.atATime, scan?.seconds], ["two", 1000, 10]);
    page.send({ scan: null });
    assert.equal((await setup.updateWith("scan")).scan?.status, "cancelled");

    page.send({ forget: { metrics: ["b.one", 5], agents: ["goes"] } });
    assert.deepEqual((await setup.updateWith("agents")).agents, []);
    page.send({ forget: { metrics: "all" } });
    page.send({ forget: 5 });
    page.send({ problems: { count: 2 } });
    await setup.updateWith("problems");
    assert.deepEqual(network.health.forgotten, [
      { metrics: ["b.one"], agents: ["goes"] },
      { metrics: "all", agents: [] },
      { metrics: [], agents: [] },
    ]);
  },
}));

Deno.test(needing({ permissions: NET }, {
  name: "LiveSession lets go of a page that sends nonsense",
  fn: async () => {
    await using setup = new Setup();
    const tooLarge = `"${"x".repeat(600_000)}"`;
    for (const [nonsense, code] of [["", 1003], ["[]", 1003], ["{", 1003], [tooLarge, 1009]]) {
      const page = await setup.open();
      page.send(`${nonsense}`);
      assert.equal((await page.closed()).code, code);
    }
  },
}));

Deno.test("LiveSession sends nothing to a page that says it is ready, and does not read", async () => {
  const clock = new ManualClock();
  const network = new FakeNetwork(Date.now());
  let written = 0;
  const peer = new Duplex({ read() {}, write: () => void written++ }); // none is ever done
  const stop = new AbortController();
  const socket = new ServerSocket(peer, { clock, maxMessageBytes: 1000 });
  new LiveSession(socket, { view: network, clock, signal: stop.signal });
  const say = (message: unknown) => socket.onMessage(JSON.stringify(message));
  say({ table: { count: 1000 } });
  let most = 0;
  for (let round = 0; round < 100; round++) {
    for (let at = 0; at < 10; at++) network.add({ name: `m.${round}.${at}${"x".repeat(1000)}` });
    say({ ready: true });
    await clock.advance(1);
    await new Promise((resolve) => setTimeout(resolve));
    if (round === 20) most = peer.writableLength;
  }
  assert.equal(written, 1);
  assert.ok(most > 0);
  assert.equal(peer.writableLength, most);
  stop.abort();
  peer.destroy();
});
