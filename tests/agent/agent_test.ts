import assert from "node:assert/strict";
import { Agent } from "../../src/agent/agent.ts";
import type { AgentOptions } from "../../src/agent/agent_options.ts";
import { AgentStopped, ConnectFailed } from "../../src/errors.ts";
import { LogRecords } from "../support/log_records.ts";

const options: AgentOptions = { token: "agent-test", url: "amqp://user:secret@127.0.0.1:1/" };

function makeAgent(overrides: Partial<AgentOptions> = {}): Agent {
  return new Agent({ ...options, ...overrides });
}

type Refusal = readonly [given: unknown, kind: typeof Error, message: RegExp];

const refusals: Record<string, readonly Refusal[]> = {
  token: [
    ["", RangeError, /^Cannot use token: "" \(0 bytes\) is given, a text of 1 to 251 bytes/],
    ["ü".repeat(126), RangeError, /\(252 bytes\) is given, a text of 1 to 251 bytes/],
    ["amq.agent", RangeError, /"amq\.agent" .* does not begin with "amq\."/],
    [undefined, TypeError, /^Cannot use token: undefined is given/],
    [7, TypeError, /^Cannot use token: 7 is given/],
  ],
  url: [
    ["", SyntaxError, /^Cannot use server URL: "" is given, amqp:\/\/.* is required$/],
    ["localhost", SyntaxError, /"localhost" is given/],
    ["http://localhost", SyntaxError, /"http:\/\/localhost" is given/],
    ["amqp://user:secret@local host/", SyntaxError, /"amqp:\/\/\*{6}" is given/],
    ["amqp://user:se%cret@localhost/", SyntaxError, /its password holds a "%"/],
    ["amqp://localhost/?heartbeat=-1", RangeError, /heartbeat "-1" is given/],
    [undefined, TypeError, /^Cannot use server URL: undefined is given/],
    [5672, TypeError, /^Cannot use server URL: 5672 is given/],
    [[], RangeError, /an empty list is given/],
  ],
};
for (const name of ["connectionTimeout", "rpcTimeout", "stopTimeout"]) {
  refusals[name] = [
    [0, RangeError, new RegExp(`^Cannot use ${name}: 0 is given, a duration above 0 is required$`)],
    [
      -1,
      RangeError,
      new RegExp(`^Cannot use ${name}: -1 is given, a duration above 0 is required$`),
    ],
    [NaN, RangeError, /NaN/],
    ["soon", SyntaxError, /"soon"/],
  ];
}

for (const [option, cases] of Object.entries(refusals)) {
  Deno.test(`new Agent() refuses a bad ${option}, and says what is required`, () => {
    for (const [given, kind, message] of cases) {
      assert.throws(
        () => makeAgent({ [option]: given }),
        (error) => {
          assert(error instanceof kind, `${given}: ${error}`);
          assert.match(error.message, message);
          assert.doesNotMatch(Deno.inspect(error), /secret|se%cret/);
          return true;
        },
      );
    }
  });
}

Deno.test("new Agent() takes the longest token that leaves room for its queue's name", () => {
  assert.equal(makeAgent({ token: "a".repeat(251) }).token.length, 251);
});

Deno.test("Agent.token gets a random suffix with addUuid", () => {
  const [first, second] = [makeAgent({ addUuid: true }), makeAgent({ addUuid: true })];
  assert.match(first.token, /^agent-test\.[0-9a-f]{32}$/);
  assert.notEqual(first.token, second.token);
  assert.throws(() => makeAgent({ token: "a".repeat(230), addUuid: true }), RangeError);
});

Deno.test("Agent shows its URL with asterisks for the password, and the password nowhere", () => {
  const agent = makeAgent();
  assert.equal(agent.url, "amqp://user:******@127.0.0.1:1/");
  assert.doesNotMatch(Deno.inspect(agent, { depth: 20, showHidden: true }), /secret/);
  assert.doesNotMatch(JSON.stringify(agent), /secret/);
});

Deno.test("Agent.rpc() before connect rejects and says so", async () => {
  await assert.rejects(makeAgent().rpc("get_metrics"), {
    name: "RpcError",
    function: "get_metrics",
    message: /^Cannot call get_metrics: .*not connected$/,
  });
});

Deno.test("Agent.rpc() refuses what cannot be sent", async () => {
  const agent = makeAgent();
  await assert.rejects(agent.rpc("x".repeat(256)), /256 bytes, 1 to 255 are required/);
  await assert.rejects(agent.rpc(""), /0 bytes/);
  await assert.rejects(
    agent.rpc("f", { value: NaN }),
    /f\.value: NaN is given, JSON cannot carry it/,
  );
  await assert.rejects(agent.rpc("f", {}, { timeout: 0 }), /Cannot use timeout: 0 is given/);
});

Deno.test("Agent.stop() before connect stops the agent for good", async () => {
  const agent = makeAgent();
  await agent.stop();
  await agent.stopped();
  await assert.rejects(agent.connect(), {
    name: "AgentStopped",
    message: "Cannot connect: the agent is stopped, a new one is required",
  });
  await assert.rejects(agent.rpc("get_metrics"), AgentStopped);
});

