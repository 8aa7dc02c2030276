/**
 * Members of a class that take the place of what it derives from, and do not do its work.
 *
 * @module
 */

// Of this package's own classes. Members that a program has in two classes of its own are its affair.
const library = new WeakMap<object, MethodRules>();

/** What holds for the methods of classes that derive from one of this package's. */
export interface MethodRules {
  /** The method that such a class has to have. */
  readonly required?: string;
  /** Methods in whose place another one has to call them, and what is missing where it does not. */
  readonly called?: Readonly<Record<string, string>>;
}

/** Notes that no class which derives from this one may hide its members by something else. */
export function protectMembers(
  type: { readonly prototype: object },
  rules: MethodRules = {},
): void {
  library.set(type.prototype, rules);
}

/**
 * Refuses an object whose class lacks the method that it has to have, or hides members of this package's classes: `class S extends
 * IntervalSource { period = 1 }` defines a field, and never calls the accessor of that name, so no
 * update would come; `stop = false` leaves nothing to call. TypeScript refuses most of it, but Deno
 * does not check types unless it is asked to.
 *
 * A function in the place of a method is welcome: `update = async () => {}` works, and so do tests
 * that put a spy there; but for one that has to call the method whose place it takes, and does not.
 *
 * @throws {TypeError} If there is one; the message says what to write instead.
 */
export function refuseHiddenMembers(token: string, object: object): void {
  let place: object | null = object;
  for (; place !== null && !library.has(place); place = Object.getPrototypeOf(place)) {
    for (const [name, own] of Object.entries(Object.getOwnPropertyDescriptors(place))) {
      if (name === "constructor") continue;
      const hidden = findHidden(place, name);
      const problem = hidden && problemOf(name, own, hidden, place === object);
      if (problem) throw new TypeError(`Cannot start "${token}": ${problem}`);
    }
  }
  const required = place === null ? undefined : library.get(place)?.required;
  if (required === undefined || typeof Reflect.get(object, required) === "function") return;
  throw new TypeError(
    `Cannot start "${token}": class ${object.constructor.name} has no method "${required}", which ` +
      `a class that derives from ${place?.constructor.name} has to have`,
  );
}

/** A member of this package's classes. */
interface HiddenMember {
  readonly owner: string;
  /** What is missing where the method is not called. */
  readonly missing: string | undefined;
  readonly descriptor: PropertyDescriptor;
}

function findHidden(place: object, name: string): HiddenMember | undefined {
  let prototype = Object.getPrototypeOf(place);
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    const rules = library.get(prototype);
    if (!descriptor || !rules) continue;
    const missing = rules.called?.[name];
    return { owner: prototype.constructor.name, missing, descriptor };
  }
  return undefined;
}

function problemOf(
  name: string,
  own: PropertyDescriptor,
  { owner, missing, descriptor: hidden }: HiddenMember,
  isField: boolean,
): string | undefined {
  const isAccessor = own.get !== undefined || own.set !== undefined;
  const kind = isField ? "field" : isAccessor ? "accessor" : "method";
  if (!hidden.get) {
    if (typeof own.value === "function") {
      if (missing === undefined || callsHidden(own.value, name)) return undefined;
      return `its "${name}" takes the place of that of ${owner}, ${missing}`;
    }
    return `the ${kind} "${name}" hides the method of ${owner}: give the ${kind} another name`;
  }
  if (isAccessor) {
    if (own.get && (own.set || !hidden.set)) return undefined;
    return `the accessor "${name}" hides that of ${owner}, and lacks a ${
      own.get ? "set" : "get"
    }ter: ` +
      (own.get ? assignment(name) : `add "get ${name}()"`);
  }
  const remedy = hidden.set
    ? assignment(name)
    : `give the ${kind} another name, or the option "${name}" where there is one`;
  return `the ${kind} "${name}" hides the accessor of ${owner}, which has no effect then: ${remedy}`;
}

// By its text, because one that never returns cannot be waited for. Compilers and bundlers write
// `super.task()` in many ways; all that are known keep one of these two.
function callsHidden(method: unknown, name: string): boolean {
  return new RegExp(`super|["'.]${name}\\b`, "i").test(Function.prototype.toString.call(method));
}

function assignment(name: string): string {
  return `write "this.${name} = …;" in its constructor or in a handler`;
}
