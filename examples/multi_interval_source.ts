#!/usr/bin/env -S deno run --allow-net --allow-env --allow-read --allow-sys
/**
 * Several devices, each asked over HTTP at its own interval; one that fails disturbs no other.
 *
 *     deno run -A examples/multi_interval_source.ts --server amqp://localhost/
 *
 * Configuration; what a device answers is expected to be `{"power": 12.5}` or so, in W:
 *
 *     {"devices": {
 *       "example.rack1.power": {"url": "http://meter1.example/status", "interval": "100ms"},
 *       "example.rack2.power": {"url": "http://meter2.example/status", "interval": "1min"}
 *     }}
 */

import { getLogger } from "npm:@logtape/logtape@2.4.2";
import { command, rpcHandler, Source, ticks, Timedelta, Timestamp } from "jsr:@metricq/source";

const log = getLogger("source-deno-meters");

interface Device {
  readonly url: string;
  readonly interval: number | string;
}

class MeterSource extends Source {
  #devices: Record<string, Device> = {};
  #reconfigured = new AbortController();

  @rpcHandler("config")
  async onConfig({ devices }: { devices: Record<string, Device> }) {
    await this.declareMetrics(Object.fromEntries(
      Object.entries(devices).map(([metric, { interval }]) => [
        metric,
        { unit: "W", description: "Electric power", rate: 1 / Timedelta.from(interval).s },
      ]),
    ));
    this.#devices = devices;
    this.#reconfigured.abort(); // ends the loops over the old devices
    this.#reconfigured = new AbortController();
  }

  async task(stopped: AbortSignal) {
    while (!stopped.aborted) {
      const signal = AbortSignal.any([stopped, this.#reconfigured.signal]);
      const loops = Object.entries(this.#devices)
        .map(([metric, device]) => this.poll(metric, device, signal));
      await Promise.all([whenAborted(signal), ...loops]);
    }
  }

  async poll(metric: string, { url, interval }: Device, signal: AbortSignal) {
    for await (const _tick of ticks({ period: interval, signal })) {
      const power = await readPower(url, signal).catch((error) => {
        if (!signal.aborted) log.warn`Cannot read ${metric}: ${error}`;
        return NaN; // "no reading"
      });
      if (!signal.aborted) await this.send(metric, Timestamp.now(), power);
    }
  }
}

async function readPower(url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
  });
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  return Number((await response.json()).power ?? NaN);
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

if (import.meta.main) {
  await command(
    { defaultToken: "source-deno-meters" },
    ({ server, token }) => new MeterSource({ token, url: server }).run(),
  );
}
