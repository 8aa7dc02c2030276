/**
 * Texts for people, without passwords.
 *
 * @module
 */

/** Names of fields whose values are not to be shown. */
export const SECRET_NAME: RegExp = /pass|secret|token|credential|auth|cookie|key$/i;

/** A text, such as an error message, with the password of every URL in it replaced by asterisks. */
export function redactUrl(text: string): string {
  // Greedy up to the last @ before whitespace: a password may hold unencoded @, : and /.
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/?#[]*):\S*@/gi, "$1:******@");
}
