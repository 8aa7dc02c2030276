// @ts-check

/**
 * What a schema says of a place in a configuration, for people.
 *
 * @module
 */

/** @import { Schema } from "../schema.ts" */
/** @import { JsonText, Path } from "./json_cursor.js" */

const MAX_SCHEMAS = 200;
const MAX_PROPOSALS = 200;
const MAX_FIELDS = 200;
const MAX_SHOWN_CHARACTERS = 120;

/**
 * @typedef {object} Proposal
 * @property {string} text JSON to be inserted.
 * @property {string} label
 * @property {string} detail
 * @property {"" | "{}" | "[]" | '""'} stub What a field begins with.
 */

/**
 * @typedef {object} FieldWords
 * @property {string} kind Such as "a number or a text".
 * @property {string} unit
 * @property {string} standard Its default, as JSON.
 * @property {string} description
 */

/**
 * The schemas that say something of a place.
 *
 * @param {Schema} root
 * @param {Path} path
 * @param {JsonText} text Tells which of several ways is meant.
 * @returns {Schema[]}
 */
export function schemasAt(root, path, text) {
  let schemas = alternatives([root], text.fields([]));
  path.forEach((key, index) => {
    const inner = schemas.flatMap((schema) => innerSchemas(schema, key));
    schemas = alternatives(inner, text.fields(path.slice(0, index + 1)));
  });
  return schemas;
}

/**
 * The schemas, and those that they are put together from.
 *
 * @param {readonly Schema[]} schemas
 * @param {ReadonlyMap<string, unknown>} fields
 */
function alternatives(schemas, fields) {
  /** @type {Schema[]} */
  const found = [];
  const waiting = schemas.toReversed();
  for (let next = waiting.pop(); next && found.length < MAX_SCHEMAS; next = waiting.pop()) {
    if (!mayBe(next, fields)) continue;
    found.push(next);
    const { allOf = [], anyOf = [], oneOf = [], then, else: otherwise } = next;
    const parts = [...allOf, ...anyOf, ...oneOf, then, otherwise];
    waiting.push(...parts.filter((part) => part !== undefined).toReversed());
  }
  return found;
}

/**
 * Whether an object with these fields can be what a schema says, by its constants.
 *
 * @param {Schema} schema
 * @param {ReadonlyMap<string, unknown>} fields
 */
function mayBe({ properties = {} }, fields) {
  return [...fields].every(([name, value]) => {
    const constant = Object.hasOwn(properties, name) ? properties[name]?.const : undefined;
    return constant === undefined || value === undefined || value === "" || constant === value;
  });
}

/**
 * @param {Schema} schema
 * @param {string | number} key
 * @returns {Schema[]}
 */
function innerSchemas(schema, key) {
  if (typeof key === "number") {
    const item = schema.prefixItems?.[key] ?? schema.items;
    return item ? [item] : [];
  }
  const { properties = {}, patternProperties = {}, additionalProperties } = schema;
  if (Object.hasOwn(properties, key)) return [properties[key] ?? {}];
  // Which of the patterns it matches is not asked here: they come from the network.
  const others = Object.values(patternProperties);
  return additionalProperties ? [...others, additionalProperties] : others;
}

/**
 * What is to be said of a place; `undefined` if that is nothing.
 *
 * @param {readonly Schema[]} schemas
 * @returns {FieldWords | undefined}
 */
export function wordsOf(schemas) {
  const kinds = schemas.flatMap((schema) => kindsOf(schema));
  const standard = schemas.find((schema) => schema.default !== undefined)?.default;
  const words = {
    kind: listed([...new Set(kinds)]),
    unit: schemas.find(({ unit }) => unit)?.unit ?? "",
    standard: standard === undefined ? "" : shortened(JSON.stringify(standard)),
    description: schemas.map((each) => each.description ?? each.title).find(Boolean) ?? "",
  };
  return Object.values(words).some(Boolean) ? words : undefined;
}

/**
 * What is known of a field beside its description, in one text.
 *
 * @param {FieldWords} words
 */
export function factsOf({ kind, unit, standard }) {
  return [kind, unit && `in ${unit}`, standard && `${standard} unless given`]
    .filter(Boolean).join(", ");
}

const KINDS = {
  null: "null",
  boolean: "true or false",
  number: "a number",
  integer: "a whole number",
  string: "a text",
  array: "a list",
  object: "an object",
};

/** @param {Schema} schema */
function kindsOf({ type = [], enum: values, const: constant }) {
  const all = constant === undefined ? values : [constant];
  if (all) return all.slice(0, 8).map((value) => shortened(JSON.stringify(value)));
  return type.map((each) => KINDS[/** @type {keyof typeof KINDS} */ (each)] ?? each);
}

