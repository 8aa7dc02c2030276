/**
 * A broker that does what a script says, bytes included, to see what its clients make of it.
 *
 * @module
 */

import { setImmediate } from "node:timers";

const FRAME_END = 0xCE;
const ENCODER = new TextEncoder();

const FRAME_METHOD = 1;
const BASIC_ACK = "60.80";

/** What the server does with a connection; when it returns, the connection is closed. */
export type Script = (connection: RudeConnection) => Promise<void>;

/** A listener on loopback that runs a script for each connection. */
export class RudeServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #served: Promise<void>;

  /** Begins to listen. */
  constructor(script: Script) {
    this.#served = this.#serve(script);
  }

  /** Its URL, with parameters. */
  url(parameters = ""): string {
    return `amqp://127.0.0.1:${this.#listener.addr.port}/${parameters}`;
  }

  /** Closes all connections and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    close(this.#listener);
    for (const connection of this.#connections) close(connection);
    await this.#served;
  }

  async #serve(script: Script): Promise<void> {
    const running = new Set<Promise<void>>();
    for await (const connection of this.#listener) {
      connection.setNoDelay();
      this.#connections.add(connection);
      const run = this.#run(script, connection).finally(() => running.delete(run));
      running.add(run);
    }
    await Promise.all(running);
  }

  async #run(script: Script, connection: Deno.TcpConn): Promise<void> {
    try {
      await script(new RudeConnection(connection));
    } catch (error) {
      if (!isDisconnect(error)) throw error;
    }
    close(connection);
    this.#connections.delete(connection);
  }
}

/** One client's connection. */
export class RudeConnection {
  readonly #connection: Deno.TcpConn;

  /** Wraps a connection. */
  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Sends bytes as they are. */
  async write(...parts: readonly Uint8Array[]): Promise<void> {
    const bytes = concat(parts);
    for (let at = 0; at < bytes.byteLength;) {
      at += await this.#connection.write(bytes.subarray(at));
    }
  }

  /** Sends bytes in two pieces, and lets the client read each of them alone. */
  async writeCut(bytes: Uint8Array, at: number): Promise<void> {
    await this.write(bytes.subarray(0, at));
    await letClientRead();
    await this.write(bytes.subarray(at));
  }

  /** Sends each byte alone. */
  async writeSingly(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; at++) {
      await this.write(bytes.subarray(at, at + 1));
      await letClientRead();
    }
  }

  /** Reads the client's greeting. */
  async greeting(): Promise<void> {
    await this.#readExactly(8);
  }

  /** Reads frames until one is that method, and returns its arguments. */
  async expect(classId: number, methodId: number): Promise<Uint8Array> {
    while (true) {
      const [type, payload] = await this.frame();
      const view = new DataView(payload.buffer);
      if (type === 1 && view.getUint16(0) === classId && view.getUint16(2) === methodId) {
        return payload.subarray(4);
      }
    }
  }

  /** Reads a frame: its type, payload and channel. */
  async frame(): Promise<[type: number, payload: Uint8Array, channel: number]> {
    const header = new DataView((await this.#readExactly(7)).buffer);
    const payload = await this.#readExactly(header.getUint32(3));
    await this.#readExactly(1);
    return [header.getUint8(0), payload, header.getUint16(1)];
  }

  /** Answers a number of calls, as if all were well; returns when the next has come in vain. */
  async answer(calls: number, onAnswered?: (count: number) => void): Promise<void> {
    for (let answered = 0;;) {
      const [type, payload, channel] = await this.frame();
      if (type !== FRAME_METHOD) continue;
      const view = new DataView(payload.buffer);
      const call = `${view.getUint16(0)}.${view.getUint16(2)}`;
      if (call === BASIC_ACK) continue;
      if (answered++ === calls) return;
      const [classId, methodId, ...args] = ANSWERS[call] ?? [];
      if (classId === undefined || methodId === undefined) throw new Error(`No answer to ${call}`);
      await this.write(method(channel, classId, methodId, ...args));
      onAnswered?.(answered);
    }
  }

  /** Does all that a broker does until a client may open channels. */
  async handshake({ heartbeatSeconds = 0 } = {}): Promise<void> {
    await this.greeting();
    await this.write(START);
    await this.expect(10, 11);
    await this.write(tune(heartbeatSeconds));
    await this.expect(10, 40);
    await this.write(OPEN_OK);
  }

  /** Lets the client open its channel, too. */
  async channel(): Promise<void> {
    await this.handshake();
    await this.expect(20, 10);
    await this.write(method(1, 20, 11, u32(0)));
  }

  /** Waits until the client closes the connection, and agrees. */
  async idle(): Promise<void> {
    await this.expect(10, 50);
    await this.write(method(0, 10, 51));
  }

  /** Does nothing until the client has gone. */
  async silence(): Promise<void> {
    while (true) await this.frame();
  }

  async #readExactly(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const read = await this.#connection.read(bytes.subarray(at));
      if (read === null) throw new Deno.errors.UnexpectedEof("The client has closed");
      at += read;
    }
    return bytes;
  }
}

