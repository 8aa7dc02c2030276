/**
 * Asking one SNMP device.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
// @ts-types="./snmp_library.d.ts"
import snmp, { type Message, type Session, type SessionOptions, type Varbind } from "net-snmp";
import { type Address, addressText } from "../address.ts";
import { errorText } from "../error_text.ts";
import { orAborted } from "../time/aborted.ts";
import { requireNet } from "./permission.ts";
import { useOwnCipher } from "./snmp_cipher.ts";
import type { SnmpLogin, UserConfig } from "./snmp_login.ts";
import { isOid } from "./snmp_oid.ts";
import { SnmpSocket, transportOf } from "./snmp_socket.ts";

useOwnCipher();

// The library keeps the keys of each device for ever, and a device may say that it is another.
const MAX_KEYS = 10_000;
let userSessions = 0;

/** The device has understood the request, and refuses it. */
export class SnmpRefusal extends Error {
  override readonly name = "SnmpRefusal";
}

/** How a device is asked. */
export interface SnmpOptions {
  readonly address: Address;
  readonly login: SnmpLogin;
  /** How long until a request is sent again, first; then twice as long, and so on. */
  readonly resendMs: number;
}

/** What the library answers with. */
type Callback<Result> = (error: Error | null, result?: Result) => void;

/** A session of the library's, and how to tell that nothing comes of it any more. */
interface Link {
  readonly session: Session;
  readonly socket: SnmpSocket;
  onFailure: (error: Error) => void;
}

/**
 * Opens a socket when it is asked for something, and keeps it. It is to be asked for one thing at a
 * time. Whatever does not go as it should closes the socket, so that the next request begins anew, with
 * the address that the device has then.
 */
export class SnmpConnection {
  readonly #options: SnmpOptions;
  #link: Link | undefined;

  /** Does not ask anything yet. */
  constructor(options: SnmpOptions) {
    this.#options = options;
  }

  /**
   * Reads objects, in their order.
   *
   * @throws {SnmpRefusal} If the device refuses the request.
   * @throws {Error} If there is no proper answer.
   * @throws {Error} If `signal` is aborted: its reason.
   */
  async get(oids: readonly string[], signal: AbortSignal): Promise<readonly Varbind[]> {
    const varbinds = await this.#ask<Varbind[]>(signal, (session, answer) => {
      session.get([...oids], answer);
    });
    if (varbinds.length === oids.length && oids.every((oid, at) => varbinds[at]?.oid === oid)) {
      return varbinds;
    }
    throw this.#failed(new SyntaxError("it answers another request"));
  }

  /**
   * Reads what comes behind objects: of each up to `repetitions`.
   *
   * @throws {SnmpRefusal | Error} As `get` does.
   */
  async getNext(
    oids: readonly string[],
    repetitions: number,
    signal: AbortSignal,
  ): Promise<readonly (readonly Varbind[])[]> {
    const columns = await this.#ask<Varbind[][]>(signal, (session, answer) => {
      session.getBulk([...oids], 0, repetitions, answer);
    });
    if (columns.flat().every(({ oid }) => isOid(oid))) return columns;
    throw this.#failed(new SyntaxError("its answer has an OID that is not one"));
  }

  /** Ends what is on its way; a later request opens another socket. */
  close(): void {
    this.#link?.session.close();
    this.#link = undefined;
  }

  async #ask<Result>(
    signal: AbortSignal,
    send: (session: Session, answer: Callback<Result>) => void,
  ): Promise<Result> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    // It may be rejected while nothing waits for it yet.
    promise.catch(() => {});
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      const link = this.#link ??= await this.#open(signal);
      link.onFailure = reject;
      link.socket.allow();
      send(link.session, (error, result) => {
        if (result === undefined) reject(error ?? new Error("its answer is empty"));
        else resolve(result);
      });
      return await promise;
    } catch (error) {
      if (signal.aborted) this.close();
      signal.throwIfAborted();
      if (error instanceof snmp.RequestFailedError) throw refusalOf(error);
      throw this.#failed(error);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #open(signal: AbortSignal): Promise<Link> {
    const { address, login, resendMs } = this.#options;
    // The library would look the name up for each message.
    const found = await orAborted(lookup(address.hostname), signal);
    if (found === undefined) throw signal.reason;
    const device = { hostname: found.address, port: address.port };
    requireAsking(device);
    const link: Pick<Link, "onFailure"> = { onFailure: () => {} };
    const socket = new SnmpSocket(device, (error) => link.onFailure(error));
    const session = openSession(device, login, {
      port: device.port,
      transport: transportOf(device.hostname),
      timeout: resendMs,
      // Until the reading is given up.
      retries: Infinity,
      backoff: 2,
      dgramModule: { createSocket: () => socket },
    });
    return Object.assign(link, { session, socket });
  }

  #failed(error: unknown): Error {
    this.close();
    return new Error(`Cannot read ${addressText(this.#options.address)}: ${reasonOf(error)}`);
  }
}

