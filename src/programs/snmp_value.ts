/**
 * What SNMP devices tell, as numbers and texts.
 *
 * @module
 */

import { Buffer } from "node:buffer";
// @ts-types="./snmp_library.d.ts"
import snmp, { type Varbind } from "net-snmp";
import { quote } from "../quote.ts";

const { Counter, Counter64, OctetString, Opaque } = snmp.ObjectType;
const { NoSuchObject, NoSuchInstance, EndOfMibView } = snmp.ObjectType;

// Net-SNMP's own types in an Opaque: a number of BER, of which the tag is of two bytes.
const OPAQUE_FLOAT = "9f7804";
const OPAQUE_DOUBLE = "9f7908";

/** Where a counter begins again at 0; `undefined` if the value is not one. */
export function wrapOf({ type }: Varbind): number | undefined {
  if (type === Counter) return 2 ** 32;
  return type === Counter64 ? 2 ** 64 : undefined;
}

/** Whether a device says that there is no such object. */
export function isMissing({ type }: Varbind): boolean {
  return type === NoSuchObject || type === NoSuchInstance || type === EndOfMibView;
}

/** A value as a number, or as the text that it is; `undefined` if it is neither. */
export function plainValue({ type, value }: Varbind): number | string | undefined {
  if (typeof value === "number" || typeof value === "string") return value;
  if (!Buffer.isBuffer(value)) return undefined;
  // Some devices end a text as C does.
  if (type === OctetString) return value.toString().replace(/\0+$/, "");
  if (type === Counter64) {
    return value.length > 0
      ? Number(BigInt.asUintN(64, BigInt(`0x${value.toString("hex")}`)))
      : NaN;
  }
  return type === Opaque ? opaqueNumber(value) : undefined;
}

function opaqueNumber(value: Buffer): number | undefined {
  const type = value.subarray(0, 3).toString("hex");
  if (type === OPAQUE_FLOAT && value.length === 7) return value.readFloatBE(3);
  return type === OPAQUE_DOUBLE && value.length === 11 ? value.readDoubleBE(3) : undefined;
}

/** A value as a text, in one line and not too long, to call something by. */
export function labelOf(varbind: Varbind): string | undefined {
  const value = plainValue(varbind);
  return value === undefined ? undefined : String(value).trim();
}

/** How much of a message it takes. */
export function sizeOf({ oid, value }: Varbind): number {
  const isLong = typeof value === "string" || Buffer.isBuffer(value);
  return oid.length + (isLong ? value.length : 0);
}

/** Says of a value that is not a number what it is. */
export function describeValue(varbind: Varbind): string {
  if (isMissing(varbind)) return "the device does not have it";
  const { type } = varbind;
  const name = Object.entries(snmp.ObjectType).find(([, id]) => id === type)?.[0];
  return `${quote(name ?? type)} is given, a number is required`;
}
