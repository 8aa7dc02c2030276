/**
 * Paths to a value within JSON.
 *
 * @module
 */

const STEP = /\.?([^.[\]"]+)|\[(-?\d+)\]|\.?\["((?:[^"\\]|\\.)*)"\]/gy;

/** The steps to a value: names of fields, and indexes of arrays, from the end if negative. */
export type JsonPath = readonly (string | number)[];

/**
 * Reads a path such as `sensors[0].temperature`, `rooms["1.07"].power` or `readings[-1]`.
 *
 * @throws {SyntaxError} When it is none.
 *
 * @example
 * ```ts no-assert
 * // parseJsonPath("sensors[0].temperature") is ["sensors", 0, "temperature"]
 * ```
 */
export function parseJsonPath(text: string): JsonPath {
  const path: (string | number)[] = [];
  let end = 0;
  for (const [step, field, index, quoted] of text.matchAll(STEP)) {
    end += step.length;
    if (index !== undefined) path.push(Number(index));
    else path.push(field ?? JSON.parse(`"${quoted}"`));
  }
  if (end === text.length && path.length > 0 && !text.startsWith(".")) return path;
  throw new SyntaxError(
    `Cannot read path: ${
      JSON.stringify(text)
    } is given, one such as sensors[0].temperature is required`,
  );
}

/** The value at a path, or `undefined`. */
export function valueAt(json: unknown, path: JsonPath): unknown {
  let value = json;
  for (const step of path) {
    if (Array.isArray(value)) value = typeof step === "number" ? value.at(step) : undefined;
    else if (typeof value === "object" && value !== null && Object.hasOwn(value, step)) {
      value = Reflect.get(value, step);
    } else return undefined;
  }
  return value;
}
