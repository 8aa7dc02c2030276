/**
 * What SNMP devices want to know of those who ask.
 *
 * @module
 */

import * as v from "valibot";

// As the library calls them, by the names that devices and Net-SNMP have for them.
const AUTH = {
  "MD5": "md5",
  "SHA": "sha",
  "SHA-224": "sha224",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
} as const;
const PRIVACY = { "AES": "aes", "AES-256": "aes256b", "AES-256-C": "aes256r" } as const;

const MIN_PASSWORD_CHARACTERS = 8;

/** One of the names of a table. */
function named<Name extends string>(names: Readonly<Record<string, Name>>, remark = "") {
  return v.pipe(
    v.string(),
    v.check(
      (text) => Object.hasOwn(names, text),
      `one of ${Object.keys(names).join(", ")} is required${remark}`,
    ),
    v.transform((text) => names[text] as Name),
  );
}

const Password = v.pipe(
  v.string(),
  v.minLength(
    MIN_PASSWORD_CHARACTERS,
    `at least ${MIN_PASSWORD_CHARACTERS} characters are required`,
  ),
);

/** A user of SNMPv3. */
export const UserConfig = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.minLength(1)),
    auth: v.optional(named(AUTH)),
    authPassword: v.optional(Password),
    privacy: v.optional(named(PRIVACY, "; DES is not supported, as it is no longer secure")),
    privacyPassword: v.optional(Password),
    context: v.optional(v.string()),
  }),
  v.check(
    ({ auth, authPassword }) => (auth === undefined) === (authPassword === undefined),
    "auth and authPassword are required together",
  ),
  v.check(
    ({ privacy, privacyPassword }) => (privacy === undefined) === (privacyPassword === undefined),
    "privacy and privacyPassword are required together",
  ),
  v.check(
    ({ auth, privacy }) => auth !== undefined || privacy === undefined,
    "privacy takes auth as well",
  ),
);

/** What {@linkcode UserConfig} makes. */
export type UserConfig = v.InferOutput<typeof UserConfig>;

/** A community of v2c, or a user of v3. */
export type SnmpLogin = { readonly community: string } | { readonly user: UserConfig };
