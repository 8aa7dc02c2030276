/**
 * What becomes of an exporter's samples: how a configuration says it, and what it means for each.
 *
 * @module
 */

import * as v from "valibot";
import type { Metadata } from "../source/metadata.ts";
import { glob } from "./glob.ts";
import { namePart } from "./name_part.ts";
import type { Sample } from "./prometheus_text.ts";
import { unitOf } from "./prometheus_unit.ts";
import { about, DESCRIPTION, SCALE, UNIT } from "./told_schema.ts";

/** Of which samples, and what. Everything else in it is metadata of the metrics. */
export const RuleConfig = v.looseObject({
  /** The name of the sample, with `*` for any characters. */
  match: v.optional(about("The name of the sample, with * for any characters", v.string()), "*"),
  /** Labels that it has, as such patterns of their values. */
  labels: v.optional(
    about("Labels that it has, with * in their values", v.record(v.string(), v.string())),
    {},
  ),
  /** Whether such samples are left out. */
  drop: v.optional(about("With true such samples are left out", v.boolean()), false),
  /** The name of the metric, with labels in braces. */
  name: v.optional(about(
    "The name of the metric behind prefix, with labels in braces",
    v.pipe(v.string(), v.minLength(1)),
  )),
  /** What is sent of a sample that only grows: how much per second, or how much it is in all. */
  counter: v.optional(about(
    'Of a sample that only grows: "rate" sends how much per second, "total" how much it is in all',
    v.picklist(["rate", "total"]),
  )),
  /** Shares of a histogram, such as 0.99, for each of which a metric tells what they lie below. */
  quantiles: v.optional(about(
    "Of a histogram: the shares for each of which a metric tells what they lie below, such as [0.99]",
    v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  )),
  scale: v.optional(SCALE),
  unit: v.optional(UNIT),
  description: v.optional(DESCRIPTION),
});

/** What {@linkcode RuleConfig} makes. */
export type RuleConfig = v.InferOutput<typeof RuleConfig>;

/** A sample that becomes a metric, or a part of some. */
export interface Chosen {
  /** The name of the metric; of a bucket that for a quantile. */
  readonly nameOf: (quantile?: number) => string;
  readonly metadata: Metadata;
  readonly isRate: boolean;
  readonly scale: number;
  /** Of a bucket: the quantiles to find. */
  readonly quantiles: readonly number[];
}

/** Makes the name of a metric from a template, and what its placeholders stand for. */
export type NameMaker = (template: string, values: Readonly<Record<string, string>>) => string;

interface Rule {
  readonly config: RuleConfig;
  readonly matches: (sample: Sample) => boolean;
}

/** Rules, of which the first that matches a sample decides. */
export class Rules {
  readonly #rules: readonly Rule[];
  readonly #makeName: NameMaker;

  /** Reads the rules. */
  constructor(configs: readonly RuleConfig[], makeName: NameMaker) {
    this.#rules = configs.map((config) => {
      const matchesName = glob(config.match);
      const labels = Object.entries(config.labels).map(([key, text]) => [key, glob(text)] as const);
      return {
        config,
        matches: ({ name, labels: given }) =>
          matchesName(name) && labels.every(([key, matches]) => matches(given.get(key) ?? "")),
      };
    });
    this.#makeName = makeName;
  }

  /** What becomes of a sample, or the rule by which nothing does. */
  choose(sample: Sample): Chosen | string {
    const { family: { type, help }, suffix } = sample;
    const config = this.#rules.find(({ matches }) => matches(sample))?.config;
    if (config === undefined) return "no rule matches them";
    if (config.drop) return "a rule drops them";
    if (suffix === "_created") return "they tell when something was created";
    const isBucket = suffix === "_bucket";
    const quantiles = type === "histogram" && isBucket ? config.quantiles ?? [] : [];
    if (isBucket && quantiles.length === 0) return "buckets are for the quantiles of a rule";
    const isRate = isBucket || (config.counter ?? (isCumulative(sample) ? "rate" : "")) === "rate";
    const unit = isBucket ? unitOf({ ...sample, suffix: "" }, false) : unitOf(sample, isRate);
    return {
      nameOf: (quantile) => this.#nameOf(sample, config.name, quantile),
      metadata: {
        ...help && { description: help },
        ...unit !== undefined && { unit },
        ...metadataOf(config),
      },
      isRate,
      scale: config.scale ?? 1,
      quantiles,
    };
  }

  #nameOf({ name, labels, family }: Sample, template: string | undefined, quantile?: number) {
    const values: Record<string, string> = {};
    for (const [label, value] of labels) values[label] = namePart(value);
    if (quantile !== undefined) {
      delete values["le"];
      values["quantile"] = namePart(`${quantile}`);
    }
    const labelled = Object.keys(values).sort().map((label) => `.${label}_{${label}}`);
    values["__name__"] = namePart(quantile === undefined ? name : family.name);
    return this.#makeName(template ?? `{__name__}${labelled.join("")}`, values);
  }
}

function metadataOf(config: RuleConfig): Metadata {
  const { match: _1, labels: _2, drop: _3, name: _4, counter: _5, ...rest } = config;
  const { quantiles: _6, scale: _7, ...metadata } = rest;
  return metadata as Metadata;
}

/** Whether a sample counts what has been since the exporter began. */
function isCumulative({ family: { type }, suffix }: Sample): boolean {
  return type === "counter" || (type === "histogram" || type === "summary") && suffix !== "";
}
