/**
 * What is said on connections, for people.
 *
 * @module
 */

import type { Link } from "./link.ts";
import type { Trace } from "./trace.ts";

const METHODS: Readonly<Record<string, string>> = {
  "10.10": "connection.start",
  "10.11": "connection.start-ok",
  "10.30": "connection.tune",
  "10.31": "connection.tune-ok",
  "10.40": "connection.open",
  "10.41": "connection.open-ok",
  "10.50": "connection.close",
  "10.51": "connection.close-ok",
  "10.60": "connection.blocked",
  "10.61": "connection.unblocked",
  "20.10": "channel.open",
  "20.11": "channel.open-ok",
  "20.40": "channel.close",
  "20.41": "channel.close-ok",
  "40.10": "exchange.declare",
  "40.11": "exchange.declare-ok",
  "50.10": "queue.declare",
  "50.11": "queue.declare-ok",
  "50.20": "queue.bind",
  "50.21": "queue.bind-ok",
  "60.10": "basic.qos",
  "60.11": "basic.qos-ok",
  "60.20": "basic.consume",
  "60.21": "basic.consume-ok",
  "60.30": "basic.cancel",
  "60.40": "basic.publish",
  "60.60": "basic.deliver",
  "60.80": "basic.ack",
  "60.120": "basic.nack",
  "85.10": "confirm.select",
  "85.11": "confirm.select-ok",
};
const SHOWN_CHARACTERS = 100;

/** Writes what arrives into a trace, frame by frame. */
export function explainBytes(
  trace: Trace,
): (link: Link, toBroker: boolean, bytes: Uint8Array) => void {
  const rests = new WeakMap<Link, Record<"true" | "false", Uint8Array>>();
  return (link, toBroker, bytes) => {
    const known = rests.get(link) ?? { true: new Uint8Array(0), false: new Uint8Array(0) };
    rests.set(link, known);
    const rest = known[`${toBroker}`];
    const all = new Uint8Array(rest.length + bytes.length);
    all.set(rest);
    all.set(bytes, rest.length);
    const way = toBroker ? `${link.actor} → broker` : `broker → ${link.actor}`;
    const frames = [...framesOf(all)];
    const end = frames.reduce((total, frame) => total + frame.length, 0);
    known[`${toBroker}`] = all.slice(end);
    for (const frame of frames) trace.explain(`${way} (${link.number}): ${frameText(frame)}`);
  };
}

function* framesOf(bytes: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  if (bytes[0] === 65) {
    if (bytes.length < 8) return;
    yield bytes.subarray(0, 8);
    at = 8;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  while (at + 8 <= bytes.length) {
    const length = view.getUint32(at + 3) + 8;
    if (at + length > bytes.length) return;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

function frameText(frame: Uint8Array): string {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const payload = frame.subarray(7, -1);
  switch (frame[0]) {
    case 1: {
      const id = `${view.getUint16(7)}.${view.getUint16(9)}`;
      const name = METHODS[id] ?? id;
      if (name === "basic.ack" || name === "basic.nack") {
        return `${name} ${view.getBigUint64(11)}${(frame[19] ?? 0) & 1 ? " and before" : ""}`;
      }
      return `${name} ${printable(payload.subarray(4))}`;
    }
    case 2:
      return `  header, body of ${view.getBigUint64(11)} bytes`;
    case 3:
      return `  body ${printable(payload)}`;
    case 8:
      return "heartbeat";
    default:
      return "protocol header";
  }
}

function printable(bytes: Uint8Array): string {
  const text = [...bytes].map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·");
  return text.join("").slice(0, SHOWN_CHARACTERS);
}
