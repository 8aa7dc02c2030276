/**
 * The points for the charts of one page.
 *
 * @module
 */

import type { NetworkView, SeriesView } from "../view/network_view.ts";
import { bucketStart, downsample } from "./downsample.ts";
import type { SeriesDelta } from "./series_frame.ts";
import { type SeriesStatistics, statisticsOf } from "./statistics.ts";
import type { SeriesWatch } from "./watch.ts";

/** At most about this many points are read in one go: a page that opens 100 charts must not stall the rest. */
const MAX_POINTS_PER_UPDATE = 400_000;

/** Numbers that change more often cannot be read. */
const STATISTICS_PERIOD_MS = 1000;

interface Feed {
  readonly watch: SeriesWatch;
  /** The page has everything up to here. */
  afterMs: number;
  /** The newest point that was sent, whose bucket may still change; `undefined` before the first sending. */
  lastMs: number | undefined;
  /** When it was last sent points, by the monotonic clock. */
  sentAtMs: number;
  /** When its points were last counted, and what came of it. */
  countedAtMs: number;
  statistics: string;
}

/** The charts of one page, and how far each has come. */
export class ChartFeed {
  readonly #view: Pick<NetworkView, "series">;
  #feeds = new Map<number, Feed>();

  /** Makes a feed without charts. */
  constructor(view: Pick<NetworkView, "series">) {
    this.#view = view;
  }

  /** Sets which charts are visible. Those that were visible before go on where they are. */
  watch(series: readonly SeriesWatch[], wallMs: number): void {
    this.#feeds = new Map(series.map((watch) => [
      watch.key,
      this.#feeds.get(watch.key) ?? {
        watch,
        afterMs: (watch.endMs ?? wallMs) - watch.spanMs,
        lastMs: undefined,
        sentAtMs: -Infinity,
        countedAtMs: -Infinity,
        statistics: "",
      },
    ]));
  }

  /**
   * What is new for the charts. A chart gets new points at most once per column of its pixels: more
   * could not be seen. The first time it is sent what there is, be it nothing.
   */
  next(nowMs: number, wallMs: number): SeriesDelta[] {
    const deltas: SeriesDelta[] = [];
    let points = 0;
    for (const [key, feed] of [...this.#feeds]) {
      if (nowMs - feed.sentAtMs < feed.watch.bucketMs) continue;
      if (points > MAX_POINTS_PER_UPDATE) break;
      this.#moveToEnd(key, feed);
      feed.sentAtMs = nowMs;
      // A page that was hidden for long has missed more than it shows.
      feed.afterMs = Math.max(feed.afterMs, (feed.watch.endMs ?? wallMs) - feed.watch.spanMs);
      const series = upTo(this.#view.series(feed.watch.metric, feed.afterMs), feed.watch.endMs);
      points += series.timesMs.length;
      const lastMs = series.timesMs.at(-1) ?? -Infinity;
      if (lastMs === feed.lastMs) continue;
      const { bucketMs } = feed.watch;
      deltas.push({ key, afterMs: feed.afterMs, points: downsample(series, bucketMs) });
      feed.lastMs = lastMs;
      feed.afterMs = Math.max(feed.afterMs, bucketStart(lastMs, bucketMs));
    }
    return deltas;
  }

  /** What the points of charts come to over their whole spans, where that is asked for and has changed. */
  statistics(nowMs: number, wallMs: number): SeriesStatistics[] {
    const changed: SeriesStatistics[] = [];
    let points = 0;
    for (const [key, feed] of [...this.#feeds]) {
      if (!feed.watch.isCounted || nowMs - feed.countedAtMs < STATISTICS_PERIOD_MS) continue;
      if (points > MAX_POINTS_PER_UPDATE) break;
      this.#moveToEnd(key, feed);
      feed.countedAtMs = nowMs;
      const endMs = feed.watch.endMs ?? Infinity;
      const startMs = (feed.watch.endMs ?? wallMs) - feed.watch.spanMs;
      const series = this.#view.series(feed.watch.metric, startMs);
      points += series.timesMs.length;
      const statistics = statisticsOf(key, series, endMs);
      const text = JSON.stringify(statistics);
      if (text === feed.statistics) continue;
      feed.statistics = text;
      changed.push(statistics);
    }
    return changed;
  }

  /** So that no chart starves when a limit is reached. */
  #moveToEnd(key: number, feed: Feed): void {
    this.#feeds.delete(key);
    this.#feeds.set(key, feed);
  }
}

/** The points up to a time. */
function upTo(series: SeriesView, endMs: number | undefined): SeriesView {
  const { timesMs, values } = series;
  if (endMs === undefined || !((timesMs.at(-1) ?? -Infinity) > endMs)) return series;
  const count = timesMs.findIndex((timeMs) => timeMs > endMs);
  return { timesMs: timesMs.subarray(0, count), values: values.subarray(0, count) };
}
