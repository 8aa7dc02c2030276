#!/usr/bin/env -S deno run --allow-net --allow-env --allow-read --allow-sys
/**
 * Several devices, each read over HTTP at its own interval. A device that fails does not disturb the
 * others.
 *
 *     deno run -A examples/multi_interval_source.ts --server amqp://localhost/
 *
 * Configuration, for devices that answer for example `{"power": 12.5}`, in W:
 *
 *     {"devices": {
 *       "example.rack1.power": {"url": "http://meter1.example/status", "interval": "100ms"},
 *       "example.rack2.power": {"url": "http://meter2.example/status", "interval": "1min"}
 *     }}
 */

import { command, PollingSource, rpcHandler } from "jsr:@metricq/source";
import * as z from "npm:zod@4.6.7";

const Config = z.object({
  devices: z.record(
    z.string(),
    z.object({
      url: z.url(),
      interval: z.union([z.number(), z.string()]).default("1s"),
    }),
  ),
});

class MeterSource extends PollingSource {
  @rpcHandler("config", Config)
  async onConfig({ devices }: z.infer<typeof Config>) {
    await this.poll(
      Object.entries(devices).map(([metric, { url, interval }]) => ({
        period: interval,
        align: true, // on full seconds, full minutes
        timeout: "5s",
        metrics: { [metric]: { unit: "W", description: "Electric power" } },
        read: async (signal) => ({ [metric]: await readPower(url, signal) }),
      })),
    );
  }
}

async function readPower(url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  const { power } = await response.json();
  if (typeof power !== "number") throw new Error(`${url} answers without a power`);
  return power;
}

if (import.meta.main) {
  await command(
    { defaultToken: "source-deno-meters" },
    ({ server, token }) => new MeterSource({ token, url: server }).run(),
  );
}
