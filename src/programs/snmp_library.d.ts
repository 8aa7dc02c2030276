/**
 * As much of the SNMP library as is used here; it has no types of its own.
 *
 * @module
 */

import type { Buffer } from "node:buffer";

/** An object of a device, and its value. */
export interface Varbind {
  readonly oid: string;
  /** One of `ObjectType`. */
  readonly type: number;
  readonly value: unknown;
}

/** What the library uses of a socket of `node:dgram`. */
export interface LibrarySocket {
  on(event: "message" | "close" | "error", listener: (bytes: Uint8Array) => void): unknown;
  ref(): unknown;
  unref(): unknown;
  send(
    bytes: Uint8Array,
    offset: number,
    length: number,
    port: number,
    address: string,
    callback: (error: Error | null) => void,
  ): unknown;
  close(): unknown;
}

/** How to ask. */
export interface SessionOptions {
  readonly version?: number;
  readonly port: number;
  readonly transport: "udp4" | "udp6";
  /** Milliseconds. */
  readonly timeout: number;
  readonly retries: number;
  readonly backoff: number;
  readonly context?: string;
  readonly dgramModule: { createSocket(type: string): LibrarySocket };
}

/** A user of SNMPv3. */
export interface User {
  readonly name: string;
  readonly level: number;
  readonly authProtocol?: number | undefined;
  readonly authKey?: string | undefined;
  readonly privProtocol?: number | undefined;
  readonly privKey?: string | undefined;
}

/** Whose message it is. */
interface SecurityParameters {
  readonly msgAuthoritativeEngineID: Buffer;
}

/** A message that has come. */
export interface Message {
  /** Of v3: which engine has sent it. */
  readonly msgSecurityParameters: SecurityParameters;
  hasAuthentication(): unknown;
  hasPrivacy(): unknown;
}

/** A request on its way. */
export interface PendingRequest {
  readonly responseCb: (error: Error) => void;
}

/** Asks one device. */
export interface Session {
  /** Of v3: the device, when it is known. */
  readonly msgSecurityParameters?: SecurityParameters;
  on(event: "error", listener: (error: Error) => void): this;
  get(oids: string[], callback: (error: Error | null, varbinds?: Varbind[]) => void): this;
  getBulk(
    oids: string[],
    nonRepeaters: number,
    repetitions: number,
    callback: (error: Error | null, varbinds?: Varbind[][]) => void,
  ): this;
  onSimpleGetResponse(request: PendingRequest, message: Message): void;
  close(): this;
}

/** What a key belongs to. */
interface Engine {
  readonly engineID: Buffer;
  readonly engineBoots: number;
  readonly engineTime: number;
}

/** A way to encrypt. */
interface Algorithm {
  /** Makes a key of a password. */
  localizationAlgorithm(
    algorithm: Algorithm,
    authProtocol: number,
    password: string,
    engineId: Buffer,
  ): Buffer;
  encryptPdu(
    pdu: Buffer,
    privProtocol: number,
    password: string,
    authProtocol: number,
    engine: Engine,
  ): { encryptedPdu: Buffer; msgPrivacyParameters: Buffer };
  decryptPdu(
    pdu: Buffer,
    privProtocol: number,
    parameters: Buffer,
    password: string,
    authProtocol: number,
    engine: Engine,
  ): Buffer;
}

interface Library {
  createSession(target: string, community: string, options: SessionOptions): Session;
  createV3Session(target: string, user: User, options: SessionOptions): Session;
  readonly Version2c: number;
  readonly ObjectType: Readonly<Record<string, number>>;
  readonly ErrorStatus: Readonly<Record<number, unknown>>;
  readonly SecurityLevel: Readonly<Record<"noAuthNoPriv" | "authNoPriv" | "authPriv", number>>;
  readonly AuthProtocols: Readonly<Record<string, number>>;
  readonly PrivProtocols: Readonly<Record<string, number>>;
  readonly ResponseInvalidCode: Readonly<Record<string, number>>;
  readonly ResponseInvalidError: new () => Error & { readonly code: number };
  readonly RequestFailedError: new () => Error & { readonly status: number };
  readonly Authentication: { authToKeyCache: Readonly<Record<string, Buffer>> };
  readonly Encryption: {
    readonly algorithms: Readonly<Record<number, Algorithm>>;
    generateIvAes(algorithm: Algorithm, boots: number, time: number, salt: Buffer): Buffer;
  };
}

declare const library: Library;
export default library;
