import assert from "node:assert/strict";
import fc from "fast-check";
import { checkOptions, type OptionNames, refuseMisspelt } from "../src/option_names.ts";

interface Options {
  readonly chunkSize?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly onFull?: string | undefined;
  readonly clock?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NAMES: OptionNames<Options> = {
  chunkSize: true,
  timeoutSeconds: true,
  onFull: true,
  clock: true,
  signal: true,
};

const check = (given: unknown) => checkOptions("test", given as Options, NAMES);
const refuse = (given: object) => refuseMisspelt("test", given, NAMES);

function throwsTypeError(act: () => void, message: string): void {
  assert.throws(act, { name: "TypeError", message });
}

for (const refuses of [check, refuse]) {
  Deno.test(`${refuses === check ? "checkOptions" : "refuseMisspelt"}() says what a misspelt option means`, () => {
    for (
      const [given, meant] of [
        ["chunksize", "chunkSize"],
        ["chunk_size", "chunkSize"],
        ["chunkSiez", "chunkSize"],
        ["timeout", "timeoutSeconds"],
        ["timeoutMs", "timeoutSeconds"],
        ["Clock", "clock"],
      ] as const
    ) {
      const message = `Cannot test: option "${given}" is given: did you mean "${meant}"?`;
      throwsTypeError(() => refuses({ [given]: 1 }), message);
    }
  });

  Deno.test(`${refuses === check ? "checkOptions" : "refuseMisspelt"}() takes options that there are, and undefined`, () => {
    refuses({});
    refuses({ chunkSize: 1, timeoutSeconds: 5, signal: AbortSignal.abort() });
    refuses({ chunkSize: 1, chunksize: undefined, signal: undefined });
  });
}

Deno.test("refuseMisspelt() takes options of a derived class, if they are not almost the same", () => {
  refuse({ port: 5, lock: true, onFail() {}, interval: "1s", chunk: 1 });
  refuse({ clock: {}, clocks: [] }); // the one that it could mean is given
});

Deno.test("checkOptions() refuses what there is not, and names what there is", () => {
  throwsTypeError(
    () => check({ color: "red" }),
    'Cannot test: option "color" is given, there is only "chunkSize", "timeoutSeconds", "onFull", ' +
      '"clock", "signal"',
  );
});

Deno.test("checkOptions() refuses what is not an object with options", () => {
  for (
    const [given, shown] of [[5, "5"], ["x", '"x"'], [null, "null"], [[], "a list"]] as const
  ) {
    throwsTypeError(
      () => check(given),
      `Cannot test: ${shown} is given, an object with options is required`,
    );
  }
});

Deno.test("checkOptions() says how a signal is given", () => {
  const controller = new AbortController();
  throwsTypeError(
    () => check(controller.signal),
    "Cannot test: an AbortSignal is given, { signal } is required",
  );
  throwsTypeError(
    () => check(controller),
    "Cannot test: an AbortController is given, { signal: controller.signal } is required",
  );
  throwsTypeError(
    () => check({ signal: controller }),
    "Cannot test: signal is an AbortController, its signal (controller.signal) is required",
  );
  throwsTypeError(
    () => check({ signal: 5 }),
    "Cannot test: signal is 5, an AbortSignal is required",
  );
  throwsTypeError(
    () => check({ signal: null }),
    "Cannot test: signal is null, an AbortSignal is required",
  );
});

Deno.test("checkOptions() refuses each name that there is not, whatever it is", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), (name) => {
    const given = Object.fromEntries([[name, 1]]);
    if (Object.hasOwn(NAMES, name)) return;
    assert.throws(() => check(given), { name: "TypeError", message: /^Cannot test: option "/ });
  }));
});
