import assert from "node:assert/strict";
import { AmqpError } from "../../src/errors.ts";
import { systemRandomness } from "../../src/randomness.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { type OutgoingRpc, RpcEndpoint } from "../../src/rpc/rpc_endpoint.ts";
import type { RpcTracer, TracedCall } from "../../src/rpc/rpc_tracer.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Events } from "../support/events.ts";
import { LogRecords } from "../support/log_records.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (message: OutgoingRpc): JsonObject =>
  JSON.parse(new TextDecoder().decode(message.body));

/** An endpoint, and all that it has sent. */
function setUp(token = "me") {
  const clock = new ManualClock();
  const sent = new Events<OutgoingRpc>();
  const send = (message: OutgoingRpc) => {
    sent.add(message);
    return Promise.resolve();
  };
  return {
    clock,
    sent,
    endpoint: new RpcEndpoint({
      token,
      clock,
      randomness: systemRandomness,
      timeoutSeconds: 60,
      send,
    }),
  };
}

function call(endpoint: RpcEndpoint, body: string | Uint8Array, replyTo = "you-rpc"): void {
  const bytes = typeof body === "string" ? encode(body) : body;
  endpoint.receive({ body: bytes, appId: "you", correlationId: "id", replyTo });
}

Deno.test("RpcEndpoint.call() sends a request as the protocol has it, and returns the answer", async () => {
  const { endpoint, sent } = setUp();
  const answer = endpoint.call("get_metrics", { limit: 1 }, { exchange: "metricq.management" });
  const request = await sent.nth(1);
  const { correlationId } = request.properties;
  assert.deepEqual({ ...request, body: decode(request) }, {
    exchange: "metricq.management",
    routingKey: "get_metrics",
    body: { function: "get_metrics", limit: 1 },
    properties: { contentType: "application/json", appId: "me", replyTo: "me-rpc", correlationId },
  });
  assert.match(String(correlationId), /^metricq-rpc-deno-me-[0-9a-f]{32}$/);

  endpoint.receive({ body: encode('{"metrics":[]}'), appId: "manager", correlationId });
  assert.deepEqual(await answer, { metrics: [] });
});

Deno.test("RpcEndpoint.call() rejects with the text of an error answer", async () => {
  const { endpoint, sent } = setUp();
  const answer = endpoint.call("source.register", {}, { exchange: "x" });
  const { correlationId } = (await sent.nth(1)).properties;
  endpoint.receive({ body: encode('{"error":"not today"}'), correlationId });
  await assert.rejects(answer, {
    name: "RpcError",
    message: "Cannot call source.register: not today",
  });
});

Deno.test("RpcEndpoint.call() rejects when there is no answer in time", async () => {
  const { endpoint, clock } = setUp();
  const rejected = assert.rejects(
    endpoint.call("f", {}, { exchange: "x", timeoutSeconds: 5 }),
    { name: "RpcTimeout", timeoutSeconds: 5, message: "Cannot call f: no answer within 5 s" },
  );
  await clock.advance(5);
  await rejected;
  assert.equal(clock.sleepers, 0);
});

Deno.test("RpcEndpoint.call() rejects when the request cannot be sent, with the cause", async () => {
  const cause = new AmqpError("Connection lost");
  const endpoint = new RpcEndpoint({
    token: "me",
    clock: new ManualClock(),
    randomness: systemRandomness,
    timeoutSeconds: 60,
    send: () => Promise.reject(cause),
  });
  await assert.rejects(endpoint.call("f", {}, { exchange: "x" }), {
    name: "RpcError",
    message: "Cannot call f: Connection lost",
    cause,
  });
});

Deno.test("RpcEndpoint.close() gives up the calls that wait, and those to come", async () => {
  const { endpoint, clock } = setUp();
  const reason = new Error("stopped");
  const rejected = assert.rejects(endpoint.call("f", {}, { exchange: "x" }), reason);
  endpoint.close(reason);
  await rejected;
  await assert.rejects(endpoint.call("f", {}, { exchange: "x" }), reason);
  assert.equal(clock.sleepers, 0);
});

Deno.test("RpcEndpoint answers a call to its reply_to, with its correlation id", async () => {
  const { endpoint, sent } = setUp();
  endpoint.addHandler<{ a: number; b: number }>("add", ({ a, b }, { fromToken }) => ({
    sum: a + b,
    for: fromToken ?? "",
  }));
  call(endpoint, '{"function":"add","a":1,"b":2}');
  const answer = await sent.nth(1);
  assert.deepEqual({ ...answer, body: decode(answer) }, {
    exchange: "",
    routingKey: "you-rpc",
    body: { sum: 3, for: "you" },
    properties: { contentType: "application/json", appId: "me", correlationId: "id" },
  });
});

