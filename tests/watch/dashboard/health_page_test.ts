/// <reference lib="dom" />

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { until } from "../../support/clock.ts";
import { needing } from "../../support/needing.ts";
import { findObstacles } from "./axe.ts";
import { DashboardPage, inBrowser } from "./browser.ts";
import { FakeNetwork } from "./fake_network.ts";

const PHONE = { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true };
const HTML = "<img src=x onerror=\"document.title='harmed'\">";
const DECLARED = { description: "Power of the rack", unit: "W", date: "2026-11-20T10:00:00Z" };

/** A network with something of each kind that metadata and agents tell. */
function illNetwork(): FakeNetwork {
  const nowMs = Date.now();
  const network = new FakeNetwork(nowMs - 5000).add(
    { name: "rack.a.power", source: "source-rack", metadata: DECLARED },
    { name: "rack.b.power", source: "source-rack", metadata: { ...DECLARED, unit: 5 } },
    { name: "rack.b.temperature", source: "source-rack", declaredRate: undefined },
    { name: "rack.c.power", source: "source-gone", declaredRate: -1, metadata: DECLARED },
    {
      name: "LZR.E98.1601A.B83.WA.\u202ewith.quite.a.long.name",
      source: "source-rack",
      rate: 0.01,
    },
    {
      name: "old.metric",
      source: "source-rack",
      rate: 0,
      metadata: { ...DECLARED, archived: "2026-11-01T00:00:00Z" },
    },
    { name: HTML, source: HTML, metadata: { ...DECLARED, rate: HTML } },
  )
    .addAgent(
      { token: "source-rack", metrics: 4, clock: { offsetMs: 0.4, uncertaintyMs: 0.6 } },
      {},
    )
    .addAgent({ token: "source-gone", metrics: 1, alive: false, heardMs: nowMs - 60_000 })
    .addAgent({
      token: "source-clock",
      clock: { offsetMs: -200_000, uncertaintyMs: 4 },
      faults: ["clock-wrong"],
    })
    .addAgent({ token: "source-late", answerMs: 3400, faults: ["answers-late"] })
    .addAgent({ token: "source-error", error: HTML, faults: ["answers-error"] })
    .addAgent({ token: "tool-1a2b", alive: false, heardMs: nowMs - 3_600_000 });
  network.advanceTo(nowMs);
  return network;
}

function problem(page: Page, kind: string, subject: string) {
  return page.locator("#problem-rows tr").filter({ hasText: kind }).filter({ hasText: subject });
}

Deno.test(needing({ peers: ["chromium"] }, {
  name: "The health of a network in Chromium",
  fn: (t) =>
    inBrowser(t, async (step) => {
      await step("lists problems by kind, says what helps, and leads to what has them", lists);
      await step("says when nothing is wrong, and when nothing matches", saysNothing);
      await step("starts a scan, shows how it goes on, and cancels it", scans);
      await step("shows agents that are late, wrong or gone, and forgets those", showsAgents);
      await step("tells what is no longer declared, and forgets it", forgets);
      await step("scrolls through 20 000 problems with a screen of rows", scrolls);
      await step("can be used with the keyboard alone", worksByKeyboard);
      await step("keeps nobody out, in both themes and on a phone", keepsNobodyOut);
    }),
}));

