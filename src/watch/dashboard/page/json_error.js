// @ts-check

/**
 * Where a text stops being JSON. Browsers word it differently, and some leave out the place.
 *
 * @module
 */

/**
 * @typedef {object} JsonError
 * @property {string} message What is wrong.
 * @property {number} offset Where, in characters.
 * @property {number} line Counted from 1.
 * @property {number} column Counted from 1.
 */

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const STRING_PART = /[\u0020\u0021\u0023-\u005b\u005d-\uffff]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const MAX_DEPTH = 500;

/**
 * Finds the first error.
 *
 * @param {string} text
 * @returns {JsonError | undefined} `undefined` if the text is JSON.
 */
export function findJsonError(text) {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const before = text.slice(0, scanner.offset).split("\n");
    const column = (before.at(-1) ?? "").length + 1;
    return { message: error.message, offset: scanner.offset, line: before.length, column };
  }
}

class Scanner {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.offset = 0;
    this.depth = 0;
  }

  document() {
    this.skip(SPACE);
    this.value("a value");
    this.skip(SPACE);
    if (this.offset < this.text.length) this.fail("nothing more");
  }

  /** @param {string} expected */
  value(expected) {
    const next = this.text[this.offset];
    if (next === "{") this.object();
    else if (next === "[") this.array();
    else if (next === '"') this.string();
    else if (!this.skip(NUMBER) && !this.skip(WORD)) this.fail(expected);
  }

  object() {
    this.open();
    if (this.take("}")) return this.close();
    do {
      this.skip(SPACE);
      if (this.text[this.offset] !== '"') this.fail("a name in quotation marks");
      this.string();
      this.skip(SPACE);
      if (!this.take(":")) this.fail('":" after the name');
      this.skip(SPACE);
      this.value("a value");
      this.skip(SPACE);
    } while (this.take(","));
    if (!this.take("}")) this.fail('"," or "}"');
    this.close();
  }

  array() {
    this.open();
    if (this.take("]")) return this.close();
    do {
      this.skip(SPACE);
      this.value("a value");
      this.skip(SPACE);
    } while (this.take(","));
    if (!this.take("]")) this.fail('"," or "]"');
    this.close();
  }

  string() {
    this.offset++;
    while (this.skip(STRING_PART));
    if (this.take('"')) return;
    const next = this.text[this.offset];
    if (next === "\\") throw new SyntaxError("a backslash begins none of the known escapes");
    this.fail("a closing quotation mark");
  }

  open() {
    if (++this.depth > MAX_DEPTH) throw new SyntaxError("it is nested too deeply");
    this.offset++;
    this.skip(SPACE);
  }

  close() {
    this.depth--;
  }

  /** @param {string} character */
  take(character) {
    if (this.text[this.offset] !== character) return false;
    this.offset++;
    return true;
  }

  /** @param {RegExp} pattern */
  skip(pattern) {
    pattern.lastIndex = this.offset;
    const match = pattern.exec(this.text);
    if (match) this.offset += match[0].length;
    return match !== null;
  }

  /**
   * @param {string} expected
   * @returns {never}
   */
  fail(expected) {
    const character = this.text.codePointAt(this.offset);
    const found = character === undefined
      ? "the end"
      : character === 10
      ? "the end of the line"
      : character < 32
      ? "a control character"
      : `"${String.fromCodePoint(character)}"`;
    throw new SyntaxError(`${expected} is expected, ${found} is found`);
  }
}
