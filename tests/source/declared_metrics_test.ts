import assert from "node:assert/strict";
import fc from "fast-check";
import { DeclaredMetrics } from "../../src/source/declared_metrics.ts";

/** Declared metrics, and what was asked to be restored of them. */
class Declared extends DeclaredMetrics {
  readonly restored: Record<string, unknown>[] = [];

  constructor() {
    super((metrics) => {
      this.restored.push(Object.fromEntries(metrics));
      return Promise.resolve();
    });
  }

  /** Declares metrics with a unit. */
  declare(unit: string, ...names: string[]): void {
    this.note(this.current, names.map((name) => [name, { unit }]));
  }

  /** Declares metrics instead of those of the poll before. */
  async poll(unit: string, ...names: string[]): Promise<void> {
    await this.replacing(() => Promise.resolve(this.declare(unit, ...names)), () => {});
  }

  /** The units by metric. */
  get units(): Record<string, unknown> {
    return Object.fromEntries(this.all.map(([name, { unit }]) => [name, unit]));
  }
}

async function refuse(declared: Declared, run: () => void | Promise<void>): Promise<void> {
  const refused = declared.configuring(async () => {
    await run();
    throw new RangeError("no");
  });
  await assert.rejects(refused, RangeError);
}

async function accept(declared: Declared, run: () => void | Promise<void>): Promise<void> {
  await declared.configuring(async () => await run());
}

Deno.test("DeclaredMetrics replaces what a configuration declares by what the next one declares", async () => {
  const declared = new Declared();
  declared.declare("W", "program");
  await accept(declared, () => declared.declare("W", "a", "b"));
  await accept(declared, () => declared.declare("kW", "b", "c"));
  assert.deepEqual(declared.units, { program: "W", b: "kW", c: "kW" });
  assert.equal(declared.size, 3);
  await accept(declared, () => {});
  assert.deepEqual(declared.units, { program: "W", b: "kW", c: "kW" });
  assert.deepEqual(declared.restored, []);
});

Deno.test("DeclaredMetrics has what a configuration declares while its handlers run, beside what was there", async () => {
  const declared = new Declared();
  await accept(declared, () => declared.declare("W", "a"));
  await accept(declared, async () => {
    declared.declare("W", "b");
    await Promise.resolve();
    assert.deepEqual(declared.units, { a: "W", b: "W" }); // a manager that is replaced now gets both
  });
  assert.deepEqual(declared.units, { b: "W" });
});

Deno.test("DeclaredMetrics withdraws what a refused configuration has declared, and restores what was before", async () => {
  const declared = new Declared();
  declared.declare("V", "program");
  await accept(declared, () => declared.declare("W", "a", "b"));
  await refuse(declared, async () => {
    declared.declare("kW", "b", "c", "program");
    await declared.poll("s", "b");
  });
  assert.deepEqual(declared.units, { program: "V", a: "W", b: "W" });
  assert.deepEqual(declared.restored, [{ b: { unit: "W" }, program: { unit: "V" } }]);
  await refuse(declared, () => declared.declare("kW", "new"));
  assert.equal(declared.restored.length, 1);
});

Deno.test("DeclaredMetrics gives a metric back to those who had declared it before", async () => {
  const declared = new Declared();
  declared.declare("V", "shared");
  await accept(declared, () => declared.declare("W", "shared"));
  assert.deepEqual(declared.units, { shared: "W" });
  await accept(declared, () => declared.declare("W", "other"));
  assert.deepEqual(declared.units, { shared: "V", other: "W" });
});

Deno.test("DeclaredMetrics replaces the metrics of a poll by those of the next one, found ones included", async () => {
  const declared = new Declared();
  declared.declare("V", "program");
  await declared.poll("W", "a", "b");
  await declared.adding(() => Promise.resolve(declared.declare("W", "found")));
  await accept(declared, () => declared.declare("W", "configured"));
  assert.deepEqual(Object.keys(declared.units), ["program", "a", "b", "found", "configured"]);
  await declared.poll("kW", "b");
  assert.deepEqual(declared.units, { program: "V", b: "kW", configured: "W" });
});

