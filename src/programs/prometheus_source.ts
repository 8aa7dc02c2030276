/**
 * Scrapes exporters for Prometheus; `prometheus.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { withSchema } from "../rpc/rpc_handler.ts";
import { metricName } from "../source/metric_template.ts";
import type { PollGroup } from "../source/poll_group.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { SourceOptions } from "../source/source.ts";
import { fetchText, requireUrl } from "./http_request.ts";
import { type NameMaker, RuleConfig, Rules } from "./prometheus_rules.ts";
import { PrometheusTarget } from "./prometheus_target.ts";
import { readSamples } from "./prometheus_text.ts";
import { hideRequestIn } from "./repeated_request.ts";
import {
  accepts,
  addressOf,
  AT_LEAST_ONE,
  type Place,
  PLACES,
  placesOf,
  RequestHeaders,
  SCHEDULE,
  scheduleOf,
  Timeout,
} from "./schema.ts";
import { about, telling } from "./told_schema.ts";

const RuleList = v.pipe(v.array(RuleConfig), v.minLength(1, AT_LEAST_ONE));

const TargetConfig = v.pipe(
  v.strictObject({
    url: about("Where the exporter is; {host} stands for each of hosts", v.string()),
    hosts: PLACES.hosts,
    headers: RequestHeaders,
    ...SCHEDULE,
    timeout: v.optional(
      about("How long an answer may take; 10 s unless given", Timeout, { unit: "s" }),
    ),
    rules: v.optional(about("What becomes of samples; those at the top unless given", RuleList)),
  }),
  accepts((target) => {
    for (const place of placesOf(target)) requireUrl(addressOf(target.url, place));
  }),
);

const Config = v.strictObject({
  prefix: v.optional(
    about(
      "What the names of metrics begin with; {host} is the exporter's host, {target} its target",
      v.string(),
    ),
    "prometheus.{host}",
  ),
  ...SCHEDULE,
  rules: v.optional(
    about("What becomes of samples: the first rule that matches one decides", RuleList),
    [{}],
  ),
  targets: about("Which exporters, by names of your choice", v.record(v.string(), TargetConfig)),
});

type Config = v.InferOutput<typeof Config>;

// Exporters of a large cluster tell more than most devices do.
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

// Both formats, and which one is liked better; the version of each is the one that is read here.
const ACCEPT =
  "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/** Scrapes exporters for Prometheus, as its configuration says. */
export class PrometheusSource extends PollingSource {
  /** As {@linkcode PollingSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(telling(Config), (config) => this.#configure(config)));
  }

  async #configure({ targets, ...common }: Config): Promise<void> {
    await this.poll(
      Object.entries(targets).flatMap(([target, own]) => {
        return placesOf(own).map((place) => this.#group({ target, place, own, common }));
      }),
    );
  }

  #group({ target, place, own, common }: Exporter): PollGroup {
    const url = addressOf(own.url, place);
    const host = place?.host ?? new URL(url).hostname;
    const name = place === undefined ? target : `${target} (${host})`;
    const makeName = nameMaker(common.prefix, { target, host });
    makeName("example.name", {}); // a bad prefix is refused now, and not for each sample
    const state = new PrometheusTarget(name, new Rules(own.rules ?? common.rules, makeName));
    const request = {
      url,
      headers: { accept: ACCEPT, ...own.headers },
      maxBytes: MAX_ANSWER_BYTES,
    };
    return {
      name,
      ...scheduleOf(own, common),
      timeout: own.timeout,
      metrics: {},
      describe: (metric) => state.describe(metric),
      read: async (signal) => {
        const atMs = this.clock.nowMs();
        const { text, contentType } = await fetchText(request, signal);
        try {
          return state.read(readSamples(text, contentType), atMs);
        } catch (error) {
          throw hideRequestIn(error, { url, headers: own.headers });
        }
      },
    };
  }
}

/** One exporter of a target, and what its configuration says. */
interface Exporter {
  readonly target: string;
  readonly place: Place | undefined;
  readonly own: v.InferOutput<typeof TargetConfig>;
  readonly common: Omit<Config, "targets">;
}

function nameMaker(prefix: string, { target, host }: { target: string; host: string }): NameMaker {
  // Of an address the dots begin no parts of a name, as those would begin with digits.
  const place = { target, host: /^[\d.]+$/.test(host) ? host.replaceAll(".", "_") : host };
  // A sample may have such labels, too; they are meant in the names of rules, but not here.
  const begin = prefix.replaceAll("{host}", "{__host__}").replaceAll("{target}", "{__target__}");
  const own = { __host__: place.host, __target__: target };
  return (template, labels) => metricName(`${begin}.${template}`, { ...place, ...labels, ...own });
}
