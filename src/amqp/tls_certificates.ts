/**
 * Whom a TLS connection trusts, and who it says that it is.
 *
 * @module
 */

/** PEM texts for a TLS connection. */
export interface TlsCertificates {
  /** Certificates of the authorities to trust instead of the system's. */
  readonly caCerts?: readonly string[];
  /** The client's certificate (chain). */
  readonly cert?: string;
  /** The client's private key. */
  readonly key?: string;
}
