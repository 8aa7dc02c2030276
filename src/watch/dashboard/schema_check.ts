/**
 * Whether a configuration is as a JSON Schema says, and what is not.
 *
 * @module
 */

import { compilePattern, type Pattern } from "../../pattern/pattern.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../rpc/json.ts";
import { didYouMean } from "../../suggestion.ts";
import type { Schema, SchemaProblem, SchemaProblems } from "./schema.ts";
import { countProblems } from "./schema_limits.ts";
import { list, typeProblem } from "./schema_types.ts";
import { closest, tooManyMessage } from "./schema_ways.ts";

const MAX_PROBLEMS = 50;
const MAX_STEPS = 200_000;
/** What a step is worth of comparing. */
const CHARACTERS_PER_STEP = 50;
/** What a step is worth of counting. */
const FIELDS_PER_STEP = 20;
/** What a step is worth of matching: characters times instructions. */
const MATCHING_PER_STEP = 100;
const MAX_SHOWN_VALUES = 8;
const MAX_MESSAGE_CHARACTERS = 500;
const MAX_SUGGESTIONS = 20;
const MAX_COMPARED = 200;
const MAX_COMPARED_CHARACTERS = 40;

/** Checks a value. What it costs is bounded, whatever the schema is. */
export function checkBySchema(schema: Schema, value: JsonValue): SchemaProblems {
  const check = new Check();
  try {
    const problems = check.problems(schema, value, []).slice(0, MAX_PROBLEMS);
    return { problems: problems.map(withShortMessage), isComplete: true };
  } catch (error) {
    // A RangeError is a stack overflow: the value is nested too deeply.
    if (!(error instanceof TooMuch || error instanceof RangeError)) throw error;
    return { problems: [], isComplete: false };
  }
}

function withShortMessage(problem: SchemaProblem): SchemaProblem {
  const { message } = problem;
  if (message.length <= MAX_MESSAGE_CHARACTERS) return problem;
  return { ...problem, message: `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…` };
}

class TooMuch extends Error {}

/** What says something of the fields of an object, one by one. */
const FIELD_KEYWORDS = [
  "properties",
  "patternProperties",
  "propertyNames",
  "additionalProperties",
] as const;

/** What it costs to count what a value has. */
function countSteps(
  { minLength, maxLength, minProperties, maxProperties }: Schema,
  value: JsonValue,
) {
  if (typeof value === "string" && (minLength ?? maxLength) !== undefined) {
    return Math.ceil(value.length / CHARACTERS_PER_STEP);
  }
  const isCounted = isJsonObject(value) && (minProperties ?? maxProperties) !== undefined;
  return isCounted ? Math.ceil(Object.keys(value).length / FIELDS_PER_STEP) : 0;
}

type Path = readonly (string | number)[];

class Check {
  #steps = 0;
  #suggestions = 0;
  readonly #patterns = new Map<string, Pattern>();

  problems(schema: Schema, value: JsonValue, path: Path): SchemaProblem[] {
    this.#step();
    if (schema.never) return [{ path, message: "nothing is allowed here" }];
    const wrongType = typeProblem(schema, value);
    // Whatever else it is not, that is because of its type.
    if (wrongType !== undefined) return [{ path, message: wrongType }];
    this.#step(countSteps(schema, value));
    return [
      ...[...this.#equalityProblems(schema, value), ...countProblems(schema, value)]
        .map((message) => ({ path, message })),
      ...typeof value === "string" ? this.#textProblems(schema, value, path) : [],
      ...Array.isArray(value) ? this.#arrayProblems(schema, value, path) : [],
      ...isJsonObject(value) ? this.#objectProblems(schema, value, path) : [],
      ...this.#combinationProblems(schema, value, path),
    ];
  }

  #step(steps = 1): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw new TooMuch();
  }

