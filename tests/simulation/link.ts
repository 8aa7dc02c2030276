/**
 * A simulated connection between a client and the broker.
 *
 * @module
 */

import type { Address } from "../../src/address.ts";
import type { ByteStream } from "../../src/amqp/transport.ts";
import type { ClientSocket } from "../../src/dev/broker/client_listener.ts";
import type { SimulatedClock } from "./clock.ts";
import { type Conditions, Pipe, type PipeEnd } from "./pipe.ts";
import type { Random } from "./random.ts";
import type { Trace } from "./trace.ts";

/** What a {@linkcode Link} is made with. */
export interface LinkOptions {
  readonly number: number;
  /** Whose it is. */
  readonly actor: string;
  /** The name under which it was opened. */
  readonly hostname: string;
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly trace: Trace;
  readonly conditions: Conditions;
  readonly localAddr: Address;
  /** Called when neither side uses it any more. */
  readonly onOver: (link: Link) => void;
  /** Told of bytes that arrive, for people. */
  readonly explain?: ((link: Link, toBroker: boolean, bytes: Uint8Array) => void) | undefined;
}

/** One connection, from the client's attempt to its end. */
export class Link {
  readonly client: ClientEnd;
  readonly server: ServerEnd;
  readonly #options: LinkOptions;
  readonly #toServer: Pipe;
  readonly #toClient: Pipe;

  /** Makes a connection that is not open yet. */
  constructor(options: LinkOptions) {
    this.#options = options;
    const { clock, random, conditions, localAddr, number, trace, explain } = options;
    const over = () => {
      if (this.client.isClosed && this.server.isClosed) options.onOver(this);
    };
    this.#toServer = new Pipe(clock, random, conditions, {
      receive: (bytes) => {
        trace.bytes(number, bytes);
        explain?.(this, true, bytes);
        return this.server.receive(bytes);
      },
      ended: (failure) => this.server.ended(failure),
    });
    this.#toClient = new Pipe(clock, random, conditions, {
      receive: (bytes) => {
        trace.bytes(-number, bytes);
        explain?.(this, false, bytes);
        return this.client.receive(bytes);
      },
      ended: (failure) => this.client.ended(failure),
    });
    this.client = new ClientEnd(clock, this.#toServer, over);
    const remoteAddr = { hostname: options.actor, port: number };
    this.server = new ServerEnd({ localAddr, remoteAddr }, this.#toServer, this.#toClient, over);
  }

  /** Its number, which is also the client's port. */
  get number(): number {
    return this.#options.number;
  }

  /** Whose it is. */
  get actor(): string {
    return this.#options.actor;
  }

  /** The name under which it was opened. */
  get hostname(): string {
    return this.#options.hostname;
  }

  /** Whether both sides have it, and each hears the other, now or later. */
  get isAlive(): boolean {
    return !this.client.isClosed && !this.server.isClosed && !this.isHalfOpen;
  }

  /** Whether one side still takes for open what brings it nothing any more. */
  get isHalfOpen(): boolean {
    return this.#toServer.isSilent && !this.server.isClosed ||
      this.#toClient.isSilent && !this.client.isClosed;
  }

  /** Whether it is over for one side, and the other will be told. */
  get isEnding(): boolean {
    return this.#toServer.isEnding || this.#toClient.isEnding;
  }

  /** Ends it as a firewall does that forgets it: whoever is told learns at once. */
  cut(told: "both" | "client" | "broker"): void {
    const failure = () => systemError("ECONNRESET", "connection reset by peer");
    if (told !== "broker") this.#toClient.break(failure());
    else this.#toClient.hold(Infinity);
    if (told !== "client") this.#toServer.break(failure());
    else this.#toServer.hold(Infinity);
  }

  /** Nothing arrives for a while, one way or both ways. */
  stall(untilMs: number, direction: "both" | "to broker" | "to client"): void {
    if (direction !== "to client") this.#toServer.hold(untilMs);
    if (direction !== "to broker") this.#toClient.hold(untilMs);
  }
}

/** The client's end, as a socket of `node:net`. */
export class ClientEnd implements ByteStream, PipeEnd {
  readonly #clock: SimulatedClock;
  readonly #pipe: Pipe;
  readonly #onClosed: () => void;
  #onData: (bytes: Uint8Array) => void = () => {};
  #onError: (error: Error) => void = () => {};
  #onClose: () => void = () => {};
  isClosed = false;

  constructor(clock: SimulatedClock, pipe: Pipe, onClosed: () => void) {
    this.#clock = clock;
    this.#pipe = pipe;
    this.#onClosed = onClosed;
  }

