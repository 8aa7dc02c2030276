/**
 * The health of a network that is joined: what is known of it, and scans.
 *
 * @module
 */

import { errorText } from "../error_text.ts";
import { logger } from "../log.ts";
import type { Sink } from "../sink/sink.ts";
import type { MonotonicClock } from "../time/clock.ts";
import { HealthScan } from "./health_scan.ts";
import { HealthList, type HealthSources } from "./view/health_list.ts";
import type {
  ForgetRequest,
  HealthView,
  ProblemQuery,
  ProblemWindow,
  ScanRequest,
  ScanState,
} from "./view/health_view.ts";

/** What {@linkcode NetworkHealth} is made with. */
export interface NetworkHealthOptions {
  /** Joins the network, and asks it for what is to be looked through. */
  readonly join: () => Promise<Sink>;
  readonly sources: Omit<HealthSources, "scanned">;
  readonly forgetAgent: (token: string) => void;
  readonly clock: MonotonicClock;
}

/** Lists problems while somebody asks, and scans when somebody wants it. One scan runs at a time. */
export class NetworkHealth implements HealthView {
  readonly #options: NetworkHealthOptions;
  readonly #list: HealthList;
  #scan: HealthScan | undefined;
  #scanning: Promise<void> = Promise.resolve();
  /** Cancels the scan that runs, or is about to. */
  #cancel: AbortController | undefined;

  /** Begins without a scan. */
  constructor(options: NetworkHealthOptions) {
    this.#options = options;
    this.#list = new HealthList({
      ...options.sources,
      scanned: () => this.#scan?.found ?? new Map(),
    });
  }

  async problems(query: ProblemQuery): Promise<ProblemWindow> {
    await this.#options.join();
    return await this.#list.window(query);
  }

  get scan(): ScanState | undefined {
    return this.#scan?.state;
  }

  startScan(request: ScanRequest): void {
    if (this.#cancel !== undefined) return;
    const cancel = this.#cancel = new AbortController();
    this.#scanning = this.#run(request, cancel.signal)
      .catch((error) => logger("watch").warn("Cannot scan: {error}", { error: errorText(error) }))
      .finally(() => this.#cancel = undefined);
  }

  cancelScan(): void {
    this.#cancel?.abort();
  }

  forget({ metrics, agents }: ForgetRequest): void {
    const { list } = this.#options.sources;
    list.forget(metrics === "all" ? list.names() : metrics);
    for (const token of agents) this.#options.forgetAgent(token);
    this.#list.renew();
  }

  /** Settles when no scan runs any more. */
  async stop(): Promise<void> {
    this.cancelScan();
    await this.#scanning;
  }

  async #run(request: ScanRequest, signal: AbortSignal): Promise<void> {
    const { join, sources, clock } = this.#options;
    const sink = await join();
    if (signal.aborted) return;
    const names = sources.list.find(request.filter);
    const scan = this.#scan = new HealthScan({ sink, clock, names, request });
    signal.addEventListener("abort", () => scan.cancel(), { once: true });
    await scan.run();
    this.#list.renew();
  }
}
