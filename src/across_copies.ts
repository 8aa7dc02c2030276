/**
 * Classes that a program may have twice: its own copy of this package, and that of a library it uses.
 *
 * @module
 */

/**
 * Lets `instanceof` find the objects of all copies of this package that are loaded: they bear a
 * symbol of the registry, which the copies share. A class that derives from one of these has an
 * `instanceof` of its own, as ever.
 *
 * @param classes By the names that are the same in all copies; what its objects hold may only be
 * added to while a name stays.
 */
export function recogniseAcrossCopies(
  classes: Readonly<Record<string, { readonly prototype: object }>>,
): void {
  for (const [name, type] of Object.entries(classes)) {
    const brand = Symbol.for(`@metricq/source.${name}`);
    Object.defineProperty(type.prototype, brand, { value: true });
    // The prototype itself is not an object of its class.
    const isMade = (given: object) => brand in given && !Object.hasOwn(given, brand);
    Object.defineProperty(type, Symbol.hasInstance, {
      value(this: unknown, given: unknown): boolean {
        if (this === type) return typeof given === "object" && given !== null && isMade(given);
        return Reflect.apply(Function.prototype[Symbol.hasInstance], this, [given]);
      },
    });
  }
}
