/**
 * What can be measured of a host.
 *
 * @module
 */

import { cpus } from "node:os";
import type { Metadata } from "../source/metadata.ts";
import { counterGroup, DISK, NETWORK } from "./counter_groups.ts";
import { powerGroup, sensorGroup } from "./sensor_groups.ts";
import type { SystemFiles } from "./system_files.ts";
import { NotMeasured, type SystemGroup } from "./system_group.ts";

/** The names of the groups. */
export const GROUP_NAMES = [
  "cpu",
  "memory",
  "load",
  "network",
  "disk",
  "power",
  "temperature",
  "fan",
] as const;

/** The name of a group. */
export type GroupName = (typeof GROUP_NAMES)[number];

/** What is measured on request. */
export interface CpuOptions {
  /** Each core as well. */
  readonly cores?: boolean | undefined;
  /** The frequency of each core as well. */
  readonly frequency?: boolean | undefined;
}

/**
 * Finds out what there is to measure in a group.
 *
 * @throws {NotMeasured} If there is nothing on this host, or it may not be read; the message says why.
 */
export async function openGroup(
  name: GroupName,
  files: SystemFiles,
  options: CpuOptions = {},
): Promise<SystemGroup> {
  if (name === "cpu") return await cpuGroup(files, options);
  if (name === "memory") return memoryGroup();
  if (name === "load") {
    if (Deno.build.os === "windows") throw new NotMeasured("Windows does not count it");
    return LOAD;
  }
  if (files.obstacle !== undefined) throw new NotMeasured(files.obstacle);
  if (name === "network") return await counterGroup(NETWORK, files);
  if (name === "disk") return await counterGroup(DISK, files);
  if (name === "power") return await powerGroup(files);
  return await sensorGroup(name, files);
}

/**
 * The memory of this host.
 *
 * @param read What Deno tells of it.
 */
export function memoryGroup(
  os: typeof Deno.build.os = Deno.build.os,
  read: () => Deno.SystemMemoryInfo = Deno.systemMemoryInfo,
): SystemGroup {
  const isWindows = os === "windows";
  return {
    metrics: {
      "memory.used": { description: "Memory that is not available to programs", unit: "B" },
      "memory.available": { description: "Memory available to programs", unit: "B" },
      ...!isWindows && { "memory.swap.used": { description: "Swap space in use", unit: "B" } },
    },
    read: () => {
      const { total, available, free, swapTotal, swapFree } = read();
      // Of Windows Deno has what is available in the place of what is free, and nothing that is used of
      // its page file.
      const usable = isWindows ? free : available;
      return Promise.resolve({
        "memory.used": total - usable,
        "memory.available": usable,
        ...!isWindows && { "memory.swap.used": swapTotal - swapFree },
      });
    },
  };
}

const LOAD: SystemGroup = {
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

interface Times {
  readonly user: number;
  readonly system: number;
  readonly idle: number;
}

async function cpuGroup(files: SystemFiles, options: CpuOptions): Promise<SystemGroup> {
  const share = { unit: "", scope: "last" } as const;
  const cores = cpus().map((_, at) => `cpu.core${at}`);
  const metrics: Record<string, Metadata> = {
    "cpu.utilization": { description: "Share of processor time in use", ...share },
    "cpu.user": { description: "Share of processor time in programs", ...share },
    "cpu.system": { description: "Share of processor time in the kernel", ...share },
  };
  for (const core of options.cores ? cores : []) {
    metrics[`${core}.utilization`] = { description: "Share of this core's time in use", ...share };
  }
  const readHz = options.frequency ? await openFrequencies(files) : undefined;
  for (const core of readHz ? cores : []) {
    metrics[`${core}.frequency`] = { description: "Frequency of this core", unit: "Hz" };
  }
  let before: readonly Times[] | undefined;
  return {
    metrics,
    read: async (signal) => {
      const now = cpus().map(({ times: { user, nice, sys, irq, idle } }) => ({
        user: user + nice,
        system: sys + irq,
        idle,
      }));
      const old = before;
      before = now;
      const hz = await readHz?.(signal) ?? [];
      if (old === undefined) return undefined;
      const [user, system, all] = shares(sum(old), sum(now));
      const values: Record<string, number> = {
        "cpu.utilization": (user + system) / all,
        "cpu.user": user / all,
        "cpu.system": system / all,
      };
      for (const [at, core] of cores.entries()) {
        const [user, system, all] = shares(old[at], now[at]);
        if (options.cores) values[`${core}.utilization`] = (user + system) / all;
        if (readHz) values[`${core}.frequency`] = hz[at] ?? NaN;
      }
      return values;
    },
  };
}

// A core that was switched off has no times. All is 0 where less time has passed than the kernel counts
// in: the shares are NaN then, "no reading".
function shares(old?: Times, now?: Times): [user: number, system: number, all: number] {
  if (old === undefined || now === undefined) return [NaN, NaN, NaN];
  const user = now.user - old.user;
  const system = now.system - old.system;
  return [user, system, user + system + now.idle - old.idle];
}

function sum(cores: readonly Times[]): Times {
  const total = { user: 0, system: 0, idle: 0 };
  for (const { user, system, idle } of cores) {
    total.user += user;
    total.system += system;
    total.idle += idle;
  }
  return total;
}

/** How to read the frequencies of the cores, in Hz. */
async function openFrequencies(
  files: SystemFiles,
): Promise<(signal: AbortSignal) => Promise<readonly number[]>> {
  if (files.obstacle !== undefined) {
    if (Deno.build.os === "linux") throw new NotMeasured(files.obstacle);
    return () => Promise.resolve(cpus().map(({ speed }) => speed * 1e6));
  }
  const paths = cpus().map((_, at) => `/sys/devices/system/cpu/cpu${at}/cpufreq/scaling_cur_freq`);
  const isScaling = async (signal: AbortSignal) =>
    [...(await files.readLines(paths, signal)).values()].map((text) =>
      text instanceof Error ? NaN : Number(text) * 1000
    );
  // A virtual machine has no such files, but knows the frequency that it was given.
  const first = await isScaling(new AbortController().signal);
  if (first.some((hz) => hz > 0)) return isScaling;
  return async (signal) =>
    [...(await files.read("/proc/cpuinfo", signal)).matchAll(/^cpu MHz\s*: ([\d.]+)$/gm)]
      .map(([, mhz]) => Number(mhz) * 1e6);
}
