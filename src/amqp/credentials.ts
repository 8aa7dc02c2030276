/**
 * User and password, for brokers where passwords change while a program runs.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { AmqpError } from "../errors.ts";

/** A user of the broker. */
export interface Credentials {
  /** The user's name. */
  readonly username: string;
  /** The password, or the token that stands for one. */
  readonly password: string;
}

/** Gives the credentials for one login. */
export type CredentialsProvider = () => Credentials | Promise<Credentials>;

/**
 * Asks for credentials.
 *
 * @throws {AmqpError} If the provider throws or gives anything else, which the message does not show.
 */
export async function askCredentials(provide: CredentialsProvider): Promise<Credentials> {
  try {
    const { username, password } = await provide();
    if (typeof username === "string" && typeof password === "string") return { username, password };
  } catch (cause) {
    const reason = errorText(cause);
    throw new AmqpError(`Cannot get credentials: ${reason}`, { cause });
  }
  throw new AmqpError("Cannot get credentials: username and password are required as texts");
}
