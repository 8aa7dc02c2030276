/**
 * A source as a program: `signal_program.ts URL HOW`. It prints a line when it sends, and how it has
 * ended. With `stubborn` its task ignores the signal that asks it to end.
 *
 * @module
 */

import { Source, Timestamp } from "../../mod.ts";

const [url = "", how] = Deno.args;

class SignalledSource extends Source {
  async task(signal: AbortSignal): Promise<void> {
    await this.send("test.e2e.value", Timestamp.fromPosixNs(1n), 1);
    signal.addEventListener("abort", () => print("stopping"));
    print("running");
    if (how === "stubborn") await new Promise(() => {});
  }
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const source = new SignalledSource({ token: "source-signalled", url, chunkSize: 10 });
try {
  await source.run();
  print("ended");
} catch (error) {
  print(String(error));
  Deno.exitCode = 3;
}
