#!/usr/bin/env -S deno run -A
/**
 * Real measurements of this host: processor, memory, load, and network traffic (Linux). The program
 * `jsr:@metricq/source/sysinfo` measures more, and needs fewer permissions: Deno opens /proc with
 * `-A` only.
 *
 *     deno run -A examples/sysinfo_source.ts --server amqp://localhost/
 *
 * Configuration: `{"rate": 1, "prefix": "example.rack1"}`, both optional; the metrics are
 * `<prefix>.<host>.cpu.utilization` and so on.
 */

import { cpus } from "node:os";
import { command, IntervalSource, type Metadata, rpcHandler, Timestamp } from "jsr:@metricq/source";

const METRICS: Record<string, Metadata> = {
  "cpu.utilization": { description: "Share of processor time in use", unit: "", scope: "last" },
  "memory.used": { description: "Memory that is not available to programs", unit: "B" },
  "memory.available": { description: "Memory available to programs", unit: "B" },
  "load.one_minute": { description: "Processes that run or wait, mean of a minute", unit: "" },
  "network.received": { description: "Received over all interfaces", unit: "B/s", scope: "last" },
  "network.sent": { description: "Sent over all interfaces", unit: "B/s", scope: "last" },
};

/** Counters that only grow; the source sends their rates. */
interface Counters {
  readonly time: Timestamp;
  readonly cpuBusyMs: number;
  readonly cpuTotalMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

class SysinfoSource extends IntervalSource {
  #prefix = "";
  #before: Counters | undefined;

  @rpcHandler("config")
  async onConfig({ rate = 1, prefix = "sysinfo" }: { rate?: number; prefix?: string }) {
    this.period = 1 / rate;
    this.#prefix = `${prefix}.${namePart(Deno.hostname())}`;
    const metrics = Object.entries(METRICS);
    await this.declareMetrics(Object.fromEntries(
      metrics.map(([name, metadata]) => [`${this.#prefix}.${name}`, { ...metadata, rate }]),
    ));
  }

  async update() {
    const now = await readCounters();
    const values = { ...readGauges(), ...this.#before && readRates(this.#before, now) };
    this.#before = now;
    for (const [name, value] of Object.entries(values)) {
      await this.send(`${this.#prefix}.${name}`, now.time, value);
    }
  }
}

function readGauges(): Record<string, number> {
  const { total, available } = Deno.systemMemoryInfo();
  return {
    "memory.used": total - available,
    "memory.available": available,
    "load.one_minute": Deno.loadavg()[0] ?? NaN, // NaN is MetricQ's "no reading"
  };
}

function readRates(before: Counters, now: Counters): Record<string, number> {
  const seconds = now.time.subtract(before.time).s;
  return {
    "cpu.utilization": (now.cpuBusyMs - before.cpuBusyMs) / (now.cpuTotalMs - before.cpuTotalMs),
    "network.received": (now.receivedBytes - before.receivedBytes) / seconds,
    "network.sent": (now.sentBytes - before.sentBytes) / seconds,
  };
}

async function readCounters(): Promise<Counters> {
  let cpuIdleMs = 0;
  let cpuTotalMs = 0;
  for (const { times } of cpus()) {
    cpuIdleMs += times.idle;
    cpuTotalMs += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  const { receivedBytes, sentBytes } = await readNetworkCounters();
  const time = Timestamp.now();
  return { time, cpuBusyMs: cpuTotalMs - cpuIdleMs, cpuTotalMs, receivedBytes, sentBytes };
}

async function readNetworkCounters(): Promise<{ receivedBytes: number; sentBytes: number }> {
  if (Deno.build.os !== "linux") return { receivedBytes: NaN, sentBytes: NaN };
  let receivedBytes = 0;
  let sentBytes = 0;
  for (const line of (await Deno.readTextFile("/proc/net/dev")).split("\n").slice(2)) {
    const columns = line.split(":")[1]?.trim().split(/\s+/).map(Number) ?? [];
    receivedBytes += columns[0] ?? 0;
    sentBytes += columns[8] ?? 0;
  }
  return { receivedBytes, sentBytes };
}

/** A host's name as one part of a metric's name. */
function namePart(name: string): string {
  return name.replaceAll(".", "_");
}

if (import.meta.main) {
  await command(
    { defaultToken: "source-deno-sysinfo-$HOST" },
    ({ server, token }) => new SysinfoSource({ token, url: server }).run(),
  );
}
