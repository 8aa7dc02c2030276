/**
 * Measures this host; `sysinfo.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { logger } from "../log.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import type { PollGroup } from "../source/poll_group.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { SourceOptions } from "../source/source.ts";
import { RenameConfig, renamer } from "./renamed_metrics.ts";
import { AT_LEAST_ONE, fullName, SCHEDULE, scheduleOf } from "./schema.ts";
import { SystemFiles } from "./system_files.ts";
import { NotMeasured } from "./system_group.ts";
import { type CpuOptions, GROUP_NAMES, type GroupName, openGroup } from "./system_groups.ts";
import { about, telling, told } from "./told_schema.ts";

const log = logger("programs");

const Group = v.optional(v.strictObject(SCHEDULE));

const Config = v.strictObject({
  prefix: v.optional(
    about("What the names of the metrics begin with; {host} is the name of this host", v.string()),
    "sysinfo.{host}",
  ),
  ...SCHEDULE,
  root: v.optional(
    about(
      "The folder that proc and sys are in, such as that of the host in a container",
      v.pipe(v.string(), v.startsWith("/", "an absolute path is required")),
    ),
    "/",
  ),
  rename: RenameConfig,
  groups: v.optional(about(
    "What to measure; what this host has unless given",
    v.pipe(
      v.strictObject({
        cpu: v.optional(v.strictObject({
          ...SCHEDULE,
          cores: v.optional(about("With true each core is measured as well", v.boolean()), false),
          frequency: v.optional(
            about("With true also the frequency of each core", v.boolean()),
            false,
          ),
        })),
        memory: Group,
        load: Group,
        network: Group,
        disk: Group,
        power: Group,
        temperature: Group,
        fan: Group,
      }),
      told({ minProperties: 1 }),
      v.check((groups) => Object.keys(groups).length > 0, AT_LEAST_ONE),
    ),
  )),
});

type Config = v.InferOutput<typeof Config>;

/** Measures this host, as its configuration says. */
export class SysinfoSource extends PollingSource {
  /** As {@linkcode PollingSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(telling(Config), (config) => this.#configure(config)));
  }

  async #configure(config: Config): Promise<void> {
    const files = new SystemFiles(config.root);
    const polls = await Promise.all(GROUP_NAMES.map((name) => pollOf(name, config, files)));
    await this.poll(polls.filter((poll) => poll !== undefined));
  }
}

/** What to read of a group; nothing if it was not asked for, or is not there and was not named. */
async function pollOf(
  name: GroupName,
  { prefix, groups, rename, root: _, ...all }: Config,
  files: SystemFiles,
): Promise<PollGroup | undefined> {
  const own = groups?.[name];
  if (groups !== undefined && own === undefined) return undefined;
  const options: CpuOptions = groups?.cpu ?? {};
  try {
    const { metrics, read } = await openGroup(name, files, options);
    const { metadata, readings } = renamer(metrics, rename, (key) => fullName(prefix, key));
    return {
      name,
      ...scheduleOf(own ?? {}, all),
      metrics: metadata,
      read: async (signal) => {
        const values = await read(signal);
        return values && readings(values);
      },
    };
  } catch (error) {
    if (!(error instanceof NotMeasured)) throw error;
    const obstacle = error.message;
    if (own !== undefined) throw new TypeError(`Cannot measure ${name}: ${obstacle}`);
    log.info("Leaving out {group}: {obstacle}", { group: name, obstacle });
    return undefined;
  }
}
