/**
 * The dashboard of a network with 100 000 metrics in a browser: when it is there, whether it stalls, and
 * what the broker carries for it.
 *
 * @module
 */

/// <reference lib="dom" />

import type { Browser, CDPSession, Page } from "playwright-core";
import { LineProgram } from "../peers/line_program.ts";
import { RabbitMq } from "../peers/rabbitmq.ts";
import { ReferenceManager } from "../peers/reference_manager.ts";
import { launchBrowser } from "../watch/dashboard/browser.ts";
import { Program } from "./program.ts";
import { progress, publish } from "./report.ts";
import { median } from "./statistics.ts";

const METRICS = 100_000;
const CHARTS = 100;
const SIZE = { width: 1440, height: 900 };
const STEPS = 40;
const STEP_MS = 50;
const LOOK_MS = 8000;
const WATCH = new URL("../../src/watch/main.ts", import.meta.url).pathname;

type Row = Record<string, string | number | undefined>;

/** Measures, and prints. */
export async function dashboard(): Promise<void> {
  await using broker = await RabbitMq.start();
  await using _manager = await ReferenceManager.start({ server: broker.url });
  await using source = Program.deno("looked_at.ts", broker.url);
  progress(`declaring ${METRICS} metrics`);
  await source.ask({ declare: METRICS });
  await source.ask({ metrics: 1000, pointsPerSecond: 10 });

  const browser = await launchBrowser();
  try {
    const rows = [await empty(browser), await start(browser, broker.url)];
    await using watch = await startWatch(broker.url);
    const page = await browser.newPage({ viewport: SIZE });
    rows.push(...await table(page, watch.url, broker));
    await source.ask({ metrics: CHARTS, pointsPerSecond: 1000 });
    rows.push(await manyCharts(page, watch, broker));
    await source.ask({ metrics: 1, pointsPerSecond: 10 });
    rows.push(await longChart(page, watch, source));
    await page.close();
    await publish({
      name: "dashboard",
      title:
        `A real network with ${METRICS} metrics on the dashboard, ${SIZE.width} by ${SIZE.height}`,
      rows,
      notes: [
        "there: from the program's address in the browser to a row of the table, or to the last chart.",
        "frame: the time between two. longest task: of the page's script and layout, from 50 ms on.",
        "most CPU: of one task, what the machine's other work does not make longer.",
        "the empty page is the machine's part: what it is late with, the dashboard is as well.",
        "bindings: of the queue that the dashboard has at the broker, 12 s after the last step.",
      ],
    });
  } finally {
    await browser.close();
  }
}

