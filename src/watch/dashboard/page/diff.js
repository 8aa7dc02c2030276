// @ts-check

/**
 * Two texts side by side, line by line.
 *
 * @module
 */

/** Longer texts are shown as two, as comparing takes the product of their lengths. */
const MAX_LINES = 1500;

/**
 * The lines of two texts in one list: those of both, those of the first only ("-") and of the second only
 * ("+").
 *
 * @param {string} first
 * @param {string} second
 * @returns {{ sign: " " | "-" | "+", line: string }[]}
 */
export function differences(first, second) {
  const [a, b] = [first.split("\n"), second.split("\n")];
  if (a.length > MAX_LINES || b.length > MAX_LINES) {
    return [...signed("-", a), ...signed("+", b)];
  }
  const common = commonLengths(a, b);
  const width = b.length + 1;
  /** @type {{ sign: " " | "-" | "+", line: string }[]} */
  const lines = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [lineOfA, lineOfB] = [a[i], b[j]];
    const withoutA = common[(i + 1) * width + j] ?? -1;
    const withoutB = common[i * width + j + 1] ?? -1;
    if (lineOfA !== undefined && lineOfA === lineOfB) {
      lines.push({ sign: " ", line: lineOfA });
      i++;
      j++;
    } else if (lineOfA !== undefined && (lineOfB === undefined || withoutA >= withoutB)) {
      lines.push({ sign: "-", line: lineOfA });
      i++;
    } else {
      lines.push({ sign: "+", line: lineOfB ?? "" });
      j++;
    }
  }
  return lines;
}

/**
 * How many lines the rests of both have in common, from each pair of places on.
 *
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 */
function commonLengths(a, b) {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const next = lengths[(i + 1) * width + j + 1] ?? 0;
      lengths[i * width + j] = a[i] === b[j]
        ? next + 1
        : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  return lengths;
}

/**
 * @param {"-" | "+"} sign
 * @param {readonly string[]} lines
 */
function signed(sign, lines) {
  return lines.map((line) => ({ sign, line }));
}