async function lists(browser: Browser): Promise<void> {
  await using dashboard = await DashboardPage.open(browser, illNetwork());
  const { page } = dashboard;
  await page.getByRole("link", { name: /^Health/ }).click();
  await problem(page, "Unit missing", "rack.b.power").getByText("its unit is a number").waitFor();
  await problem(page, "Source is gone", "source-gone").getByText("1 metric").waitFor();
  await problem(page, "Rate makes no sense", "rack.c.power").getByText("its rate is -1 Hz")
    .waitFor();
  await problem(page, "Clock is wrong", "source-clock").getByText("3 min 20 s behind, ± 4.0 ms")
    .waitFor();
  await problem(page, "Unusual name", "LZR.E98").waitFor();
  await problem(page, "Answers an error", "source-error").getByText(HTML).waitFor();
  await problem(page, "Unit missing", "rack.b.power").getByText("2026-11-20").waitFor();
  assert.equal(await page.locator("img").count(), 0);

  const kinds = page.getByRole("list", { name: "Kinds of problems" });
  await kinds.getByRole("button", { name: "Unit missing" }).click();
  await page.getByText("Declare a unit in its source.").waitFor();
  assert.match(await page.evaluate(() => location.hash), /^#health\?.*problem=unit-missing/);
  await page.waitForFunction(() => document.querySelectorAll("#problem-rows .kind").length === 3);
  await page.reload();
  await page.getByText("Declare a unit in its source.").waitFor();
  await page.getByRole("button", { name: "Show all kinds" }).click();

  await page.getByLabel("Filter problems").fill("rack.b.power");
  await page.waitForFunction(() => document.querySelectorAll("#problem-rows .kind").length === 2);
  await problem(page, "Unit missing", "rack.b.power").getByRole("button", { name: /^rack/ })
    .click();
  assert.equal(await page.locator("#filter").inputValue(), "rack.b.power");
  await page.getByLabel("Filter problems").fill("source-clock");
  await page.locator("#problem-rows").getByRole("button", { name: /^source-clock/ }).click();
  await page.locator("#sources-view").waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function saysNothing(browser: Browser): Promise<void> {
  const network = new FakeNetwork()
    .add({ name: "rack.power", source: "source-rack", metadata: DECLARED })
    .addAgent({ token: "source-rack", metrics: 1 });
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#health`);
  await page.getByText(/^No problem is known by metadata and discover. Scan to see/).waitFor();
  await page.getByLabel("Filter problems").fill("x");
  await page.getByText(/^No problem matches the filter/).waitFor();
}

async function scans(browser: Browser): Promise<void> {
  const network = illNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#health?filter=source:source-rack`);
  await page.getByRole("button", { name: "Scan…" }).click();
  await page.getByText("5 metrics that the table's filter “source:source-rack” lets through.")
    .waitFor();
  await page.getByLabel("Metrics at a time").selectOption("50");
  await page.getByLabel("Seconds each").selectOption("5");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Scanning: 0 of 5 metrics").waitFor();
  assert.deepEqual(
    [network.health.scan?.atATime, network.health.scan?.seconds, network.health.scan?.filter],
    [50, 5, "source:source-rack"],
  );
  network.health.scanned.set("rack.a.power", {
    atMs: Date.now(),
    problems: [{ kind: "silent", sinceMs: undefined, detail: "no point in 5 s" }],
  });
  await problem(page, "Silent", "rack.a.power").getByText("no point in 5 s").waitFor();
  await problem(page, "Silent", "rack.a.power").getByText(/^scan \d\d:\d\d:\d\d$/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Scan cancelled after 0 of 5 metrics").waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function showsAgents(browser: Browser): Promise<void> {
  const network = illNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#sources`);
  const item = (token: string) => page.locator(".source").filter({ hasText: token });
  await item("source-rack").getByText("clock 0.4 ms ahead, ± 0.6 ms").waitFor();
  await item("source-clock").getByText(/^Clock is wrong: 3 min 20 s behind/).waitFor();
  await item("source-late").getByText("answers late", { exact: true }).waitFor();
  await item("source-error").getByText("answers an error", { exact: true }).waitFor();
  await item("source-gone").getByText(/^has not answered since /).waitFor();
  await page.getByRole("button", { name: "Forget tool-1a2b" }).click();
  await item("tool-1a2b").waitFor({ state: "detached" });
  assert.deepEqual(network.health.forgotten, [{ metrics: [], agents: ["tool-1a2b"] }]);
  assert.deepEqual(dashboard.complaints, []);
}

async function forgets(browser: Browser): Promise<void> {
  const network = illNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  const row = page.locator("#metric-rows tr").filter({ hasText: "old.metric" });
  await row.getByText("gone", { exact: true }).waitFor();
  await row.getByText(/^no longer declared, archived/).waitFor();
  await page.locator("#sum-undeclared").click();
  await page.getByText("1 of 7").waitFor();
  await page.getByRole("button", { name: "Forget 1 not declared" }).click();
  await page.goto(`${dashboard.url}#health?problem=undeclared`);
  await page.getByRole("button", { name: "Forget old.metric" }).click();
  await until(() => network.health.forgotten.length > 1);
  assert.deepEqual(network.health.forgotten, [
    { metrics: "all", agents: [] },
    { metrics: ["old.metric"], agents: [] },
  ]);
  assert.deepEqual(dashboard.complaints, []);
}

async function scrolls(browser: Browser): Promise<void> {
  const names = Array.from({ length: 20_000 }, (_, at) => `test.metric${10_000 + at}`);
  const network = new FakeNetwork().add(
    ...names.map((name) => ({
      name,
      rate: 0,
      declaredRate: 1,
      source: "s",
      metadata: { unit: "W" },
    })),
  ).addAgent({ token: "s" });
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#health`);
  await problem(page, "Description missing", "test.metric10000").waitFor();
  await page.evaluate(() => document.querySelector("#health-scroll")?.scrollTo(0, 1e9));
  await problem(page, "Description missing", "test.metric29999").waitFor();
  const rows = await page.locator("#problem-rows tr:not(.space)").count();
  assert.ok(rows < 80, `${rows} rows are in the page`);
  const heights = await page.locator("#problem-rows tr:not(.space)").evaluateAll((all) =>
    all.map((each) => each.getBoundingClientRect().height)
  );
  assert.deepEqual([...new Set(heights)], [47], "a row is not as high as the space kept for it");
}

async function worksByKeyboard(browser: Browser): Promise<void> {
  const network = illNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#health`);
  await problem(page, "Unit missing", "rack.b.power").waitFor();
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      const outline = element && getComputedStyle(element).outlineStyle;
      const name = element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
      return outline === "none" ? `${name} (unseen)` : name;
    });
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 300; presses++) {
      await page.keyboard.press("Tab");
      if ((await focused()).replace(/^(Error|Warning|Note): /, "").startsWith(name)) return;
    }
    assert.fail(`Tab never comes to ${name}`);
  };
  await page.getByLabel("Filter problems").focus();
  await tabTo("Scan…");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "scan-metrics");
  await page.keyboard.press("Escape");
  assert.match(await focused(), /^Scan…$/);
  await tabTo("Unit missing");
  await page.keyboard.press("Enter");
  await page.getByText("Declare a unit in its source.").waitFor();
  // The list was made anew, and the focus stays.
  assert.match(await focused(), /Unit missing/);
  await tabTo("Show all kinds");
  await page.keyboard.press("Enter");
  await tabTo("Source is gone");
  await page.keyboard.press("Enter");
  await tabTo("Forget source-gone");
  await page.keyboard.press("Enter");
  await until(() => network.health.forgotten.length > 0); // the page does not wait for it
  assert.deepEqual(network.health.forgotten, [{ metrics: [], agents: ["source-gone"] }]);
  assert.deepEqual(dashboard.complaints, []);
}

