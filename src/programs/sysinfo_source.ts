/**
 * Measures this host; `sysinfo.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { isGranted } from "../cli/environment.ts";
import { logger } from "../log.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { SourceOptions } from "../source/source.ts";
import { fullName, SCHEDULE, scheduleOf } from "./schema.ts";
import { GROUP_NAMES, type GroupName, openGroup } from "./system_groups.ts";

const log = logger("programs");

const Group = v.optional(v.strictObject(SCHEDULE));

const Config = v.object({
  prefix: v.optional(v.string(), "sysinfo.{host}"),
  ...SCHEDULE,
  groups: v.optional(v.strictObject({
    cpu: Group,
    memory: Group,
    load: Group,
    network: Group,
    disk: Group,
  })),
});

/** Measures this host, as its configuration says. */
export class SysinfoSource extends PollingSource {
  /** As {@linkcode PollingSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(Config, (config) => this.#configure(config)));
  }

  async #configure({ prefix, groups, ...all }: v.InferOutput<typeof Config>): Promise<void> {
    const chosen = GROUP_NAMES.filter((name) => groups === undefined || groups[name]);
    const polls = chosen.filter((name) => isAvailable(name, groups !== undefined));
    await this.poll(
      await Promise.all(polls.map(async (name) => {
        const { metrics, read } = await openGroup(name);
        const full = (key: string) => fullName(prefix, key);
        return {
          name,
          ...scheduleOf(groups?.[name] ?? {}, all),
          metrics: rename(metrics, full),
          read: async (signal: AbortSignal) => {
            const values = await read(signal);
            return values && rename(values, full);
          },
        };
      })),
    );
  }
}

function rename<Value>(
  record: Readonly<Record<string, Value>>,
  full: (key: string) => string,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [full(key), value]));
}

function isAvailable(group: GroupName, isRequired: boolean): boolean {
  if (group !== "network" && group !== "disk") return true;
  const obstacle = Deno.build.os !== "linux"
    ? "Linux is required"
    : isGranted({ name: "run", command: "cat" })
    ? undefined
    : "--allow-run=cat is required on the source's command line";
  if (obstacle === undefined) return true;
  if (isRequired) throw new TypeError(`Cannot measure ${group}: ${obstacle}`);
  log.info("Leaving out {group}: {obstacle}", { group, obstacle });
  return false;
}
