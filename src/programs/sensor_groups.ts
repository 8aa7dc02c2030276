/**
 * Power, temperatures and fans, as Linux tells them in `/sys`. Files are asked for by the names that
 * they can have, as folders may not be listed with `--allow-run=cat`.
 *
 * @module
 */

import type { Metadata } from "../source/metadata.ts";
import { type Rate, rateOf } from "../source/rate_of.ts";
import type { FileText, SystemFiles } from "./system_files.ts";
import { NotMeasured, part, type SystemGroup } from "./system_group.ts";

const POWERCAP = "/sys/class/powercap";
const MAX_PACKAGES = 16;
const MAX_ZONES = 8; // of a package: core, uncore, dram

const HWMON = "/sys/class/hwmon";
const MAX_CHIPS = 64;
const MAX_SENSORS = 64; // of a chip, and of one kind

const MICRO = 1e-6;

const atOnce = new AbortController().signal;

/**
 * Opens the group of power: what processors and memory take, of counters of energy (RAPL).
 *
 * @throws {NotMeasured} If there are none, or they may not be read.
 */
export async function powerGroup(files: SystemFiles): Promise<SystemGroup> {
  const zones = await findZones(files);
  const energy = await files.readLines(zones.map(({ path }) => `${path}/energy_uj`), atOnce);
  const [[path, problem] = []] = [...energy].filter(([, text]) => text instanceof Error);
  if (problem instanceof Error) {
    throw new NotMeasured(
      `${path} cannot be read (${problem.message}): to all but root Linux refuses it, unless its ` +
        "mode is changed",
    );
  }
  if (zones.length === 0) throw new NotMeasured(`${POWERCAP} has no intel-rapl:0`);
  const ranges = await files.readLines(
    zones.map(({ path }) => `${path}/max_energy_range_uj`),
    atOnce,
  );
  const rates = zones.map(({ path, metric }) => {
    const range = numberOf(ranges.get(`${path}/max_energy_range_uj`));
    return { metric, path: `${path}/energy_uj`, rate: rateOf(range > 0 ? { wrapsAt: range } : {}) };
  });
  return {
    metrics: Object.fromEntries(
      rates.map(({ metric }) => [
        metric,
        { description: "Power of this part of the processor", unit: "W", scope: "last" },
      ]),
    ),
    read: async (signal) => await readPower(files, rates, signal),
  };
}

interface EnergyCounter {
  readonly metric: string;
  readonly path: string;
  readonly rate: Rate;
}

async function readPower(
  files: SystemFiles,
  counters: readonly EnergyCounter[],
  signal: AbortSignal,
): Promise<Record<string, number> | undefined> {
  const texts = await files.readLines(counters.map(({ path }) => path), signal);
  const atMs = performance.now();
  const powers = counters.map(({ metric, path, rate }) =>
    [metric, rate(numberOf(texts.get(path)), atMs)] as const
  );
  if (powers.every(([, power]) => power === undefined)) return undefined;
  return Object.fromEntries(powers.map(([metric, power]) => [metric, (power ?? NaN) * MICRO]));
}

/** The zones that there are, packages before their parts. */
async function findZones(
  files: SystemFiles,
): Promise<readonly { readonly path: string; readonly metric: string }[]> {
  const packages = numbers(0, MAX_PACKAGES).map((at) => `${POWERCAP}/intel-rapl:${at}`);
  const names = await namesOf(files, packages);
  const parts = [...names.keys()].flatMap((path) =>
    numbers(0, MAX_ZONES).map((at) => `${path}/${path.slice(POWERCAP.length + 1)}:${at}`)
  );
  const all = new Map([...names, ...await namesOf(files, parts)]);
  return [...all].map(([path, name]) => {
    const parent = all.get(path.replace(/\/[^/]*$/, ""));
    return { path, metric: ["power", ...parent ? [part(parent)] : [], part(name)].join(".") };
  });
}

/** The kinds of sensors: what their files are called, and what their numbers are. */
const KINDS = {
  temperature: { file: "temp", scale: 1e-3, unit: "°C", description: "Temperature" },
  fan: { file: "fan", scale: 1, unit: "1/min", description: "Speed of a fan" },
} as const;

/**
 * Opens the group of all sensors of a kind.
 *
 * @throws {NotMeasured} If there are none.
 */
export async function sensorGroup(
  kind: keyof typeof KINDS,
  files: SystemFiles,
): Promise<SystemGroup> {
  const { file, scale, unit, description } = KINDS[kind];
  const chips = await namesOf(files, numbers(0, MAX_CHIPS).map((at) => `${HWMON}/hwmon${at}`));
  const sensors = [...unique(chips)].flatMap(([path, chip]) =>
    numbers(1, MAX_SENSORS).map((at) => ({
      chip,
      id: `${file}${at}`,
      path: `${path}/${file}${at}`,
    }))
  );
  const inputs = await files.readLines(sensors.map(({ path }) => `${path}_input`), atOnce);
  const found = sensors.filter(({ path }) => !(inputs.get(`${path}_input`) instanceof Error));
  if (found.length === 0) throw new NotMeasured(`${HWMON} has no ${file}1_input`);
  const labels = await files.readLines(found.map(({ path }) => `${path}_label`), atOnce);
  const names = unique(
    new Map(found.map(({ chip, id, path }) => {
      const label = labels.get(`${path}_label`);
      return [`${path}_input`, `${kind}.${chip}.${typeof label === "string" ? part(label) : id}`];
    })),
  );
  const metadata: Metadata = { description, unit, scope: "last" };
  return {
    metrics: Object.fromEntries([...names.values()].map((name) => [name, metadata])),
    read: async (signal) => {
      const texts = await files.readLines([...names.keys()], signal);
      return Object.fromEntries([...names].map(([path, name]) => {
        const text = texts.get(path);
        return [name, text instanceof Error ? text : numberOf(text) * scale];
      }));
    },
  };
}

/** The names in the folders that there are. */
async function namesOf(
  files: SystemFiles,
  folders: readonly string[],
): Promise<Map<string, string>> {
  const names = await files.readLines(folders.map((folder) => `${folder}/name`), atOnce);
  return new Map(folders.flatMap((folder) => {
    const name = names.get(`${folder}/name`);
    return typeof name === "string" ? [[folder, part(name)]] : [];
  }));
}

/** The same values, of which those that are there already get a number: a processor a socket. */
function unique(names: ReadonlyMap<string, string>): Map<string, string> {
  const counts = new Map<string, number>();
  return new Map([...names].map(([key, name]) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return [key, count === 0 ? name : `${name}_${count}`];
  }));
}

function numberOf(text: FileText | undefined): number {
  return typeof text === "string" && text !== "" ? Number(text) : NaN;
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + at);
}
