/**
 * Sends one point, and tells when the broker had it: `first_point.ts URL`.
 *
 * @module
 */

import { Source, Timestamp } from "../../../mod.ts";

class FirstPoint extends Source {
  protected async task(): Promise<void> {
    await this.send("bench.first.point", Timestamp.now(), 1);
    await this.flush();
    const atMs = performance.timeOrigin + performance.now();
    const residentMiB = Deno.memoryUsage().rss / 2 ** 20;
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ atMs, residentMiB }) + "\n"));
    void this.stop();
  }
}

const [url = ""] = Deno.args;
await new FirstPoint({ token: "bench-first-point", url }).run();