/** @param {readonly string[]} words */
function listed(words) {
  if (words.length < 2) return words.join();
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** @param {string} text */
function shortened(text) {
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

/**
 * The names that an object may have beside those that it has.
 *
 * @param {readonly Schema[]} schemas
 * @param {readonly string[]} names
 * @returns {Proposal[]}
 */
export function proposedNames(schemas, names) {
  const open = new Set(schemas.flatMap((schema) => openWays(schema, schemas)));
  const certain = schemas.filter((schema) => !open.has(schema));
  const required = new Set(certain.flatMap((schema) => schema.required ?? []));
  /** @type {Map<string, Schema[]>} */
  const fields = new Map();
  for (const { properties = {} } of schemas) {
    for (const [name, field] of Object.entries(properties)) {
      if (!names.includes(name)) fields.set(name, [...fields.get(name) ?? [], field]);
    }
  }
  const sorted = [...fields].sort(([a], [b]) => Number(required.has(b)) - Number(required.has(a)));
  return sorted.slice(0, MAX_PROPOSALS).map(([name, all]) => {
    const inner = alternatives(all, new Map());
    const words = wordsOf(inner);
    const detail = [required.has(name) ? "required" : "", words?.unit, words?.description];
    return {
      text: JSON.stringify(name),
      label: shortened(name),
      detail: shortened(detail.filter(Boolean).join(" · ")),
      stub: stubOf(inner),
    };
  });
}

/**
 * The parts of a schema of which one or another may be meant.
 *
 * @param {Schema} schema
 * @param {readonly Schema[]} left Those that may be.
 */
function openWays({ anyOf = [], oneOf = [], then, else: otherwise }, left) {
  return [anyOf, oneOf].map((ways) => ways.filter((way) => left.includes(way)))
    .filter(({ length }) => length > 1).flat()
    .concat([then, otherwise].filter((way) => way !== undefined));
}

/** @param {readonly Schema[]} schemas */
function stubOf(schemas) {
  const types = new Set(schemas.flatMap(({ type = [] }) => type));
  if (types.size !== 1) return "";
  return types.has("object") ? "{}" : types.has("array") ? "[]" : types.has("string") ? '""' : "";
}

/**
 * The values that may stand at a place.
 *
 * @param {readonly Schema[]} schemas
 * @returns {Proposal[]}
 */
export function proposedValues(schemas) {
  /** @type {Map<string, string>} */
  const values = new Map();
  const add = (/** @type {unknown} */ value, /** @type {string} */ detail) => {
    const text = JSON.stringify(value);
    if (!values.has(text)) values.set(text, detail);
  };
  for (const schema of schemas) {
    if (schema.const !== undefined) add(schema.const, "");
    for (const value of schema.enum ?? []) add(value, value === schema.default ? "default" : "");
    if (schema.default !== undefined) add(schema.default, "default");
    for (const value of schema.examples ?? []) add(value, "example");
    if (schema.type?.includes("boolean")) [true, false].forEach((value) => add(value, ""));
  }
  return [...values].slice(0, MAX_PROPOSALS).map(([text, detail]) => ({
    text,
    label: shortened(text),
    detail,
    stub: "",
  }));
}

/**
 * The fields that a configuration may have, each with what is said of it; a bounded number.
 *
 * @param {Schema} root
 * @returns {{ path: string, words: FieldWords }[]}
 */
export function fieldsOf(root) {
  /** @type {Map<string, FieldWords>} */
  const found = new Map();
  const visit = (/** @type {readonly Schema[]} */ schemas, /** @type {string} */ path) => {
    /** @type {Map<string, Schema[]>} */
    const inner = new Map();
    const add = (/** @type {string} */ name, /** @type {Schema | undefined} */ schema) => {
      if (schema && !schema.never) inner.set(name, [...inner.get(name) ?? [], schema]);
    };
    for (const schema of alternatives(schemas, new Map())) {
      for (const [name, field] of Object.entries(schema.properties ?? {})) {
        add(path === "" ? name : `${path}.${name}`, field);
      }
      add(path === "" ? "*" : `${path}.*`, schema.additionalProperties);
      add(`${path}[]`, schema.items);
    }
    for (const [name, all] of inner) {
      if (found.size >= MAX_FIELDS) return;
      const words = wordsOf(alternatives(all, new Map()));
      if (words?.description) found.set(name, words);
      visit(all, name);
    }
  };
  visit([root], "");
  return [...found].map(([path, words]) => ({ path, words }));
}