async function keepsNobodyOut(browser: Browser): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const options of [{ viewport: { width: 1440, height: 900 } }, PHONE]) {
      const network = illNetwork();
      await using dashboard = await DashboardPage.open(browser, network, {
        ...options,
        colorScheme,
      });
      const { page } = dashboard;
      for (const view of ["health?problem=unit-missing", "health", "sources"]) {
        await page.goto(`${dashboard.url}#${view}`);
        const [name] = view.split("?");
        await page.locator(`#${name}-view`).getByText("source-clock").or(
          page.locator("#kind-help:visible"),
        ).first().waitFor();
        if (view === "health") await page.getByRole("button", { name: "Scan…" }).click();
        assert.deepEqual(await findObstacles(page), [], `${view} ${colorScheme}`);
        if (options !== PHONE) continue;
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.equal(width, 390, `${view} is wider than the phone`);
        const parts = await page.locator(`#${name}-view *:visible`).evaluateAll((all) =>
          all.filter((each) => each.getBoundingClientRect().right > 391)
            .map((each) => `${each.tagName}.${each.className}`)
        );
        assert.deepEqual(parts, [], `${view} has parts that stick out`);
      }
      const shots = Deno.env.get("HEALTH_SHOTS");
      if (shots === undefined) continue;
      network.health.startScan({ filter: "", atATime: 50, seconds: 10 });
      for (const view of ["health", "health?problem=unit-missing", "sources", "metrics"]) {
        await page.goto(`${dashboard.url}#${view}`);
        await page.waitForTimeout(1200);
        const size = options === PHONE ? "390" : "1440";
        await page.screenshot({
          path: `${shots}/${view.replace("?", "-")}-${size}-${colorScheme}.png`,
        });
      }
    }
  }
}
