/**
 * What systemd listens on when a program is to tell that it is ready.
 *
 * @module
 */

import assert from "node:assert/strict";
import { boundCommand } from "../peers/process.ts";

// Deno cannot listen on a Unix datagram socket, and Python is there.
const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("listening", flush=True)
while True:
    message = listener.recv(4096).decode()
    if message.startswith(("READY", "WATCHDOG", "STOPPING")):
        print(message, flush=True)
`;

/** A socket that remembers what it has been told. */
export class NotifySocket implements AsyncDisposable {
  /** What `NOTIFY_SOCKET` has to be. */
  readonly path: string;
  readonly #folder: string;
  readonly #listener: Deno.ChildProcess;
  readonly #messages: ReadableStreamDefaultReader<string>;
  #seen = "";

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = `${folder}/notify`;
    this.#listener = boundCommand("python3", ["-c", LISTENER, this.path], {
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#messages = this.#listener.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Begins to listen. */
  static async open(): Promise<NotifySocket> {
    const socket = new NotifySocket(await Deno.makeTempDir());
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
