/**
 * Texts for people, without passwords.
 *
 * @module
 */

/** Names of fields whose values are not to be shown. */
export const SECRET_NAME: RegExp = /pass|secret|token|credential|auth|login|cookie|community|key$/i;

/**
 * A text, such as an error message, with the password of every URL in it replaced by asterisks, and in
 * those of HTTP also the query: a key to a device often stands there. In a URL without a host, what
 * stands in the place of a port and is not a number counts as a password.
 */
export function redactUrl(text: string): string {
  // Most texts have none; of those that have, only words with a URL are looked at.
  if (!text.includes("://")) return text;
  return text.replace(/\S+/g, (word) => redactQuery(redactPassword(word)));
}

const USER = /[^:@/?#[]*/y;
const PORT = /\d{0,5}(?![^/?#.,;:!'"`)\]}>])/y;
const HIDDEN = "******";

// Not one regular expression for all: it began anew at each letter, which took a minute for 300 kB.
// This one goes through the word once.
function redactPassword(word: string): string {
  // Up to the last @: a password may hold unencoded @, : and /.
  const end = word.lastIndexOf("@");
  for (let at = word.indexOf("://"); at !== -1; at = word.indexOf("://", at)) {
    USER.lastIndex = at + 3;
    at += 3 + (USER.exec(word)?.[0].length ?? 0);
    if (word[at] !== ":") continue;
    if (at < end) return `${word.slice(0, at)}:${HIDDEN}${word.slice(end)}`;
    PORT.lastIndex = at + 1;
    if (!PORT.test(word)) return `${word.slice(0, at)}:${HIDDEN}`;
  }
  return word;
}

function redactQuery(word: string): string {
  const start = word.search(/https?:\/\//i);
  const query = start === -1 ? -1 : word.indexOf("?", start);
  if (query === -1) return word;
  // What closes a quotation is not part of it, nor are brackets and the end of a sentence.
  const [end = ""] = /["'`)\]}>.,;:]*$/.exec(word.slice(-MAX_CLOSING)) ?? [];
  return `${word.slice(0, query + 1)}${HIDDEN}${end}`;
}

// A regular expression that looks for an end begins anew at each character.
const MAX_CLOSING = 4;