Deno.test("Agent.stop() with an error lets stopped() reject with it, and does not reject itself", async () => {
  const agent = makeAgent();
  const reason = new Error("enough");
  await agent.stop(reason);
  await assert.rejects(agent.stopped(), reason);
  await agent.stop();
});

Deno.test("Agent.stop() rejects with a failure that nothing has told, once", async () => {
  const reason = new Error("enough");
  const agent = makeAgent();
  await agent.stop(reason); // by one part of a program; what follows, by another
  await assert.rejects(agent.stop(), reason);
  await agent.stop();

  const watched = makeAgent();
  const stopped = assert.rejects(watched.stopped(), reason);
  await watched.stop(reason);
  await watched.stop();
  await stopped;

  // As is what fails at the stop itself.
  const failure = new Error("it cannot be closed");
  const failing = new Agent(options, { tearDown: () => Promise.reject(failure) });
  await assert.rejects(failing.stop(), failure);
  await failing.stop();
  await assert.rejects(failing.stopped(), failure);
});

Deno.test("Agent.stop() called again changes nothing", async () => {
  const agent = makeAgent();
  await Promise.all([agent.stop(), agent.stop(new Error("too late"))]);
  await agent.stop(new Error("far too late"));
  await agent.stopped();
});

Deno.test("Agent stops at the end of an await using block", async () => {
  const agent = makeAgent();
  {
    await using _agent = agent;
  }
  await agent.stopped();
});

Deno.test("Agent fails at the end of an await using block with a failure that was not seen", async () => {
  const reason = new Error("enough");
  const leave = async (see?: (agent: Agent) => Promise<void>) => {
    await using agent = makeAgent();
    await agent.stop(reason);
    await see?.(agent);
  };
  await assert.rejects(leave(), reason);
  await leave((agent) => assert.rejects(agent.stopped(), reason));
  await leave((agent) => assert.rejects(agent[Symbol.asyncDispose](), reason)); // told once
});

Deno.test("Agent tells of a failure the same with readers of its events as without", async () => {
  const reason = new Error("the sensor is gone");
  for (const readers of [0, 1, 3]) {
    await using logged = await LogRecords.capture();
    const leave = async () => {
      await using agent = makeAgent();
      for (let reader = 0; reader < readers; reader++) void waitForLoss(agent);
      await agent.stop(reason);
    };
    await assert.rejects(leave(), reason);
    assert.deepEqual(logged.messages("error"), [`Stopping ${options.token}: ${reason.message}`]);
  }
});

/** As a program that reacts to losses alone. */
async function waitForLoss(agent: Agent): Promise<void> {
  for await (const { kind } of agent.events()) {
    if (kind === "points-lost") return;
  }
}

Deno.test("Agent.run() ends when its signal is aborted, before and while it connects", async () => {
  const stop = new AbortController();
  // Nothing answers there, so the agent would try again and again.
  const running = makeAgent().run({ signal: stop.signal });
  stop.abort(new Error("not told to run"));
  await running;

  const agent = makeAgent();
  await agent.run({ signal: stop.signal });
  await assert.rejects(agent.connect(), /the agent is stopped/);
});

Deno.test("Agent.connect() rejects with its signal's reason, and stops the agent", async () => {
  const reason = new Error("enough");
  const stop = new AbortController();
  const agent = makeAgent();
  const connecting = agent.connect({ signal: stop.signal });
  stop.abort(reason);
  await assert.rejects(connecting, reason);
  await agent.stopped();

  const unused = makeAgent();
  await assert.rejects(unused.connect({ signal: stop.signal }), reason);
});

for (const start of ["connect", "run"] as const) {
  Deno.test(`Agent.${start}() refuses a field that hides an accessor`, async () => {
    class Hiding extends Agent {
      // @ts-expect-error: TypeScript refuses it, too
      override token = "agent-hiding";
    }
    await assert.rejects(new Hiding(options)[start](), {
      name: "TypeError",
      message: 'Cannot start "agent-hiding": the field "token" hides the accessor of ' +
        "Agent, which has no effect then: give the field another name, or the option " +
        '"token" where there is one',
    });
  });
}

Deno.test("Agent.connect() accepts fields that hide methods, and fields of its own", async () => {
  class Own extends Agent {
    count = 1;
    override rpc = () => Promise.resolve({});
  }
  await assert.rejects(new Own(options).connect(), ConnectFailed);
});

Deno.test("Agent.connect() without --allow-net rejects with ConnectFailed", {
  permissions: { net: false },
}, async () => {
  const agent = makeAgent();
  const failure = await agent.connect().catch((error) => error);
  assert(failure instanceof ConnectFailed);
  assert(failure instanceof AgentStopped);
  assert.match(failure.message, /^Cannot connect to amqp:\/\/user:\*{6}@127\.0\.0\.1:1\/: .*net/);
  await assert.rejects(agent.stopped(), failure);
  await assert.rejects(agent.connect(), /the agent is stopped/);
});
