#!/usr/bin/env -S deno run --allow-net --allow-env --allow-read --allow-sys
/**
 * A source with a task of its own, which sends whenever it has values: here the time of one turn of
 * the event loop, measured in bursts.
 *
 *     deno run -A examples/manual_source.ts --server amqp://localhost/
 *
 * Configuration: `{"burst": 100, "pause": "1s"}`, both optional.
 */

import { command, rpcHandler, Source, Timedelta, Timestamp } from "jsr:@metricq/source";

const METRIC = "test.deno.event_loop.turn";

class EventLoopSource extends Source {
  #burst = 100;
  #pause = Timedelta.fromS(1);

  @rpcHandler("config")
  async onConfig({ burst = 100, pause = "1s" }: { burst?: number; pause?: number | string }) {
    this.#burst = burst;
    this.#pause = Timedelta.from(pause);
    this.metric(METRIC).chunkSize = burst; // a burst travels as one message
    await this.declareMetrics({
      [METRIC]: { description: "Duration of one turn of the event loop", unit: "s" },
    });
  }

  async task(signal: AbortSignal) {
    while (!signal.aborted) {
      for (let i = 0; i < this.#burst; i++) {
        await this.send(METRIC, Timestamp.now(), await measureTurn());
      }
      await pause(this.#pause.ms, signal);
    }
  }
}

async function measureTurn(): Promise<number> {
  const startMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve));
  return (performance.now() - startMs) / 1000;
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

if (import.meta.main) {
  await command(
    { defaultToken: "source-deno-event-loop" },
    ({ server, token }) => new EventLoopSource({ token, url: server }).run(),
  );
}
