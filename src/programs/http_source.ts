/**
 * Asks HTTP servers and finds numbers in their answers; `http.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { isGranted } from "../cli/environment.ts";
import { errorText } from "../error_text.ts";
import { withSchema } from "../rpc/rpc_handler.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { SourceOptions } from "../source/source.ts";
import { readText } from "./bounded_text.ts";
import { accepts, SCHEDULE } from "./schema.ts";
import { TEXT_DEVICE, textPoll } from "./text_poll.ts";

const RequestConfig = v.strictObject({
  url: v.pipe(v.string(), accepts(requireUrl)),
  headers: v.optional(v.record(v.string(), v.string()), {}),
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
        textPoll(name, own, common, (signal) => fetchText(own.url, own.headers, signal))
      ),
    );
  }
}

async function fetchText(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const response = await fetch(url, { headers, signal }).catch((cause) => {
    signal.throwIfAborted();
    throw new Error(`Cannot reach ${new URL(url).host}: ${reasonOf(cause)}`);
  });
  if (response.ok && response.body) return await readText(response.body, signal);
  await response.body?.cancel();
  const { host } = new URL(url);
  throw new Error(`Cannot read ${host}: it answers ${response.status} ${response.statusText}`);
}

// Deno's messages hold the whole address, and with it what may be a key to the device.
function reasonOf(error: unknown): string {
  const { cause = error } = Object(error);
  return errorText(cause).replace(/ for url \(\S*\)/, "");
}

function requireUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new SyntaxError("an address http://… or https://… is required");
  }
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const host = `${url.hostname}:${port}`;
  if (isGranted({ name: "net", host })) return;
  throw new TypeError(`--allow-net=${host} is required on the source's command line`);
}
