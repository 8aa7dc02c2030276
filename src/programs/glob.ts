/**
 * Patterns in which `*` stands for any characters.
 *
 * @module
 */

/**
 * Makes a test of whether a text matches a pattern, such as `node_*_total`. It takes time in proportion
 * to the text, whatever the pattern is.
 */
export function glob(pattern: string): (text: string) => boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first)) return false;
    let at = first.length;
    // The earliest place is as good as any: what comes later may then begin the earlier.
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}
