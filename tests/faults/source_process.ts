/**
 * A source in a process of its own, and what it says it has made.
 *
 * @module
 */

import { LineProgram } from "../peers/line_program.ts";
import { pythonPath } from "../peers/python_peer.ts";
import type { EventAccount } from "./event_account.ts";
import type { MeteringOptions } from "./metering_source.ts";
import { pause } from "./proxy.ts";

/** Whose source it is: this package's, or the reference's. */
export type Implementation = "deno" | "python";

/** What is told of a source while it runs. */
export interface SourceListener {
  /** It has made the points of a tick, at a time. */
  onTick(tick: number, timeNs: bigint): void;
  /** It needs so much memory now. */
  onMemory?(residentBytes: number, heapBytes: number): void;
  /** What it has told of itself; sources of the reference do not. */
  readonly events?: EventAccount;
}

// The reference's source has no timeout of its own.
const STOP_LIMIT_MS: Record<Implementation, number> = { deno: 90_000, python: 20_000 };

/** A running source; see `metering_source.ts` for what it does. */
export class SourceProcess implements AsyncDisposable {
  readonly #implementation: Implementation;
  readonly #listener: SourceListener;
  readonly #program: LineProgram;
  #stats: Record<string, unknown> = {};
  #hasStarted = false;

  /** Starts a source. */
  constructor(
    implementation: Implementation,
    options: MeteringOptions,
    listener: SourceListener,
  ) {
    listener.events?.begin();
    this.#implementation = implementation;
    this.#listener = listener;
    const argument = JSON.stringify(options);
    const [program, args] = implementation === "deno"
      ? [Deno.execPath(), ["run", "-A", path("metering_source.ts"), argument]] as const
      : [pythonPath(), ["-B", path("metering_source.py"), argument]] as const;
    this.#program = LineProgram.start(program, args, (line) => this.#note(line));
  }

  /** The counters that the source has printed at its end. */
  get stats(): Readonly<Record<string, unknown>> {
    return this.#stats;
  }

  /** The last that the source has said on its standard error output. */
  get errorOutput(): string {
    return this.#program.errorOutput;
  }

  /** Waits until the source has made its first tick. Throws with its error output if it ends first. */
  async started(): Promise<void> {
    await this.#program.waitFor(() => this.#hasStarted || undefined);
  }

  /** Asks the source to stop and waits for its end; kills it if it does not come. */
  async stop(): Promise<"stopped" | "hung" | "failed"> {
    const limit = new AbortController();
    const limitMs = STOP_LIMIT_MS[this.#implementation];
    const status = await Promise.race([this.#program.end(), pause(limitMs, limit.signal)]);
    limit.abort();
    if (status) return status.success ? "stopped" : "failed";
    await this.kill();
    return "hung";
  }

  /** Kills the source (-9). */
  async kill(): Promise<void> {
    await this.#program.kill();
  }

  /** Same as `kill`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #note(line: string): void {
    if (line.startsWith("{")) {
      this.#stats = JSON.parse(line);
      return;
    }
    const told = /^(event|health) (.*)$/.exec(line);
    if (told !== null) return this.#noteTold(told[1], told[2] ?? "");
    const complete = /^(memory )?(\d+) (\d+)$/.exec(line);
    if (complete === null) return; // cut off by kill -9
    const [, isMemory, first = "", second = ""] = complete;
    if (isMemory) return this.#listener.onMemory?.(Number(first), Number(second));
    this.#listener.onTick(Number(first), BigInt(second));
    this.#hasStarted = true;
  }

  #noteTold(what: string | undefined, text: string): void {
    const { events } = this.#listener;
    if (what === "health") events?.health(text);
    else events?.event(text);
  }
}

function path(file: string): string {
  return new URL(file, import.meta.url).pathname;
}