/** `watch --dashboard`, in a process of its own. */
async function startWatch(url: string) {
  const startMs = performance.now();
  const program = LineProgram.start(Deno.execPath(), [
    ...["run", "-A", "--no-check", WATCH, "--server", url, "--dashboard"],
  ]);
  const [, address = ""] = await program.until(/(http:\S+)/);
  return {
    url: address,
    startMs,
    program,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

async function empty(browser: Browser): Promise<Row> {
  const page = await browser.newPage({ viewport: SIZE });
  await page.setContent("<p>Nothing</p>");
  const frames = await watched(page, () => wait(page, STEPS * STEP_MS));
  await page.close();
  return { what: "an empty page", ...frames };
}

async function table(page: Page, url: string, broker: RabbitMq): Promise<Row[]> {
  const startMs = performance.now();
  await page.goto(url);
  await page.locator("#metric-rows button.metric").first().waitFor();
  const thereMs = performance.now() - startMs;
  await page.waitForFunction(
    (all) => document.body.innerText.includes(all),
    METRICS.toLocaleString("en"),
  );
  await wait(page, 3000); // charts of the first metrics appear
  const scroller = page.locator("#metrics-scroll");
  await scroller.hover();
  const rolled = await watched(page, async () => {
    for (let step = 0; step < STEPS; step++) {
      await page.mouse.wheel(0, 700);
      await wait(page, STEP_MS);
    }
  });
  const jumps: number[] = [];
  const jumped = await watched(page, async () => {
    for (let step = 0; step < 10; step++) {
      jumps.push(await jumpTo(page, (step * 37 % 100) / 100));
      await wait(page, 300);
    }
  });
  await page.locator("#filter").focus();
  const typed = await watched(page, async () => {
    for (const key of "rack0421 node7") {
      await page.keyboard.type(key);
      await wait(page, 120);
    }
    await page.getByText(`10 of ${METRICS.toLocaleString("en")}`).waitFor();
  });
  await page.locator("#filter").fill("");
  await page.getByRole("button", { name: "Rate", exact: true }).click();
  const sorted = await watched(page, () => wait(page, 3000));
  await wait(page, 12_000);
  const seen = await page.locator("#metric-rows button.metric").count();
  const charted = await page.locator("article.chart").count();
  return [
    {
      what: "the table",
      "there in ms": thereMs,
      bindings: await bindings(broker),
      rows: seen,
      charts: charted,
    },
    { what: "rolling", ...rolled },
    { what: "far jumps", "there in ms": median(jumps), ...jumped },
    { what: "typing a filter", ...typed },
    { what: "sorting by rate", ...sorted },
  ];
}

/** Goes far away in the table, as by its scroll bar, and tells how long it has no rows. */
async function jumpTo(page: Page, part: number): Promise<number> {
  return await page.evaluate(async (part) => {
    const scroller = document.getElementById("metrics-scroll");
    if (scroller === null) throw new Error("There is no table");
    const startMs = performance.now();
    scroller.scrollTop = part * scroller.scrollHeight;
    const { top, height, left, width } = scroller.getBoundingClientRect();
    const hasRow = (y: number) =>
      document.elementFromPoint(left + width / 4, y)?.closest("tr:not(.space)") !== null;
    while (![0.3, 0.6, 0.9].every((share) => hasRow(top + share * height))) {
      await new Promise(requestAnimationFrame);
    }
    return performance.now() - startMs;
  }, part);
}

async function manyCharts(
  page: Page,
  { url }: { url: string },
  broker: RabbitMq,
): Promise<Row> {
  const names = Array.from(
    { length: CHARTS },
    (_, at) => `chart=bench.rack0000.node${String(at).padStart(2, "0")}.power`,
  );
  const startMs = performance.now();
  await page.goto("about:blank");
  await page.goto(`${url}#charts?span=10000&${names.join("&")}`);
  await page.waitForFunction(
    (all) => document.querySelectorAll("article.chart").length === all,
    CHARTS,
  );
  await page.locator("article.chart canvas").first().waitFor();
  const thereMs = performance.now() - startMs;
  await wait(page, 12_000);
  const frames = await watched(page, () => wait(page, LOOK_MS));
  await page.locator("#charts-scroll").hover();
  const rolled = await watched(page, async () => {
    for (let step = 0; step < STEPS; step++) {
      await page.mouse.wheel(0, 400);
      await wait(page, STEP_MS);
    }
  });
  return {
    what: `${CHARTS} charts at 1 kHz`,
    "there in ms": thereMs,
    ...frames,
    "rolling: longest task": rolled["longest task in ms"],
    bindings: await bindings(broker),
    "page MiB": await heapMiB(page),
  };
}

async function longChart(page: Page, { url }: { url: string }, source: Program): Promise<Row> {
  await page.goto("about:blank");
  await page.goto(
    `${url}#charts?span=3600000&large=bench.rack0000.node00.power&chart=bench.rack0000.node00.power`,
  );
  await page.locator("article.chart canvas").waitFor();
  await wait(page, 2000);
  const startMs = performance.now();
  await source.ask({ hourAtHz: 10 });
  await page.getByText(/^3[56],\d\d\d points$/).waitFor();
  const thereMs = performance.now() - startMs;
  const frames = await watched(page, () => wait(page, LOOK_MS));
  return {
    what: "an hour of 10 Hz",
    "there in ms": thereMs,
    ...frames,
    "page MiB": await heapMiB(page),
  };
}

/** From nothing to a chart of a metric: the program, the page, the first point that is drawn. */
async function start(browser: Browser, url: string): Promise<Row> {
  const page = await browser.newPage({ viewport: SIZE });
  const startMs = performance.now();
  await using watch = await startWatch(url);
  const listensMs = performance.now() - startMs;
  await page.goto(watch.url);
  await page.locator("article.chart canvas").first().waitFor();
  await page.getByText(/^[1-9]\d* points?$/).first().waitFor();
  const drawnMs = performance.now() - startMs;
  await page.close();
  return {
    what: `from nothing to a point (page at ${Math.round(listensMs)})`,
    "there in ms": drawnMs,
  };
}

/** What a page's frames are like meanwhile. */
async function watched(page: Page, work: () => Promise<unknown>): Promise<Row> {
  await page.evaluate(() => {
    const seen = { frames: [] as number[], tasks: [] as number[], isOver: false };
    Reflect.set(globalThis, "seen", seen);
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.tasks.push(duration);
    }).observe({ type: "longtask" });
    let lastMs = performance.now();
    const frame = () => {
      const nowMs = performance.now();
      seen.frames.push(nowMs - lastMs);
      lastMs = nowMs;
      if (!seen.isOver) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const tracing = await Tracing.start(page);
  await work();
  const taskCpuMs = await tracing.longestTaskCpuMs();
  const { frames, tasks } = await page.evaluate(() => {
    const seen: { frames: number[]; tasks: number[]; isOver: boolean } = Reflect.get(
      globalThis,
      "seen",
    );
    seen.isOver = true;
    return seen;
  });
  const sorted = frames.toSorted((a, b) => a - b);
  return {
    "frame p50": sorted[Math.floor(sorted.length * 0.5)],
    "p99": sorted[Math.floor(sorted.length * 0.99)],
    "at most": sorted.at(-1),
    "long tasks": tasks.length,
    "longest task in ms": tasks.length === 0 ? 0 : Math.max(...tasks),
    "most CPU of one": taskCpuMs,
  };
}

/** What the browser's main thread does, with the processor time that it gets for it. */
class Tracing {
  readonly #session: CDPSession;
  readonly #events: TraceEvent[] = [];

  private constructor(session: CDPSession) {
    this.#session = session;
    session.on("Tracing.dataCollected", ({ value }) => {
      this.#events.push(...value as unknown as TraceEvent[]);
    });
  }

  static async start(page: Page): Promise<Tracing> {
    const tracing = new Tracing(await page.context().newCDPSession(page));
    const categories = "toplevel,devtools.timeline";
    await tracing.#session.send("Tracing.start", { transferMode: "ReportEvents", categories });
    return tracing;
  }

  /** The most processor time that one task has taken: unlike its duration, that is the page's own. */
  async longestTaskCpuMs(): Promise<number | undefined> {
    const complete = new Promise((resolve) =>
      this.#session.once("Tracing.tracingComplete", resolve)
    );
    await this.#session.send("Tracing.end");
    await complete;
    await this.#session.detach();
    const drawing = this.#events.find(({ name }) => name === "FireAnimationFrame");
    const times = this.#events
      .filter(({ name, tid }) => tid === drawing?.tid && name.endsWith("RunTask"))
      .flatMap(({ tdur }) => tdur === undefined ? [] : [tdur / 1000]);
    return times.length === 0 ? undefined : Math.max(...times);
  }
}

/** An event of a trace; times are in µs. */
interface TraceEvent {
  readonly name: string;
  readonly tid: number;
  /** Of the processor, for this thread. */
  readonly tdur?: number;
}

function wait(page: Page, durationMs: number): Promise<void> {
  return page.waitForTimeout(durationMs);
}

/** The bindings of the queue by which the dashboard gets points. */
async function bindings(broker: RabbitMq): Promise<number> {
  const text = await broker.ctl("list_bindings", "source_name", "destination_name", "routing_key");
  return text.split("\n").filter((line) => line.startsWith("metricq.data\t")).length;
}

async function heapMiB(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 2 ** 20;
}
