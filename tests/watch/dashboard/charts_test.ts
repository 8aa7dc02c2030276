/// <reference lib="dom" />

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { needing } from "../../support/needing.ts";
import { findObstacles } from "./axe.ts";
import { DashboardPage, inBrowser } from "./browser.ts";
import { FakeNetwork } from "./fake_network.ts";

function network(): FakeNetwork {
  const nowMs = Date.now();
  const network = new FakeNetwork(nowMs - 90_000).add(
    {
      name: "rack.a.power",
      source: "source-x",
      rate: 20,
      metadata: { unit: "W" },
      value: (t) => 2000 + t % 500,
    },
    { name: "rack.b.power", source: "source-x", rate: 10, metadata: { unit: "W" } },
    { name: "rack.temperature", rate: 5, metadata: { unit: "°C" }, value: () => NaN },
    { name: "rack.unheard", rate: 0, declaredRate: 5 },
  ).addAgent({ token: "source-x", metrics: 2, discovered: { hostname: "box" } }, { rate: 10 });
  network.advanceTo(nowMs);
  return network;
}

function chart(page: Page, name: string) {
  return page.getByRole("article").filter({ hasText: name });
}

function range(page: Page) {
  return page.locator("#range");
}

/** Opens the page with a chart of each metric. */
async function openCharts(browser: Browser, options = {}): Promise<DashboardPage> {
  const dashboard = await DashboardPage.open(browser, network(), options);
  const { page } = dashboard;
  await page.getByRole("button", { name: /rack\.unheard/ }).first().waitFor();
  await page.getByRole("button", { name: "Chart all" }).click();
  // The program tells which those are; an address from before would take their charts away again.
  await page.waitForFunction(() => location.hash.split("chart=").length === 1 + 4);
  await page.goto(page.url().replace("#metrics", "#charts"));
  await chart(page, "rack.a.power").locator("canvas").waitFor();
  return dashboard;
}

/** Drags over a part of a chart. */
async function drag(page: Page, name: string, from: number, to: number): Promise<void> {
  const box = await chart(page, name).locator(".u-over").boundingBox();
  assert.ok(box);
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + from * box.width, y);
  await page.mouse.down();
  await page.mouse.move(box.x + to * box.width, y, { steps: 4 });
  await page.mouse.up();
}

Deno.test(needing({ peers: ["chromium"] }, {
  name: "The dashboard's charts in Chromium",
  fn: (t) =>
    inBrowser(t, async (step) => {
      await step("zoom by dragging, in step, and go back", zooms);
      await step("move and zoom by wheel", turns);
      await step("show the least, the mean and the greatest of all points", counts);
      await step("say when there is no reading, and when there are no points", saysNothing);
      await step("share one for each unit", groups);
      await step("become large, and small again by Escape", enlarges);
      await step("tell values by keyboard", pressesKeys);
      await step("are saved as a picture", savesPicture);
      await step("follow the choice of a theme", choosesTheme);
      await step("keep nobody out", hasNoObstacles);
    }),
}));

async function zooms(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser);
  const { page } = dashboard;
  await drag(page, "rack.a.power", 0.25, 0.5);
  await range(page).getByText(/^\d\d:\d\d:\d\d\.\d – .* \(15(\.\d)? s\)$/).waitFor();
  // 15 s of 20 Hz, and of 10 Hz in the other chart.
  await chart(page, "rack.a.power").getByText(/(29\d|30\d) points/).waitFor();
  await chart(page, "rack.b.power").getByText(/(14\d|15\d) points/).waitFor();
  await chart(page, "rack.a.power").locator(".u-over").dblclick();
  await range(page).getByText("", { exact: true }).waitFor({ state: "hidden" });
  assert.ok(await page.getByRole("radio", { name: "1 min" }).isChecked());
  assert.deepEqual(dashboard.complaints, []);
}