Deno.test("RpcEndpoint answers a handler's error with its text", async () => {
  const { endpoint, sent } = setUp();
  endpoint.addHandler("config", () => {
    throw new RangeError("rate must be positive");
  });
  call(endpoint, '{"function":"config"}');
  assert.deepEqual(decode(await sent.nth(1)), { error: "rate must be positive" });
});

Deno.test("RpcEndpoint answers a call of what it does not know with an error", async () => {
  const { endpoint, sent } = setUp();
  call(endpoint, '{"function":"dance"}');
  call(endpoint, '{"function":"constructor"}');
  call(endpoint, '{"function":"__proto__"}');
  await sent.nth(3);
  assert.deepEqual(sent.all.map((message) => decode(message)), [
    { error: "Cannot call dance: it has no handler here" },
    { error: "Cannot call constructor: it has no handler here" },
    { error: "Cannot call __proto__: it has no handler here" },
  ]);
});

const deep = "[".repeat(200_000);
const hostile: Record<string, string | Uint8Array> = {
  "no JSON": "{",
  "nothing": "",
  "no object": "[1, 2]",
  "null": "null",
  "a number": "7",
  "no UTF-8": Uint8Array.of(0xff, 0xfe, 0x00),
  "an object without a function": "{}",
  "a function that is a number": '{"function": 7}',
  "a function without a name": '{"function": ""}',
  "a function that is null": '{"function": null}',
  "lists nested without end": deep,
  "ten megabytes of text": `{"text": "${"x".repeat(10_000_000)}"}`,
  "a prototype": '{"__proto__": {"function": "f"}}',
};

for (const [what, body] of Object.entries(hostile)) {
  Deno.test(`RpcEndpoint.receive() survives ${what}, and answers the next call`, async () => {
    const { endpoint, sent } = setUp();
    endpoint.addHandler("ping", () => ({ pong: true }));
    for (const correlationId of [undefined, "id"]) {
      for (const replyTo of [undefined, "you-rpc"]) {
        endpoint.receive({
          body: typeof body === "string" ? encode(body) : body,
          correlationId,
          replyTo,
        });
      }
    }
    call(endpoint, '{"function":"ping"}');
    while (!("pong" in decode(await sent.nth(sent.all.length)))) {
      await sent.nth(sent.all.length + 1);
    }
    // What says where answers go, and is not an answer itself, gets an error.
    const answers = sent.all.slice(0, -1);
    assert.ok(answers.length <= 2);
    for (const answer of answers) {
      assert.equal(answer.routingKey, "you-rpc");
      assert.match(String(decode(answer)["error"]), /^Cannot read /);
      assert.ok(answer.body.byteLength < 300);
    }
  });
}

Deno.test("RpcEndpoint answers with one error a call whose function is not a text, or too much", async () => {
  const fields = Array.from({ length: 300_000 }, (_, at) => `"k${at}":0`).join();
  const bodies: Record<string, RegExp> = {
    '{"function":7}': /^Cannot read request: its function is a number, a name is required$/,
    '{"function":null}': /its function is null/,
    [`{"function":"${"x".repeat(256)}"}`]:
      /its function has 256 characters, at most 255 are allowed$/,
    [`{"function":"f","a":${"[".repeat(200)}${"]".repeat(200)}}`]: /nested more than 100 deep$/,
    [`{"function":"f","a":{${fields}}}`]: /it has more than 250000 values$/,
    [`{"function":"f","a":"${"x".repeat(2 ** 24)}"}`]:
      /it has \d+ bytes, at most 8388608 are allowed$/,
  };
  for (const [body, message] of Object.entries(bodies)) {
    const { endpoint, sent } = setUp();
    endpoint.addHandler("f", () => assert.fail("it was called"));
    call(endpoint, body);
    const { error } = decode(await sent.nth(1));
    assert.match(String(error), message);
    assert.equal(sent.all.length, 1);
  }
});

Deno.test("RpcEndpoint takes the answer to its own call however large it is", async () => {
  const { endpoint, sent } = setUp();
  const answer = endpoint.call("get_metrics", {}, { exchange: "x" });
  const { correlationId } = (await sent.nth(1)).properties;
  const metrics = Array.from({ length: 300_000 }, (_, at) => `test.m${at}`);
  endpoint.receive({ body: encode(JSON.stringify({ metrics })), correlationId });
  assert.deepEqual((await answer)["metrics"], metrics);
});

