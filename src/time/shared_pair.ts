/**
 * One pair of sockets for all that wait in a process.
 *
 * @module
 */

import { LoopbackPair } from "./loopback_pair.ts";

/** Opens a {@linkcode LoopbackPair} for the first that holds it, and closes it with the last. */
export class SharedPair {
  readonly #open: () => LoopbackPair;
  #pair: LoopbackPair | undefined;
  #holders = 0;

  /** Makes one that is not open. */
  constructor(open: () => LoopbackPair = () => new LoopbackPair()) {
    this.#open = open;
  }

  /** Holds the pair until what is returned is disposed of. */
  hold(): AsyncDisposable {
    this.#holders++;
    this.#pair ??= this.#open();
    let isHeld = true;
    return {
      [Symbol.asyncDispose]: async () => {
        if (!isHeld) return;
        isHeld = false;
        if (--this.#holders > 0) return;
        const pair = this.#pair;
        this.#pair = undefined;
        await pair?.[Symbol.asyncDispose]();
      },
    };
  }

  /** As `LoopbackPair.look`; `false` while nobody holds it. */
  look(onLook: () => void): boolean {
    return this.#pair?.look(onLook) ?? false;
  }
}
