/**
 * A client that sends whatever bytes it is told to, however wrong.
 *
 * @module
 */

import { AMQPView } from "@cloudamqp/amqp-client/amqp-view";
import { ClassId, End, Type, Writer } from "@cloudamqp/amqp-client/amqp-frame";

/** A frame from the broker. */
export interface ReceivedFrame {
  readonly type: number;
  readonly channel: number;
  readonly payload: AMQPView;
}

/** A connection to a broker that does not know the protocol's rules. */
export class RawClient implements Disposable {
  readonly #socket: Deno.TcpConn;
  #received = new Uint8Array(0);

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** Connects and sends nothing. */
  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = await Deno.connect({ hostname, port: Number(port) });
    socket.setNoDelay();
    return new RawClient(socket);
  }

  /** Connects, logs in, and opens the connection and the channel 1. */
  static async open(
    url: string,
    { heartbeatSeconds = 0, capabilities = {} as Record<string, boolean> } = {},
  ): Promise<RawClient> {
    const client = await RawClient.connect(url);
    const { username, password, pathname } = new URL(url);
    await client.send(PROTOCOL_HEADER, startOk(username, password, { capabilities }));
    await client.untilMethod(10, 30);
    await client.send(
      tuneOk({ heartbeatSeconds }),
      open(pathname),
      method(1, 20, 10, [0]),
    );
    await client.untilMethod(20, 11);
    return client;
  }

  /** Sends bytes. */
  async send(...parts: Uint8Array[]): Promise<void> {
    for (let part of parts) {
      while (part.length > 0) part = part.subarray(await this.#socket.write(part));
    }
  }

  /** The next frame; undefined once the broker has hung up. */
  async frame(): Promise<ReceivedFrame | undefined> {
    while (true) {
      const bytes = this.#received;
      const view = new AMQPView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const end = bytes.length < 7 ? Infinity : 7 + view.getUint32(3);
      if (end < bytes.length) {
        this.#received = bytes.slice(end + 1);
        const payload = bytes.slice(7, end);
        return {
          type: view.getUint8(0),
          channel: view.getUint16(1),
          payload: new AMQPView(payload.buffer),
        };
      }
      if (!await this.#receive()) return undefined;
    }
  }

  /** Waits for a method; undefined if the broker hangs up before. */
  async untilMethod(classId: number, methodId: number): Promise<AMQPView | undefined> {
    while (true) {
      const frame = await this.frame();
      if (!frame) return undefined;
      const { type, payload } = frame;
      if (type !== Type.METHOD) continue;
      if (payload.getUint16(0) === classId && payload.getUint16(2) === methodId) return payload;
    }
  }

  /** How the broker takes it: the code with which it closes the channel or the connection. */
  async closeReason(): Promise<string> {
    while (true) {
      const frame = await this.frame();
      if (!frame) return "hung up";
      const { type, payload } = frame;
      if (type !== Type.METHOD) continue;
      const id = `${payload.getUint16(0)}.${payload.getUint16(2)}`;
      if (id === "10.50") return `connection ${payload.getUint16(4)}`;
      if (id === "20.40") return `channel ${payload.getUint16(4)}`;
    }
  }

  /** Everything that comes before the broker hangs up. */
  async rest(): Promise<Uint8Array> {
    while (await this.#receive());
    return this.#received;
  }

  /** Hangs up. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #receive(): Promise<boolean> {
    const chunk = new Uint8Array(65_536);
    const count = await this.#socket.read(chunk).catch(() => null);
    if (count === null) return false;
    const joined = new Uint8Array(this.#received.length + count);
    joined.set(this.#received);
    joined.set(chunk.subarray(0, count), this.#received.length);
    this.#received = joined;
    return true;
  }
}

/** The client's first bytes: AMQP 0-9-1. */
export const PROTOCOL_HEADER = Uint8Array.of(65, 77, 81, 80, 0, 0, 9, 1);

/** A frame with any payload. */
export function frame(type: number, channel: number, payload: Uint8Array | number[]): Uint8Array {
  const bytes = new Uint8Array(payload.length + 8);
  const view = new AMQPView(bytes.buffer);
  view.setUint8(0, type);
  view.setUint16(1, channel);
  view.setUint32(3, payload.length);
  bytes.set(payload, 7);
  bytes[bytes.length - 1] = End.CODE;
  return bytes;
}

/** A method frame with any arguments. */
export function method(
  channel: number,
  classId: number,
  methodId: number,
  encodedArguments: Uint8Array | number[] = [],
): Uint8Array {
  return frame(Type.METHOD, channel, [0, classId, 0, methodId, ...encodedArguments]);
}

/** The frames of a message that is published to the default exchange. */
export function publish(routingKey: string, body: Uint8Array): Uint8Array[] {
  const header = new Uint8Array(14);
  header[1] = ClassId.BASIC;
  new AMQPView(header.buffer).setUint64(4, body.length);
  return [
    method(1, 60, 40, [0, 0, 0, ...shortString(routingKey), 0]),
    frame(Type.HEADER, 1, header),
    frame(Type.BODY, 1, body),
  ];
}

/** Encodes a short string. */
export function shortString(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [bytes.length, ...bytes];
}

/** connection.start-ok with the given mechanism and capabilities. */
export function startOk(
  user: string,
  password: string,
  { mechanism = "PLAIN", capabilities = {} as Record<string, boolean> } = {},
): Uint8Array {
  const writer = new Writer({ bufferSize: 1024, type: 1, channel: 0, classId: 10, method: 11 });
  writer.writeTable({ capabilities });
  writer.writeShortString(mechanism);
  writer.writeLongString(`\0${user}\0${password}`);
  writer.writeShortString("en_US");
  writer.finalize();
  return writer.toUint8Array();
}

/** connection.tune-ok. */
export function tuneOk(
  { channelMax = 2047, frameMax = 131_072, heartbeatSeconds = 0 } = {},
): Uint8Array {
  const payload = new AMQPView(new ArrayBuffer(8));
  payload.setUint16(0, channelMax);
  payload.setUint32(2, frameMax);
  payload.setUint16(6, heartbeatSeconds);
  return method(0, 10, 31, new Uint8Array(payload.buffer));
}

/** connection.open of the vhost that a URL's path names. */
export function open(pathname: string): Uint8Array {
  const name = decodeURIComponent(pathname.slice(1)) || "/";
  return method(0, 10, 40, [...shortString(name), 0, 0]);
}
