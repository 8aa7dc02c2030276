/**
 * What looking at a network costs as the number of its metrics grows.
 *
 * @module
 */

import { Source, Timestamp } from "../../mod.ts";
import { PageSocket } from "../watch/dashboard/page_client.ts";
import { Program } from "./program.ts";
import type { WatchedAddresses, WatchedAnswer } from "./programs/watched_network.ts";
import { progress, publish } from "./report.ts";
import { median } from "./statistics.ts";

const METRICS = [100, 10_000, 100_000];
const SENT = 100; // those that are looked at, and some more
const FRAMES = 60;
const SECONDS = 10;

/** A page that shows 40 rows and three charts, and what it is sent. */
class Page {
  bytes = 0;
  readonly #socket: PageSocket;

  private constructor(socket: PageSocket) {
    this.#socket = socket;
  }

  static async open(url: string): Promise<Page> {
    const page = new Page(await PageSocket.open(url));
    void page.#read();
    return page;
  }

  show(filter: string): void {
    const names = [0, 1, 2].map(nameOf);
    const charts = names.map((metric, key) => ({ key, metric, spanMs: 60_000, columns: 600 }));
    this.#socket.send({ table: { filter, count: 40 }, names, series: charts });
  }

  /** Waits for a list of so many metrics. */
  async listed(matching: number): Promise<number> {
    const startMs = performance.now();
    while (this.#matching !== matching) await new Promise((resolve) => setTimeout(resolve, 1));
    return performance.now() - startMs;
  }

  #matching = -1;

  async #read(): Promise<void> {
    while (true) {
      const message = await this.#socket.read();
      this.bytes += typeof message === "string" ? message.length : message.byteLength;
      if (typeof message !== "string") continue;
      this.#matching = JSON.parse(message).list?.matching ?? this.#matching;
      this.#socket.send({ ready: true });
    }
  }
}

/** A source of which some metrics have a point each second. */
class Many extends Source {
  protected async task(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (let at = 0; at < SENT; at++) await this.send(nameOf(at), Timestamp.now(), Math.random());
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** Measures, and prints. */
export async function watching(): Promise<void> {
  const rows = [];
  for (const metrics of METRICS) rows.push(await measure(metrics));
  await publish({
    name: "watching",
    title: "A development network that is looked at by a page of 40 rows and a terminal of 50",
    rows,
    notes: [
      "first list: from the page's first message, the network having been looked at before.",
      "search: from a filter that no page has had to the list it finds.",
      "frame: of the terminal, asking for its content included. stall: of the event loop.",
    ],
  });
}

async function measure(metrics: number): Promise<Record<string, number>> {
  await using program = Program.deno("watched_network.ts");
  const { url, dashboard } = await program.ask<WatchedAddresses>({ where: true });
  await using source = new Many({ token: "source-many", url });
  await source.connect();
  const names = Array.from({ length: metrics }, (_, at) => nameOf(at));
  await source.declareMetrics(
    Object.fromEntries(
      names.map((name, at) => [name, { rate: 1, unit: "W", description: `${at}` }]),
    ),
    { onProgress: (declared) => progress(`declared ${declared} of ${metrics} metrics`) },
  );
  await program.ask({ frames: FRAMES }); // until all metadata is known
  const page = await Page.open(dashboard);
  page.show("");
  const firstListMs = await page.listed(metrics);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  page.bytes = 0;
  const shown = program.ask<WatchedAnswer>({ frames: FRAMES });
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const bytesPerSecond = page.bytes / SECONDS;
  page.show("metric00000");
  const searchMs = await page.listed(10);
  const { frameMs, stallMs, residentMiB } = await shown;
  return {
    metrics,
    "first list in ms": firstListMs,
    "page's kB/s": bytesPerSecond / 1000,
    "search in ms": searchMs,
    "frame in ms": median(frameMs),
    "at most": Math.max(...frameMs),
    "stall in ms": stallMs,
    "resident MiB": residentMiB,
  };
}

function nameOf(at: number): string {
  return `bench.watching.metric${String(at).padStart(6, "0")}.power`;
}
