import assert from "node:assert/strict";
import { GapCounter } from "../../../src/watch/view/gap_counter.ts";

function gapsOf(...distancesMs: number[]): number {
  const counter = new GapCounter();
  for (const distanceMs of distancesMs) counter.add(distanceMs);
  return counter.gaps;
}

const TEN_USUAL = Array.from({ length: 10 }, () => 20);

Deno.test("GapCounter counts distances over twice the usual one", () => {
  assert.equal(gapsOf(...TEN_USUAL), 0);
  assert.equal(gapsOf(...TEN_USUAL, 40, 20), 0);
  assert.equal(gapsOf(...TEN_USUAL, 41, 20), 1);
  assert.equal(gapsOf(...TEN_USUAL, 41, 20, 500, 20), 2);
  assert.equal(gapsOf(...TEN_USUAL, 41, 41, 20), 2);
});

Deno.test("GapCounter does not count before it is sure", () => {
  assert.equal(gapsOf(...TEN_USUAL, 41), 0);
});

Deno.test("GapCounter does not count a slower pace as a gap, and finds gaps in it", () => {
  const slower = Array.from({ length: 10 }, () => 500);
  assert.equal(gapsOf(...TEN_USUAL, ...slower), 0);
  assert.equal(gapsOf(...TEN_USUAL, ...slower, 1100, 500), 1);
});

Deno.test("GapCounter follows a faster pace", () => {
  const faster = Array.from({ length: 100 }, () => 2);
  assert.equal(gapsOf(...TEN_USUAL, ...faster, 5, 2), 1);
});
