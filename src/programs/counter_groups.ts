/**
 * Counters of network and disks, as rates.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import type { Metadata } from "../source/metadata.ts";
import { type Rate, rateOf } from "../source/rate_of.ts";
import type { SystemFiles } from "./system_files.ts";
import { NotMeasured, part, type SystemGroup } from "./system_group.ts";

/** A file of counters that only grow; what is sent is how much per second. */
export interface CounterFile {
  readonly path: string;
  /** The counters by the name of their metric. */
  readonly parse: (text: string) => Map<string, number>;
  /** What the last part of the name of a metric means. */
  readonly metadata: Readonly<Record<string, Metadata>>;
}

const NETWORK_COLUMNS = {
  received: 0,
  received_packets: 1,
  receive_errors: 2,
  receive_drops: 3,
  sent: 8,
  sent_packets: 9,
  send_errors: 10,
  send_drops: 11,
};

/** `/proc/net/dev`: an interface a line, behind two lines of headings. */
export const NETWORK: CounterFile = {
  path: "/proc/net/dev",
  parse: (text) => {
    const counters = new Map<string, number>();
    for (const line of text.split("\n").slice(2)) {
      const [name = "", numbers = ""] = line.split(/:(.*)/);
      const columns = numbers.trim().split(/\s+/).map(Number);
      if (name.trim() === "" || name.trim() === "lo") continue;
      for (const [counter, column] of Object.entries(NETWORK_COLUMNS)) {
        counters.set(`network.${part(name.trim())}.${counter}`, columns[column] ?? NaN);
      }
    }
    return counters;
  },
  metadata: {
    received: { description: "Received over this interface", unit: "B/s" },
    received_packets: { description: "Packets that arrived", unit: "1/s" },
    receive_errors: { description: "Packets that arrived damaged", unit: "1/s" },
    receive_drops: { description: "Packets that arrived and were dropped", unit: "1/s" },
    sent: { description: "Sent over this interface", unit: "B/s" },
    sent_packets: { description: "Packets that were sent", unit: "1/s" },
    send_errors: { description: "Packets that could not be sent", unit: "1/s" },
    send_drops: { description: "Packets that were dropped before they were sent", unit: "1/s" },
  },
};

const SECTOR_BYTES = 512; // of this file, whatever those of the device are

/** `/proc/diskstats`: a device a line; partitions are left out, as are those never used. */
export const DISK: CounterFile = {
  path: "/proc/diskstats",
  parse: (text) => {
    const counters = new Map<string, number>();
    let disk = "";
    for (const line of text.split("\n")) {
      const [, , name = "", reads, , sectorsRead, , writes, , sectorsWritten, , , busyMs] = line
        .trim().split(/\s+/);
      const isUnused = reads === "0" && writes === "0";
      // The partitions of a disk, such as sda1 or nvme0n1p1, come behind it.
      const rest = disk !== "" && name.startsWith(disk) ? name.slice(disk.length) : "";
      const isPartition = (/\d$/.test(disk) ? /^p\d+$/ : /^\d+$/).test(rest);
      if (name === "" || isUnused || isPartition || /^(loop|ram|zram)\d/.test(name)) continue;
      disk = name;
      const set = (counter: string, count: number) =>
        counters.set(`disk.${part(name)}.${counter}`, count);
      set("read", Number(sectorsRead) * SECTOR_BYTES);
      set("written", Number(sectorsWritten) * SECTOR_BYTES);
      set("reads", Number(reads));
      set("writes", Number(writes));
      set("busy", Number(busyMs) / 1000);
    }
    return counters;
  },
  metadata: {
    read: { description: "Read from this disk", unit: "B/s" },
    written: { description: "Written to this disk", unit: "B/s" },
    reads: { description: "Readings from this disk", unit: "1/s" },
    writes: { description: "Writings to this disk", unit: "1/s" },
    busy: { description: "Share of the time in which this disk was busy", unit: "" },
  },
};

/**
 * Opens the group of a file.
 *
 * @throws {NotMeasured} If it cannot be read.
 */
export async function counterGroup(
  { path, parse, metadata }: CounterFile,
  files: SystemFiles,
): Promise<SystemGroup> {
  const text = await files.read(path, new AbortController().signal).catch((error) => {
    throw new NotMeasured(`${path} cannot be read (${errorText(error)})`);
  });
  const rates = new Map<string, Rate>([...parse(text).keys()].map((name) => [name, rateOf()]));
  let isFirst = true;
  return {
    metrics: Object.fromEntries([...rates.keys()].map((name) => [
      name,
      { ...metadata[name.replace(/^.*\./, "")], scope: "last" },
    ])),
    read: async (signal) => {
      const atMs = performance.now();
      const counters = parse(await files.read(path, signal));
      const readings = [...rates].map(([name, rate]) =>
        [name, rate(counters.get(name) ?? NaN, atMs) ?? NaN] as const
      );
      const wasFirst = isFirst;
      isFirst = false;
      return wasFirst ? undefined : Object.fromEntries(readings);
    },
  };
}
