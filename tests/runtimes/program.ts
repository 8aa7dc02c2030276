/**
 * A source as users of Node write one, `program.ts URL SPOOL`: without decorators, which Node leaves
 * to others, and with types, which it does not. It prints what has become of its points.
 *
 * @module
 */

import {
  command,
  type Duration,
  HealthServer,
  type JsonObject,
  periodMetadata,
  readPeriod,
  Source,
  ticks,
  Timestamp,
} from "@metricq/source";
import process from "node:process";

const METRIC = "test.runtimes.value";
const [url = "", spool = ""] = process.argv.slice(2);

class Counter extends Source {
  period: Duration = 1;

  constructor() {
    super({ token: "source-runtimes", url, spool });
    this.addRpcHandler("config", (config: JsonObject) => this.onConfig(config));
  }

  async onConfig(config: JsonObject): Promise<void> {
    this.period = readPeriod(config);
    await this.declareMetrics({ [METRIC]: { unit: "", ...periodMetadata(this.period) } });
  }

  override async task(signal: AbortSignal): Promise<void> {
    let count = 0;
    for await (const _tick of ticks({ period: this.period, signal })) {
      await this.send(METRIC, Timestamp.now(), count++);
    }
    await this.flush();
  }
}

const source = new Counter();
const health = HealthServer.start({ sources: [source], port: 0 });
await health.listening;
const before = await (await fetch(`${health.url}healthz`)).json();
await source.run();
await health.stop();
const refusal = await command({ defaultToken: "source-runtimes" }, () => {}).catch(String);
const { pointsSent, pointsConfirmed, reconnects } = source.stats;
process.stdout.write(
  JSON.stringify({
    pointsSent,
    pointsConfirmed,
    reconnects,
    refusal,
    reason: before.sources[0].reason,
  }),
);
