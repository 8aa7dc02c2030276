/**
 * What the broker has refused for what it is, and so will refuse again.
 *
 * @module
 */

import type { Entry } from "./lane.ts";

/** Why a broker has ended the publishing of chunks, as far as it tells. */
export type ChunkRefusal =
  & {
    /** The broker's own words. */
    readonly reason: string;
  }
  & (
    | {
      /** A chunk is too large. */
      readonly kind: "too-large";
      readonly bodyBytes: number;
      /** The largest that the broker takes. */
      readonly maxBodyBytes: number;
    }
    | {
      /** This source may not send a metric. */
      readonly kind: "forbidden";
      /** Whether that may be this metric. */
      readonly mayBe: (metric: string) => boolean;
    }
    | {
      /** It does not tell which chunk, and why. */
      readonly kind: "unknown";
      /** Whether it was a chunk for certain, and not noise on the line. */
      readonly isCertain: boolean;
    }
  );

// Noise on the line looks like a chunk that cannot be read. That it meets the same chunk three times,
// each time alone, is left out of account.
const MOST_STRIKES = 3;

/**
 * Finds the chunks that are to be given up. Where the text does not tell, all that are in flight are
 * suspects: they are sent one at a time, until one of them is refused alone.
 */
export class Verdicts {
  #limit: { readonly maxBodyBytes: number; readonly reason: string } | undefined;
  readonly #forbidden = new Map<string, string>();
  readonly #suspects = new Set<Entry>();
  // How many times the oldest suspect was refused alone.
  #strikes = 0;

  /** Whether chunks are to be sent one at a time. */
  get hasSuspects(): boolean {
    return this.#suspects.size > 0;
  }

  /** Why a chunk must not be sent, in the broker's words; `undefined` if it may be. */
  against({ metric, bodyBytes }: Pick<Entry, "metric" | "bodyBytes">): string | undefined {
    const limit = this.#limit;
    if (limit !== undefined && bodyBytes > limit.maxBodyBytes) return limit.reason;
    return this.#forbidden.size > 0 ? this.#forbidden.get(metric) : undefined;
  }

  /**
   * Judges what was in flight when the broker has refused one of it.
   *
   * @param inFlight In the order in which it was sent.
   * @returns Those that are to be given up.
   */
  judge(refusal: ChunkRefusal, inFlight: readonly Entry[]): readonly Entry[] {
    switch (refusal.kind) {
      case "too-large": {
        const { bodyBytes } = refusal;
        const first = inFlight.find((entry) => entry.bodyBytes === bodyBytes);
        if (first === undefined) return this.#suspect(inFlight, true);
        this.note(refusal, first.metric);
        // Alone, if the two numbers contradict each other.
        return inFlight.filter((entry) => entry === first || this.against(entry) !== undefined);
      }
      case "forbidden": {
        const named = inFlight.filter(({ metric }) => refusal.mayBe(metric));
        const metrics = new Set(named.map(({ metric }) => metric));
        const [only] = metrics;
        if (metrics.size > 1 || only === undefined) return this.#suspect(named, true);
        this.note(refusal, only);
        return named;
      }
      case "unknown":
        return this.#suspect(inFlight, refusal.isCertain);
    }
  }

  /** Remembers a refusal of which it is known, or does not matter, what it was about. */
  note(refusal: ChunkRefusal, metric: string): void {
    if (refusal.kind === "forbidden") this.#forbidden.set(metric, refusal.reason);
    else if (refusal.kind === "too-large" && refusal.bodyBytes > refusal.maxBodyBytes) {
      this.#limit = refusal;
    }
  }

  /** A chunk is confirmed, or is dropped for another reason. */
  acquit(entry: Entry): void {
    // Of a million confirms hardly one has suspects.
    if (this.#suspects.size > 0 && this.#suspects.delete(entry)) this.#strikes = 0;
  }

  /** The connection is another one, perhaps to a broker with another limit. */
  forgetLimit(): void {
    this.#limit = undefined;
  }

  /** Metrics may be allowed again. */
  forgetForbidden(): void {
    this.#forbidden.clear();
  }

  #suspect(entries: readonly Entry[], isCertain: boolean): readonly Entry[] {
    const [first, second] = entries;
    if (first === undefined) return [];
    if (second !== undefined || !this.#suspects.has(first)) {
      this.#suspects.clear();
      this.#strikes = 0;
      for (const entry of entries) this.#suspects.add(entry);
    }
    if (second !== undefined) return [];
    this.#strikes++;
    if (!isCertain && this.#strikes < MOST_STRIKES) return [];
    // The others are suspects no more: they came behind it, so the broker has not seen them.
    this.#suspects.clear();
    this.#strikes = 0;
    return [first];
  }
}
