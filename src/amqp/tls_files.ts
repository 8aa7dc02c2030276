/**
 * The certificates that an address names as files, the way RabbitMQ's URIs do.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { AmqpError } from "../errors.ts";
import type { ServerAddress } from "./server_address.ts";
import type { TlsCertificates } from "./tls_certificates.ts";

/**
 * Reads them anew for every connection, as certificates are replaced while a source runs.
 *
 * @throws {AmqpError} When a file cannot be read; the message names it.
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
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AmqpError(`Cannot read ${parameter} of the server URL: ${reason}`, { cause });
  }
}
