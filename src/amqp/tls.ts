/**
 * Whom a TLS connection trusts, and how it identifies itself; also from the files that an address
 * names, the way RabbitMQ's URIs do.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { errorText } from "../error_text.ts";
import { AmqpError } from "../errors.ts";
import type { OptionNames } from "../option_names.ts";
import type { ServerAddress } from "./server_address.ts";

/** PEM texts for a TLS connection. */
export interface TlsCertificates {
  /** Certificates of the authorities to trust instead of the system's. */
  readonly caCerts?: readonly string[] | undefined;
  /** The client's certificate (chain). */
  readonly cert?: string | undefined;
  /** The client's private key. */
  readonly key?: string | undefined;
}

/** The names of {@linkcode TlsCertificates}. */
export const TLS_CERTIFICATES: OptionNames<TlsCertificates> = {
  caCerts: true,
  cert: true,
  key: true,
};

/**
 * Reads the certificates that an address names as files: anew for every connection, as certificates
 * are replaced while a source runs.
 *
 * @throws {AmqpError} If a file cannot be read; the message names it.
 */
export async function readTlsCertificates(address: ServerAddress): Promise<TlsCertificates> {
  const { caFile, certFile, keyFile } = address.tlsFiles;
  return {
    ...caFile !== undefined && { caCerts: [await read("cacertfile", caFile)] },
    ...certFile !== undefined && { cert: await read("certfile", certFile) },
    ...keyFile !== undefined && { key: await read("keyfile", keyFile) },
  };
}

async function read(parameter: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = errorText(cause);
    throw new AmqpError(`Cannot read ${parameter} of the server URL: ${reason}`, { cause });
  }
}
