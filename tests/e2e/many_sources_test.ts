/** Many sources in one process. */

import assert from "node:assert/strict";
import { IntervalSource } from "../../src/source/interval_source.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { Events } from "../support/events.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";

const tokens = Array.from({ length: 20 }, (_, i) => `source-many-${i}`);

class OneOfMany extends IntervalSource {
  readonly ownMetric = `test.many.${this.token.replaceAll("-", "_")}`;
  readonly configs = new Events<unknown>();

  constructor(token: string, url: string) {
    super({ token, url, period: 0.05 });
    this.addRpcHandler<{ version: number }>("config", async (config) => {
      this.configs.add(config);
      await this.declareMetrics({ [this.ownMetric]: { version: config.version } });
    });
  }

  async update(): Promise<void> {
    await this.send(this.ownMetric, Timestamp.now(), 1);
  }
}

Deno.test(needing({ peers: ["rabbitmq", "metricq"] }, {
  name: "Twenty sources in one process go on while the manager is killed and started again",
  fn: async () => {
    await using network = await Network.start({
      configs: Object.fromEntries(tokens.map((token) => [token, { version: 1 }])),
    });
    await using stack = new AsyncDisposableStack();
    const sources = tokens.map((token) => stack.use(new OneOfMany(token, network.url)));
    const metrics = sources.map((source) => source.ownMetric);
    const sink = await network.sink(...metrics);
    const morePoints = () =>
      Promise.all(
        metrics.map((metric) => sink.waitForPoints(metric, sink.points(metric).length + 3)),
      );

    await Promise.all(sources.map((source) => source.connect()));
    await morePoints();

    await network.manager.kill();
    await morePoints();

    await network.manager.restart();
    await morePoints();
    const answers = await network.manager.discover(...tokens);
    for (const token of tokens) assert.equal(answers[token]?.alive, true);
    await Promise.all(tokens.map((token) => network.manager.setConfig(token, { version: 2 })));
    await morePoints();
    for (const metric of metrics) assert.equal(network.manager.metrics[metric]?.version, 2);
    for (const source of sources) {
      assert.deepEqual(source.configs.all, [{ version: 1 }, { version: 2 }]);
    }
    for (const metric of metrics) {
      const times = sink.points(metric).map(({ timeNs }) => timeNs);
      assert(times.every((timeNs, i) => timeNs > (times[i - 1] ?? 0n)), metric);
    }
  },
}));
