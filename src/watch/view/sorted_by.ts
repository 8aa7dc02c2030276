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

/**
 * Things in the order of their keys, and those without one last; equal ones stay as they are. It is fast
 * where few of many keys differ, and compares no two things.
 */
export function inBuckets<Thing>(
  things: readonly Thing[],
  keyOf: (thing: Thing) => string | number | undefined,
  isDescending: boolean,
): readonly Thing[] {
  const buckets = new Map<string | number, Thing[]>();
  const without: Thing[] = [];
  for (const thing of things) {
    const key = keyOf(thing);
    if (key === undefined) {
      without.push(thing);
      continue;
    }
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [thing]);
    else bucket.push(thing);
  }
  const texts = [...buckets.keys()].filter((key) => typeof key === "string").sort();
  const numbers = Float64Array.from([...buckets.keys()].filter((key) => typeof key === "number"));
  const keys = [...numbers.sort(), ...texts];
  if (isDescending) keys.reverse();
  return [...keys.flatMap((key) => buckets.get(key) ?? []), ...without];
}
