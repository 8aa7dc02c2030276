/**
 * The values of a Modbus device: how a configuration says where they are, which requests read them,
 * and how they are made of registers.
 *
 * @module
 */

import * as v from "valibot";
import type { Metadata } from "../source/metadata.ts";
import { type Block, isBits, maxCount, type Table } from "./modbus_frame.ts";
import { about, DESCRIPTION, SCALE, UNIT } from "./told_schema.ts";

/** How a value is read from the bytes of its registers, of which the high one comes first. */
const TYPES = {
  int16: { registers: 1, read: (view: DataView) => view.getInt16(0) },
  uint16: { registers: 1, read: (view: DataView) => view.getUint16(0) },
  int32: { registers: 2, read: (view: DataView) => view.getInt32(0) },
  uint32: { registers: 2, read: (view: DataView) => view.getUint32(0) },
  int64: { registers: 4, read: (view: DataView) => Number(view.getBigInt64(0)) },
  uint64: { registers: 4, read: (view: DataView) => Number(view.getBigUint64(0)) },
  float32: { registers: 2, read: (view: DataView) => view.getFloat32(0) },
  float64: { registers: 4, read: (view: DataView) => view.getFloat64(0) },
} as const;

type Type = keyof typeof TYPES;

const Type = v.picklist(
  Object.keys(TYPES) as Type[], // its own keys
  `one of ${Object.keys(TYPES).join(", ")} is required`,
);

/** Where a value is. What is not listed here becomes metadata of the metric. */
export const RegisterConfig = v.pipe(
  v.looseObject({
    register: about(
      "The address in the request: 0 for the register that manuals may call 1, 30001 or 40001",
      v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff)),
    ),
    table: v.optional(
      about("Which registers", v.picklist(["holding", "input", "coil", "discrete"])),
      "holding",
    ),
    type: v.optional(about("What the registers hold; uint16 unless given", Type)),
    bit: v.optional(about(
      "The value is one bit of the register, of which the lowest is 0",
      v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(15)),
    )),
    order: v.optional(
      about(
        "How the bytes of two registers come, of which A is the high one",
        v.picklist(["ABCD", "CDAB", "BADC", "DCBA"]),
      ),
      "ABCD",
    ),
    scale: v.optional(SCALE, 1),
    unit: v.optional(UNIT),
    description: v.optional(DESCRIPTION),
  }),
  v.check(
    ({ table, type, bit }) => !isBits(table) || type === undefined && bit === undefined,
    "coil and discrete hold single bits: neither type nor bit is allowed",
  ),
  v.check(
    ({ type, bit }) => bit === undefined || type === undefined || type === "uint16",
    "bit is one of uint16: no other type is allowed",
  ),
  v.check(
    (config) => config.register + lengthOf(config) <= 0x10000,
    "the last of its registers is beyond 65535",
  ),
);

/** What {@linkcode RegisterConfig} makes. */
export type RegisterConfig = v.InferOutput<typeof RegisterConfig>;

/** Registers that are read together, and the values in them. */
export interface Group {
  readonly block: Block;
  readonly values: readonly (readonly [metric: string, config: RegisterConfig])[];
}

/** The metadata in a {@linkcode RegisterConfig}. */
export function metadataOf(config: RegisterConfig): Metadata {
  const { register: _1, table: _2, type: _3, bit: _4, order: _5, scale: _6, ...metadata } = config;
  return metadata as Metadata;
}

/**
 * Puts values into as few requests as there can be.
 *
 * @param gap How many registers that have none of the values may be read between two that have.
 */
export function groupValues(
  values: Readonly<Record<string, RegisterConfig>>,
  gap: number,
): Group[] {
  const sorted = Object.entries(values).sort(([, one], [, other]) =>
    one.table === other.table ? one.register - other.register : one.table < other.table ? -1 : 1
  );
  const groups: { block: { table: Table; start: number; count: number }; values: typeof sorted }[] =
    [];
  for (const value of sorted) {
    const [, config] = value;
    const { table, register } = config;
    const end = register + lengthOf(config);
    const last = groups.at(-1);
    const isNear = last !== undefined && last.block.table === table &&
      register <= last.block.start + last.block.count + gap &&
      end - last.block.start <= maxCount(table);
    if (last && isNear) {
      last.block.count = Math.max(last.block.count, end - last.block.start);
      last.values.push(value);
    } else {groups.push({
        block: { table, start: register, count: end - register },
        values: [value],
      });}
  }
  return groups;
}

/** A value of the registers or bits of a block. */
export function valueOf(data: DataView, block: Block, config: RegisterConfig): number {
  const { register, table, bit, order, scale } = config;
  const at = register - block.start;
  if (isBits(table)) return (data.getUint8(at >> 3) >> (at & 7)) & 1;
  if (bit !== undefined) return (data.getUint16(at * 2) >> bit) & 1;
  const { registers, read } = TYPES[config.type ?? "uint16"];
  const bytes = new Uint8Array(registers * 2);
  for (let index = 0; index < bytes.length; index++) {
    const word = order === "CDAB" || order === "DCBA" ? registers - 1 - (index >> 1) : index >> 1;
    const byte = order === "BADC" || order === "DCBA" ? 1 - (index & 1) : index & 1;
    bytes[index] = data.getUint8((at + word) * 2 + byte);
  }
  return read(new DataView(bytes.buffer)) * scale;
}

/** A value as the reading of a metric: a number with a fraction may be infinite, which is none. */
export function readingOf(
  metric: string,
  data: DataView,
  block: Block,
  config: RegisterConfig,
): number | Error {
  const value = valueOf(data, block, config);
  if (Math.abs(value) !== Infinity) return value;
  return new Error(`${metric}: ${value} is given, a number that is finite is required`);
}

function lengthOf(
  { table, type }: { readonly table: Table; readonly type?: Type | undefined },
): number {
  return isBits(table) ? 1 : TYPES[type ?? "uint16"].registers;
}
