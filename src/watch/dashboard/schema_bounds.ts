/**
 * A JSON Schema that somebody on the network has sent, made safe to use: of bounded size, without
 * references, and with the keywords that are understood here.
 *
 * @module
 */

import { compilePattern } from "../../pattern/pattern.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../rpc/json.ts";
import type { Schema } from "./schema.ts";

/** A schema, and whether it says all that the one says of which it was made. */
export interface BoundedSchema {
  readonly schema: Schema;
  readonly isWhole: boolean;
}

const MAX_SCHEMAS = 5000;
const MAX_DEPTH = 60;
const MAX_CHARACTERS = 512 * 1024;
const MAX_TEXT_CHARACTERS = 500;
const MAX_PATTERN_CHARACTERS = 1000;
/** What compiling one costs beside keeping it. */
const CHARACTERS_PER_PATTERN = 50;
const MAX_SAMPLE_CHARACTERS = 2000;
const MAX_VALUES = 1000;
const MAX_EXAMPLES = 20;
/** How often a schema may stand within itself: what is nested deeper is not checked. */
const MAX_REPEATS = 3;

const NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] as const;
const COUNTS = [
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
] as const;
const ONE = ["additionalProperties", "propertyNames"] as const;
const NAMED = ["properties", "patternProperties", "dependentSchemas"] as const;
const TYPES = ["null", "boolean", "number", "integer", "string", "array", "object"];

/** What says nothing of a value. */
const ANNOTATIONS = new Set([
  "$schema $id $anchor $comment $defs definitions $vocabulary id title description unit x-unit default",
  "examples deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema",
].flatMap((names) => names.split(" ")));

const ANY: Schema = {};

/** Reads a schema. Never fails: what is wrong, too much or not understood is left out. */
export function boundSchema(schema: JsonObject): BoundedSchema {
  return new Reader(schema).read(schema, { depth: 0, references: [] });
}

interface Place {
  readonly depth: number;
  /** Those that have led here. */
  readonly references: readonly string[];
}

/** A schema that is being made. */
interface Draft {
  schema: Record<string, unknown>;
  isWhole: boolean;
}

