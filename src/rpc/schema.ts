/**
 * Checking the arguments of a call with a schema of a library that follows [Standard
 * Schema](https://standardschema.dev): zod, valibot, arktype and others.
 *
 * @module
 */

import { RpcError } from "../errors.ts";
import { quote } from "../quote.ts";
import { redactUrl, SECRET_NAME } from "../redact_url.ts";
import type { JsonObject } from "./json.ts";

/**
 * What a schema of a library has: the part of `@standard-schema/spec` that is used here: the
 * specification is an interface to be matched, so depending on its package would not help.
 */
export interface StandardSchema<Output = unknown> {
  /** What Standard Schema has agreed on. */
  readonly "~standard": {
    /** The version of the specification. */
    readonly version: 1;
    /** The library's name. */
    readonly vendor: string;
    /** Checks a value, and makes of it what the schema says. */
    readonly validate: (
      value: unknown,
    ) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /**
     * Tells the schema as JSON Schema, if the library can: see [Standard JSON
     * Schema](https://standardschema.dev/json-schema).
     */
    readonly jsonSchema?: {
      /** What `validate` takes, in a version of JSON Schema such as `"draft-2020-12"`. */
      readonly input: (options: {
        readonly target: string;
        readonly libraryOptions?: Record<string, unknown>;
      }) => Record<string, unknown>;
    } | undefined;
    /** Types without values. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a schema makes of a value: another value, or a list of what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong. */
export interface SchemaIssue {
  /** What is required, in the words of the schema's library. */
  readonly message: string;
  /** Where. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Whether a value is a schema. Those of arktype are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  return (typeof value === "object" && value !== null || typeof value === "function") &&
    "~standard" in value;
}

/**
 * What a schema makes of the arguments of a call.
 *
 * @throws {RpcError} If they are not as the schema requires. The message names each field, what it
 * is and what is required, but never the value of one whose name sounds like a secret.
 */
export async function checkArguments<Output>(
  schema: StandardSchema<Output>,
  functionName: string,
  args: JsonObject,
): Promise<Output> {
  const result = await schema["~standard"].validate(args);
  if (result.issues === undefined) return result.value;
  throw new RpcError(functionName, describeIssues(result.issues, args));
}

/**
 * What a schema makes of the answer to a call.
 *
 * @throws {RpcError} If it is not as the schema requires, as {@linkcode checkArguments} does.
 */
export async function checkAnswer<Output>(
  schema: StandardSchema<Output>,
  functionName: string,
  answer: JsonObject,
): Promise<Output> {
  const result = await schema["~standard"].validate(answer);
  if (result.issues === undefined) return result.value;
  const reason = `the answer is not as required: ${describeIssues(result.issues, answer)}`;
  throw new RpcError(functionName, reason);
}

const MAX_ISSUES = 5;
const MAX_MESSAGE_CHARACTERS = 200;
const HIDDEN = "…";

function describeIssues(issues: readonly SchemaIssue[], args: JsonObject): string {
  const shown = issues.slice(0, MAX_ISSUES).map((issue) => describeIssue(issue, args));
  if (issues.length > MAX_ISSUES) shown.push(`and ${issues.length - MAX_ISSUES} more`);
  return shown.join("; ") || "the arguments are not as required";
}

function describeIssue({ message, path = [] }: SchemaIssue, args: JsonObject): string {
  const keys = path.map((segment) => typeof segment === "object" ? segment.key : segment);
  const value = keys.reduce<unknown>(property, args);
  const isSecret = keys.some((key) => SECRET_NAME.test(String(key))) || isUrl(keys.at(-1)) ||
    typeof value !== "object" && keys.some(holdsSecrets);
  const required = shorten(isSecret ? hide(value, message) : redactUrl(message));
  const field = shorten(redactUrl(formatPath(keys)));
  // A field that is not known may be the misspelt one of a secret, such as "pasword".
  const given = isUnknownField(message)
    ? ""
    : isSecret && value !== undefined
    ? HIDDEN
    : describeValue(value);
  // Some libraries name the field or the value themselves.
  if (field === "" || required.startsWith(field)) return required;
  if (given === "" || required.includes(given)) return `${field}: ${required}`;
  return `${field} is ${given}: ${required}`;
}

// The path of a URL may be a key to a device, and one that is mistyped cannot be told apart from its rest.
function isUrl(key: PropertyKey | undefined): boolean {
  return /ur[il]$/i.test(String(key));
}

// A password may be any of the headers, and any of a command's arguments, also where these stand in one
// text. Of the object itself nothing is shown anyway, and what is required of it tells no value.
function holdsSecrets(key: PropertyKey): boolean {
  return /^(?:headers?|command)$/i.test(String(key));
}

// As Valibot tells it; others tell of the object that has the field, which is not shown.
function isUnknownField(message: string): boolean {
  return message.startsWith("Invalid key");
}

function property(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return Reflect.get(value, key);
}

// Nothing of an object: its parts may be many, and among them may be secrets.
function describeValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "object" && value !== null) return "";
  return typeof value === "string" ? quote(redactUrl(value)) : String(value);
}

function hide(value: unknown, message: string): string {
  if (typeof value === "object" && value !== null) return "it is not as required";
  return value === undefined || value === "" ? message : message.replaceAll(String(value), HIDDEN);
}

function shorten(message: string): string {
  const line = message.replaceAll(/\s+/g, " ").trim();
  if (line.length <= MAX_MESSAGE_CHARACTERS) return line;
  return `${line.slice(0, MAX_MESSAGE_CHARACTERS)}…`;
}

function formatPath(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? String(key) : `${path}.${String(key)}`;
  }, "");
}
