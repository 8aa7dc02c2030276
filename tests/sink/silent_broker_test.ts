import assert from "node:assert/strict";
import { Sink } from "../../src/sink/sink.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { RudeServer } from "../amqp/rude_server.ts";
import { ScriptedManager } from "../e2e/scripted_manager.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { until } from "../support/clock.ts";
import { needing } from "../support/needing.ts";

const STEPS = ["opens its channel", "sets its prefetch", "consumes", "closes its channel"];

for (const [answers, step] of STEPS.entries()) {
  Deno.test(needing({ peers: ["rabbitmq"] }, {
    name: `Sink.stop() waits for stopTimeout while a subscription ${step} and the broker is silent`,
    fn: async () => {
      const vhost = await sharedVhost();
      let calls = 0;
      await using broker = new RudeServer(async (connection) => {
        await connection.channel();
        await connection.answer(answers, (count) => calls = count);
        calls++;
        await connection.silence();
      });
      await using _ = await ScriptedManager.start(vhost.url, {
        "sink.subscribe": {
          dataServerAddress: broker.url("?heartbeat=0"),
          dataQueue: "queue",
          metrics: {},
        },
      });
      const clock = new ManualClock();
      const url = `${vhost.url}?heartbeat=0`;
      const sink = new Sink({ token: "sink-test", url, clock, stopTimeout: "5s" });
      await sink.connect();
      const chunks = sink.subscribe(["test.a"]);
      await chunks.metadata;
      // What is not called by itself is what the stop calls.
      await until(() => calls === Math.min(answers + 1, STEPS.length - 1));

      let hasStopped = false;
      const stopped = sink.stop().then(() => hasStopped = true);
      await until(() => calls === answers + 1);
      const startMs = clock.nowMs();
      while (!hasStopped) {
        await until(() => hasStopped || clock.nextDeadlineMs !== undefined);
        const { nextDeadlineMs } = clock;
        if (nextDeadlineMs !== undefined) {
          await clock.advance((nextDeadlineMs - clock.nowMs()) / 1000);
        }
      }
      await stopped;
      // Both brokers are told of the end then, and have two seconds to agree, one after the other.
      const tookMs = clock.nowMs() - startMs;
      assert(tookMs <= 5000 + 2 * 2000, `${tookMs} ms`);
      assert.deepEqual(await chunks.next(), { done: true, value: undefined });
    },
  }));
}
