/**
 * A source in a process of its own, and what it says it has made.
 *
 * @module
 */

import { TextLineStream } from "../peers/lines.ts";
import { boundCommand, endProcess } from "../peers/process.ts";
import { pythonPath } from "../peers/python_peer.ts";
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
}

// The reference's source has no timeout of its own.
const STOP_LIMIT_MS: Record<Implementation, number> = { deno: 90_000, python: 20_000 };

/** A running source; see `metering_source.ts` for what it does. */
export class SourceProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;
  readonly #implementation: Implementation;
  readonly #listener: SourceListener;
  #errorOutput = "";
  #stats: Record<string, unknown> = {};
  #hasStarted = false;
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();

  /** Starts a source. */
  constructor(
    implementation: Implementation,
    options: MeteringOptions,
    listener: SourceListener,
  ) {
    this.#implementation = implementation;
    this.#listener = listener;
    const argument = JSON.stringify(options);
    const [program, args] = implementation === "deno"
      ? [Deno.execPath(), ["run", "-A", path("metering_source.ts"), argument]] as const
      : [pythonPath(), ["-B", path("metering_source.py"), argument]] as const;
    this.#child = boundCommand(program, args, {
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    this.#read = this.#readAll();
  }

  /** The counters that the source has printed at its end. */
  get stats(): Readonly<Record<string, unknown>> {
    return this.#stats;
  }

  /** The last that the source has said on its standard error output. */
  get errorOutput(): string {
    return this.#errorOutput;
  }

  /** Waits until the source has made its first tick. Throws with its error output if it ends first. */
  async started(): Promise<void> {
    while (!this.#hasStarted) {
      if (this.#hasEnded) throw new Error(`Cannot start the source:\n${this.#errorOutput}`);
      await this.#changed.promise;
    }
  }

  /** Asks the source to stop and waits for its end; kills it if it does not come. */
  async stop(): Promise<"stopped" | "hung" | "failed"> {
    await this.#child.stdin.close().catch(() => {}); // it may have ended by itself
    const limit = new AbortController();
    const limitMs = STOP_LIMIT_MS[this.#implementation];
    const status = await Promise.race([this.#child.status, pause(limitMs, limit.signal)]);
    limit.abort();
    if (!status) await endProcess(this.#child, "SIGKILL");
    await this.#read;
    if (!status) return "hung";
    return status.success ? "stopped" : "failed";
  }

  /** Kills the source (-9). */
  async kill(): Promise<void> {
    await endProcess(this.#child, "SIGKILL");
    await this.#child.stdin.close().catch(() => {});
    await this.#read;
  }

  /** Same as `kill`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #readAll(): Promise<void> {
    const errors = this.#readErrors();
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) {
      if (line.startsWith("{")) this.#stats = JSON.parse(line);
      else this.#note(line);
    }
    await errors;
    this.#hasEnded = true;
    this.#announce();
  }

  #note(line: string): void {
    const complete = /^(memory )?(\d+) (\d+)$/.exec(line);
    if (complete === null) return; // cut off by kill -9
    const [, isMemory, first = "", second = ""] = complete;
    if (isMemory) return this.#listener.onMemory?.(Number(first), Number(second));
    this.#listener.onTick(Number(first), BigInt(second));
    this.#hasStarted = true;
    this.#announce();
  }

  async #readErrors(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#errorOutput = (this.#errorOutput + text).slice(-10_000);
    }
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function path(file: string): string {
  return new URL(file, import.meta.url).pathname;
}
