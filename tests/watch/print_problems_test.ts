import assert from "node:assert/strict";
import { DevNetwork } from "../../src/dev/network.ts";
import { RpcError } from "../../src/errors.ts";
import { Sink } from "../../src/sink/sink.ts";
import { Timedelta } from "../../src/time/timedelta.ts";
import { printProblems } from "../../src/watch/print_problems.ts";
import { needing } from "../support/needing.ts";

const permissions = [{ name: "net" }, { name: "sys", kind: "hostname" }] as const;

const REQUEST = {
  format: undefined,
  limit: 1000,
  scan: false,
  scanAtOnce: 1,
  scanTime: Timedelta.fromS(1),
};

async function connected(network: DevNetwork): Promise<Sink> {
  const sink = new Sink({ token: "watch-test", url: network.url });
  await sink.connect();
  return sink;
}

Deno.test(needing({ permissions }, {
  name: "printProblems() fails where it cannot know, as nothing wrong would look like good news",
  fn: async () => {
    await using network = await DevNetwork.start();
    await using stopped = await connected(network);
    const printing = printProblems(stopped, [], REQUEST);
    const rejected = assert.rejects(printing, { name: "AgentStopped" });
    await stopped.stop();
    await rejected;

    await using refused = await connected(network);
    const mute = new RpcError("get_metrics", "the database is away");
    Object.defineProperty(refused, "rpc", { value: () => Promise.reject(mute) });
    await assert.rejects(printProblems(refused, [], REQUEST), mute);
  },
}));
