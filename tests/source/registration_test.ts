import assert from "node:assert/strict";
import type { AgentEvent } from "../../src/observe/events.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { TestNetwork } from "../../src/testing/test_network.ts";
import { TestSource, type TestSourceOptions } from "../e2e/test_source.ts";
import { retryUntil, until } from "../support/clock.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const token = "source-test";
const permissions = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

/** A source on a network whose manager has no configuration for it, and the events of its life. */
async function setUp(options: Partial<TestSourceOptions> = {}) {
  await using stack = new AsyncDisposableStack();
  const network = stack.use(await TestNetwork.start({ config: null }));
  const clock = new ManualClock();
  const source = new TestSource({ url: `${network.url}?heartbeat=0`, clock, ...options });
  stack.defer(() => source.stop());
  const events: AgentEvent[] = [];
  const followed = (async () => {
    for await (const event of source.events()) events.push(event);
  })();
  const connected = source.connect();
  connected.catch(() => {}); // awaited by the test, perhaps after it has failed
  const parts = stack.move();
  return {
    network,
    clock,
    source,
    connected,
    followed,
    kinds: () => events.map(({ kind }) => kind),
    /** Waits until the source waits for its configuration: a call that is not answered waits longer. */
    waiting: () =>
      until(() =>
        source.health.status === "unconfigured" &&
        (clock.nextDeadlineMs ?? Infinity) - clock.nowMs() <= 10_000
      ),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

Deno.test(needing({ permissions }, {
  name: "Source.connect() waits for a first configuration, warns once, and tells what is missing",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using test = await setUp();
    const { network, clock, source, connected } = test;
    await test.waiting();
    assert.deepEqual(source.health, {
      status: "unconfigured",
      reason: "the manager has no configuration for it",
      outageSeconds: 0,
    });
    for (let count = 2; count < 12; count++) {
      await clock.advance(10);
      await network.rpc("source.register", { count });
      await test.waiting();
    }
    assert.deepEqual(test.kinds(), ["connecting", "unconfigured"]);
    assert.deepEqual(logged.messages("warning"), [
      "source-test has no configuration yet (Document source-test was not found): enter one for " +
      "this token, in the MetricQ Wizard or where the manager keeps them; it is waited for",
    ]);

    await network.configure(token, { rate: 1 });
    // The manager enters it when its call is answered, perhaps after the source has asked again.
    await retryUntil(connected, clock);
    assert.deepEqual(source.configs.all, [{ rate: 1 }]);
    assert.equal(source.health.status, "connected");
    await until(() => test.kinds().length === 5);
    assert.deepEqual(test.kinds().slice(2).sort(), ["configured", "registered", "running"]);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Source.connect() that waits for a configuration asks again at once when one is sent",
  fn: async () => {
    await using test = await setUp();
    const { network, clock, source, connected } = test;
    for (let count = 1; count < 12; count++) { // until the wait is at its longest
      await test.waiting();
      await clock.advance(10);
    }
    await test.waiting();
    const asked = clock.nowMs();
    await network.configure(token, { rate: 1 });
    await retryUntil(connected, clock);
    assert.ok(clock.nowMs() - asked < 5000, "it has waited for its turn");
    await network.configure(token, { rate: 2 });
    assert.deepEqual(source.configs.all, [{ rate: 1 }, { rate: 2 }]);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Source.connect() goes on waiting when a configuration that is sent is refused",
  fn: async () => {
    await using test = await setUp({
      onConfig: ({ rate }) => {
        if (rate === 0) throw new RangeError("rate must be positive");
      },
    });
    const { network, clock, source, connected } = test;
    await test.waiting();
    await assert.rejects(network.configure(token, { rate: 0 }), /rate must be positive/);
    await test.waiting();
    assert.equal(source.health.status, "unconfigured");
    await network.configure(token, { rate: 1 });
    await retryUntil(connected, clock);
    assert.deepEqual(source.configs.all, [{ rate: 1 }]);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Source.connect() that waits for a configuration survives the end of its connection",
  fn: async () => {
    await using test = await setUp();
    const { network, clock, source, connected } = test;
    await test.waiting();
    const isBack = (times: number) =>
      test.kinds().filter((kind) => kind === "connection-back").length === times;
    for (let outage = 1; outage <= 2; outage++) {
      network.cutConnections();
      await retryUntil(until(() => isBack(outage)), clock);
    }
    await test.waiting();
    await network.configure(token, { rate: 1 });
    await retryUntil(connected, clock);
    assert.deepEqual(source.configs.all, [{ rate: 1 }]);
  },
}));

Deno.test(needing({ permissions }, {
  name: "Source.stop() ends the wait for a configuration",
  fn: async () => {
    await using test = await setUp();
    const { source, connected } = test;
    await test.waiting();
    await source.stop();
    await assert.rejects(connected, { name: "AgentStopped" });
    await source.stopped();
    await test.followed;
    assert.deepEqual(test.kinds(), ["connecting", "unconfigured", "stopping", "stopped"]);
  },
}));
