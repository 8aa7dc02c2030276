/**
 * What the metrics of a source have in common.
 *
 * @module
 */

import type { Outbox } from "../outbox/outbox.ts";
import type { ChunkAges } from "./chunk_ages.ts";
import type { ChunkSize } from "./given_points.ts";
import type { TimeOrder } from "./time_order.ts";

/** What a `SourceMetric` shares with the others of its source. */
export interface SourceMetricOwner {
  /** The chunk size of metrics that have none of their own. */
  readonly chunkSize: ChunkSize;
}

/** What happens to the points of a `SourceMetric`. */
export interface PointsWay {
  /** Where its chunks go. */
  readonly outbox: Outbox;
  /** When chunks that are not full are sent. */
  readonly ages: ChunkAges;
  /** What is done about times that do not increase. */
  readonly order: TimeOrder;
  /** Learns of the first point of each metric. */
  readonly onFirstPoint: (metric: string) => void;
  /** Learns of points that are given after the source has stopped. */
  readonly onTooLate: (metric: string, points: number) => void;
}