  on(event: "data", listener: (bytes: Uint8Array) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "close", listener: () => void): void;
  on(event: "data" | "error" | "close", listener: (argument: never) => void): void {
    // The casts: the overloads tell which listener comes with which event.
    if (event === "data") this.#onData = listener as (bytes: Uint8Array) => void;
    else if (event === "error") this.#onError = listener as (error: Error) => void;
    else this.#onClose = listener as () => void;
  }

  write(bytes: Uint8Array, onTaken?: () => void): void {
    if (!this.isClosed) this.#pipe.write(bytes, onTaken);
  }

  destroySoon(): void {
    this.#pipe.end();
    this.#close();
  }

  destroy(): void {
    this.#pipe.giveUp();
    this.#close();
  }

  /** Closes it as the system does when the process is killed, which is told nothing any more. */
  abandon(): void {
    this.#onData = this.#onError = this.#onClose = () => {};
    this.destroy();
  }

  receive(bytes: Uint8Array): boolean {
    if (!this.isClosed) this.#onData(bytes);
    return true;
  }

  ended(failure?: Error): void {
    if (this.isClosed) return;
    if (failure !== undefined) this.#onError(failure);
    this.destroy();
  }

  #close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#clock.turn(() => this.#onClose());
    this.#onClosed();
  }
}

/** The broker's end, as a connection of `Deno.listen`. */
export class ServerEnd implements ClientSocket, PipeEnd {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  readonly #from: Pipe;
  readonly #to: Pipe;
  readonly #onClosed: () => void;
  #received: Uint8Array[] = [];
  #reading: { buffer: Uint8Array; done: PromiseWithResolvers<number | null> } | undefined;
  #writing: PromiseWithResolvers<number> | undefined;
  #end: { readonly failure: Error | undefined } | undefined;
  isClosed = false;

  constructor(
    { localAddr, remoteAddr }: Pick<ClientSocket, "localAddr" | "remoteAddr">,
    from: Pipe,
    to: Pipe,
    onClosed: () => void,
  ) {
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
    this.#from = from;
    this.#to = to;
    this.#onClosed = onClosed;
  }

  setNoDelay(): void {}

  read(buffer: Uint8Array): Promise<number | null> {
    if (this.isClosed) return Promise.reject(systemError("EBADF", "the connection is closed"));
    const done = Promise.withResolvers<number | null>();
    this.#reading = { buffer, done };
    this.#read();
    return done.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.isClosed || this.#end?.failure !== undefined) {
      return Promise.reject(systemError("EPIPE", "broken pipe"));
    }
    const taken = Math.min(this.#to.room, bytes.byteLength);
    if (taken > 0) {
      this.#to.write(taken < bytes.byteLength ? bytes.subarray(0, taken) : bytes);
      return Promise.resolve(taken);
    }
    const writing = this.#writing = Promise.withResolvers<number>();
    this.#to.write(bytes.slice(), () => writing.resolve(bytes.byteLength));
    return writing.promise;
  }

  close(): void {
    if (this.isClosed) throw systemError("EBADF", "the connection is closed");
    this.isClosed = true;
    this.#reading?.done.reject(systemError("EBADF", "the connection is closed"));
    this.#writing?.reject(systemError("EBADF", "the connection is closed"));
    this.#writing?.promise.catch(() => {}); // it may have been taken already
    this.#to.end();
    this.#onClosed();
  }

  receive(bytes: Uint8Array): boolean {
    if (this.isClosed) return true;
    this.#received.push(bytes);
    this.#read();
    return false;
  }

  ended(failure?: Error): void {
    this.#end = { failure };
    if (failure !== undefined) this.#writing?.reject(failure);
    this.#read();
  }

  #read(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { buffer, done } = reading;
    let length = 0;
    for (let first = this.#received[0]; first !== undefined; first = this.#received[0]) {
      const bytes = Math.min(first.byteLength, buffer.byteLength - length);
      buffer.set(bytes < first.byteLength ? first.subarray(0, bytes) : first, length);
      length += bytes;
      if (bytes < first.byteLength) {
        this.#received[0] = first.subarray(bytes);
        break;
      }
      this.#received.shift();
    }
    if (length === 0 && this.#end === undefined) return;
    this.#reading = undefined;
    if (length > 0) {
      done.resolve(length);
      this.#from.consumed(length);
    } else if (this.#end?.failure !== undefined) done.reject(this.#end.failure);
    else done.resolve(null);
  }
}

/** An error as those of the system. */
export function systemError(code: string, text: string): Error {
  return Object.assign(new Error(`${text} (${code})`), { code });
}