async function turns(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser);
  const { page } = dashboard;
  await chart(page, "rack.a.power").locator(".u-over").hover();
  await page.keyboard.down("Shift");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Shift");
  await range(page).getByText(/\(1 min\)$/).waitFor();
  const [before = ""] = (await range(page).textContent() ?? "").split(" ");
  await page.keyboard.down("Shift");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Shift");
  await page.waitForFunction(
    (before) => (document.getElementById("range")?.textContent ?? "") < before,
    before,
  );
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await range(page).getByText(/\(48 s\)$/).waitFor();
  await page.getByRole("button", { name: "Paused" }).click();
  await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function counts(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser);
  const { page } = dashboard;
  await chart(page, "rack.a.power").getByText(
    /^min 2\.0\d\d kW mean 2\.2\d\d kW max 2\.4\d\d kW 1,(19\d|20\d) points$/,
  ).waitFor();
  await chart(page, "rack.a.power").locator(".value").getByText(/^2\.\d\d\d kW$/).waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function saysNothing(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser);
  const { page } = dashboard;
  const temperature = chart(page, "rack.temperature");
  await temperature.scrollIntoViewIfNeeded();
  await temperature.getByText("No reading in this span").waitFor();
  await temperature.getByText(/^min – mean – max – (29\d|30\d) points$/).waitFor();
  const unheard = chart(page, "rack.unheard");
  await unheard.scrollIntoViewIfNeeded();
  await unheard.getByText("No points in this span").waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function groups(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser);
  const { page } = dashboard;
  await page.getByLabel("Group by unit").check();
  await page.getByText("2 metrics in W").waitFor();
  assert.equal(await page.getByRole("article").count(), 3);
  const both = chart(page, "2 metrics in W");
  await both.locator("canvas").waitFor();
  await both.getByText(/1,(19\d|20\d) points/).waitFor();
  await both.getByText(/(59\d|60\d) points/).waitFor();
  await page.getByRole("button", { name: "Close the chart of rack.b.power" }).click();
  assert.equal(await page.getByText("2 metrics in W").count(), 0);
  assert.equal(await page.getByRole("article").count(), 3);
  assert.deepEqual(dashboard.complaints, []);
}

async function enlarges(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser);
  const { page } = dashboard;
  const canvas = chart(page, "rack.b.power").locator("canvas");
  const small = await canvas.boundingBox();
  await page.getByRole("button", { name: "Enlarge the chart of rack.b.power" }).click();
  await page.waitForFunction(
    (width) =>
      [...document.querySelectorAll("canvas")].some((each) => each.clientWidth > 1.5 * width),
    small?.width ?? Infinity,
  );
  assert.equal(await page.getByRole("article").count(), 1);
  assert.equal(await page.locator("#metrics-view").isVisible(), false);
  await page.keyboard.press("Escape");
  await page.locator("#metrics-view").waitFor();
  assert.equal(await page.getByRole("article").count(), 4);
  assert.deepEqual(dashboard.complaints, []);
}

async function pressesKeys(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser);
  const { page } = dashboard;
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("application", { name: "Chart of rack.a.power" }).focus();
  const spoken = chart(page, "rack.a.power").locator("[aria-live]");
  await page.keyboard.press("End");
  await spoken.getByText(/^\d\d:\d\d:\d\d\.\d{3} 2\.\d{3} kW$/).waitFor();
  const last = await spoken.textContent() ?? "";
  await page.keyboard.press("ArrowLeft");
  await spoken.getByText(last).waitFor({ state: "detached" });
  assert.ok((await spoken.textContent() ?? "") < last);
  // The other charts point at the same time.
  await chart(page, "rack.b.power").locator(".reading").getByText(/ · \d/).waitFor();
  await page.keyboard.press("+");
  await range(page).getByText(/\(30 s\)$/).waitFor();
  await page.keyboard.press("PageUp");
  await page.keyboard.press("0");
  await page.getByRole("button", { name: "Pause", exact: true, pressed: false }).waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function savesPicture(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser);
  const { page } = dashboard;
  await page.getByLabel("Save the chart of rack.a.power").click();
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "PNG" }).click(),
  ]);
  assert.equal(saved.suggestedFilename(), "rack.a.power.png");
  const picture = await Deno.readFile(await saved.path());
  assert.deepEqual([...picture.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  assert.ok(picture.length > 3000);
  assert.deepEqual(dashboard.complaints, []);
}

async function choosesTheme(browser: Browser): Promise<void> {
  await using dashboard = await openCharts(browser, { colorScheme: "light" });
  const { page } = dashboard;
  const isDark = () =>
    page.evaluate(() => {
      const [red = 0] = getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? [];
      return Number(red) < 128;
    });
  assert.equal(await isDark(), false);
  await page.getByLabel("Theme").selectOption("Dark");
  assert.equal(await isDark(), true);
  await page.reload();
  await page.getByRole("button", { name: /rack\.unheard/ }).first().waitFor();
  assert.equal(await isDark(), true);
  await page.getByLabel("Theme").selectOption("System theme");
  assert.equal(await isDark(), false);
  assert.deepEqual(dashboard.complaints, []);
}

async function hasNoObstacles(browser: Browser): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      await using dashboard = await openCharts(browser, {
        colorScheme,
        viewport: { width, height: 900 },
      });
      const { page } = dashboard;
      for (const view of ["metrics", "charts", "sources", "calls"]) {
        await page.goto(`${dashboard.url}#${view}`);
        assert.deepEqual(await findObstacles(page), [], `${view}, ${colorScheme}, ${width} px`);
      }
      await page.goto(`${dashboard.url}#charts`);
      await page.getByLabel("Group by unit").check();
      await page.locator(".enlarge").first().click();
      assert.deepEqual(await findObstacles(page), [], `large, ${colorScheme}, ${width} px`);
    }
  }
}
