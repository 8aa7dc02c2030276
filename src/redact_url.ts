/**
 * Texts for people, without passwords.
 *
 * @module
 */

/** Names of fields whose values are not to be shown. */
export const SECRET_NAME: RegExp = /pass|secret|token|credential|auth|cookie|key$/i;

/**
 * A text, such as an error message, with the password of every URL in it replaced by asterisks. In a URL
 * without a host, what stands in the place of a port and is not a number counts as a password.
 */
export function redactUrl(text: string): string {
  // Most texts have none; of those that have, only words with a URL are looked at.
  if (!text.includes("://")) return text;
  return text.replace(/\S+/g, (word) => redactWord(word));
}

const USER = /[^:@/?#[]*/y;
const PORT = /\d{0,5}(?![^/?#.,;:!'"`)\]}>])/y;

// Not one regular expression for all: it began anew at each letter, which took a minute for 300 kB.
// This one goes through the word once.
function redactWord(word: string): string {
  // Up to the last @: a password may hold unencoded @, : and /.
  const end = word.lastIndexOf("@");
  for (let at = word.indexOf("://"); at !== -1; at = word.indexOf("://", at)) {
    USER.lastIndex = at + 3;
    at += 3 + (USER.exec(word)?.[0].length ?? 0);
    if (word[at] !== ":") continue;
    if (at < end) return `${word.slice(0, at)}:******${word.slice(end)}`;
    PORT.lastIndex = at + 1;
    if (!PORT.test(word)) return `${word.slice(0, at)}:******`;
  }
  return word;
}
