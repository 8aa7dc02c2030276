import assert from "node:assert/strict";
import { readText } from "../../src/http/bounded_text.ts";
import { runProgram } from "../../src/programs/run_program.ts";
import { until } from "../support/clock.ts";
import { needing } from "../support/needing.ts";

const needs = [{ name: "run" }, { name: "env" }] as const;
const never = new AbortController().signal;

Deno.test(needing({ permissions: needs }, {
  name: "runProgram() returns what a program prints",
  fn: async () => {
    assert.equal(await runProgram(["printf", "%s|%s", "a b", "$HOME"], never), "a b|$HOME");
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "runProgram() hands on PATH and LC_ALL, and no secret",
  fn: async () => {
    Deno.env.set("METRICQ_SERVER", "amqp://user:secret@host/");
    try {
      const names = (await runProgram(["env"], never)).trim().split("\n").sort();
      assert.deepEqual(names, ["LC_ALL=C", `PATH=${Deno.env.get("PATH")}`]);
    } finally {
      Deno.env.delete("METRICQ_SERVER");
    }
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "runProgram() tells how a program has failed",
  fn: async () => {
    await assert.rejects(
      runProgram(["sh", "-c", "echo first >&2; echo second >&2; exit 3"], never),
      {
        message: 'Cannot run sh: its exit status is 3: "first"',
      },
    );
    await assert.rejects(runProgram(["sh", "-c", "kill -TERM $$"], never), {
      message: "Cannot run sh: SIGTERM has ended it",
    });
    await assert.rejects(runProgram(["no-such-program"], never), /no-such-program/);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "runProgram() kills a program that prints too much",
  fn: async () => {
    await assert.rejects(runProgram(["yes"], never), {
      name: "RangeError",
      message: "Cannot read text: it has more than 1048576 bytes, no more are allowed",
    });
    await assert.rejects(runProgram(["sh", "-c", "yes >&2"], never), RangeError);
  },
}));

Deno.test(needing({ permissions: needs }, {
  name: "runProgram() kills a program when its signal is aborted",
  fn: async () => {
    const enough = new AbortController();
    const running = runProgram(["sleep", "1000"], enough.signal);
    enough.abort(new Error("enough"));
    await assert.rejects(running, { message: "enough" });
    await assert.rejects(runProgram(["sleep", "1000"], enough.signal), { message: "enough" });
  },
}));

Deno.test(needing({ permissions: [...needs, { name: "read" }, { name: "write" }] }, {
  name: "runProgram() does not wait for what a killed program has left behind",
  fn: async () => {
    const file = await Deno.makeTempFile();
    // The shell's child keeps the output open. It ends when nobody reads that any more.
    const script = `(echo begun > ${file}; while echo 1; do sleep 0.01; done) & wait`;
    const enough = new AbortController();
    const running = runProgram(["sh", "-c", script], enough.signal);
    await until(() => Deno.statSync(file).size > 0);
    enough.abort(new Error("enough"));
    await assert.rejects(running, { message: "enough" });
    await Deno.remove(file);
  },
}));

// With a list of programs Deno signals no group of processes: both ways are what users have.
for (const [flag, canKill] of [["--allow-run", true], ["--allow-run=sh", false]] as const) {
  /** What `run_once.ts` prints with this permission. */
  const runOnce = async (timeoutMs: number, script: string) => {
    const program = new URL("run_once.ts", import.meta.url).pathname;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", flag, "--allow-env", program, `${timeoutMs}`, "sh", "-c", script],
      stderr: "inherit",
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  };

  Deno.test(needing({ permissions: [...needs, { name: "read" }, { name: "write" }] }, {
    name: `runProgram() takes what was printed when a child keeps the output open, with ${flag}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const file = await Deno.makeTempFile();
      const answer = await runOnce(20_000, `sleep 1000 & echo $! > ${file}; echo 5`);
      assert.deepEqual(answer, { canKillGroups: canKill, output: "5\n" });
      await assertEnds(Number(await Deno.readTextFile(file)), canKill);
      await Deno.remove(file);
    },
  }));

  Deno.test(needing({ permissions: [...needs, { name: "read" }, { name: "write" }] }, {
    name: `runProgram() leaves what has left its group of processes, with ${flag}`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      const file = await Deno.makeTempFile();
      const script =
        `setsid sh -c 'echo $$ > ${file}; exec sleep 1000 > /dev/null 2>&1' & sleep 0.5; echo 5`;
      assert.equal((await runOnce(20_000, script)).output, "5\n");
      await assertEnds(Number(await Deno.readTextFile(file)), false);
      await Deno.remove(file);
    },
  }));

  Deno.test(needing({ permissions: [...needs, { name: "read" }, { name: "write" }] }, {
    name: `runProgram() kills a program that is too slow, with ${flag}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const file = await Deno.makeTempFile();
      const answer = await runOnce(500, `echo $$ > ${file}; sleep 1000 & echo $! >> ${file}; wait`);
      assert.deepEqual(answer, { canKillGroups: canKill, output: "AbortError" });
      const [shell, child] = (await Deno.readTextFile(file)).trim().split("\n").map(Number);
      await assertEnds(shell, true);
      await assertEnds(child, canKill);
      await Deno.remove(file);
    },
  }));
}

/** Asserts that a process ends, or that it does not, and ends it. */
async function assertEnds(pid: number | undefined, isExpected: boolean): Promise<void> {
  assert(pid !== undefined && pid > 0);
  const isThere = () => {
    try {
      Deno.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  if (isExpected) return await until(() => !isThere());
  assert(isThere());
  Deno.kill(pid, "SIGKILL");
}

Deno.test("readText() puts together characters that come in pieces", async () => {
  const bytes = new TextEncoder().encode("5 °C");
  const stream = ReadableStream.from([...bytes].map((byte) => new Uint8Array([byte])));
  assert.equal(await readText(stream, never), "5 °C");
});

Deno.test("readText() cancels a stream that is too long, or that nobody wants any more", async () => {
  const cancelled: unknown[] = [];
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: (reason) => void cancelled.push(reason),
    });
  await assert.rejects(readText(endless(), never, 15), RangeError);
  const silent = new ReadableStream<Uint8Array>({
    cancel: (reason) => void cancelled.push(reason),
  });
  const enough = new AbortController();
  const reading = readText(silent, enough.signal);
  enough.abort(new Error("enough"));
  await assert.rejects(reading, { message: "enough" });
  assert.equal(cancelled.length, 2);
});
