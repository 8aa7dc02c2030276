/**
 * Why a certificate was not accepted, when `node:tls` does not tell.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import type { ServerAddress } from "./server_address.ts";
import type { TlsCertificates } from "./tls.ts";

// Deno says this of whatever is wrong with a certificate, except for its host names.
const UNSPECIFIC = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";

const CODES: readonly (readonly [RegExp, code: string])[] = [
  [/certificate expired/, "CERT_HAS_EXPIRED"],
  [/certificate not valid yet/, "CERT_NOT_YET_VALID"],
];

/**
 * An error of a TLS socket, or a better one in its place: with the code that Node has for the case.
 * The reason is asked for with one more handshake, by Deno's own interface, which passes it on. In
 * other runtimes the error is as it should be.
 */
export async function certificateError(
  error: unknown,
  address: ServerAddress,
  { caCerts = [], cert, key }: TlsCertificates,
): Promise<unknown> {
  if (!(error instanceof Error && "code" in error) || error.code !== UNSPECIFIC) return error;
  if (!("Deno" in globalThis)) return error;
  try {
    using connection = await Deno.connectTls({
      hostname: address.hostname,
      port: address.port,
      caCerts: [...caCerts],
      ...cert !== undefined && key !== undefined && { cert, key },
    });
    await connection.handshake();
  } catch (cause) {
    const message = errorText(cause);
    const [, code] = CODES.find(([pattern]) => pattern.test(message)) ?? [];
    if (code !== undefined) return Object.assign(new Error(message, { cause: error }), { code });
  }
  return error;
}
