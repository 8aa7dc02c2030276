/**
 * All faults that are planted into the code, one at a time.
 *
 * @module
 */

import { AMQP } from "./amqp.ts";
import { CHUNK } from "./chunk.ts";
import { LEDGER } from "./ledger.ts";
import { OBSERVE } from "./observe.ts";
import { OUTBOX } from "./outbox.ts";
import type { Planted } from "./planted.ts";
import { RPC } from "./rpc.ts";
import { SCHEDULE } from "./schedule.ts";
import { SOURCE } from "./source.ts";
import { SPOOL } from "./spool.ts";

/** By the part of the code that they are planted into. */
export const PLANTED: readonly Planted[] = [
  ...AMQP,
  ...CHUNK,
  ...LEDGER,
  ...OBSERVE,
  ...OUTBOX,
  ...RPC,
  ...SCHEDULE,
  ...SOURCE,
  ...SPOOL,
];
