/**
 * What every place of configurations has to do, as cases that its own test runs.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  ConfigurationConflict,
  type ConfigurationStore,
} from "../../src/configurations/configuration_store.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { Timedelta } from "../../src/time/timedelta.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

/** A clock that tells no time of day twice, as the system's does. */
class UniqueClock extends ManualClock {
  #readings = 0n;

  override wallTime(): Timestamp {
    return super.wallTime().add(Timedelta.fromNs(this.#readings++));
  }
}

/** A clock at ten o'clock of a day. */
export function startClock(): ManualClock {
  const clock = new UniqueClock();
  clock.setWallTime(Timestamp.fromIso8601("2026-11-29T10:00:00Z"));
  return clock;
}

/** By what they show. */
export const STORE_CASES: Readonly<
  Record<string, (store: ConfigurationStore, clock: ManualClock) => Promise<void>>
> = {
  "has nothing at first": async (store) => {
    assert.deepEqual(await store.tokens(), []);
    assert.equal(await store.read("source-a"), undefined);
    assert.deepEqual(await store.history("source-a"), []);
    assert.equal(await store.replaced("source-a", "nothing"), undefined);
  },

  "keeps what is written, by any token": async (store) => {
    const tokens = ["source-a", "a/b", "ä ö", "a%2Fb", "a?b#c", "a&b=c", "A"];
    for (const token of tokens) await store.write(token, { of: token }, undefined);
    for (const token of tokens) {
      assert.deepEqual((await store.read(token))?.config, { of: token });
    }
    assert.deepEqual(await store.tokens(), tokens.sort());
  },

  "refuses a lost update, and shows what is there": async (store) => {
    const first = await store.write("source-a", { rate: 1 }, undefined);
    const second = await store.write("source-a", { rate: 2 }, first);
    for (const stale of [first, undefined]) {
      const conflict = await store.write("source-a", { rate: 3 }, stale).catch((error) => error);
      assert.ok(conflict instanceof ConfigurationConflict, String(conflict));
      assert.deepEqual(conflict.kept, { config: { rate: 2 }, revision: second });
      assert.equal(
        conflict.message,
        'Cannot write configuration of "source-a": it was changed meanwhile',
      );
    }
    assert.deepEqual(await store.read("source-a"), { config: { rate: 2 }, revision: second });
  },

  "takes one of two who write at once": async (store) => {
    const revision = await store.write("source-a", { rate: 1 }, undefined);
    const outcomes = await Promise.allSettled(
      [2, 3, 4, 5].map((rate) => store.write("source-a", { rate }, revision)),
    );
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") assert.ok(outcome.reason instanceof ConfigurationConflict);
    }
    const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
    assert.deepEqual((await store.read("source-a"))?.config, { rate: winner + 2 });
  },

  "says that a configuration was deleted": async (store) => {
    const conflict = await store.write("source-a", { rate: 1 }, "3-abc").catch((error) => error);
    assert.ok(conflict instanceof ConfigurationConflict, String(conflict));
    assert.equal(conflict.kept, undefined);
    assert.match(conflict.message, /it was deleted meanwhile$/);
  },

  "changes nothing for the same again": async (store) => {
    const revision = await store.write("source-a", { a: 1, b: [{ c: null }] }, undefined);
    assert.equal(await store.write("source-a", { b: [{ c: null }], a: 1 }, undefined), revision);
    assert.deepEqual(await store.history("source-a"), []);
  },

  "keeps what was replaced, newest first, and goes back": async (store, clock) => {
    let revision: string | undefined;
    for (const rate of [1, 2, 3]) {
      revision = await store.write("source-a", { rate }, revision);
      await clock.advance(1);
    }
    await store.write("source-a-2026", { rate: 9 }, undefined);
    const history = await store.history("source-a");
    assert.deepEqual(history.map(({ time }) => time.slice(0, 19)), [
      "2026-11-29T10:00:02",
      "2026-11-29T10:00:01",
    ]);
    const replaced = await Promise.all(history.map(({ id }) => store.replaced("source-a", id)));
    assert.deepEqual(replaced, [{ rate: 2 }, { rate: 1 }]);
    const [, oldest] = history;
    assert.ok(oldest);
    assert.equal(await store.replaced("source-b", oldest.id), undefined);
    await store.write("source-a", { rate: 1 }, revision);
    assert.equal((await store.history("source-a")).length, 3);
  },

  "gives no other document for the name of what was replaced": async (store) => {
    const revision = await store.write("source-a", { rate: 1 }, undefined);
    await store.write("source-a", { rate: 2 }, revision);
    for (
      const id of ["", "..", "../source-a", "../../source-a.json", "_all_docs", "backup-source-a-"]
    ) {
      assert.equal(await store.replaced("source-a", id), undefined, id);
    }
  },
};
