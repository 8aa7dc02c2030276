/**
 * What several groups are read from.
 *
 * @module
 */

import { describeError } from "../error_text.ts";
import type { CheckedGroup } from "./poll_group.ts";
import { type Answer, Trouble } from "./trouble.ts";

interface Member {
  readonly trouble: Trouble;
  pausedUntilMs: number;
}

/**
 * A device and the groups that are read from it: one at a time, and less and less often while it does
 * not answer. While one group fails and others do not, only that one is asked less often; when all of
 * them fail, the device is away, and one attempt stands for all.
 */
export class PollDevice {
  readonly #members = new Map<CheckedGroup, Member>();
  // The end of the last turn that was asked for.
  #last: Promise<void> = Promise.resolve();
  #reason: string | undefined;

  /** The groups that are read from it. */
  constructor(groups: readonly CheckedGroup[]) {
    for (const group of groups) {
      const trouble = new Trouble(group.name, Object.keys(group.metrics));
      this.#members.set(group, { trouble, pausedUntilMs: -Infinity });
    }
  }

  /** Waits until no other group is being read. To be used with `using`, which ends the turn. */
  async takeTurn(): Promise<Disposable> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    await before;
    return { [Symbol.dispose]: () => turn.resolve() };
  }

  /** Whether a group failed as a whole when it was last read. */
  isFailing(group: CheckedGroup): boolean {
    return this.#member(group).trouble.failures > 0;
  }

  /** Whether a group is not to be asked at a deadline, as it has failed shortly before. */
  isPaused(group: CheckedGroup, deadlineMs: number): boolean {
    // Half a period, as deadlines that were counted in another way may be a little early.
    return deadlineMs + group.period.ms / 2 < this.#member(group).pausedUntilMs;
  }

  /** A group could not be read at a deadline. */
  failed(group: CheckedGroup, deadlineMs: number, error: unknown): void {
    const { trouble } = this.#member(group);
    const reason = describeError(error);
    trouble.failed(error, this.#reason === reason);
    this.#reason = reason;
    if (group.backoff === undefined) return;
    const pauseMs = Math.min(group.period.ms * 2 ** (trouble.failures - 1), group.backoff.ms);
    for (const member of this.#sharers(group)) {
      member.pausedUntilMs = Math.max(member.pausedUntilMs, deadlineMs + pauseMs);
    }
  }

  /** A group was read. */
  answered(group: CheckedGroup, answer: Answer): void {
    this.#reason = undefined;
    for (const member of this.#sharers(group)) member.pausedUntilMs = -Infinity;
    this.#member(group).trouble.answered(answer);
  }

  /** Those that pause with a group and go on with it: all if the device is away, else that one. */
  #sharers(group: CheckedGroup): readonly Member[] {
    const all = [...this.#members.values()];
    return all.every(({ trouble }) => trouble.failures > 0) ? all : [this.#member(group)];
  }

  #member(group: CheckedGroup): Member {
    const member = this.#members.get(group);
    if (member === undefined) throw new Error(`Cannot read ${group.name}: it is of another device`);
    return member;
  }
}

/** Puts groups of one device together; one without a device is its own. */
export function devicesOf(groups: readonly CheckedGroup[]): Map<CheckedGroup, PollDevice> {
  const devices = new Map<CheckedGroup, PollDevice>();
  for (const members of Map.groupBy(groups, (group) => group.device ?? group).values()) {
    const device = new PollDevice(members);
    for (const group of members) devices.set(group, device);
  }
  return devices;
}
