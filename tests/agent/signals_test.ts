import assert from "node:assert/strict";
import { runUntilSignal } from "../../src/agent/signals.ts";
import { linesOf } from "../peers/lines.ts";
import { needing } from "../support/needing.ts";

const needs = [{ name: "run" }, { name: "read" }] as const;

/** What a program on `runUntilSignal` prints when it gets signals one by one, and its exit status. */
async function runWith(signals: readonly Deno.Signal[], ...args: string[]) {
  const program = new URL("signals_program.ts", import.meta.url).href;
  // Not its own process: Deno ends the tests when they get a signal.
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", program, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const printed: string[] = [];
  let next = 0;
  for await (const line of linesOf(child.stdout)) {
    printed.push(line);
    const signal = signals[next++];
    if (signal !== undefined) child.kill(signal);
  }
  return { printed, code: (await child.status).code };
}

Deno.test(needing({ permissions: needs }, {
  name: "runUntilSignal() stops without an error on SIGINT",
  fn: async () => {
    assert.deepEqual(await runWith(["SIGINT"]), { printed: ["running", "undefined"], code: 0 });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "runUntilSignal() stops with ReceivedSignal on SIGTERM",
  fn: async () => {
    assert.deepEqual(await runWith(["SIGTERM"]), {
      printed: ["running", "ReceivedSignal: Stopped by SIGTERM"],
      code: 0,
    });
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "runUntilSignal() exits with 130 on a second signal",
  fn: async () => {
    assert.deepEqual(await runWith(["SIGTERM", "SIGINT"], "stubborn"), {
      printed: ["running", "ReceivedSignal: Stopped by SIGTERM"],
      code: 130,
    });
  },
}));

Deno.test("runUntilSignal() settles as main does", async () => {
  await runUntilSignal(() => assert.fail("stopped"), () => Promise.resolve());
  await assert.rejects(
    runUntilSignal(() => assert.fail("stopped"), () => Promise.reject(new Error("broken"))),
    /broken/,
  );
});
