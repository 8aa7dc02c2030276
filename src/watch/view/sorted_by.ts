/**
 * Names in the order of something.
 *
 * @module
 */

/** The names in the order of their keys, and those without one last; equal ones stay as they are. */
export function sortedBy(
  names: readonly string[],
  keyOf: (name: string) => string | number | undefined,
  isDescending: boolean,
): readonly string[] {
  const withKey: { name: string; key: string | number }[] = [];
  const without: string[] = [];
  for (const name of names) {
    const key = keyOf(name);
    if (key === undefined || Number.isNaN(key)) without.push(name);
    else withKey.push({ name, key });
  }
  const sign = isDescending ? -1 : 1;
  withKey.sort((a, b) => a.key < b.key ? -sign : a.key > b.key ? sign : 0);
  return [...withKey.map(({ name }) => name), ...without];
}

/** After so many things it is looked whether others have waited for long. */
const THINGS_PER_LOOK = 2000;

/**
 * Things in the order of their keys, and those without one last; equal ones stay as they are. It compares
 * keys, not things, and lets others have their turn in between.
 *
 * @param pause Called from time to time, and waited for.
 */
export async function inBuckets<Thing>(
  things: readonly Thing[],
  keyOf: (thing: Thing) => string | number | undefined,
  isDescending: boolean,
  pause: () => Promise<void>,
): Promise<readonly Thing[]> {
  const buckets = new Map<string | number | undefined, Thing[]>();
  for (const [at, thing] of things.entries()) {
    if (at % THINGS_PER_LOOK === 0) await pause();
    const key = keyOf(thing);
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [thing]);
    else bucket.push(thing);
  }
  const texts = [...buckets.keys()].filter((key) => typeof key === "string").sort();
  const numbers = Float64Array.from([...buckets.keys()].filter((key) => typeof key === "number"));
  const keys: (string | number | undefined)[] = [...numbers.sort(), ...texts];
  if (isDescending) keys.reverse();
  await pause();
  const ordered: Thing[] = [];
  for (const key of [...keys, undefined]) {
    for (const thing of buckets.get(key) ?? []) {
      if (ordered.length % THINGS_PER_LOOK === 0) await pause();
      ordered.push(thing);
    }
  }
  return ordered;
}
