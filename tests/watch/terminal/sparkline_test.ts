import assert from "node:assert/strict";
import { SPARKLINE_MS, Sparklines } from "../../../src/watch/terminal/sparkline.ts";
import type { NetworkView, SeriesView } from "../../../src/watch/view/network_view.ts";
import { FakeNetwork } from "../dashboard/fake_network.ts";

const PART_MS = SPARKLINE_MS / 8;
/** Makes the eight parts of the time begin at 0. */
const END_MS = SPARKLINE_MS - 1;

type Point = [timeMs: number, value: number];

/** A network of one metric with these points, which may become more. */
class Points extends FakeNetwork {
  readonly asked: number[] = [];

  constructor(readonly points: Point[]) {
    super(0);
  }

  override series(_metric: string, afterMs: number = -Infinity): SeriesView {
    this.asked.push(afterMs);
    const newer = this.points.filter(([timeMs]) => timeMs > afterMs);
    return {
      timesMs: Float64Array.from(newer, ([timeMs]) => timeMs),
      values: Float64Array.from(newer, ([, value]) => value),
    };
  }
}

function draw(view: NetworkView): string {
  return new Sparklines(view).draw("test.dummy", 8, END_MS);
}

Deno.test("Sparklines.draw() goes from the lowest to the highest bar", () => {
  const points = [0, 1, 2, 3, 4, 5, 6, 7].map((n): Point => [n * PART_MS, n]);
  assert.equal(draw(new Points(points)), "▁▂▃▄▅▆▇█");
});

Deno.test("Sparklines.draw() leaves a blank where there are no readings", () => {
  assert.equal(draw(new Points([[0, 1], [2 * PART_MS, NaN], [END_MS, 2]])), "▁      █");
  assert.equal(draw(new Points([])), "        ");
});

Deno.test("Sparklines.draw() draws what does not change in the middle", () => {
  assert.equal(draw(new Points([[0, 5], [PART_MS, 5]])), "▄▄      ");
});

Deno.test("Sparklines.draw() keeps the highest value of a part, and nothing outside its time", () => {
  const points: Point[] = [[-5, 99], [0, 1], [10, 3], [20, 2], [PART_MS, 1], [SPARKLINE_MS, 99]];
  assert.equal(draw(new Points(points)), "█▁      ");
});

Deno.test("Sparklines.draw() looks at new points only, and moves with the time", () => {
  const view = new Points([[0, 1], [PART_MS, 3]]);
  const sparklines = new Sparklines(view);
  assert.equal(sparklines.draw("test.dummy", 8, END_MS), "▁█      ");
  sparklines.nextFrame();
  view.points.push([SPARKLINE_MS, 2]);
  assert.equal(sparklines.draw("test.dummy", 8, END_MS + PART_MS), "█      ▁");
  assert.deepEqual(view.asked, [-1, PART_MS]);
});

Deno.test("Sparklines.nextFrame() forgets what was not drawn", () => {
  const view = new Points([[0, 1]]);
  const sparklines = new Sparklines(view);
  sparklines.draw("test.dummy", 8, END_MS);
  sparklines.nextFrame();
  sparklines.nextFrame();
  sparklines.draw("test.dummy", 8, END_MS);
  assert.deepEqual(view.asked, [-1, -1]);
});
