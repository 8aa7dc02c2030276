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
