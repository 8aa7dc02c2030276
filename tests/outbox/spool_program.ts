/**
 * A source as a program that does not live long: `spool_program.ts URL SPOOL FIRST COUNT`. It prints
 * a line when it is connected, sends COUNT points, numbered from FIRST, when it has read something,
 * and prints another line when `send` has accepted all of them.
 *
 * @module
 */

import { Source } from "../../src/source/source.ts";
import { Timestamp } from "../../src/time/timestamp.ts";

const [url = "", spool = "", first, count] = Deno.args;

class SpoolingSource extends Source {
  async task(): Promise<void> {
    print("connected");
    await Deno.stdin.read(new Uint8Array(1));
    for (let i = 0; i < Number(count); i++) {
      const number = Number(first) + i;
      await this.send("test.e2e.value", new Timestamp(1_700_000_000 + number, 0), number);
    }
    print("taken");
  }
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

await new SpoolingSource({ token: "source-spooling", url, spool, outboxMaxBytes: 20_000 }).run();
