/**
 * Fields of a class that hide accessors of the class it derives from.
 *
 * @module
 */

/**
 * Refuses an object with a field in the place of an accessor: `class S extends IntervalSource {
 * period = 1 }` defines a field, and never calls the accessor of that name, so no update would come.
 * TypeScript refuses it, but Deno does not check types unless it is asked to.
 *
 * @throws {TypeError} If there is one; the message says what to write instead.
 */
export function refuseHiddenAccessors(token: string, object: object): void {
  for (const name of Object.getOwnPropertyNames(object)) {
    const [owner, accessor] = findAccessor(object, name) ?? [];
    if (owner === undefined || accessor === undefined) continue;
    const own = object.constructor.name;
    const remedy = accessor.set
      ? `write "this.${name} = …;" in its constructor or in a handler`
      : `give the field another name, or the option "${name}" where there is one`;
    throw new TypeError(
      `Cannot start "${token}": the field "${name}" of class ${own} hides the accessor of ` +
        `${owner}, which has no effect then: ${remedy}`,
    );
  }
}

function findAccessor(object: object, name: string): [string, PropertyDescriptor] | undefined {
  let prototype = Object.getPrototypeOf(object);
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    // What stands nearest is what the field hides; a hidden method is a method that was overridden.
    if (descriptor) {
      return descriptor.get ? [prototype.constructor.name, descriptor] : undefined;
    }
  }
  return undefined;
}
