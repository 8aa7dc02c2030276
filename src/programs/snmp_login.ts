/**
 * What SNMP devices want to know of those who ask.
 *
 * @module
 */

import * as v from "valibot";
import { about, told } from "./told_schema.ts";

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
function named<Name extends string>(
  description: string,
  names: Readonly<Record<string, Name>>,
  remark = "",
) {
  const message = `one of ${Object.keys(names).join(", ")} is required${remark}`;
  return v.pipe(
    about(description, v.picklist(Object.keys(names), message)),
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
    name: about("Who reads", v.pipe(v.string(), v.minLength(1))),
    auth: v.optional(named("How messages are signed", AUTH)),
    authPassword: v.optional(about("The password for signing", Password)),
    privacy: v.optional(named(
      "How messages are encrypted",
      PRIVACY,
      "; DES is not supported, as it is no longer secure",
    )),
    privacyPassword: v.optional(about("The password for encrypting", Password)),
    context: v.optional(about("That of the device, if it has several", v.string())),
  }),
  told({
    dependentRequired: {
      auth: ["authPassword"],
      authPassword: ["auth"],
      privacy: ["privacyPassword", "auth"],
      privacyPassword: ["privacy"],
    },
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
