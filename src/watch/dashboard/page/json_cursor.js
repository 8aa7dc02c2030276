// @ts-check

/**
 * What stands where in a text of JSON that is being written, and so may be unfinished or wrong.
 *
 * @module
 */

/** @typedef {readonly (string | number)[]} Path */

/**
 * @typedef {object} JsonPart A name, a value without parts, or where an object or a list begins.
 * @property {"name" | "value"} kind
 * @property {Path} path
 * @property {number} start
 * @property {number} end
 */

/**
 * @typedef {object} JsonCursor What a place in the text is about.
 * @property {"name" | "value" | "other"} kind What stands there, or could stand there.
 * @property {Path} path That of the value: of a name, the value behind it; of what is not written yet, the
 * object that a name would be in, or the place that a value would have.
 * @property {number} start Where the word begins that stands there.
 * @property {number} end Where it ends.
 * @property {string} typed The word up to the place, without quotation marks.
 * @property {readonly string[]} names Those that the object has already, beside the one that stands there.
 * @property {boolean} hasColon Whether a colon follows.
 * @property {boolean} needsComma Whether a name could stand there behind a comma.
 * @property {boolean} isFollowed Whether another name or value follows without a comma between.
 */

/**
 * @typedef {object} Container
 * @property {boolean} isObject
 * @property {Path} path
 * @property {string | number} key That of the field or item that is being read.
 * @property {"name" | "colon" | "value" | "after"} expects
 */

// A text without an end is one that is being typed: what follows does not belong to it.
const TOKEN = /"(?:[^"\\\n]|\\.)*"|"[^\s{}[\]:,"]*|[{}[\]:,]|[^\s{}[\]:,"]+/g;
const MAX_DEPTH = 200;

/** The parts of a text, and what can be said of its places. */
export class JsonText {
  /** @type {JsonPart[]} */
  parts = [];
  /** @type {{ offset: number, container: Container | undefined }[]} What is expected from a place on. */
  #expectations = [{ offset: 0, container: undefined }];

  /** @param {string} text */
  constructor(text) {
    this.text = text;
    /** @type {Container[]} */
    const stack = [];
    for (const { 0: token, index } of text.matchAll(TOKEN)) {
      this.#read(token, index, stack);
      const container = stack.at(-1);
      this.#expectations.push({
        offset: index + token.length,
        container: container && { ...container },
      });
    }
  }

  /**
   * Where a value stands, or its name.
   *
   * @param {Path} path
   * @returns {{ name: JsonPart | undefined, value: JsonPart | undefined }}
   */
  find(path) {
    const parts = this.parts.filter((part) => isSame(part.path, path));
    return {
      name: parts.find(({ kind }) => kind === "name"),
      value: parts.find(({ kind }) => kind === "value"),
    };
  }

  /**
   * The fields of an object that are neither objects nor lists.
   *
   * @param {Path} path
   * @returns {ReadonlyMap<string, unknown>}
   */
  fields(path) {
    const values = this.parts.filter((part) =>
      part.kind === "value" && part.path.length === path.length + 1 &&
      isSame(part.path.slice(0, -1), path) && !/[{[]/.test(this.text[part.start] ?? "")
    );
    return new Map(values.map((part) => [
      String(part.path.at(-1)),
      scalar(this.text.slice(part.start, part.end)),
    ]));
  }

  /**
   * @param {number} offset
   * @returns {JsonCursor}
   */
  cursor(offset) {
    const part = this.parts.find(({ start, end }) =>
      start < offset && offset <= end && !/[{[]/.test(this.text[start] ?? "")
    );
    const container = this.#expectations.findLast((each) => each.offset <= offset)?.container;
    const start = part?.start ?? offset;
    const end = part?.end ?? offset;
    const rest = this.text.slice(end).trimStart();
    const kind = part?.kind ??
      (container?.expects === "colon" || container?.expects === "after"
        ? "other"
        : container?.expects ?? "other");
    const path = part?.path ?? pathOf(container, kind);
    const object = part?.kind === "name" ? path.slice(0, -1) : path;
    const needsComma = kind === "other" && container?.isObject === true &&
      container.expects === "after";
    return {
      kind,
      path,
      start,
      end,
      typed: this.text.slice(start, offset).replaceAll('"', ""),
      names: kind === "name" || needsComma ? this.#namesOf(object, part) : [],
      needsComma,
      hasColon: rest.startsWith(":"),
      isFollowed: /^["{[\w-]/.test(rest),
    };
  }

  /**
   * @param {Path} object
   * @param {JsonPart | undefined} except
   */
  #namesOf(object, except) {
    return this.parts
      .filter((part) =>
        part.kind === "name" && part !== except && part.path.length === object.length + 1 &&
        isSame(part.path.slice(0, -1), object)
      )
      .map(({ path }) => String(path.at(-1)));
  }

  /**
   * @param {string} token
   * @param {number} start
   * @param {Container[]} stack
   */
  #read(token, start, stack) {
    const container = stack.at(-1);
    if (token === "}" || token === "]") {
      stack.pop();
      const outer = stack.at(-1);
      if (outer) outer.expects = "after";
    } else if (token === ":") {
      if (container?.isObject) container.expects = "value";
    } else if (token === ",") {
      if (!container) return;
      container.expects = container.isObject ? "name" : "value";
      if (typeof container.key === "number") container.key++;
    } else if (container?.isObject && container.expects === "name" && !/^[{[]/.test(token)) {
      container.key = unquoted(token);
      container.expects = "colon";
      const path = [...container.path, container.key];
      this.parts.push({ kind: "name", path, start, end: start + token.length });
    } else this.#value(token, start, stack);
  }

  /**
   * @param {string} token
   * @param {number} start
   * @param {Container[]} stack
   */
  #value(token, start, stack) {
    const container = stack.at(-1);
    const path = container ? [...container.path, container.key] : [];
    this.parts.push({ kind: "value", path, start, end: start + token.length });
    if (container) container.expects = "after";
    if (token === "{" || token === "[") {
      if (stack.length >= MAX_DEPTH) return;
      const isObject = token === "{";
      stack.push({ isObject, path, key: isObject ? "" : 0, expects: isObject ? "name" : "value" });
    }
  }
}

/**
 * @param {Path} a
 * @param {Path} b
 */
function isSame(a, b) {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}

/**
 * @param {Container | undefined} container
 * @param {JsonCursor["kind"]} kind
 */
function pathOf(container, kind) {
  if (container === undefined) return [];
  return kind === "value" ? [...container.path, container.key] : container.path;
}

/** @param {string} token A name as it stands, which may be unfinished. */
function unquoted(token) {
  const value = scalar(token);
  return typeof value === "string" ? value : token.replaceAll('"', "");
}

/** @param {string} token */
function scalar(token) {
  try {
    return JSON.parse(token);
  } catch {
    return undefined;
  }
}
