/**
 * A Unix datagram socket, such as systemd and syslog servers listen on.
 *
 * @module
 */

import { LineProgram } from "../peers/line_program.ts";

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
  readonly #lines: string[] = [];
  readonly #listener: LineProgram;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = `${folder}/socket`;
    this.#listener = LineProgram.start(
      "python3",
      ["-c", LISTENER, this.path],
      (line) => this.#lines.push(line),
    );
  }

  /** Starts listening. */
  static async open(): Promise<DatagramSocket> {
    const socket = new DatagramSocket(await Deno.makeTempDir());
    await socket.waitFor("listening");
    return socket;
  }

  /** Waits until a message has come, such as `READY=1`. */
  async waitFor(message: string): Promise<void> {
    await this.#listener.waitFor(() => this.#lines.find((line) => line.includes(message)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
