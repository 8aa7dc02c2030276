/** The embedded broker and RabbitMQ, case by case. */

import assert from "node:assert/strict";
import { Broker } from "../../../src/dev/broker/broker.ts";
import { sharedVhost } from "../../peers/shared_broker.ts";
import { needing } from "../../support/needing.ts";
import { AmqplibSession } from "./amqplib_session.ts";
import { BINDING_CASES } from "./behaviour/binding_cases.ts";
import { CONSUME_CASES } from "./behaviour/consume_cases.ts";
import { EXCHANGE_CASES } from "./behaviour/exchange_cases.ts";
import { PROTOCOL_CASES } from "./behaviour/protocol_cases.ts";
import { PUBLISH_CASES } from "./behaviour/publish_cases.ts";
import { QUEUE_CASES } from "./behaviour/queue_cases.ts";
import { SETTLE_CASES } from "./behaviour/settle_cases.ts";

Deno.test(needing({ permissions: [{ name: "net" }, { name: "env" }] }, {
  name: "Broker behaves as expected",
  fn: async (t) => {
    await using broker = Broker.start();
    await runCases(t, `${broker.url.replace("//", "//guest:guest@")}/%2F`, "/");
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "RabbitMQ behaves as expected of Broker",
  fn: async (t) => {
    const { url, name } = await sharedVhost();
    await runCases(t, url, name);
  },
}));

Deno.test(needing({ permissions: [{ name: "net" }] }, {
  name: "Broker ends broken connections as expected",
  fn: async (t) => {
    await using broker = Broker.start();
    for (const { name, run, expected } of PROTOCOL_CASES) {
      const url = `${broker.url.replace("//", "//guest:guest@")}/%2F`;
      await t.step(name, async () => assert.equal(await run(url), expected));
    }
  },
}));

Deno.test(needing({ peers: ["rabbitmq"] }, {
  name: "RabbitMQ ends broken connections as expected of Broker",
  fn: async (t) => {
    const { url } = await sharedVhost();
    for (const { name, run, expected, onRabbitMq, rabbitMqHangsUp } of PROTOCOL_CASES) {
      if (rabbitMqHangsUp) continue;
      await t.step(name, async () => assert.equal(await run(url), onRabbitMq ?? expected));
    }
  },
}));

const CASES = [
  ...EXCHANGE_CASES,
  ...QUEUE_CASES,
  ...BINDING_CASES,
  ...PUBLISH_CASES,
  ...CONSUME_CASES,
  ...SETTLE_CASES,
];

async function runCases(t: Deno.TestContext, url: string, vhost: string): Promise<void> {
  for (const { name, run, expected } of CASES) {
    await t.step(name, async () => {
      await using session = new AmqplibSession(url);
      assert.deepEqual(normalized(await run(session), vhost), expected);
    });
  }
}

function normalized(result: unknown, vhost: string): unknown {
  return typeof result === "string" ? result.replaceAll(`'${vhost}'`, "'VHOST'") : result;
}
