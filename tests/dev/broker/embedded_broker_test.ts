import assert from "node:assert/strict";
import type { Address } from "../../../src/address.ts";
import { EmbeddedBroker } from "../../../src/dev/broker/embedded_broker.ts";
import { ManualClock } from "../../../src/testing/manual_clock.ts";
import { needing } from "../../support/needing.ts";

/** A broker whose port is taken for as many attempts to listen as the test says. */
function broker(taken: { attempts: number }, clock: ManualClock): EmbeddedBroker {
  const listen = (address: Address) => {
    if (taken.attempts-- > 0) throw new Deno.errors.AddrInUse("taken");
    return Deno.listen(address);
  };
  return new EmbeddedBroker({ clock, listen });
}

const permissions = [{ name: "net" }] as const;

Deno.test(needing({ permissions }, {
  name: "EmbeddedBroker.restart() waits until its port is free again",
  fn: async () => {
    const clock = new ManualClock();
    const taken = { attempts: 0 };
    await using embedded = broker(taken, clock);
    const { url } = embedded;
    taken.attempts = 3;
    const restarting = embedded.restart();
    while (taken.attempts >= 0) await clock.advance(0.05);
    await restarting;
    assert.equal(embedded.url, url);
  },
}));

Deno.test(needing({ permissions }, {
  name: "EmbeddedBroker.restart() rejects if its port stays taken",
  fn: async () => {
    const clock = new ManualClock();
    const taken = { attempts: 0 };
    await using embedded = broker(taken, clock);
    taken.attempts = Infinity;
    const refused = assert.rejects(embedded.restart(), Deno.errors.AddrInUse);
    for (let step = 0; step < 200; step++) await clock.advance(0.05);
    await refused;
  },
}));