/** A frame of any type. */
export function frame(type: number, channel: number, payload: Uint8Array): Uint8Array {
  const header = concat([u8(type), u16(channel), u32(payload.byteLength)]);
  return concat([header, payload, u8(FRAME_END)]);
}

/** A frame with a method. */
export function method(
  channel: number,
  classId: number,
  methodId: number,
  ...args: Uint8Array[]
): Uint8Array {
  return frame(1, channel, concat([u16(classId), u16(methodId), ...args]));
}

/** The frame by which a broker closes the connection. */
export function connectionClose(code: number, text: string): Uint8Array {
  return method(0, 10, 50, u16(code), shortString(text), u16(0), u16(0));
}

/** A text of up to 255 bytes, with its length in front. */
export function shortString(text: string): Uint8Array {
  const bytes = ENCODER.encode(text);
  return concat([u8(bytes.byteLength), bytes]);
}

/** One byte. */
export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

/** Two bytes, the high one first. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value);
}

/** Four bytes, the highest first. */
export function u32(value: number): Uint8Array {
  return concat([u16(value >>> 16), u16(value)]);
}

/** All parts in one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** connection.start. */
export const START: Uint8Array = method(
  0,
  10,
  10,
  u8(0),
  u8(9),
  u32(0),
  longString("PLAIN"),
  longString("en_US"),
);

/** connection.open-ok. */
export const OPEN_OK: Uint8Array = method(0, 10, 41, shortString(""));

/** connection.tune. */
export function tune(heartbeatSeconds = 0, frameMaxBytes = 131_072): Uint8Array {
  return method(0, 10, 30, u16(2047), u32(frameMaxBytes), u16(heartbeatSeconds));
}

/** The answers to the calls of a client, whose numbers are those of a call's class and method. */
const ANSWERS: Readonly<Record<string, readonly [number, number, ...Uint8Array[]]>> = {
  "20.10": [20, 11, u32(0)], // channel.open
  "20.40": [20, 41], // channel.close
  "40.10": [40, 11], // exchange.declare
  "50.10": [50, 11, shortString("queue"), u32(0), u32(0)], // queue.declare
  "50.20": [50, 21], // queue.bind
  "50.40": [50, 41, u32(0)], // queue.delete
  "50.50": [50, 51], // queue.unbind
  "60.10": [60, 11], // basic.qos
  "60.20": [60, 21, shortString("consumer")], // basic.consume
  "60.40": [60, 80, u32(0), u32(1), u8(0)], // basic.publish, if it is the first
  "85.10": [85, 11], // confirm.select
};

function longString(text: string): Uint8Array {
  const bytes = ENCODER.encode(text);
  return concat([u32(bytes.byteLength), bytes]);
}

// Both ends are in this process: after a few turns of its event loop the client has what was sent.
async function letClientRead(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function close(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!isDisconnect(error)) throw error;
  }
}

function isDisconnect(error: unknown): boolean {
  return error instanceof Deno.errors.UnexpectedEof || error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.Interrupted;
}
