/**
 * A MetricQ network and its dashboard, in one process.
 *
 * @module
 */

import { refuseMisspelt } from "../option_names.ts";
import { Dashboard } from "../watch/dashboard/dashboard.ts";
import { startLiveView } from "../watch/terminal/live_view.ts";
import { DevNetwork, type DevNetworkOptions } from "./network.ts";

/** Options of a {@linkcode Box}. */
export interface BoxOptions extends DevNetworkOptions {
  /**
   * The port that the dashboard listens on.
   * @default {0, for a free one}
   */
  readonly dashboardPort?: number | undefined;
}

/** Options of {@linkcode Box.showWhile}. */
export interface ShowOptions {
  /** Writes to the standard output. */
  readonly write: (text: string) => void;
  /**
   * Whether lines are printed instead of a view that is redrawn.
   * @default {without a terminal}
   */
  readonly plain?: boolean | undefined;
}

/**
 * A network and its dashboard.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Box } from "@metricq/source/dev";
 *
 * await using box = await Box.open({ config: { rate: 2 } });
 * assert.match(box.network.url, /^amqp:\/\//); // for sources
 * assert.match(box.dashboard.url, /^http:\/\//); // for people
 * ```
 */
export class Box implements AsyncDisposable {
  /** The network that sources connect to. */
  readonly network: DevNetwork;
  /** The page that shows it. */
  readonly dashboard: Dashboard;

  /** @ignore Made by `open`. */
  private constructor(network: DevNetwork, dashboard: Dashboard) {
    this.network = network;
    this.dashboard = dashboard;
  }

  /**
   * Starts the network, then the dashboard.
   *
   * @throws {TypeError} If other machines could reach them and `allowRemote` is not set.
   * @throws {Deno.errors.AddrInUse} If a port is taken.
   */
  static async open(options: BoxOptions = {}): Promise<Box> {
    refuseMisspelt("open a box", options, { dashboardPort: true, allowRemote: "boolean" });
    const { dashboardPort = 0, hostname = "127.0.0.1", allowRemote = false, clock } = options;
    await using opened = new AsyncDisposableStack();
    const network = opened.use(await DevNetwork.start(options));
    // So that what is sent before somebody looks is there to be seen.
    await network.view.metrics({ count: 0 });
    const dashboard = await Dashboard.start({
      view: network.view,
      hostname,
      allowRemote,
      port: dashboardPort,
      ...clock && { clock },
    });
    opened.move();
    return new Box(network, dashboard);
  }

  /** Shows the box's addresses and what goes on in the terminal while `run` runs. */
  async showWhile(run: () => Promise<void>, { write, plain }: ShowOptions): Promise<void> {
    const over = new AbortController();
    const isPlain = plain || !Deno.stdout.isTerminal();
    const title = [
      `Dashboard: ${this.dashboard.url}`,
      `Sources connect to ${this.network.view.url}`,
    ];
    if (isPlain) write(`${title.join("  ")}\n`);
    const { signal } = over;
    const size = () => Deno.consoleSize();
    const { view } = this.network;
    const shown = startLiveView({ view, write, size, signal, title, plain: isPlain });
    try {
      await run();
    } finally {
      over.abort();
      await shown;
    }
  }

  /** Ends both. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dashboard.stop();
    await this.network.stop();
  }
}
