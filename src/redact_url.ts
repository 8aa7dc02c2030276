/**
 * Texts for people, without passwords.
 *
 * @module
 */

/** Names of fields whose values are not to be shown. */
export const SECRET_NAME: RegExp =
  /pass|pwd|\bpw\b|secret|token|credential|auth|login|cookie|private|community|psk|\bpin\b|keys?$/i;

const HIDDEN = "******";

/**
 * A text, such as an error message, with the password of every URL in it replaced by asterisks, and in
 * those of other protocols than AMQP also the query: a key to a device often stands there. So does what
 * stands alone before the `@` in a URL of HTTP. In a URL without a host, what stands in the place of a
 * port and is not a number counts as a password.
 */
export function redactUrl(text: string): string {
  // Most texts have none; of those that have, only words with a URL are looked at.
  if (!MAY_HAVE_URL.test(text)) return text;
  return text.replace(SPACED_PASSWORD, `$1${HIDDEN}@`)
    .replace(/\S+/g, (word) => redactFragment(redactQuery(redactPassword(word))));
}

const MAY_HAVE_URL = /\/\/|(?:https?|wss?|ftp):/i;
// A URL may be written with spaces in its password, which programs take for %20. All counts are bounded,
// so that no text takes longer than its length.
const SPACED_PASSWORD =
  /(:\/\/[^\s:@/?#[]{0,200}:)(?!\d{0,5}[/?#.,;:!'"`)\]}>\s])[^\s@]{1,200}\s[^@]{0,100}@/g;
// Where a host or a user may begin. Browsers take these protocols with any slashes, and without.
const START = /\b(https?|wss?|ftp):([\\/]*)|:\/\/|^[^\w/]*\/\//gi;
const USER = /[^:@/?#[]?[^:@/?#]*/y;
const IPV6 = /\[[\da-f:.]*(?:%[\w.~-]*)?\]/iy;
const PORT = /\d{0,5}(?![^/?#.,;:!'"`)\]}>])/y;

// Not one regular expression for all: it began anew at each letter, which took a minute for 300 kB.
// This one goes through the word once.
function redactPassword(word: string): string {
  // Up to the last @: a password may hold unencoded @, : and /.
  const end = word.lastIndexOf("@");
  for (const { 0: start, 1: protocol, 2: slashes, index } of word.matchAll(START)) {
    const begin = index + start.length;
    const at = behindUser(word, begin);
    if (word[at] === "@") {
      if (at < end) return `${word.slice(0, at)}:${HIDDEN}${word.slice(end)}`;
      if (protocol !== undefined && at > begin) {
        return `${word.slice(0, begin)}${HIDDEN}${word.slice(end)}`;
      }
    }
    if (word[at] !== ":") continue;
    // As in a hint, "amqp://[user:password@]host".
    if (word[begin] === "[" && word[end + 1] === "]") continue;
    if (at < end) return `${word.slice(0, at)}:${HIDDEN}${word.slice(end)}`;
    if (slashes === "") continue; // "http:status:404"
    PORT.lastIndex = at + 1;
    if (!PORT.test(word)) return `${word.slice(0, at)}:${HIDDEN}`;
  }
  return word;
}

function behindUser(word: string, begin: number): number {
  for (const part of [IPV6, USER]) {
    part.lastIndex = begin;
    const [found] = part.exec(word) ?? [];
    if (found !== undefined) return begin + found.length;
  }
  return begin;
}

const OTHER_THAN_AMQP = /\b(?!amqps?:)(?:[a-z][a-z\d+.-]{0,20}:\/\/|(?:https?|wss?):[\\/]*)/i;

function redactQuery(word: string): string {
  const start = word.search(OTHER_THAN_AMQP);
  const query = start === -1 ? -1 : word.indexOf("?", start);
  if (query !== -1) return `${word.slice(0, query + 1)}${HIDDEN}${endOfSentence(word)}`;
  if (!word.includes("?") || !word.includes("://")) return word;
  return word.replace(
    /([?&][^?&=]{0,100}=)[^?&]*/g,
    (parameter, name: string) => SECRET_NAME.test(name.slice(1, -1)) ? name + HIDDEN : parameter,
  );
}

// A fragment without a "=" leads to a place in a page.
function redactFragment(word: string): string {
  const fragment = word.includes("=") ? word.indexOf("#") : -1;
  if (fragment === -1 || word.search(OTHER_THAN_AMQP) === -1) return word;
  if (word.indexOf("=", fragment) === -1) return word;
  return `${word.slice(0, fragment + 1)}${HIDDEN}${endOfSentence(word)}`;
}

// What closes a quotation is not part of a URL, nor are brackets and the end of a sentence.
function endOfSentence(word: string): string {
  const [end = ""] = /["'`)\]}>.,;:]*$/.exec(word.slice(-MAX_CLOSING)) ?? [];
  return end;
}

// A regular expression that looks for an end begins anew at each character.
const MAX_CLOSING = 4;