class Reader {
  readonly #root: JsonObject;
  readonly #patterns = new Map<string, boolean>();
  #schemas = 0;
  #characters = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  read(value: JsonValue | undefined, place: Place): BoundedSchema {
    const isTooMuch = ++this.#schemas > MAX_SCHEMAS || place.depth > MAX_DEPTH ||
      this.#characters > MAX_CHARACTERS;
    if (isTooMuch) return { schema: ANY, isWhole: false };
    if (value === true) return { schema: ANY, isWhole: true };
    if (value === false) return { schema: { never: true }, isWhole: true };
    if (!isJsonObject(value)) return { schema: ANY, isWhole: false };
    const draft: Draft = { schema: {}, isWhole: !Object.keys(value).some(isUnknown) };
    const inner = { ...place, depth: place.depth + 1 };
    this.#readTexts(value, draft);
    this.#readValues(value, draft);
    this.#readLimits(value, draft);
    this.#readObject(value, draft, inner);
    this.#readArray(value, draft, inner);
    this.#readCombinations(value, draft, inner);
    // Each keyword has got the type that it has in `Schema`.
    return { schema: draft.schema as Schema, isWhole: draft.isWhole };
  }

  #readTexts(value: JsonObject, { schema }: Draft): void {
    const texts = { title: value.title, description: value.description };
    for (const [name, text] of Object.entries({ ...texts, unit: value.unit ?? value["x-unit"] })) {
      if (typeof text === "string") schema[name] = this.#text(text);
    }
    if (value.default !== undefined && this.#isShort(value.default)) schema.default = value.default;
    if (!Array.isArray(value.examples)) return;
    schema.examples = value.examples.slice(0, MAX_EXAMPLES).filter((each) => this.#isShort(each));
  }

  #readValues({ type, enum: values, ...value }: JsonObject, draft: Draft): void {
    const { schema } = draft;
    if (type !== undefined) {
      const types = Array.isArray(type) ? type : [type];
      const isUsable = types.length <= TYPES.length &&
        types.every((each) => TYPES.some((known) => known === each));
      if (isUsable) schema.type = types;
      else draft.isWhole = false;
    }
    if (value.const !== undefined) {
      if (this.#isShort(value.const)) schema.const = value.const;
      else draft.isWhole = false;
    }
    if (values === undefined) return;
    const isUsable = Array.isArray(values) && values.every((each) => this.#isShort(each));
    if (isUsable && values.length <= MAX_VALUES) schema.enum = values;
    else draft.isWhole = false;
  }

  #readLimits(value: JsonObject, draft: Draft): void {
    const { schema } = draft;
    for (const name of [...NUMBERS, ...COUNTS, "multipleOf"]) {
      const limit = value[name];
      if (limit === undefined) continue;
      if (typeof limit === "number" && !(name === "multipleOf" && limit <= 0)) schema[name] = limit;
      else draft.isWhole = false;
    }
    if (value.uniqueItems === true) schema.uniqueItems = true;
    if (value.pattern === undefined) return;
    if (this.#isUsable(value.pattern)) schema.pattern = value.pattern;
    else draft.isWhole = false;
  }

  #readObject(value: JsonObject, draft: Draft, place: Place): void {
    const { schema } = draft;
    for (const name of ONE) this.#readOne(value, name, draft, place);
    for (const name of NAMED) {
      const named = value[name];
      if (named === undefined) continue;
      if (!isJsonObject(named)) draft.isWhole = false;
      else {
        const all = Object.entries(named);
        const used = name === "patternProperties"
          ? all.filter(([key]) => this.#isUsable(key))
          : all;
        schema[name] = Object.fromEntries(used.map(([key, each]) => {
          this.#characters += key.length;
          return [key, this.#part(each, draft, place)];
        }));
        if (used.length === all.length) continue;
        draft.isWhole = false;
        delete schema.additionalProperties; // it is not known which these are
      }
    }
    if (value.required !== undefined) {
      if (this.#areNames(value.required)) schema.required = value.required;
      else draft.isWhole = false;
    }
    const dependent = value.dependentRequired;
    if (dependent === undefined) return;
    if (isJsonObject(dependent) && Object.values(dependent).every((each) => this.#areNames(each))) {
      this.#characters += Object.keys(dependent).join().length;
      schema.dependentRequired = dependent;
    } else draft.isWhole = false;
  }

  // Before 2020-12 a list of schemas was called `items`, and what follows on it `additionalItems`.
  #readArray(value: JsonObject, draft: Draft, place: Place): void {
    const isOld = Array.isArray(value.items);
    const [prefix, rest] = isOld
      ? [value.items, value.additionalItems]
      : [value.prefixItems, value.items];
    this.#readList(prefix, "prefixItems", draft, place);
    if (rest !== undefined) draft.schema.items = this.#part(rest, draft, place);
    if (value.minContains === undefined && value.maxContains === undefined) {
      this.#readOne(value, "contains", draft, place);
    } else draft.isWhole = false;
  }

  #readCombinations(value: JsonObject, draft: Draft, place: Place): void {
    const { schema } = draft;
    const { $ref: reference, not, oneOf } = value;
    this.#readList(value.allOf, "allOf", draft, place);
    if (reference !== undefined) {
      const target = this.#follow(reference, draft, place);
      schema.allOf = [...(schema.allOf as Schema[] | undefined) ?? [], target];
    }
    this.#readList(value.anyOf, "anyOf", draft, place);
    // What is wrong by a schema, or by one more than one, must not be by a part of it.
    const parts: Draft = { schema: {}, isWhole: true };
    this.#readList(oneOf, "oneOf", parts, place);
    if (parts.schema.oneOf !== undefined) {
      if (parts.isWhole) schema.oneOf = parts.schema.oneOf;
      else {schema.allOf = [...(schema.allOf as Schema[] | undefined) ?? [], {
          anyOf: parts.schema.oneOf,
        }];}
    }
    if (not !== undefined) {
      const { schema: refused, isWhole } = this.read(not, place);
      if (isWhole) schema.not = refused;
      else parts.isWhole = false;
    }
    if (value.if !== undefined) {
      const { schema: condition, isWhole } = this.read(value.if, place);
      if (isWhole) {
        schema.if = condition;
        for (const name of ["then", "else"] as const) this.#readOne(value, name, draft, place);
      } else parts.isWhole = false;
    }
    draft.isWhole &&= parts.isWhole;
  }

  #readOne(value: JsonObject, name: string, draft: Draft, place: Place): void {
    if (value[name] !== undefined) draft.schema[name] = this.#part(value[name], draft, place);
  }

  #readList(value: JsonValue | undefined, name: string, draft: Draft, place: Place): void {
    if (value === undefined) return;
    if (Array.isArray(value) && value.length > 0) {
      draft.schema[name] = value.map((each) => this.#part(each, draft, place));
    } else draft.isWhole = false;
  }

  #part(value: JsonValue, draft: Draft, place: Place): Schema {
    const { schema, isWhole } = this.read(value, place);
    draft.isWhole &&= isWhole;
    return schema;
  }

  /** What a reference stands for, if that is a part of this schema: others are not fetched. */
  #follow(reference: JsonValue, draft: Draft, place: Place): Schema {
    if (typeof reference === "string") this.#characters += reference.length;
    const target = typeof reference === "string" ? this.#find(reference) : undefined;
    const earlier = place.references.filter((each) => each === reference).length;
    if (typeof reference !== "string" || target === undefined || earlier >= MAX_REPEATS) {
      draft.isWhole = false;
      return ANY;
    }
    return this.#part(target, draft, { ...place, references: [...place.references, reference] });
  }

  #find(reference: string): JsonValue | undefined {
    if (reference !== "#" && !reference.startsWith("#/")) return undefined;
    return reference.split("/").slice(1).reduce<JsonValue | undefined>((value, part) => {
      const name = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
      if (Array.isArray(value)) return value[Number(name)];
      return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    }, this.#root);
  }

  /** Whether a pattern can be matched in linear time. */
  #isUsable(pattern: JsonValue): pattern is string {
    if (typeof pattern !== "string" || pattern.length > MAX_PATTERN_CHARACTERS) return false;
    const isUsable = this.#patterns.get(pattern) ?? this.#compiles(pattern);
    this.#patterns.set(pattern, isUsable);
    return isUsable;
  }

  #compiles(pattern: string): boolean {
    this.#characters += pattern.length * CHARACTERS_PER_PATTERN;
    if (this.#characters > MAX_CHARACTERS) return false;
    try {
      compilePattern(pattern, { isMultiline: false });
      return true;
    } catch {
      return false;
    }
  }

  #text(text: string): string {
    const cut = text.length > MAX_TEXT_CHARACTERS ? `${text.slice(0, MAX_TEXT_CHARACTERS)}…` : text;
    this.#characters += cut.length;
    return cut;
  }

  #isShort(value: JsonValue): boolean {
    const { length } = JSON.stringify(value);
    // Also of what is left out: looking at it takes time, each time that a reference leads to it.
    this.#characters += length;
    return length <= MAX_SAMPLE_CHARACTERS;
  }

  /** Whether a value is a list of names, and not a long one. */
  #areNames(value: JsonValue | undefined): value is string[] {
    if (!isTexts(value)) return false;
    this.#characters += value.length + value.join().length;
    return value.length <= MAX_VALUES;
  }
}

const KNOWN = new Set<string>([
  ...[...NUMBERS, ...COUNTS, ...ONE, ...NAMED],
  ..."type const enum required dependentRequired prefixItems items additionalItems contains".split(
    " ",
  ),
  ..."uniqueItems multipleOf pattern allOf anyOf oneOf not if then else $ref".split(" "),
]);

function isUnknown(keyword: string): boolean {
  return !KNOWN.has(keyword) && !ANNOTATIONS.has(keyword);
}

function isTexts(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // which is no name then
  }
}
