/**
 * AES for SNMPv3. Deno has no CFB, which SNMP encrypts with; it is made of ECB here.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createCipheriv, randomBytes } from "node:crypto";
// @ts-types="./snmp_library.d.ts"
import snmp from "net-snmp";

const BLOCK_BYTES = 16;
const SALT_BYTES = 8;

/** Has the library encrypt with what Deno has. */
export function useOwnCipher(): void {
  const { algorithms, generateIvAes } = snmp.Encryption;
  const { aes, aes256b, aes256r } = snmp.PrivProtocols;
  for (const algorithm of [aes, aes256b, aes256r].map((id) => algorithms[id ?? 0])) {
    if (algorithm === undefined) continue;
    algorithm.encryptPdu = (pdu, _, password, authProtocol, engine) => {
      const { engineID, engineBoots, engineTime } = engine;
      const key = algorithm.localizationAlgorithm(algorithm, authProtocol, password, engineID);
      const salt = randomBytes(SALT_BYTES);
      const iv = generateIvAes(algorithm, engineBoots, engineTime, salt);
      return { encryptedPdu: encryptCfb(key, iv, pdu), msgPrivacyParameters: salt };
    };
    algorithm.decryptPdu = (pdu, _, salt, password, authProtocol, engine) => {
      const { engineID, engineBoots, engineTime } = engine;
      const key = algorithm.localizationAlgorithm(algorithm, authProtocol, password, engineID);
      return decryptCfb(key, generateIvAes(algorithm, engineBoots, engineTime, salt), pdu);
    };
  }
}

/** Encrypts with AES in CFB: each block is added to the one before, encrypted once more. */
export function encryptCfb(key: Uint8Array, iv: Uint8Array, text: Uint8Array): Buffer {
  return cfb(key, iv, text, (_, encrypted) => encrypted);
}

/** Decrypts what {@linkcode encryptCfb} has encrypted. */
export function decryptCfb(key: Uint8Array, iv: Uint8Array, text: Uint8Array): Buffer {
  return cfb(key, iv, text, (encrypted) => encrypted);
}

function cfb(
  key: Uint8Array,
  iv: Uint8Array,
  given: Uint8Array,
  encryptedOf: (given: Uint8Array, made: Uint8Array) => Uint8Array,
): Buffer {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  const made = Buffer.alloc(given.length);
  let before = iv;
  for (let start = 0; start < given.length; start += BLOCK_BYTES) {
    const mask = cipher.update(before);
    const end = Math.min(start + BLOCK_BYTES, given.length);
    for (let at = start; at < end; at++) made[at] = (given[at] ?? 0) ^ (mask[at - start] ?? 0);
    before = encryptedOf(given, made).subarray(start, end);
  }
  return made;
}