Deno.test("RpcEndpoint hands on a configuration without what CouchDB and the wizard keep in it", async () => {
  const { endpoint, sent } = setUp();
  const seen: unknown[] = [];
  endpoint.addHandler("config", (config) => void seen.push(config));
  endpoint.addHandler("other", (args) => void seen.push(args));
  const rest = '"_id":"me","_rev":"2-a","x-metricq":{},"rate":1}';
  call(endpoint, `{"function":"config",${rest}`);
  call(endpoint, `{"function":"other",${rest}`);
  await sent.nth(2);
  assert.deepEqual(seen, [{ rate: 1 }, { _id: "me", _rev: "2-a", "x-metricq": {}, rate: 1 }]);
});

Deno.test("RpcEndpoint keeps __proto__ in arguments away from its handlers", async () => {
  const { endpoint, sent } = setUp();
  endpoint.addHandler("probe", (args) => ({
    polluted: Reflect.get(Object.assign({}, args), "polluted") ?? "no",
  }));
  call(endpoint, '{"function":"probe","__proto__":{"polluted":"yes"}}');
  assert.deepEqual(decode(await sent.nth(1)), { polluted: "no" });
});

Deno.test("RpcEndpoint ignores a call without reply_to, and says so", async () => {
  await using logged = await LogRecords.capture();
  const { endpoint, sent } = setUp();
  call(endpoint, '{"function":"discover"}', "");
  assert.equal(sent.all.length, 0);
  assert.match(logged.messages("warning").join(), /discover.*you.*no reply_to/);
});

Deno.test("RpcEndpoint answers other functions while a handler hangs, and that one in the end", async () => {
  const { endpoint, sent, clock } = setUp();
  const aborted = Promise.withResolvers<void>();
  endpoint.addHandler("hang", (_, { signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    return new Promise(() => {});
  });
  endpoint.addHandler("ping", () => ({ pong: true }));
  call(endpoint, '{"function":"hang"}');
  call(endpoint, '{"function":"ping"}');
  assert.deepEqual(decode(await sent.nth(1)), { pong: true });

  await clock.advance(60);
  assert.deepEqual(decode(await sent.nth(2)), {
    error: "Cannot call hang: its handler has not finished within 60 s",
  });
  await aborted.promise;
});

Deno.test("RpcEndpoint answers with an error when a handler's result is not JSON", async () => {
  const { endpoint, sent } = setUp();
  endpoint.addHandler("f", () => ({ value: NaN }));
  call(endpoint, '{"function":"f"}');
  assert.match(String(decode(await sent.nth(1)).error), /NaN/);
});

Deno.test("RpcEndpoint gives up an answer that cannot be sent in time", async () => {
  const clock = new ManualClock();
  const givenUp = Promise.withResolvers<void>();
  const endpoint = new RpcEndpoint({
    token: "me",
    clock,
    randomness: systemRandomness,
    timeoutSeconds: 60,
    send: (_, signal) =>
      new Promise((_, reject) =>
        signal?.addEventListener("abort", () => {
          givenUp.resolve();
          reject(signal.reason);
        })
      ),
  });
  endpoint.addHandler("ping", () => {});
  call(endpoint, '{"function":"ping"}');
  await clock.advance(0);
  await clock.advance(60);
  await givenUp.promise;
});

Deno.test("RpcEndpoint.tracer follows all calls, in both directions, and how they end", async () => {
  const { endpoint, sent } = setUp();
  const calls: TracedCall[] = [];
  const ends: unknown[] = [];
  const tracer: RpcTracer = {
    async trace(call, run) {
      calls.push(call);
      try {
        const result = await run();
        ends.push("well");
        return result;
      } catch (error) {
        ends.push(error instanceof Error ? error.message : error);
        throw error;
      }
    },
  };
  endpoint.tracer = tracer;
  endpoint.addHandler("config", ({ rate }) => {
    if (rate === 0) throw new RangeError("a rate is required");
  });

  const answer = endpoint.call("get_metrics", {}, { exchange: "x" });
  const { correlationId } = (await sent.nth(1)).properties;
  endpoint.receive({ body: encode('{"metrics":[]}'), correlationId });
  assert.deepEqual(await answer, { metrics: [] });
  await endpoint.dispatch("config", { rate: 1 });
  call(endpoint, '{"function":"config","rate":0}');
  assert.deepEqual(decode(await sent.nth(2)), { error: "a rate is required" });
  call(endpoint, '{"function":"made_up"}');
  await sent.nth(3);

  const fromToken = "you";
  assert.deepEqual(calls, [
    { function: "get_metrics", kind: "client" },
    { function: "config", kind: "internal" },
    { function: "config", isKnown: true, kind: "server", fromToken },
    { function: "made_up", isKnown: false, kind: "server", fromToken },
  ]);
  assert.deepEqual(ends, [
    "well",
    "well",
    "a rate is required",
    "Cannot call made_up: it has no handler here",
  ]);
});
