/**
 * The points for the charts of one page.
 *
 * @module
 */

import type { NetworkView } from "../view/network_view.ts";
import { bucketStart, downsample } from "./downsample.ts";
import type { SeriesDelta } from "./series_frame.ts";
import type { SeriesWatch } from "./watch.ts";

/** At most about this many points are read in one go: a page that opens 100 charts must not stall the rest. */
const MAX_POINTS_PER_UPDATE = 400_000;

interface Feed {
  readonly watch: SeriesWatch;
  /** The page has everything up to here. */
  afterMs: number;
  /** The newest point that was sent, whose bucket may still change. */
  lastMs: number;
  /** When it was last sent points, by the monotonic clock. */
  sentAtMs: number;
}

/** The charts of one page, and how far each has come. */
export class ChartFeed {
  readonly #view: NetworkView;
  #feeds = new Map<number, Feed>();

  /** Makes a feed without charts. */
  constructor(view: NetworkView) {
    this.#view = view;
  }

  /** Sets which charts are visible. Those that were visible before go on where they are. */
  watch(series: readonly SeriesWatch[], wallMs: number): void {
    this.#feeds = new Map(series.map((watch) => [
      watch.key,
      this.#feeds.get(watch.key) ??
        { watch, afterMs: wallMs - watch.spanMs, lastMs: -Infinity, sentAtMs: -Infinity },
    ]));
  }

  /**
   * What is new for the charts. A chart gets new points at most once per column of its pixels: more
   * could not be seen.
   */
  next(nowMs: number, wallMs: number): SeriesDelta[] {
    const deltas: SeriesDelta[] = [];
    let points = 0;
    for (const [key, feed] of [...this.#feeds]) {
      if (nowMs - feed.sentAtMs < feed.watch.bucketMs) continue;
      if (points > MAX_POINTS_PER_UPDATE) break;
      // To the end of the queue, so that no chart starves when the limit is reached.
      this.#feeds.delete(key);
      this.#feeds.set(key, feed);
      feed.sentAtMs = nowMs;
      // A page that was hidden for long has missed more than it shows.
      feed.afterMs = Math.max(feed.afterMs, wallMs - feed.watch.spanMs);
      const series = this.#view.series(feed.watch.metric, feed.afterMs);
      points += series.timesMs.length;
      const lastMs = series.timesMs.at(-1);
      if (lastMs === undefined || lastMs === feed.lastMs) continue;
      const { bucketMs } = feed.watch;
      deltas.push({ key, afterMs: feed.afterMs, points: downsample(series, bucketMs) });
      feed.lastMs = lastMs;
      feed.afterMs = Math.max(feed.afterMs, bucketStart(lastMs, bucketMs));
    }
    return deltas;
  }
}