/**
 * Refuses a device that Deno may not ask.
 *
 * @param device Its IP address and port.
 * @throws {TypeError} If a permission is missing; the message names the flag that gives it.
 */
export function requireAsking(device: Address): void {
  requireNet(addressText(device));
  const any = transportOf(device.hostname) === "udp6" ? "::" : "0.0.0.0";
  requireNet(addressText({ hostname: any, port: 0 }));
}

function openSession(
  { hostname }: Address,
  login: SnmpLogin,
  options: SessionOptions,
): Session {
  const session = "user" in login
    ? openUserSession(hostname, login.user, options)
    : snmp.createSession(hostname, login.community, { ...options, version: snmp.Version2c });
  // What it cannot read; thrown on to the socket, which knows where it came from.
  return session.on("error", (error) => {
    throw error;
  });
}

function openUserSession(target: string, user: UserConfig, options: SessionOptions): Session {
  const { name, auth, authPassword, privacy, privacyPassword, context = "" } = user;
  const level = privacy !== undefined ? "authPriv" : auth !== undefined ? "authNoPriv" : undefined;
  const session = snmp.createV3Session(target, {
    name,
    level: snmp.SecurityLevel[level ?? "noAuthNoPriv"],
    authProtocol: auth && snmp.AuthProtocols[auth],
    authKey: authPassword,
    privProtocol: privacy && snmp.PrivProtocols[privacy],
    privKey: privacyPassword,
  }, { ...options, context });
  // The library takes what is signed or encrypted as it should be, and what is neither.
  const accept = session.onSimpleGetResponse;
  session.onSimpleGetResponse = (request, message) => {
    const isSigned = auth === undefined || message.hasAuthentication();
    const isProtected = isSigned && (privacy === undefined || message.hasPrivacy());
    if (isProtected && isOfDevice(message, session)) accept.call(session, request, message);
    else request.responseCb(new Error("its answer is not protected as the request was"));
  };
  if (++userSessions % MAX_KEYS === 0) snmp.Authentication.authToKeyCache = {};
  return session;
}

/** Whether the device is still who it was: otherwise each answer could have a key of its own made. */
function isOfDevice(message: Message, session: Session): boolean {
  const [before, now] = [session, message].map((one) =>
    one.msgSecurityParameters?.msgAuthoritativeEngineID.toString("hex")
  );
  return before === now;
}

function refusalOf({ status }: { readonly status: number }): SnmpRefusal {
  // Of a number that SNMP does not have the library tells another one.
  const name = snmp.ErrorStatus[status];
  const told = typeof name === "string" ? `"${name}"` : "with an error";
  return new SnmpRefusal(`the device answers ${told}`);
}

/** What the library says of a user or a password that is wrong. */
const USER_PROBLEMS: Readonly<Record<string, string>> = {
  "Unsupported Security Level": "the device wants another of auth and privacy of this user",
  "Not In Time Window": "the device counts its time in another way",
  "Unknown User Name": "the device does not know the user",
  "Unknown Engine ID": "the device does not know itself by the name that it has told",
  "Wrong Digest (incorrect password, community or key)": "the device refuses auth or authPassword",
  "Decryption Error": "the device refuses privacy or privacyPassword",
};

/** Why there is no answer. The library's own words may hold the community, or digests. */
function reasonOf(error: unknown): string {
  if (!(error instanceof snmp.ResponseInvalidError)) return errorText(error);
  const { EAuthFailure, ECouldNotDecrypt, ENotInTimeWindow } = snmp.ResponseInvalidCode;
  if (error.code === EAuthFailure) {
    return USER_PROBLEMS[error.message] ?? "its answer is not signed with the user's password";
  }
  if (error.code === ECouldNotDecrypt) return "its answer cannot be decrypted";
  if (error.code === ENotInTimeWindow) return "its answer is too old";
  return "it answers another request";
}
