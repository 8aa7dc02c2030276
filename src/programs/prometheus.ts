#!/usr/bin/env -S deno run --no-prompt --allow-net --allow-env=METRICQ_* --allow-sys=hostname --allow-read=.
/**
 * A source that scrapes exporters for Prometheus, so that each of them is a source of MetricQ.
 *
 * ```sh
 * deno run --no-prompt --allow-net '--allow-env=METRICQ_*' --allow-sys=hostname --allow-read=. \
 *   jsr:@metricq/source/prometheus --server amqp://localhost/ --token source-prometheus
 * ```
 *
 * `--allow-net=broker.example:5672,node7.example:9100` keeps it from asking other servers. Its
 * configuration, to paste:
 *
 * ```json
 * {
 *   "prefix": "example.{host}",
 *   "interval": "15s",
 *   "targets": {
 *     "nodes": {
 *       "url": "http://{host}:9100/metrics",
 *       "hosts": "node[7-8].example",
 *       "timeout": "5s",
 *       "rules": [
 *         { "match": "node_load1", "name": "load", "unit": "" },
 *         {
 *           "match": "node_cpu_seconds_total",
 *           "labels": { "mode": "i*" },
 *           "name": "cpu{cpu}.{mode}",
 *           "description": "Share of the time"
 *         },
 *         { "match": "node_memory_*_bytes" },
 *         { "match": "node_network_*_bytes_total", "labels": { "device": "lo" }, "drop": true },
 *         { "match": "node_network_*_bytes_total" }
 *       ]
 *     }
 *   }
 * }
 * ```
 *
 * - `url`, in which `{host}` is each of `hosts`, a list in which ranges stand in brackets; `headers`,
 *   such as `{"authorization": "Bearer …"}`. `timeout`: 10 s unless given, for the whole answer.
 * - `interval` (or `rate` in Hz) of a target, or of the configuration; 1 s unless given. `align`: with
 *   `true` it is scraped at round times of day (UTC), which the points then have.
 * - `offset` of a target, or at the top: how much later than round times aligned targets are scraped, or
 *   `"spread"` for a part of the interval that is another for each. `backoff`: the longest time for
 *   which one that fails is left alone; without it each turn tries again.
 * - `prefix`: what the names of metrics begin with, `prometheus.{host}` unless given. In it, and in
 *   the names of rules, `{host}` is the exporter's host and `{target}` the name of its target.
 * - `rules` of a target, or of the configuration: the first that matches a sample says what becomes of
 *   it. Without rules each sample is taken.
 *
 * A rule:
 *
 * - `match`: the name of the sample, and `labels`: the values of its labels; `*` stands for zero or
 *   more characters. `drop`: with `true` such samples are left out.
 * - `name`: the metric's name behind `prefix`. `{cpu}` is the value of that label, `{__name__}` the
 *   name of the sample; in both, characters other than letters, digits and `_` become `_`. Without it
 *   the name is the sample's, and a part for each label, as in
 *   `node_cpu_seconds_total.cpu_0.mode_idle`.
 * - `counter`: of a counter, and of sum and count of a histogram or summary, `"rate"` (unless given)
 *   sends how much it grew per second since the last scrape (NaN if it began anew), `"total"` the
 *   number itself. `"rate"` does so for other samples, too.
 * - `quantiles`: of a histogram, such as `[0.5, 0.99]`: below what these shares of it lie that came
 *   since the last scrape, as `….quantile_0_99`. They are of its `_bucket` samples.
 * - `scale`, a factor; `unit` and `description`, which are the exporter's unless given: the unit that
 *   its names end with, of a rate per second (`B/s`, and for `J/s` `W`). Other fields are metadata.
 *
 * These samples are left out, and the log tells how many and why: those that match `drop`, or not one
 * of the rules; buckets without `quantiles`; times of creation (`_created` of OpenMetrics); those whose
 * name would be too long, is that of another metric, or has a label that the sample does not have; and
 * those beyond 20 000 metrics of an exporter.
 *
 * It reads the text format 0.0.4 and OpenMetrics 1.0, answers of up to 64 MiB. An exporter that is
 * away, or whose answer breaks the rules of its format, gives "no reading" (NaN) for each of its
 * metrics, and is asked again at its next turn. A sample that has gone gives NaN once. One that has a
 * time of its own is sent with that, and once for each time.
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { VERSION } from "../version.ts";
import { PrometheusSource } from "./prometheus_source.ts";

if (import.meta.main) {
  await command(
    {
      defaultToken: "source-prometheus",
      version: VERSION,
      description: "Scrapes exporters for Prometheus and sends what they tell to a MetricQ " +
        "network, as its configuration there says.",
    },
    ({ server, token }) =>
      new PrometheusSource({ token, url: server, clientVersion: VERSION }).run(),
  );
}
