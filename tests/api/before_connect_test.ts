/** What is made and not yet connected leaves the network alone. */

import assert from "node:assert/strict";
import { Agent } from "../../src/agent/agent.ts";
import { Sink } from "../../src/sink/sink.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timestamp } from "../../src/time/timestamp.ts";
import { TestSource } from "../e2e/test_source.ts";
import { needing } from "../support/needing.ts";

Deno.test(needing({ permissions: [{ name: "net" }, { name: "sys", kind: "hostname" }] }, {
  name: "Agents send nothing before connect or run, whatever they are asked to",
  fn: async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { hostname, port } = listener.addr;
    const clock = new ManualClock();
    const options = { url: `amqp://${hostname}:${port}/`, clock };
    const agent = new Agent({ token: "agent-test", ...options });
    const sink = new Sink({ token: "sink-test", ...options });
    const source = new TestSource({ chunkSize: 2, ...options });

    await assert.rejects(agent.rpc("get_metrics"), { name: "RpcError" });
    const chunks = sink.subscribe(["test.before"]);
    chunks.metadata.catch(() => {}); // there is none yet
    await assert.rejects(source.declareMetrics(["test.before"]), { name: "RpcError" });
    for (let i = 0; i < 5; i++) await source.send("test.before", new Timestamp(i, 0), i);
    const flushed = source.flush();
    flushed.catch(() => {}); // it ends with the source
    await clock.advance(3600);
    assert.equal(source.stats.pointsBuffered, 5);
    await Promise.all([agent.stop(), sink.stop(), source.stop()]);

    // Who connects first is accepted first.
    using own = await Deno.connect({ hostname, port });
    using first = await listener.accept();
    assert.deepEqual(first.remoteAddr, own.localAddr);
  },
}));
