/**
 * How a connection begins: protocol header, login, negotiation, virtual host.
 *
 * @module
 */

import { VERSION } from "../../version.ts";
import type { Table } from "./field_reader.ts";
import { AMQPLAIN, type ClientMethod, type MethodNamed } from "./method_decoder.ts";
import { connectionStart, connectionTune } from "./method_encoder.ts";
import { ReplyError } from "./reply_error.ts";
import type { VirtualHost } from "./virtual_host.ts";

/** What the broker offers to a client. */
export interface HandshakeOptions {
  /** The passwords by user. */
  readonly users: ReadonlyMap<string, string>;
  readonly virtualHosts: ReadonlyMap<string, VirtualHost>;
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeatSeconds: number;
}

/** What the client and the broker have agreed on. */
export interface Negotiated {
  readonly user: string;
  readonly virtualHost: VirtualHost;
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeatSeconds: number;
  /** The name that the client gave the connection. */
  readonly connectionName: string | undefined;
  /** The capabilities that the client announced. */
  readonly capabilities: ReadonlySet<string>;
}

const PROTOCOL_HEADER = Uint8Array.of(0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1); // "AMQP", then 0-9-1
const MECHANISMS: readonly string[] = ["PLAIN", AMQPLAIN];
const SMALLEST_FRAME_MAX = 4096;

const SERVER_PROPERTIES: Table = {
  product: "MetricQ development broker",
  version: VERSION,
  platform: `Deno ${Deno.version.deno}`,
  information: "For development and tests: in memory only, everything is lost when it stops",
  capabilities: {
    publisher_confirms: true,
    exchange_exchange_bindings: true,
    "basic.nack": true,
    consumer_cancel_notify: true,
    "connection.blocked": true,
    authentication_failure_close: true,
    per_consumer_qos: true,
  },
};

/** The first part of a connection. It is over when `onMethod` returns what was agreed on. */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #send: (bytes: Uint8Array) => void;
  #headerBytes = 0;
  #expected: ClientMethod["name"] = "connection.start-ok";
  #clientProperties: Table = {};
  #user: string | undefined;
  #tuned: MethodNamed<"connection.tune-ok"> | undefined;

  /** Makes a handshake that answers through `send`. */
  constructor(options: HandshakeOptions, send: (bytes: Uint8Array) => void) {
    this.#options = options;
    this.#send = send;
  }

  /**
   * Takes the client's first bytes and returns what follows the protocol header. Returns undefined if
   * they are of another protocol; the client has then been told which one the broker speaks, and the
   * connection is to be closed.
   */
  takeProtocolHeader(bytes: Uint8Array): Uint8Array | undefined {
    let offset = 0;
    while (this.#headerBytes < PROTOCOL_HEADER.length && offset < bytes.length) {
      if (bytes[offset++] !== PROTOCOL_HEADER[this.#headerBytes++]) {
        this.#send(PROTOCOL_HEADER);
        return undefined;
      }
      if (this.#headerBytes === PROTOCOL_HEADER.length) {
        this.#send(connectionStart(SERVER_PROPERTIES, MECHANISMS.join(" ")));
      }
    }
    return bytes.subarray(offset);
  }

  /** Whether the client is told the reason: of a failed login only if it has asked for that. */
  mayExplain(error: ReplyError): boolean {
    return error.code !== 403 ||
      capabilities(this.#clientProperties).has("authentication_failure_close");
  }

  /** Takes the client's next method and returns what was agreed on, once it is the last one. */
  onMethod(method: ClientMethod): Negotiated | undefined {
    if (method.name !== this.#expected) {
      throw new ReplyError(503, `unexpected ${method.name}: ${this.#expected} is required`);
    }
    if (method.name === "connection.start-ok") this.#logIn(method);
    else if (method.name === "connection.tune-ok") this.#tune(method);
    else if (method.name === "connection.open") return this.#open(method.virtualHost);
    return undefined;
  }

  #logIn(method: MethodNamed<"connection.start-ok">): void {
    this.#clientProperties = method.clientProperties;
    const { mechanism } = method;
    if (!MECHANISMS.includes(mechanism)) {
      throw new ReplyError(503, `unknown authentication mechanism '${mechanism}'`);
    }
    const { user, password } = loginOf(method);
    if (password === undefined || this.#options.users.get(user) !== password) {
      throw new ReplyError(
        403,
        `Login was refused using authentication mechanism ${mechanism}.`,
        "connection",
      );
    }
    this.#user = user;
    this.#expected = "connection.tune-ok";
    const { channelMax, frameMax, heartbeatSeconds } = this.#options;
    this.#send(connectionTune(channelMax, frameMax, heartbeatSeconds));
  }

  #tune(method: MethodNamed<"connection.tune-ok">): void {
    requireNegotiated("channel_max", method.channelMax, 1, this.#options.channelMax);
    requireNegotiated("frame_max", method.frameMax, SMALLEST_FRAME_MAX, this.#options.frameMax);
    this.#tuned = method;
    this.#expected = "connection.open";
  }

  #open(virtualHostName: string): Negotiated | undefined {
    const virtualHost = this.#options.virtualHosts.get(virtualHostName);
    if (!virtualHost) throw new ReplyError(530, `vhost ${virtualHostName} not found`);
    if (!this.#tuned || this.#user === undefined) return undefined;
    const name = this.#clientProperties["connection_name"];
    const { channelMax, frameMax, heartbeatSeconds } = this.#tuned;
    return {
      user: this.#user,
      virtualHost,
      channelMax,
      frameMax,
      heartbeatSeconds,
      connectionName: typeof name === "string" ? name : undefined,
      capabilities: capabilities(this.#clientProperties),
    };
  }
}

function loginOf({ response }: MethodNamed<"connection.start-ok">): {
  readonly user: string;
  readonly password: string | undefined;
} {
  if (typeof response === "string") {
    const [, user = "", password] = response.split("\0");
    return { user, password };
  }
  const { LOGIN: user, PASSWORD: password } = response;
  return {
    user: typeof user === "string" ? user : "",
    password: typeof password === "string" ? password : undefined,
  };
}

function requireNegotiated(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new ReplyError(
    530,
    `negotiated ${name} = ${value} is not allowed, it must be between ${least} and ${most}`,
  );
}

function capabilities(clientProperties: Table): Set<string> {
  const announced = clientProperties["capabilities"];
  if (typeof announced !== "object" || announced === null) return new Set();
  return new Set(
    Object.entries(announced).filter(([, value]) => value === true).map(([key]) => key),
  );
}
