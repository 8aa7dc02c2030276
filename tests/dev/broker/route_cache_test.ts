import assert from "node:assert/strict";
import { MemoryGauge } from "../../../src/dev/broker/memory_gauge.ts";
import { RouteCache } from "../../../src/dev/broker/route_cache.ts";
import { VirtualHost } from "../../../src/dev/broker/virtual_host.ts";
import { systemRandomness } from "../../../src/randomness.ts";

Deno.test("Routes are told apart, also two whose hash is the same", () => {
  const memory = new MemoryGauge(2 ** 30);
  const virtualHost = new VirtualHost("/", {
    nowMs: () => 0,
    memory,
    randomness: systemRandomness,
  });
  const routes = new RouteCache(virtualHost);
  // The second and the third have the same FNV-1a hash, beside the exchange "d".
  const keys = ["m", "collision.m71729xxxx", "collision.m1015339xx"];
  for (let round = 0; round < 3; round++) {
    for (const key of keys) {
      const bytes = new TextEncoder().encode(`..\x01d${String.fromCharCode(key.length)}${key}..`);
      const { exchange, routingKey } = routes.find(bytes, 2, bytes.length - 2);
      assert.deepEqual([exchange, routingKey], ["d", key]);
    }
  }
});
