/**
 * An SNMP device that answers as a test says, also what no device should.
 *
 * @module
 */

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** A request that has come. */
export interface SnmpRequest {
  readonly bytes: Uint8Array;
  readonly id: number;
  /** The last OID of GETBULK, and the only ones of GET, are asked for. */
  readonly oids: readonly string[];
  readonly isBulk: boolean;
}

/** A device on loopback. */
export class SnmpAgent implements AsyncDisposable {
  readonly #socket: Socket;
  /** What is sent back. */
  answer: (request: SnmpRequest) => readonly Uint8Array[] = () => [];
  /** How many requests have come. */
  asked = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (bytes, from) => {
      this.asked++;
      for (const answer of this.answer(readRequest(bytes))) {
        socket.send(answer, from.port, from.address);
      }
    });
  }

  /** Begins to listen. */
  static async start(): Promise<SnmpAgent> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new SnmpAgent(socket);
  }

  /** Its port on 127.0.0.1. */
  get port(): number {
    return this.#socket.address().port;
  }

  /** Stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }
}

/** An object and its value, as BER. */
export type Cell = readonly [oid: string, value: Uint8Array];

/** A port of UDP on loopback that nothing listens on. */
export async function freeUdpPort(): Promise<number> {
  await using agent = await SnmpAgent.start();
  return agent.port;
}

/** Anything of BER. */
export function tlv(
  tag: number,
  ...parts: readonly (Uint8Array | readonly number[])[]
): Uint8Array {
  const body = parts.flatMap((part) => [...part]);
  const { length } = body;
  const head = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...head, ...body]);
}

/** A whole number, or a type that is coded like one: 0x41 a counter, 0x46 one of 64 bits. */
export function integer(value: number | bigint, tag = 2): Uint8Array {
  const hex = BigInt.asUintN(72, BigInt(value)).toString(16).padStart(18, "0");
  const bytes = [...Uint8Array.fromHex(hex)];
  while (bytes.length > 1 && bytes[0] === 0 && (bytes[1] ?? 0) < 0x80) bytes.shift();
  return tlv(tag, bytes);
}

/** A text. */
export function text(value: string): Uint8Array {
  return tlv(4, new TextEncoder().encode(value));
}

/** The name of an object. */
export function objectId(oid: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = oid.split(".").map(Number);
  return tlv(6, [first * 40 + second, ...rest].flatMap(base128));
}

/** An answer to a request. */
export function answerOf(
  { id }: Pick<SnmpRequest, "id">,
  cells: readonly Cell[],
  { community = "public", version = 1, status = 0, pdu = 0xa2 } = {},
): Uint8Array {
  const varbinds = cells.map(([oid, value]) => tlv(0x30, objectId(oid), value));
  const body = tlv(pdu, integer(id), integer(status), integer(0), tlv(0x30, ...varbinds));
  return tlv(0x30, integer(version), text(community), body);
}

function base128(number: number): number[] {
  const digits = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(rest % 128 + 128);
  }
  return digits;
}

/** Reads a request of v2c; of anything else the id is 0. */
function readRequest(bytes: Uint8Array): SnmpRequest {
  const [message] = partsOf(bytes);
  const [, , pdu] = partsOf(message?.body ?? new Uint8Array());
  const [id, , , varbinds] = partsOf(pdu?.body ?? new Uint8Array());
  const oids = partsOf(varbinds?.body ?? new Uint8Array())
    .map(({ body }) => readObjectId(partsOf(body)[0]?.body ?? new Uint8Array()));
  const number = [...id?.body ?? []].reduce((value, byte) => value * 256 + byte, 0);
  return { bytes, id: number, oids, isBulk: pdu?.tag === 0xa5 };
}

function partsOf(bytes: Uint8Array): { tag: number; body: Uint8Array }[] {
  const parts: { tag: number; body: Uint8Array }[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag = 0, first = 0] = bytes.subarray(at, at + 2);
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    const length = lengthBytes === 0
      ? first
      : bytes.subarray(at + 2, at + 2 + lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0);
    const start = at + 2 + lengthBytes;
    parts.push({ tag, body: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return parts;
}

function readObjectId(body: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of body) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  return [Math.floor(first / 40), first % 40, ...rest].join(".");
}

/** A message of v3 whose sender nobody can trust: a report, or an answer. */
export function unprotectedOf(
  { bytes, id }: SnmpRequest,
  { flags = 0, pdu = 0xa8, oid = "1.3.6.1.6.3.15.1.1.4.0", engine = "engine", boots = 0 } = {},
): Uint8Array {
  const [, header] = partsOf(partsOf(bytes)[0]?.body ?? new Uint8Array());
  const messageId = partsOf(header?.body ?? new Uint8Array())[0]?.body ?? new Uint8Array();
  // A message of v2c has its only id elsewhere.
  const idPart = header?.tag === 0x30 ? tlv(2, messageId) : integer(id);
  const security = [text(engine), integer(boots), integer(0), text(""), text(""), text("")];
  const varbind = tlv(0x30, objectId(oid), integer(1, 0x41));
  const body = tlv(pdu, integer(1), integer(0), integer(0), tlv(0x30, varbind));
  return tlv(
    0x30,
    integer(3),
    tlv(0x30, idPart, integer(65507), tlv(4, [flags]), integer(3)),
    tlv(4, tlv(0x30, ...security)),
    tlv(0x30, text(engine), text(""), body),
  );
}