Deno.test("DeclaredMetrics lets a poll replace nothing before its configuration is accepted", async () => {
  const declared = new Declared();
  const replaced: string[] = [];
  const poll = (name: string) =>
    declared.replacing(() => Promise.resolve(declared.declare("W", name)), () => {
      replaced.push(name);
    });
  await poll("first");
  await refuse(declared, () => poll("refused"));
  await accept(declared, async () => {
    await poll("overtaken");
    await poll("last");
    assert.deepEqual(replaced, ["first"]);
  });
  assert.deepEqual(replaced, ["first", "overtaken", "last"]);
  assert.deepEqual(declared.units, { last: "W" });
});

Deno.test("DeclaredMetrics keeps the poll before when one fails, and restores what was before", async () => {
  const declared = new Declared();
  await declared.poll("W", "a", "b");
  const failed = declared.replacing(() => {
    declared.declare("kW", "b", "c");
    return Promise.reject(new Error("refused"));
  }, () => assert.fail("it has replaced the one before"));
  await assert.rejects(failed, /refused/);
  assert.deepEqual(declared.units, { a: "W", b: "W" });
  assert.deepEqual(declared.restored, [{ b: { unit: "W" } }]);
});

Deno.test("DeclaredMetrics counts what a handler has started as its configuration's, or the next one's", async () => {
  const declared = new Declared();
  const starts: PromiseWithResolvers<void>[] = [];
  const ends: Promise<void>[] = [];
  const startLater = (unit: string, name: string) => {
    const start = Promise.withResolvers<void>();
    starts.push(start);
    ends.push(start.promise.then(() => declared.declare(unit, name)));
  };
  await accept(declared, () => {
    declared.declare("W", "a");
    startLater("W", "by the first");
  });
  await accept(declared, () => startLater("W", "by the second"));
  starts[0]?.resolve();
  await ends[0];
  assert.deepEqual(declared.units, { a: "W", "by the first": "W" });
  starts[1]?.resolve();
  await ends[1];
  assert.deepEqual(declared.units, { "by the second": "W" });

  await refuse(declared, () => startLater("W", "by the refused"));
  starts[2]?.resolve();
  await assert.rejects(ends[2] ?? Promise.resolve(), {
    name: "RpcError",
    message: /the configuration that declares them was refused$/,
  });
});

Deno.test("DeclaredMetrics.takeTurn() waits until the configuration before is withdrawn", async () => {
  const restoring = Promise.withResolvers<void>();
  const declared = new DeclaredMetrics(() => restoring.promise);
  const declare = (unit: string) => declared.note(declared.current, [["a", { unit }]]);
  declare("W");
  const refused = declared.configuring(async () => {
    await declared.takeTurn();
    declare("kW");
    throw new RangeError("no");
  }).catch(() => {});
  let isInTurn = false;
  const next = declared.configuring(async () => {
    await declared.takeTurn();
    isInTurn = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(isInTurn, false);
  restoring.resolve();
  await Promise.all([refused, next]);
  assert.equal(isInTurn, true);
});

const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
const steps = fc.array(
  fc.record({
    by: fc.constantFrom("program", "configuration", "poll"),
    isRefused: fc.boolean(),
    names,
  }),
  { maxLength: 12 },
);

Deno.test("DeclaredMetrics has what was declared last by each, whatever was refused in between", async () => {
  await fc.assert(fc.asyncProperty(steps, async (steps) => {
    const declared = new Declared();
    let configured: readonly string[] = [];
    let polled: readonly string[] = [];
    const others = new Set<string>();
    for (const { by, isRefused, names } of steps) {
      if (by === "program") {
        declared.declare("W", ...names);
        for (const name of names) others.add(name);
      } else if (by === "poll") {
        await declared.poll("W", ...names);
        polled = names;
      } else {
        const run = () => {
          if (names.length > 0) declared.declare("W", ...names);
        };
        await (isRefused ? refuse : accept)(declared, run);
        if (!isRefused && names.length > 0) configured = names;
      }
      const expected = new Set([...others, ...configured, ...polled]);
      assert.deepEqual(Object.keys(declared.units).sort(), [...expected].sort());
    }
  }));
});
