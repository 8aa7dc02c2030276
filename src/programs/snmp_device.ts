/**
 * What is read of one SNMP device, and what becomes of it.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { quote } from "../quote.ts";
import type { Metadata } from "../source/metadata.ts";
import { fillTemplate } from "../source/metric_template.ts";
import type { Readings } from "../source/readings.ts";
import { glob } from "./glob.ts";
import { namePart } from "./name_part.ts";
import { type SnmpConnection, SnmpRefusal } from "./snmp_connection.ts";
import { metadataOf, type SnmpValue, type TableConfig } from "./snmp_config.ts";
import type { Varbind } from "./snmp_library.d.ts";
import { SnmpReading } from "./snmp_reading.ts";
import { readTable, type Rows } from "./snmp_table.ts";
import { labelOf } from "./snmp_value.ts";

// As many as fit into a datagram with their values.
const VALUES_PER_REQUEST = 20;
// How long the device is up, in hundredths of a second.
const SYS_UP_TIME = "1.3.6.1.2.1.1.3.0";
// As long as the name of a metric may be.
const MAX_LABEL_CHARACTERS = 255;
const MAX_REASONS = 3;

/** What is asked of a device. */
export interface SnmpWanted {
  /** By the name of the metric. */
  readonly values: Readonly<Record<string, SnmpValue>>;
  readonly tables: Readonly<Record<string, TableConfig>>;
  /** Makes the name of a row's metric. */
  readonly nameOf: (template: string, labels: Readonly<Record<string, string>>) => string;
  /** What stands in the descriptions of a table's metrics beside its labels. */
  readonly place: Readonly<Record<string, string>>;
  /** When something is asked, on a clock that never goes back. */
  readonly nowMs: () => number;
}

/** Reads a device. */
export class SnmpDevice {
  readonly #connection: SnmpConnection;
  readonly #wanted: SnmpWanted;
  #last = new SnmpReading();

  /** Nothing is read yet. */
  constructor(connection: SnmpConnection, wanted: SnmpWanted) {
    this.#connection = connection;
    this.#wanted = wanted;
  }

  /** The metadata of a metric that was found in a table. */
  describe(metric: string): Metadata {
    return this.#last.metadata.get(metric) ?? {};
  }

  /**
   * Takes one reading. Rates have no number in the first that has their counter.
   *
   * @throws {Error} If the device does not answer.
   */
  async read(signal: AbortSignal): Promise<Readings> {
    const { values, tables, nowMs } = this.#wanted;
    const reading = new SnmpReading(this.#last);
    const get = (oids: readonly string[]) => this.#get(oids, signal);
    // Counters of 32 bits look alike when they have begun again and when their device has.
    if (this.#last.hasNarrowCounters) {
      reading.takeUpTime((await get([SYS_UP_TIME])).get(SYS_UP_TIME));
    }
    const atMs = nowMs();
    const found = await get(Object.values(values).map(({ oid }) => oid));
    for (const [metric, config] of Object.entries(values)) {
      reading.take(metric, found.get(config.oid), config, atMs);
    }
    for (const [name, table] of Object.entries(tables)) {
      await this.#readTable(name, table, reading, signal);
    }
    if (Object.keys(values).length === 0) requireSomething(reading.readings);
    this.#last = reading;
    return reading.readings;
  }

  /** Reads objects; what the device refuses of them is an error of these alone. */
  async #get(
    oids: readonly string[],
    signal: AbortSignal,
  ): Promise<Map<string, Varbind | SnmpRefusal>> {
    const found = new Map<string, Varbind | SnmpRefusal>();
    const ask = async (part: readonly string[]): Promise<void> => {
      try {
        for (const varbind of await this.#connection.get(part, signal)) {
          found.set(varbind.oid, varbind);
        }
      } catch (error) {
        if (!(error instanceof SnmpRefusal)) throw error;
        // The answer may have been too long, or one of them may be what is refused.
        const half = Math.ceil(part.length / 2);
        if (part.length > 1) {
          for (const some of [part.slice(0, half), part.slice(half)]) await ask(some);
        } else for (const oid of part) found.set(oid, error);
      }
    };
    const all = [...new Set(oids)];
    for (let at = 0; at < all.length; at += VALUES_PER_REQUEST) {
      await ask(all.slice(at, at + VALUES_PER_REQUEST));
    }
    return found;
  }

  async #readTable(
    name: string,
    table: TableConfig,
    reading: SnmpReading,
    signal: AbortSignal,
  ): Promise<void> {
    const { labels, values } = table;
    const columns = [...Object.values(labels), ...Object.values(values).map(({ oid }) => oid)];
    const atMs = this.#wanted.nowMs();
    try {
      const rows = await readTable(
        [...new Set(columns)],
        (oids, repetitions) => this.#connection.getNext(oids, repetitions, signal),
      );
      if (rows.size === 0) throw new SnmpRefusal("the device has no rows of it");
      this.#takeRows(name, table, rows, reading, atMs);
    } catch (error) {
      const isOfTable = error instanceof SnmpRefusal || error instanceof RangeError;
      if (!isOfTable) throw error;
      reading.refuse(`table ${name}`, errorText(error));
    }
  }

  #takeRows(
    name: string,
    table: TableConfig,
    rows: Rows,
    reading: SnmpReading,
    atMs: number,
  ): void {
    const { nameOf, place } = this.#wanted;
    let isEmpty = true;
    const wanted = Object.entries(table.rows).map(([label, text]) => [label, glob(text)] as const);
    for (const [index, cells] of rows) {
      const labels: Record<string, string> = { index };
      for (const [label, oid] of Object.entries(table.labels)) {
        const cell = cells.get(oid);
        const text = cell && labelOf(cell);
        if (text !== undefined) labels[label] = text.slice(0, MAX_LABEL_CHARACTERS);
      }
      if (!wanted.every(([label, matches]) => matches(labels[label] ?? ""))) continue;
      isEmpty = false;
      const parts = Object.fromEntries(
        Object.entries(labels).map(([label, text]) => [label, namePart(text)]),
      );
      for (const [template, config] of Object.entries(table.values)) {
        const cell = cells.get(config.oid);
        if (cell === undefined) continue; // Not each row has each column.
        try {
          const metric = nameOf(template, parts);
          reading.find(metric, describeRow(config, { ...place, ...labels }));
          reading.take(metric, cell, config, atMs);
        } catch (error) {
          reading.refuse(`row ${quote(index)} of table ${name}`, errorText(error));
        }
      }
    }
    if (isEmpty) throw new SnmpRefusal("the device has none of the rows that are chosen");
  }
}

/** A device that tells nothing of what is wanted is as good as one that is away. */
function requireSomething(readings: Readings): void {
  const all = Object.values(readings);
  const reasons = all.filter((reading) => reading instanceof Error).map(errorText);
  if (reasons.length < all.length || all.length === 0) return;
  throw new Error([...new Set(reasons)].slice(0, MAX_REASONS).join("; "));
}

function describeRow(config: SnmpValue, labels: Readonly<Record<string, string>>): Metadata {
  const { description, ...metadata } = metadataOf(config);
  if (typeof description !== "string") return metadata;
  return { ...metadata, description: fillTemplate(description, labels) };
}
