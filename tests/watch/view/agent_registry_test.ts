import assert from "node:assert/strict";
import { ManualClock } from "../../../src/testing/manual_clock.ts";
import { Timestamp } from "../../../src/time/timestamp.ts";
import { agentFaults } from "../../../src/watch/view/agent_faults.ts";
import { AgentRegistry } from "../../../src/watch/view/agent_registry.ts";

/** A registry whose clock stands at a time of day. */
function started() {
  const clock = new ManualClock();
  clock.setWallTime(Timestamp.fromPosixMs(1_000_000));
  const registry = new AgentRegistry(clock);
  const faults = (token: string) => {
    const agent = registry.all().get(token);
    return agent && agentFaults(agent);
  };
  return { clock, registry, faults };
}

const at = (posixMs: number) => ({ currentTime: Timestamp.fromPosixMs(posixMs).toIso8601() });

Deno.test("AgentRegistry tells how far a clock is off, and how surely", async () => {
  const { clock, registry, faults } = started();
  const asked = registry.ask();
  await clock.advance(0.2);
  registry.answer(asked, "right", at(1_000_130));
  registry.answer(asked, "ahead", at(1_060_100));
  registry.answer(asked, "nearly", at(1_000_100 + 599));
  registry.answer(asked, "behind", at(999_400));
  const offsetOf = (token: string) => registry.all().get(token)?.clock;
  assert.deepEqual(offsetOf("right"), { offsetMs: 30, uncertaintyMs: 100 });
  assert.deepEqual(offsetOf("ahead"), { offsetMs: 60_000, uncertaintyMs: 100 });
  assert.deepEqual(["right", "ahead", "nearly", "behind"].map(faults), [
    [],
    ["clock-wrong"],
    [], // by what the way may have taken it is less than 0.5 s
    ["clock-wrong"],
  ]);
});

Deno.test("AgentRegistry takes answers of any kind", () => {
  const { registry, faults } = started();
  const asked = registry.ask();
  const answers = {
    number: { currentTime: 5 },
    nonsense: { currentTime: "yesterday" },
    long: { currentTime: `2026-11-29T10:00:00Z${" ".repeat(1000)}` },
    large: { text: "x".repeat(20_000) },
    error: { error: "no such function" },
    object: { error: { deep: ["x"] } },
  };
  for (const [token, answer] of Object.entries(answers)) registry.answer(asked, token, answer);
  for (const token of ["number", "nonsense", "long", "large"]) {
    assert.deepEqual(faults(token), []);
    assert.equal(registry.all().get(token)?.clock, undefined);
  }
  assert.deepEqual(faults("error"), ["answers-error"]);
  assert.equal(registry.all().get("error")?.error, "no such function");
  assert.equal(registry.all().get("object")?.error, "no text but JSON");
  registry.answer(registry.ask(), "error", at(1_000_000)); // it was mended
  assert.deepEqual(faults("error"), []);
});

Deno.test("AgentRegistry tells who is late, and who has not answered since", async () => {
  const { clock, registry, faults } = started();
  const first = registry.ask();
  registry.answer(first, "goes", {});
  await clock.advance(10);
  first.reached();
  registry.endRound(first);
  const second = registry.ask();
  await clock.advance(2.5);
  registry.answer(first, "late", {});
  await clock.advance(7.5);
  registry.endRound(second); // nobody knows whether the question has arrived
  assert.equal(registry.all().get("goes")?.alive, true);
  second.reached();
  registry.endRound(second);
  assert.equal(registry.all().get("goes")?.alive, false);
  assert.equal(registry.all().get("goes")?.heardMs, 1_000_000);
  // An answer to the question before counts as one, too.
  assert.equal(registry.all().get("late")?.alive, true);
  assert.deepEqual(faults("late"), ["answers-late"]);
  registry.forget("goes");
  assert.deepEqual([...registry.all().keys()], ["late"]);
});

Deno.test("AgentRegistry tells two agents with one token from one that has started anew", () => {
  const { registry, faults } = started();
  const start = (startingTime: string) => ({ hostname: "box", startingTime });
  const first = registry.ask();
  registry.answer(first, "token", start("10:00"));
  registry.answer(first, "token", start("10:00")); // the same message may come twice
  first.reached();
  registry.endRound(first);
  const second = registry.ask();
  registry.answer(second, "token", start("11:00"));
  assert.deepEqual(faults("token"), []);
  registry.answer(second, "token", start("10:00"));
  assert.deepEqual(faults("token"), ["token-shared"]);
  second.reached();
  registry.endRound(second);
  const third = registry.ask();
  registry.answer(third, "token", start("11:00"));
  assert.deepEqual(faults("token"), ["token-shared"]); // the other may still answer
  third.reached();
  registry.endRound(third);
  assert.deepEqual(faults("token"), []);
});

Deno.test("AgentRegistry keeps little of many who answer at once, and of long names", () => {
  const { registry } = started();
  const asked = registry.ask();
  const hostname = "x".repeat(100_000);
  for (let at = 0; at < 3000; at++) registry.answer(asked, `agent-${at}`, { hostname });
  assert.equal(registry.all().size, 1000);
  assert.equal(asked.identities.size, 1000);
  const kept = [...asked.identities.values()].flatMap((each) => [...each]);
  assert.ok(kept.join("").length < 300_000);
});
