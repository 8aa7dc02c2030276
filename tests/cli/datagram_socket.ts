/**
 * A Unix datagram socket, such as systemd and syslog servers listen on.
 *
 * @module
 */

import assert from "node:assert/strict";
import { boundCommand } from "../peers/process.ts";

// Deno listens on a Unix datagram socket with --unstable-net only, and Python is there.
const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(listener.recv(4096).decode(), flush=True)
`;

/** A socket that keeps the messages it gets. */
export class DatagramSocket implements AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  readonly #folder: string;
  readonly #listener: Deno.ChildProcess;
  readonly #messages: ReadableStreamDefaultReader<string>;
  #seen = "";

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = `${folder}/socket`;
    this.#listener = boundCommand("python3", ["-c", LISTENER, this.path], {
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#messages = this.#listener.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts listening. */
  static async open(): Promise<DatagramSocket> {
    const socket = new DatagramSocket(await Deno.makeTempDir());
    await socket.waitFor("listening");
    return socket;
  }

  /** Waits until a message has come, such as `READY=1`. */
  async waitFor(message: string): Promise<void> {
    while (!this.#seen.includes(message)) {
      this.#seen += (await this.#messages.read()).value ?? assert.fail(this.#seen);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.kill("SIGKILL");
    await this.#listener.status;
    await this.#messages.cancel();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
