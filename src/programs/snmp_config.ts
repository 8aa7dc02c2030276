/**
 * How a configuration says what is read of SNMP devices.
 *
 * @module
 */

import * as v from "valibot";
import type { Metadata } from "../source/metadata.ts";
import { parseOid } from "./snmp_oid.ts";
import { accepts, AT_LEAST_ONE } from "./schema.ts";
import { about, DESCRIPTION, SCALE, UNIT } from "./told_schema.ts";

const Oid = v.pipe(
  about(
    "An object by its numbers, such as 1.3.6.1.2.1.1.3.0; in a table that of a column",
    v.string(),
  ),
  accepts((oid) => void parseOid(oid)),
  v.transform(parseOid),
);

/** What one value is. What is not listed here becomes metadata of its metric. */
export const SnmpValue = v.looseObject({
  /** That of the object; in a table, that of the column. */
  oid: Oid,
  /** What is sent of a counter: how much it grows per second, or what it shows. */
  counter: v.optional(about(
    'Of a counter: "rate", unless given, sends how much it grows per second, "total" what it shows',
    v.picklist(["rate", "total"]),
  )),
  scale: v.optional(SCALE),
  unit: v.optional(UNIT),
  description: v.optional(DESCRIPTION),
});

/** What {@linkcode SnmpValue} makes. */
export type SnmpValue = v.InferOutput<typeof SnmpValue>;

// What names and descriptions have of their own.
const TAKEN = ["host", "name", "index"];

const Label = v.pipe(
  v.string(),
  v.regex(/^\w+$/, "a name of letters, digits and _ is required"),
  v.check((label) => !TAKEN.includes(label), `a name other than ${TAKEN.join(", ")} is required`),
);

/** A table: which of its rows are read, and what of them. */
export const TableConfig = v.pipe(
  v.strictObject({
    labels: v.optional(
      about("Columns whose texts tell the rows apart, by placeholders", v.record(Label, Oid)),
      {},
    ),
    rows: v.optional(
      about(
        "Patterns of the labels' texts, or of the index: rows that do not match are left out",
        v.record(v.string(), v.string()),
      ),
      {},
    ),
    values: about(
      "What is read of each row, by the names of the metrics behind prefix",
      v.pipe(v.record(v.string(), SnmpValue), v.minEntries(1, AT_LEAST_ONE)),
    ),
  }),
  v.check(
    ({ labels, rows }) =>
      Object.keys(rows).every((label) => label === "index" || Object.hasOwn(labels, label)),
    "rows are chosen by labels of the table, or by index",
  ),
);

/** What {@linkcode TableConfig} makes. */
export type TableConfig = v.InferOutput<typeof TableConfig>;

/** The metadata in a {@linkcode SnmpValue}. */
export function metadataOf(config: SnmpValue): Metadata {
  const { oid: _1, counter: _2, scale: _3, ...metadata } = config;
  return metadata as Metadata;
}
