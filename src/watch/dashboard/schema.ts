/**
 * The part of JSON Schema that is understood here, and what is found by it.
 *
 * @module
 */

import type { JsonValue } from "../../rpc/json.ts";

/** What is known of a value. Keywords have the meaning, and the types, that JSON Schema gives them. */
export interface Schema {
  /** That there is no such value: the schema `false`. */
  readonly never?: true;
  readonly title?: string;
  readonly description?: string;
  /** That of a number. JSON Schema leaves such keywords to its users. */
  readonly unit?: string;
  readonly default?: JsonValue;
  readonly examples?: readonly JsonValue[];
  readonly type?: readonly string[];
  readonly const?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly propertyNames?: Schema;
  readonly required?: readonly string[];
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly dependentSchemas?: Readonly<Record<string, Schema>>;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly prefixItems?: readonly Schema[];
  readonly items?: Schema;
  readonly contains?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: true;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

/** One thing that is not as the schema says. */
export interface SchemaProblem {
  /** Where: names of fields, and indexes of lists. */
  readonly path: readonly (string | number)[];
  /** What is required, in words. */
  readonly message: string;
  /** That it is about the name of a field, and not about its value. */
  readonly isName?: true;
}

/** What has come of a check. */
export interface SchemaProblems {
  readonly problems: readonly SchemaProblem[];
  /** `false` if there was more to check than is. */
  readonly isComplete: boolean;
}
