/** Calls that a running source answers. */

import assert from "node:assert/strict";
import { IntervalSource, type IntervalSourceOptions } from "../../src/source/interval_source.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { VERSION } from "../../src/version.ts";
import { pythonPath } from "../peers/python_peer.ts";
import { sharedVhost } from "../peers/shared_broker.ts";
import { Events } from "../support/events.ts";
import { LogRecords } from "../support/log_records.ts";
import { needing } from "../support/needing.ts";
import { Network } from "./network.ts";
import { registrationAnswer, ScriptedManager } from "./scripted_manager.ts";
import { METRIC, TestSource } from "./test_source.ts";

const needs = ["rabbitmq", "metricq"] as const;
const token = "source-test";

class ConfiguredSource extends IntervalSource {
  readonly updates = new Events<void>();

  constructor(options: Omit<IntervalSourceOptions, "token">) {
    super({ token, ...options });
    this.addRpcHandler<{ rate?: number }>("config", ({ rate }) => {
      if (rate !== undefined) this.period = 1 / rate;
    });
  }

  update(): void {
    this.updates.add();
  }
}

Deno.test(needing({ peers: needs }, {
  name: "IntervalSource takes a new period over from a config call",
  fn: async () => {
    await using network = await Network.start({ configs: { [token]: { rate: 0.0001 } } });
    await using source = new ConfiguredSource({ url: network.url });
    await source.connect();
    await source.updates.nth(1); // the next is hours away

    assert.deepEqual(await network.manager.setConfig(token, { rate: 100 }), {});
    assert.equal(source.period?.ms, 10);
    await source.updates.nth(5);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "IntervalSource answers a bad config call with the reason, and keeps its period",
  fn: async () => {
    await using network = await Network.start({ configs: { [token]: { rate: 100 } } });
    await using source = new ConfiguredSource({ url: network.url });
    await source.connect();
    for (const rate of [0, -1, null, "fast"]) {
      await assert.rejects(
        network.manager.call(token, "config", { rate }),
        /Cannot set period: .* is given, .* required/,
        `${rate}`,
      );
    }
    assert.equal(source.period?.ms, 10);
    await source.updates.nth(source.updates.all.length + 3);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "IntervalSource without a configuration begins when one is sent",
  fn: async () => {
    await using network = await Network.start();
    await using source = new ConfiguredSource({ url: network.url });
    await source.connect();
    await network.manager.setConfig(token, { rate: 100 });
    await source.updates.nth(2);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source answers a call of an unknown function with an error",
  fn: async () => {
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url });
    await source.connect();
    await assert.rejects(
      network.manager.call(token, "dance"),
      /Cannot call dance: it has no handler/,
    );
    await assert.rejects(network.manager.call(token, "constructor"), /it has no handler/);
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source answers calls of functions of its own",
  fn: async () => {
    await using network = await Network.start();
    await using source = new TestSource({ url: network.url });
    source.addRpcHandler<{ range: number }>("meter.range", ({ range }, { fromToken }) => ({
      doubled: 2 * range,
      for: fromToken ?? "",
    }));
    await source.connect();
    assert.deepEqual(await network.manager.call(token, "meter.range", { range: 4 }), {
      doubled: 8,
      for: "manager",
    });
  },
}));

Deno.test(needing({ peers: needs }, {
  name: "Source answers discover with what the reference package can read",
  fn: async () => {
    await using network = await Network.start();
    const before = Timestamp.now();
    await using source = new TestSource({ url: network.url, clientVersion: "1.2.3" });
    await source.connect();
    const { [token]: answer = {} } = await network.manager.discover(token);
    const { alive, metricqVersion, denoVersion, version, hostname } = answer;
    assert.deepEqual({ alive, metricqVersion, denoVersion, version, hostname }, {
      alive: true,
      metricqVersion: `metricq-deno/${VERSION}`,
      denoVersion: Deno.version.deno,
      version: "1.2.3",
      hostname: Deno.hostname(),
    });

    const [startedNs, currentNs, uptimeMs] = await readWithPython(answer);
    assert(startedNs >= before.posixNs / 1000n * 1000n);
    assert(currentNs >= startedNs);
    assert(
      uptimeMs >= 0n && uptimeMs <= (Timestamp.now().posixNs - before.posixNs) / 1_000_000n + 1n,
    );
  },
}));

/** What the reference makes of the times in an answer, which it keeps to the microsecond. */
async function readWithPython(answer: Record<string, unknown>): Promise<[bigint, bigint, bigint]> {
  const program = `
import json, sys
from metricq import Timedelta, Timestamp
answer = json.loads(sys.argv[1])
started, current = (Timestamp.from_iso8601(answer[k]) for k in ("startingTime", "currentTime"))
print(started.posix_ns, current.posix_ns, round(Timedelta(answer["uptime"]).ms))`;
  const { success, stdout, stderr } = await new Deno.Command(pythonPath(), {
    args: ["-c", program, JSON.stringify(answer)],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const [startedNs, currentNs, uptimeMs] = new TextDecoder().decode(stdout).split(" ").map(BigInt);
  return [startedNs ?? 0n, currentNs ?? 0n, uptimeMs ?? 0n];
}

const hostile: Record<string, string | Uint8Array> = {
  "that are no JSON": "{",
  "that are empty": "",
  "that are no objects": "[1]",
  "that are no UTF-8": Uint8Array.of(0xff, 0xfe),
  "without a function": "{}",
  "whose function is no text": '{"function": {"a": 1}}',
  "that set __proto__": '{"function": "config", "__proto__": {"polluted": true}}',
  "that are nested without end": "[".repeat(100_000),
  "of ten megabytes": `{"text": "${"x".repeat(10_000_000)}"}`,
};

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "Source answers the next call, and goes on sending, after messages",
  fn: async (t) => {
    const { url, name } = await sharedVhost();
    await using manager = await ScriptedManager.start(url, {
      "source.register": registrationAnswer(name),
    });
    await using source = new TestSource({ url });
    await source.connect();
    for (const [what, body] of Object.entries(hostile)) {
      await t.step(what, async () => {
        for (const ids of [{}, { correlationId: "x" }, { correlationId: "x", replyTo: "y" }]) {
          await manager.tell(token, body, ids);
        }
        assert.equal((await manager.call(token, { function: "discover" })).alive, true);
        assert.equal(Reflect.get({}, "polluted"), undefined);
        await source.send(METRIC, Timestamp.now(), 1);
        await source.flush();
      });
    }
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "Source answers other calls while a handler hangs, and after one has thrown",
  fn: async () => {
    await using logged = await LogRecords.capture();
    const { url, name } = await sharedVhost();
    await using manager = await ScriptedManager.start(url, {
      "source.register": registrationAnswer(name),
    });
    const hanging = Promise.withResolvers<void>();
    await using source = new TestSource({ url });
    source.addRpcHandler("hang", () => {
      hanging.resolve();
      return new Promise(() => {});
    });
    source.addRpcHandler("throw", () => {
      throw new Error("broken");
    });
    source.addRpcHandler("reject", () => Promise.reject(new Error("broken, too")));
    source.addRpcHandler("throw.nothing", () => Promise.reject());
    await source.connect();
    await manager.tell(token, '{"function": "hang"}', { correlationId: "x", replyTo: "y" });
    await hanging.promise;
    const errorOf = async (name: string) => (await manager.call(token, { function: name })).error;
    assert.equal(await errorOf("throw"), "broken");
    assert.equal(await errorOf("reject"), "broken, too");
    assert.equal(typeof await errorOf("throw.nothing"), "string");
    assert.equal((await manager.call(token, { function: "discover" })).alive, true);
    assert.match(logged.messages("error").join(), /Cannot answer throw to tester: broken/);
  },
}));
