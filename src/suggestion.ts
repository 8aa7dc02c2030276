/**
 * "Did you mean …?" for names that are not known.
 *
 * @module
 */

/**
 * The known name that a misspelt one most likely means.
 *
 * @param mistakes How many it may have: one for every three characters unless it is given; a name as
 * short as "id" may be one letter off.
 * @returns `undefined` if none is similar, or `given` itself is known.
 */
export function similarName(
  given: string,
  known: Iterable<string>,
  mistakes: number = Math.max(1, Math.floor(given.length / 3)),
): string | undefined {
  let best: string | undefined;
  let bestDistance = mistakes + 1;
  for (const name of known) {
    if (name === given) return undefined;
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** `: did you mean "rate"?`, to be appended to a message, or nothing if no known name is similar. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const name = similarName(given, known);
  return name === undefined ? "" : `: did you mean "${name}"?`;
}

/**
 * How many characters have to be added, removed, replaced, or swapped with their neighbour to make
 * one text of another.
 */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

function at(distances: readonly number[], index: number): number {
  return distances[index] ?? Infinity;
}
