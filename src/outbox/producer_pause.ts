/**
 * How those who push are slowed down to what can be sent.
 *
 * @module
 */

import { setImmediate } from "node:timers";

// A producer that never waits for anything real would keep the event loop from the sockets.
const PUSHES_PER_TURN = 64;

/** What the producers of an outbox wait for, all of them for the same. */
export class ProducerPause {
  #room: PromiseWithResolvers<void> | undefined;
  #pushesThisTurn = 0;
  #turn: Promise<void> | undefined;

  /** Waits until the next `giveRoom`. */
  untilRoom(): Promise<void> {
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** There is room. */
  giveRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Waits for a turn of the event loop, if there were many pushes since the last. */
  untilTurn(): Promise<void> | undefined {
    if (++this.#pushesThisTurn < PUSHES_PER_TURN) return undefined;
    this.#turn ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#pushesThisTurn = 0;
        this.#turn = undefined;
        resolve();
      })
    );
    return this.#turn;
  }
}
