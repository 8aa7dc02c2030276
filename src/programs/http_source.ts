/**
 * Asks HTTP servers and finds numbers in their answers; `http.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { withSchema } from "../rpc/rpc_handler.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { SourceOptions } from "../source/source.ts";
import { fetchText, requireUrl } from "./fetch_text.ts";
import { accepts, RequestHeaders, SCHEDULE } from "./schema.ts";
import { TEXT_DEVICE, textPoll } from "./text_poll.ts";

const RequestConfig = v.strictObject({
  url: v.pipe(v.string(), accepts(requireUrl)),
  headers: RequestHeaders,
  ...TEXT_DEVICE,
});

const Config = v.object({
  prefix: v.optional(v.string()),
  ...SCHEDULE,
  requests: v.record(v.string(), RequestConfig),
});

/** Asks HTTP servers and sends the numbers in their answers, as its configuration says. */
export class HttpSource extends PollingSource {
  /** As {@linkcode PollingSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(Config, (config) => this.#configure(config)));
  }

  async #configure({ requests, ...common }: v.InferOutput<typeof Config>): Promise<void> {
    await this.poll(
      Object.entries(requests).map(([name, own]) =>
        textPoll(name, own, common, async (signal) => (await fetchText(own, signal)).text)
      ),
    );
  }
}
