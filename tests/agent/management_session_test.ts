import assert from "node:assert/strict";
import { connectWithToken } from "../../src/agent/management_session.ts";
import { TokenInUse } from "../../src/errors.ts";
import { systemRandomness } from "../../src/randomness.ts";
import { ManualClock } from "../../src/testing/manual_clock.ts";
import { sleep } from "../../src/time/clock.ts";
import { retryUntil } from "../support/clock.ts";

const TOOK_MS = 10_000;

/** A connection whose first attempt takes long to find an address that answers, and is refused its token. */
function slowConnection(clock: ManualClock, refusals: number) {
  let attempts = 0;
  const connect = async () => {
    const attempt = attempts++;
    if (attempt === 0) await sleep(clock, TOOK_MS);
    if (attempt < refusals) throw new TokenInUse("source-a");
  };
  return { connection: { connect }, attempts: () => attempts };
}

async function connectSlowly(refusals: number) {
  const clock = new ManualClock();
  const { connection, attempts } = slowConnection(clock, refusals);
  const wait = { clock, randomness: systemRandomness, stopping: new AbortController().signal };
  const connected = connectWithToken(connection, wait).then(() => undefined, (error) => error);
  await clock.advance(TOOK_MS / 1000);
  await retryUntil(connected, clock);
  return { error: await connected, attempts: attempts() };
}

Deno.test("connectWithToken() waits a moment for its token, however long it took to be refused that", async () => {
  assert.deepEqual(await connectSlowly(1), { error: undefined, attempts: 2 });
});

Deno.test("connectWithToken() gives up a token that stays in use", async () => {
  const { error, attempts } = await connectSlowly(Infinity);
  assert(error instanceof TokenInUse);
  assert(attempts > 1);
});
