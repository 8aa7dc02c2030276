/**
 * Calls of `sendMany` for a metric that others send points of meanwhile.
 *
 * @module
 */

/** One call: it has the points from one number to below another. */
export interface ArrayCall {
  readonly from: number;
  readonly until: number;
  /** How many points of the metric there were when it had ended. */
  endedAt: number;
}

/**
 * Knows which points may come behind later ones: such a call pauses between chunks, and goes on behind what
 * others have sent meanwhile. Its own points stay in their order.
 */
export class ArrayCalls {
  /** Whether what is not later than points of others is left out, and so does not come behind them. */
  readonly leavesOut: boolean;
  readonly #open = new Set<ArrayCall>();
  readonly #overtaken: ArrayCall[] = [];

  /** There is no call yet. */
  constructor(leavesOut: boolean) {
    this.leavesOut = leavesOut;
  }

  /** A call has these points. */
  begin(from: number, until: number): ArrayCall {
    const call = { from, until, endedAt: Infinity };
    this.#open.add(call);
    return call;
  }

  /** A call has ended when there were so many points. Returns whether some were sent meanwhile. */
  end(call: ArrayCall, sent: number): boolean {
    if (!this.#open.delete(call)) return false;
    call.endedAt = sent;
    const isOvertaken = sent > call.until;
    if (isOvertaken) this.#overtaken.push(call);
    return isOvertaken;
  }

  /** Those that have not ended. */
  get open(): readonly ArrayCall[] {
    return [...this.#open];
  }

  /** The first point that may not have been taken yet. */
  get firstOpen(): number {
    let first = Infinity;
    for (const { from } of this.#open) first = Math.min(first, from);
    return first;
  }

  /** Whether a point may come behind a later one. */
  mayComeBehind(number: number, later: number, isReceived: (number: number) => boolean): boolean {
    if (this.leavesOut) return false;
    const call = this.#callOf(number);
    if (call === undefined || later < call.until || later >= call.endedAt) return false;
    for (let next = number + 1; next < call.until; next++) if (isReceived(next)) return false;
    return true;
  }

  #callOf(number: number): ArrayCall | undefined {
    const has = ({ from, until }: ArrayCall) => number >= from && number < until;
    return this.#overtaken.findLast(has) ?? this.open.find(has);
  }
}
