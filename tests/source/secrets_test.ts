/** What is told of errors that hold passwords. */

import assert from "node:assert/strict";
import { IntervalSource } from "../../src/source/interval_source.ts";
import { PollingSource } from "../../src/source/polling_source.ts";
import { Source } from "../../src/source/source.ts";
import { TestNetwork } from "../../src/testing/mod.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";

const token = "source-test";
const METRIC = "test.secrets";
const ADDRESS = "http://ada:hunter2@meter.example/rpc?key=hunter2";

function fail(): never {
  throw new Error(`Cannot read ${ADDRESS}`);
}

class FailingTask extends Source {
  override task = fail;
}

class FailingUpdate extends IntervalSource {
  override update = fail;
}

class FailingReading extends PollingSource {
  onConfig() {
    const metrics = { [METRIC]: {}, [`${METRIC}.other`]: {} };
    return this.poll([{ name: ADDRESS, period: "10ms", metrics, read: fail }]);
  }
}

class Sender extends Source {
  override async task() {
    await this.send(METRIC, Timestamp.now(), 1);
  }
}

class Idle extends Source {
  override task() {}
}

interface Failing {
  readonly source: Source;
  /** What the log tells then. */
  readonly told: Parameters<LogRecords["logged"]>;
}

const FAILING: Record<string, (network: TestNetwork) => Failing> = {
  "a task": ({ url }) => ({
    source: new FailingTask({ token, url }),
    told: ["error", /^Stopping/],
  }),
  "an update": ({ url }) => ({
    source: new FailingUpdate({ token, url, period: "10ms" }),
    told: ["error", /^Stopping/],
  }),
  "a reading": ({ url }) => {
    const source = new FailingReading({ token, url });
    source.addRpcHandler("config", () => source.onConfig());
    return { source, told: ["warning", /^No reading/] };
  },
  "the handler of its first configuration": ({ url }) => {
    const source = new Idle({ token, url });
    source.addRpcHandler("config", fail);
    return { source, told: ["info", /^Stopping/] };
  },
  "onPointsLost": (network) => {
    network.forbid(METRIC);
    const source = new Sender({ token, url: network.url, onPointsLost: fail });
    return { source, told: ["error", /^onPointsLost/] };
  },
  "credentials": ({ url }) => ({
    source: new Idle({ token, url, credentials: fail }),
    told: ["info", /^Stopping/],
  }),
};

/** All that is told of a source until it has stopped, but the errors themselves. */
async function tellings(source: Source): Promise<string[]> {
  const texts: string[] = [];
  for await (const event of source.events()) {
    const { error: _, ...told } = { error: undefined, ...event };
    texts.push(Deno.inspect(told), String(source.health.reason));
  }
  return texts;
}

for (const [what, make] of Object.entries(FAILING)) {
  Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
    name: `Source tells no password when ${what} fails`,
    fn: async () => {
      await using logged = await LogRecords.capture();
      await using network = await TestNetwork.start({ config: {} });
      const { source, told } = make(network);
      const texts = tellings(source);
      await source.connect().catch((error) => assert.doesNotMatch(error.message, /hunter2/));
      await logged.logged(...told);
      // Whoever stops a source that has failed gets the error itself.
      await source.stop().catch(({ message }) => assert.equal(message, `Cannot read ${ADDRESS}`));
      assert.doesNotMatch([...await texts, logged.inspect()].join("\n"), /hunter2/);
    },
  }));
}

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Source tells no password of a configuration that it refuses, also not who has sent it",
  fn: async () => {
    await using logged = await LogRecords.capture();
    await using network = await TestNetwork.start({ config: {} });
    await using source = new Idle({ token, url: network.url });
    source.addRpcHandler("config", ({ isBad }) => isBad ? fail() : undefined);
    const texts = tellings(source);
    await source.connect();
    await assert.rejects(network.configure(token, { isBad: true }), (error: Error) => {
      assert.match(error.message, /Cannot read http:\/\/ada:\*{6}@meter\.example\/rpc\?\*{6}$/);
      return true;
    });
    await source.stop();
    assert.doesNotMatch([...await texts, logged.inspect()].join("\n"), /hunter2/);
  },
}));
