/**
 * A client's connection as a socket: reading and not reading, heartbeats, and the time limits of
 * beginning and end.
 *
 * @module
 */

import { logger } from "../../log.ts";
import { type MonotonicClock, sleep } from "../../time/clock.ts";
import type { ClientSocket } from "./client_listener.ts";
import { ClientSession, type SessionContext } from "./client_session.ts";
import { keepHeartbeat } from "./heartbeat.ts";
import type { MemoryGauge } from "./memory_gauge.ts";
import * as encode from "./method_encoder.ts";
import type { ReplyError } from "./reply_error.ts";
import { SocketWriter } from "./socket_writer.ts";

/** What all connections of a broker share. */
export interface ConnectionContext extends SessionContext {
  readonly clock: MonotonicClock;
  readonly memory: MemoryGauge;
  /** Settles when the broker goes on, and is undefined while it runs. */
  pause(): Promise<void> | undefined;
}

const READ_BYTES = 64 * 1024;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long a client may take to agree to the end of its connection. */
const CLOSE_TIMEOUT_MS = 1_000;

/** One client's connection. An error in it ends this connection and no other. */
export class ClientConnection {
  /** The client's address and the broker's, as RabbitMQ names connections. */
  readonly address: string;
  /** What is said on the connection. */
  readonly session: ClientSession;
  readonly #socket: ClientSocket;
  readonly #context: ConnectionContext;
  readonly #writer: SocketWriter;
  readonly #end = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #receivedAtMs: number;
  #receivedBytes = 0;

  /** Takes over a socket. Nothing happens before `run`. */
  constructor(socket: ClientSocket, address: string, context: ConnectionContext) {
    this.#socket = socket;
    this.address = address;
    this.#context = context;
    this.#receivedAtMs = context.clock.nowMs();
    this.#writer = new SocketWriter(socket, {
      onRoom: () => this.session.resume(),
      onFailure: () => this.destroy(),
      mayWrite: () => context.pause(),
    });
    this.session = new ClientSession(context, this.#writer, {
      onOpen: ({ heartbeatSeconds }) => void this.#keepAlive(heartbeatSeconds),
      onClosing: () => void this.#destroyLater(),
      onFinished: () => void this.#destroyWhenWritten(),
      onEnd: () => this.destroy(),
    });
  }

  /** The name that the client gave the connection, else its address. */
  get name(): string {
    return this.session.negotiated?.connectionName ?? this.address;
  }

  /** How many bytes were received. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** How many bytes were sent. */
  get sentBytes(): number {
    return this.#writer.sentBytes;
  }

  /** Settles when the connection has ended and everything it held is given back. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Serves the client to the end. Never rejects. */
  async run(): Promise<void> {
    this.#expireHandshake();
    try {
      await this.#serve();
    } catch (error) {
      // A socket that fails means that the client has gone, and cannot be told.
      if (!this.#end.signal.aborted) {
        logger("broker").debug("Lost {address}: {error}", { address: this.address, error });
      }
    }
    this.destroy();
  }

  /** Closes the connection, and ends it if the client does not agree in time. */
  close(error: ReplyError): void {
    if (this.session.negotiated) this.session.close(error);
    else this.destroy();
  }

  /** Ends the connection without the closing handshake. */
  destroy(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    this.session.release();
    try {
      this.#socket.close();
    } catch {
      // It was closed already.
    }
    this.#ended.resolve();
  }

  async #serve(): Promise<void> {
    const chunk = new Uint8Array(READ_BYTES);
    while (!this.#end.signal.aborted) {
      // Now, and not with the client's next bytes: it may have none until it knows.
      if (this.#blocked) await this.#untilRelieved();
      if (this.#end.signal.aborted) return;
      const received = await this.#socket.read(chunk);
      if (received === null) return;
      this.#receivedAtMs = this.#context.clock.nowMs();
      this.#receivedBytes += received;
      let rest: Uint8Array = chunk.subarray(0, received);
      while (rest.length > 0) {
        if (this.#mustWait) await this.#untilRelieved();
        if (this.#end.signal.aborted) return;
        rest = this.session.receive(rest);
      }
    }
  }

  get #blocked(): boolean {
    return this.session.publishes && this.#context.memory.exceeded;
  }

  get #mustWait(): boolean {
    return this.#blocked || this.#writer.choked || this.#context.pause() !== undefined;
  }

  /** Waits, and leaves the client's next bytes in its socket, so that it cannot send without end. */
  async #untilRelieved(): Promise<void> {
    while (this.#mustWait && !this.#end.signal.aborted) {
      const notify = this.#blocked && this.session.isOpen && this.session.can("connection.blocked");
      if (notify) this.#writer.write(encode.connectionBlocked("low on memory"));
      const relieved = this.#blocked
        ? this.#context.memory.relieved()
        : this.#context.pause() ?? this.#writer.roomy();
      await Promise.race([relieved, this.#ended.promise]);
      if (notify && this.session.isOpen) {
        this.#writer.write(encode.plainReply(0, "connection.unblocked"));
      }
      this.#receivedAtMs = this.#context.clock.nowMs();
    }
  }

  async #keepAlive(heartbeatSeconds: number): Promise<void> {
    const alive = await keepHeartbeat(heartbeatSeconds * 1000, {
      clock: this.#context.clock,
      signal: this.#end.signal,
      writer: this.#writer,
      // What is left in the socket cannot be seen to arrive.
      heardAtMs: () => this.#mustWait ? Infinity : this.#receivedAtMs,
    });
    if (alive) return;
    logger("broker").warn("Client {name} missed its heartbeats", { name: this.name });
    this.destroy();
  }

  async #expireHandshake(): Promise<void> {
    await sleep(this.#context.clock, HANDSHAKE_TIMEOUT_MS, this.#end.signal);
    if (this.session.negotiated === undefined) this.destroy();
  }

  async #destroyWhenWritten(): Promise<void> {
    await Promise.race([this.#writer.flushed(), this.#closeTimeout()]);
    this.destroy();
  }

  async #destroyLater(): Promise<void> {
    await this.#closeTimeout();
    this.destroy();
  }

  #closeTimeout(): Promise<void> {
    return sleep(this.#context.clock, CLOSE_TIMEOUT_MS, this.#end.signal);
  }
}