  #equalityProblems({ const: constant, enum: values }: Schema, value: JsonValue): string[] {
    if (constant === undefined && values === undefined) return [];
    const text = this.#canonical(value);
    const isNot = (each: JsonValue) => this.#canonical(each) !== text;
    return [
      ...constant !== undefined && isNot(constant)
        ? [`${JSON.stringify(constant)} is required`]
        : [],
      ...values?.every(isNot) ? [`${oneOfValues(values)} is required`] : [],
    ];
  }

  /** A text that equal values have in common. */
  #canonical(value: JsonValue): string {
    const text = JSON.stringify(sorted(value));
    this.#step(Math.ceil(text.length / CHARACTERS_PER_STEP));
    return text;
  }

  #textProblems({ pattern }: Schema, text: string, path: Path): SchemaProblem[] {
    if (pattern === undefined || this.#matches(pattern, text)) return [];
    return [{ path, message: `a text that matches ${pattern} is required` }];
  }

  #matches(text: string, searched: string): boolean {
    const pattern = this.#patterns.get(text) ?? compilePattern(text, { isMultiline: false });
    this.#patterns.set(text, pattern);
    this.#step(Math.ceil(searched.length * pattern.size / MATCHING_PER_STEP));
    return pattern.find(searched) !== undefined;
  }

  #arrayProblems(schema: Schema, items: readonly JsonValue[], path: Path): SchemaProblem[] {
    const { prefixItems = [], items: rest, contains, uniqueItems } = schema;
    const described = rest === undefined ? items.slice(0, prefixItems.length) : items;
    const problems = described.flatMap((item, index) => {
      const own = prefixItems[index] ?? rest;
      return own === undefined ? [] : this.problems(own, item, [...path, index]);
    });
    if (contains && !items.some((item) => this.#isGood(contains, item))) {
      problems.push({ path, message: "one of another kind is required in it" });
    }
    if (uniqueItems) {
      const seen = new Set<string>();
      const twice = items.findIndex((item) => seen.size === seen.add(this.#canonical(item)).size);
      if (twice >= 0) problems.push({ path: [...path, twice], message: "it is there already" });
    }
    return problems;
  }

  #objectProblems(schema: Schema, value: JsonObject, path: Path): SchemaProblem[] {
    const { required = [], dependentRequired = {} } = schema;
    this.#step(required.length + Object.keys(dependentRequired).length);
    const problems = required.filter((name) => !Object.hasOwn(value, name))
      .map((name) => ({ path, message: `"${name}" is required in it` }));
    for (const [name, others] of Object.entries(dependentRequired)) {
      if (!Object.hasOwn(value, name)) continue;
      for (const other of others) {
        if (Object.hasOwn(value, other)) continue;
        problems.push({ path, message: `"${other}" is required beside "${name}"` });
      }
    }
    for (const [name, own] of Object.entries(schema.dependentSchemas ?? {})) {
      if (Object.hasOwn(value, name)) problems.push(...this.problems(own, value, path));
    }
    if (!FIELD_KEYWORDS.some((keyword) => schema[keyword] !== undefined)) return problems;
    for (const [name, field] of Object.entries(value)) {
      this.#step();
      problems.push(...this.#fieldProblems(schema, name, field, [...path, name]));
    }
    return problems;
  }

  #fieldProblems(schema: Schema, name: string, field: JsonValue, path: Path): SchemaProblem[] {
    const { properties = {}, patternProperties = {}, propertyNames, additionalProperties } = schema;
    const problems: SchemaProblem[] = propertyNames
      ? this.problems(propertyNames, name, path).map(({ message }) => ({
        path,
        message: `as a name, ${message}`,
        isName: true as const,
      }))
      : [];
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    let isKnown = own !== undefined;
    if (own !== undefined) problems.push(...this.problems(own, field, path));
    for (const [pattern, each] of Object.entries(patternProperties)) {
      if (!this.#matches(pattern, name)) continue;
      isKnown = true;
      problems.push(...this.problems(each, field, path));
    }
    if (isKnown || additionalProperties === undefined) return problems;
    if (!additionalProperties.never) {
      return [...problems, ...this.problems(additionalProperties, field, path)];
    }
    const message = `it is not known here${this.#suggestion(name, properties)}`;
    return [...problems, { path, message, isName: true }];
  }

  /** The name that was meant, most likely; comparing names takes time. */
  #suggestion(name: string, properties: Readonly<Record<string, Schema>>): string {
    if (name.length > MAX_COMPARED_CHARACTERS || this.#suggestions++ >= MAX_SUGGESTIONS) return "";
    const names = Object.keys(properties).filter(({ length }) => length <= MAX_COMPARED_CHARACTERS);
    return didYouMean(name, names.slice(0, MAX_COMPARED));
  }

  #combinationProblems(schema: Schema, value: JsonValue, path: Path): SchemaProblem[] {
    const { allOf = [], anyOf, oneOf, not } = schema;
    const step = (steps: number) => this.#step(steps);
    const problems = allOf.flatMap((each) => this.problems(each, value, path));
    if (anyOf) {
      const all = anyOf.map((each) => this.problems(each, value, path));
      if (!all.some(isEmpty)) problems.push(...closest(anyOf, all, value, path, step));
    }
    if (oneOf) {
      const all = oneOf.map((each) => this.problems(each, value, path));
      const good = all.filter(isEmpty).length;
      if (good === 0) problems.push(...closest(oneOf, all, value, path, step));
      else if (good > 1) problems.push({ path, message: tooManyMessage(oneOf) });
    }
    if (not && this.#isGood(not, value)) {
      problems.push({ path, message: "it is of a kind that is not allowed" });
    }
    if (schema.if === undefined) return problems;
    const then = this.#isGood(schema.if, value) ? schema.then : schema.else;
    return then ? [...problems, ...this.problems(then, value, path)] : problems;
  }

  #isGood(schema: Schema, value: JsonValue): boolean {
    return this.problems(schema, value, []).length === 0;
  }
}

function isEmpty({ length }: readonly unknown[]): boolean {
  return length === 0;
}

function oneOfValues(values: readonly JsonValue[]): string {
  const shown = values.slice(0, MAX_SHOWN_VALUES).map((value) => JSON.stringify(value));
  if (values.length > MAX_SHOWN_VALUES) return `one of ${shown.join(", ")} … `.trim();
  return list(shown);
}

/** With fields in order, so that equal values have equal texts. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map((
      [name, each],
    ) => [name, sorted(each)]),
  );
}
