/**
 * What can be measured of a host.
 *
 * @module
 */

import { cpus } from "node:os";
import type { Metadata } from "../source/metadata.ts";
import { runProgram } from "./run_program.ts";

/** The names of the groups. */
export const GROUP_NAMES = ["cpu", "memory", "load", "network", "disk"] as const;

/** The name of a group. */
export type GroupName = (typeof GROUP_NAMES)[number];

/** Metrics that are read together. */
export interface Group {
  /** Their metadata, by the name behind the prefix. */
  readonly metrics: Readonly<Record<string, Metadata>>;
  /** Reads them; nothing at first where a value is the difference between two readings. */
  readonly read: (signal: AbortSignal) => Promise<Record<string, number> | undefined>;
}

/** Finds out what there is to measure in a group; network and disk need `--allow-run=cat`. */
export async function openGroup(name: GroupName): Promise<Group> {
  switch (name) {
    case "cpu":
      return cpuGroup();
    case "memory":
      return MEMORY;
    case "load":
      return LOAD;
    case "network":
      return await counterGroup(NETWORK);
    case "disk":
      return await counterGroup(DISK);
  }
}

const MEMORY: Group = {
  metrics: {
    "memory.used": { description: "Memory that is not available to programs", unit: "B" },
    "memory.available": { description: "Memory available to programs", unit: "B" },
    "memory.swap.used": { description: "Swap space in use", unit: "B" },
  },
  read: () => {
    const { total, available, swapTotal, swapFree } = Deno.systemMemoryInfo();
    return Promise.resolve({
      "memory.used": total - available,
      "memory.available": available,
      "memory.swap.used": swapTotal - swapFree,
    });
  },
};

const LOAD: Group = {
  metrics: {
    "load.one_minute": { description: "Processes that run or wait, mean of 1 min", unit: "" },
    "load.five_minutes": { description: "Processes that run or wait, mean of 5 min", unit: "" },
    "load.fifteen_minutes": { description: "Processes that run or wait, mean of 15 min", unit: "" },
  },
  read: () => {
    const [one = NaN, five = NaN, fifteen = NaN] = Deno.loadavg();
    return Promise.resolve({
      "load.one_minute": one,
      "load.five_minutes": five,
      "load.fifteen_minutes": fifteen,
    });
  },
};

function cpuGroup(): Group {
  const share = { unit: "", scope: "last" } as const;
  let before: Record<"user" | "system" | "idle", number> | undefined;
  return {
    metrics: {
      "cpu.utilization": { description: "Share of processor time in use", ...share },
      "cpu.user": { description: "Share of processor time in programs", ...share },
      "cpu.system": { description: "Share of processor time in the kernel", ...share },
    },
    read: () => {
      const now = { user: 0, system: 0, idle: 0 };
      for (const { times } of cpus()) {
        now.user += times.user + times.nice;
        now.system += times.sys + times.irq;
        now.idle += times.idle;
      }
      const old = before;
      before = now;
      if (old === undefined) return Promise.resolve(undefined);
      const user = now.user - old.user;
      const system = now.system - old.system;
      // 0 where less time has passed than the kernel counts in: NaN then, "no reading".
      const all = user + system + now.idle - old.idle;
      return Promise.resolve({
        "cpu.utilization": (user + system) / all,
        "cpu.user": user / all,
        "cpu.system": system / all,
      });
    },
  };
}

/** A file of counters that only grow; what is sent is how much per second. */
export interface CounterFile {
  readonly path: string;
  /** The counters by the name of their metric. */
  readonly parse: (text: string) => Map<string, number>;
  readonly describe: (metric: string) => string;
}

/** `/proc/net/dev`: an interface a line, behind two lines of headings. */
export const NETWORK: CounterFile = {
  path: "/proc/net/dev",
  parse: (text) => {
    const counters = new Map<string, number>();
    for (const line of text.split("\n").slice(2)) {
      const [name = "", numbers = ""] = line.split(/:(.*)/);
      const columns = numbers.trim().split(/\s+/).map(Number);
      if (name.trim() === "" || name.trim() === "lo") continue;
      counters.set(`network.${part(name.trim())}.received`, columns[0] ?? NaN);
      counters.set(`network.${part(name.trim())}.sent`, columns[8] ?? NaN);
    }
    return counters;
  },
  describe: (metric) =>
    metric.endsWith(".sent") ? "Sent over this interface" : "Received over this interface",
};

const SECTOR_BYTES = 512; // of this file, whatever those of the device are

/** `/proc/diskstats`: a device a line; partitions are left out, as are those never used. */
export const DISK: CounterFile = {
  path: "/proc/diskstats",
  parse: (text) => {
    const counters = new Map<string, number>();
    let disk = "";
    for (const line of text.split("\n")) {
      const [, , name = "", reads, , sectorsRead, , writes, , sectorsWritten] = line.trim()
        .split(/\s+/);
      const isUnused = reads === "0" && writes === "0";
      // The partitions of a disk, such as sda1 or nvme0n1p1, come behind it.
      const rest = disk !== "" && name.startsWith(disk) ? name.slice(disk.length) : "";
      const isPartition = (/\d$/.test(disk) ? /^p\d+$/ : /^\d+$/).test(rest);
      if (name === "" || isUnused || isPartition || /^(loop|ram|zram)\d/.test(name)) continue;
      disk = name;
      counters.set(`disk.${part(name)}.read`, Number(sectorsRead) * SECTOR_BYTES);
      counters.set(`disk.${part(name)}.written`, Number(sectorsWritten) * SECTOR_BYTES);
    }
    return counters;
  },
  describe: (metric) => metric.endsWith(".read") ? "Read from this disk" : "Written to this disk",
};

async function counterGroup({ path, parse, describe }: CounterFile): Promise<Group> {
  // Deno reads /proc only with all permissions; running one program is far less.
  const readFile = (signal: AbortSignal) => runProgram(["cat", path], signal);
  const metrics = [...parse(await readFile(new AbortController().signal)).keys()];
  let before: { readonly atMs: number; readonly counters: Map<string, number> } | undefined;
  return {
    metrics: Object.fromEntries(
      metrics.map((name) => [name, { description: describe(name), unit: "B/s", scope: "last" }]),
    ),
    read: async (signal) => {
      const now = { atMs: performance.now(), counters: parse(await readFile(signal)) };
      const old = before;
      before = now;
      if (old === undefined) return undefined;
      const seconds = (now.atMs - old.atMs) / 1000;
      return Object.fromEntries(metrics.map((name) => {
        const grown = (now.counters.get(name) ?? NaN) - (old.counters.get(name) ?? NaN);
        // A counter that was set back, as by a new driver, tells nothing.
        return [name, grown >= 0 ? grown / seconds : NaN];
      }));
    },
  };
}

function part(name: string): string {
  return name.replaceAll(/\W/g, "_");
}
