/**
 * The measurements of sources as Prometheus reads them, text format 0.0.4.
 *
 * @module
 */

import type { Distribution } from "../histogram.ts";
import type { ObservedSource } from "./health.ts";
import { type Instrument, INSTRUMENTS, TOKEN_LABEL } from "./instruments.ts";

/** The media type of the text. */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const UNIT_SUFFIXES: Partial<Record<string, string>> = { s: "_seconds", By: "_bytes" };

/**
 * The name of an instrument for Prometheus, `metricq_source_points_sent_total`. It is the one that
 * OpenTelemetry's rules for Prometheus make of its name, so that both ways fill the same dashboards.
 */
export function prometheusName({ name, unit, kind }: Instrument): string {
  const suffix = `${UNIT_SUFFIXES[unit] ?? ""}${kind === "counter" ? "_total" : ""}`;
  return name.replaceAll(".", "_") + suffix;
}

/** All measurements of the sources. */
export function prometheusText(sources: readonly ObservedSource[]): string {
  const observations = sources.map(({ token, stats, health }) => {
    return { label: `${TOKEN_LABEL}="${escapeLabel(token)}"`, stats, health };
  });
  const lines: string[] = [];
  for (const instrument of INSTRUMENTS) {
    const name = prometheusName(instrument);
    lines.push(`# HELP ${name} ${escapeHelp(instrument.description)}`);
    lines.push(`# TYPE ${name} ${instrument.kind}`);
    for (const { label, stats, health } of observations) {
      if (instrument.kind === "histogram") {
        lines.push(...histogramLines(name, label, stats[instrument.key]));
      } else {
        lines.push(`${name}{${label}} ${instrument.read(stats, health)}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function histogramLines(
  name: string,
  label: string,
  { count, sum, buckets }: Distribution,
): string[] {
  return [
    ...buckets.map(({ upTo, count }) => `${name}_bucket{${label},le="${upTo}"} ${count}`),
    `${name}_bucket{${label},le="+Inf"} ${count}`,
    `${name}_sum{${label}} ${sum}`,
    `${name}_count{${label}} ${count}`,
  ];
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
