/** What TypeScript accepts and refuses of the groups that a `PollingSource` reads. */

import assert from "node:assert/strict";
import {
  type Metadata,
  type PollGroup,
  PollingSource,
  rateOf,
  type Readings,
  Timestamp,
} from "../../mod.ts";

/** Only compiled: that this is accepted, and refused where it says so, is the test. */
class Polling extends PollingSource {
  async accepted(url: string, hosts: readonly string[]): Promise<void> {
    const rate = rateOf();
    const [period, time] = ["1s", Timestamp.now()];
    await this.poll([
      { period, metrics: { "a.b": { unit: "W" } }, read: () => ({ "a.b": 1 }) },
      {
        period,
        metrics: { "a.c": {}, "a.d": {} },
        read: async (signal) => {
          const answer = await (await fetch(url, { signal })).json();
          return { "a.c": answer.power, "a.d": rate(answer.energy) };
        },
      },
      { period, metrics: { "a.e": {} }, read: () => undefined },
      { period, metrics: { "a.f": {} }, read: () => hosts.length > 1 ? { "a.f": null } : null },
      { period, metrics: { "a.g": {} }, read: () => ({ "a.g": { time, value: 5 } }) },
      { period, metrics: { "a.h": {} }, read: () => ({ "a.h": [{ time, value: 5 }] }) },
      { period, metrics: { "a.i": {} }, read: () => ({ "a.i": new Error("out of range") }) },
      {
        period,
        metrics: { "a.j": {} },
        read: () => Promise.all([1]).then(([value]) => ({ "a.j": value })),
      },
      { period, metrics: {}, describe: () => ({}), read: () => ({ "b.c": 1 }) },
      { period, metrics: { "a.k": {} }, describe: () => ({}), read: () => ({ b: 1, "a.k": 2 }) },
    ]);

    const one = { period, metrics: { "a.y": {} }, read: () => ({ "a.y": 1 }) };
    const other = { period, metrics: { "a.z": {} }, read: () => ({ "a.z": 1 }) };
    const groups: PollGroup[] = [one];
    groups.push({ period, metrics: { "a.b": {} }, read: () => ({ "a.b": 1 }) });
    const typed: PollGroup<{ readonly "a.y": Metadata }> = one;
    await this.poll([]);
    await this.poll(groups);
    await this.poll([...groups, typed, one]);
    await this.poll([...(hosts.length > 1 ? [one] : []), other]);
    await this.poll([hosts.length > 1 ? one : other]);
    await this.poll(hosts.flatMap(() => [one, other]));
    await this.poll(hosts.map((host) => ({
      period,
      metrics: { [`a.${host}`]: {} },
      read: () => ({ [`a.${host}`]: 1 }),
    })));

    const names = ["a.b", "a.c"] as const;
    const metrics = Object.fromEntries(names.map((name) => [name, {}]));
    const readings: Readings = { "a.b": 1 };
    await this.poll([{ period, metrics, read: () => readings }]);
    await this.poll([{ period, metrics, read: () => ({ "a.b": 1, "a.c": null }) }]);
    const FIXED = { "a.b": { unit: "W" }, "a.c": {} } as const;
    await this.poll([{ period, metrics: FIXED, read: () => ({ "a.b": 1, "a.c": null }) }]);
    await this.poll([new Meter()]);
  }

  async refused(): Promise<void> {
    const [period, metrics] = ["1s", { "a.b": {}, "a.c": {} }];
    // @ts-expect-error: "a.d" is misspelt
    await this.poll([{ period, metrics, read: () => ({ "a.b": 1, "a.d": 1 }) }]);
    // @ts-expect-error: one is missing
    await this.poll([{ period, metrics, read: () => ({ "a.b": 1 }) }]);
    // @ts-expect-error: "a.d" is not one of the group's metrics
    await this.poll([{ period, metrics, read: () => ({ "a.b": 1, "a.c": 1, "a.d": 1 }) }]);
    await this.poll([
      { period, metrics: { "a.x": {} }, read: () => ({ "a.x": 1 }) },
      // @ts-expect-error: here as well, where only one of two answers has it
      { period, metrics, read: () => period ? { "a.b": 1, "a.c": 1 } : { ...BOTH, "a.d": 1 } },
    ]);
    // @ts-expect-error: and in a promise
    await this.poll([{ period, metrics, read: async () => ({ ...await BOTH, "a.d": 1 }) }]);
    // @ts-expect-error: a text
    await this.poll([{ period, metrics, read: () => ({ "a.b": "1", "a.c": 1 }) }]);
    // @ts-expect-error: the time is a Date
    await this.poll([{ period, metrics, read: () => ({ "a.b": 1, "a.c": timedByDate() }) }]);
    // @ts-expect-error: a number without a name
    await this.poll([{ period, metrics, read: () => 5 }]);
    // @ts-expect-error: the names are also those of what comes later
    await this.poll([{ period, metrics, read: async () => await Promise.resolve({ "a.b": 1 }) }]);
  }
}

const BOTH = { "a.b": 1, "a.c": 1 };

class Meter {
  readonly period = 1;
  readonly metrics = { "a.m": {} };
  #value = 0;

  read() {
    return { "a.m": this.#value++ };
  }
}

function timedByDate() {
  return { time: new Date(), value: 1 };
}

Deno.test("PollingSource.poll() takes the names that `read` gives from `metrics`", () => {
  assert.equal(typeof Polling, "function");
});
