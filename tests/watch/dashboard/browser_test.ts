/// <reference lib="dom" />

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { needing } from "../../support/needing.ts";
import { DashboardPage, inBrowser } from "./browser.ts";
import { FakeNetwork } from "./fake_network.ts";

const PHONE = { viewport: { width: 375, height: 760 }, isMobile: true, hasTouch: true };
const HTML = "<img src=x onerror=\"document.title='harmed'\">";

function smallNetwork(): FakeNetwork {
  const nowMs = Date.now();
  const network = new FakeNetwork(nowMs - 5000)
    .add(
      { name: "test.dummy", source: "source-x", rate: 10, metadata: { unit: "W" } },
      { name: "test.still", source: "source-x", rate: 0, declaredRate: 5 },
    )
    .addAgent({ token: "source-x", metrics: 2, discovered: { hostname: "box" } }, { rate: 10 })
    .addRpc({ from: "source-x", to: "manager", function: "source.register" });
  network.advanceTo(nowMs);
  return network;
}

/** The row of a metric. */
function row(page: Page, name: string) {
  return page.getByRole("row").filter({ has: page.getByRole("button", { name }) });
}

/** The status under the configuration. */
function status(page: Page) {
  return page.locator("#configuration-status");
}

Deno.test(needing({ peers: ["chromium"] }, {
  name: "The dashboard in Chromium",
  fn: (t) =>
    inBrowser(t, async (step) => {
      await step("shows a value that changes, its rate and its chart", showsValues);
      await step("sets a configuration, and the measured rate follows", setsConfiguration);
      await step("keeps the old configuration when the JSON is bad", refusesBadJson);
      await step("keeps the old configuration when the source refuses", showsRefusal);
      await step(
        "follows a configuration that changes elsewhere, unless one has typed",
        followsConfiguration,
      );
      await step("shows HTML in names and metadata as text", showsHtmlAsText);
      await step("keeps marks of direction in names from turning what is beside", showsMarks);
      await step("filters metrics, and charts those that are left", filters);
      await step("scrolls through 5000 metrics with a screen of rows", scrolls);
      await step("sorts by a column, and shows what the summary counts", sorts);
      await step("can be used with the keyboard alone", worksByKeyboard);
      await step("fits a phone", fitsPhone);
      await step("is dark where the system is", isDark);
      await step("says that the program has gone", saysLost);
      await step("gives a page of another origin nothing", keepsOthersOut);
    }),
}));

async function showsValues(browser: Browser): Promise<void> {
  await using dashboard = await DashboardPage.open(browser, smallNetwork());
  const { page } = dashboard;
  const value = row(page, "test.dummy").locator(".value");
  const first = await value.textContent();
  await page.waitForFunction(
    (first) => document.querySelector(".metrics .value")?.textContent !== first,
    first,
  );
  await row(page, "test.dummy").getByText("10.0 Hz").waitFor();
  await row(page, "test.still").getByText("silent").waitFor();
  await page.getByRole("article").filter({ hasText: "test.dummy" }).locator("canvas").waitFor();
  assert.equal(await page.locator("#sum-metrics").textContent(), "2");
  assert.deepEqual(dashboard.complaints, []);
}

async function setsConfiguration(browser: Browser): Promise<void> {
  const network = smallNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.getByRole("link", { name: "Sources" }).click();
  await status(page).getByText(/^In force since \d\d:\d\d:\d\d/).waitFor();
  const text = page.getByLabel("Configuration as JSON");
  assert.equal(await text.inputValue(), '{\n  "rate": 10\n}');
  await text.fill('{"rate": 50}');
  await page.getByText("Changed, not sent yet.").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("In force. The source has taken it.").waitFor();
  await row(page, "test.dummy").getByText("50.0 Hz").waitFor();
  await row(page, "test.dummy").getByText("of 50 Hz").waitFor();
  assert.deepEqual(network.configuration("source-x"), { rate: 50 });
  assert.deepEqual(dashboard.complaints, []);
}

async function refusesBadJson(browser: Browser): Promise<void> {
  const network = smallNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#sources`);
  const text = page.getByLabel("Configuration as JSON");
  await status(page).getByText(/^In force since \d\d:\d\d:\d\d/).waitFor();
  const bad = '{\n  "rate": 50,\n}';
  await text.fill(bad);
  await status(page).getByText("Line 3, column 1: a name in quotation marks is expected").waitFor();
  assert.equal(await text.getAttribute("aria-invalid"), "true");
  await page.getByRole("button", { name: "Send" }).click();
  // The place of the error is selected, and the text is still there to be mended.
  assert.equal(await text.evaluate((each: HTMLTextAreaElement) => each.selectionStart), 16);
  assert.equal(await text.inputValue(), bad);
  await text.fill("50");
  await status(page).getByText("A configuration is an object").waitFor();
  await page.getByRole("button", { name: "Revert" }).click();
  assert.equal(await text.inputValue(), '{\n  "rate": 10\n}');
  assert.deepEqual(network.rpcs().map((rpc) => rpc.function), ["source.register"]);
  assert.deepEqual(dashboard.complaints, []);
}

async function showsRefusal(browser: Browser): Promise<void> {
  const network = smallNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#sources`);
  await status(page).getByText(/^In force since \d\d:\d\d:\d\d/).waitFor();
  const text = page.getByLabel("Configuration as JSON");
  await text.fill('{"rate": -1}');
  await text.press("Control+Enter");
  await status(page).getByText("rate is -1, a number over 0 is required").waitFor();
  await status(page).getByText("The old configuration stays.").waitFor();
  assert.equal(await text.inputValue(), '{"rate": -1}');
  assert.match(await page.locator("#configuration-kept").innerText(), /"rate": 10/);
  assert.deepEqual(network.configuration("source-x"), { rate: 10 });
  await page.getByRole("link", { name: "Calls" }).click();
  await page.getByRole("row").filter({ hasText: "config" }).getByText("rate is -1").waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function followsConfiguration(browser: Browser): Promise<void> {
  const network = smallNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#sources`);
  await status(page).getByText(/^In force since \d\d:\d\d:\d\d/).waitFor();
  const text = page.getByLabel("Configuration as JSON");
  network.setConfiguration("source-x", { rate: 20 });
  const kept = page.locator("#configuration-kept");
  await kept.filter({ hasText: "20" }).waitFor({ state: "attached" });
  assert.match(await text.inputValue(), /20/);
  await text.fill('{"rate": 30}');
  network.setConfiguration("source-x", { rate: 40 });
  await kept.filter({ hasText: "40" }).waitFor({ state: "attached" });
  assert.equal(await text.inputValue(), '{"rate": 30}');
}

async function showsHtmlAsText(browser: Browser): Promise<void> {
  const network = new FakeNetwork()
    .add({ name: HTML, source: HTML, metadata: { description: HTML, unit: HTML } })
    .addAgent({ token: HTML, discovered: { hostname: HTML, [HTML]: HTML } }, { [HTML]: HTML })
    .addRpc({ from: HTML, to: HTML, function: HTML, arguments: HTML, error: HTML });
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.locator("article canvas").waitFor();
  for (const view of ["charts", "sources", "calls"]) {
    await page.goto(`${dashboard.url}#${view}`);
    await page.locator(`#${view}-view`).getByText(HTML).first().waitFor();
  }
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.title(), "MetricQ development network");
  assert.deepEqual(dashboard.complaints, []);
}

async function showsMarks(browser: Browser): Promise<void> {
  const turned = "a.\u202egpj.exe\u200b";
  const arabic = "a.\u0642\u064a\u0627\u0633";
  const network = new FakeNetwork()
    .add(
      { name: turned, source: turned, metadata: { unit: "\u202eW", description: "\u2067d" } },
      { name: arabic, source: "source-x", metadata: { unit: "\u0648\u0627\u0637" } },
    )
    .addAgent({ token: turned, discovered: { hostname: turned } }, {});
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await page.locator("article canvas").first().waitFor();
  for (const view of ["charts", "sources"]) {
    await page.goto(`${dashboard.url}#${view}`);
    await page.locator(`#${view}-view`).getByText("a.‹U+202E›gpj.exe‹U+200B›").first().waitFor();
  }
  const text = await page.locator("body").innerText();
  assert.doesNotMatch(text, /[\u200b\u202a-\u202e\u2066-\u2069]/);
  // The Arabic unit is behind its value as any other is.
  const unit = page.getByRole("row").filter({ hasText: arabic }).locator(".second").first();
  assert.equal(await unit.evaluate((each) => getComputedStyle(each).unicodeBidi), "isolate");
  assert.deepEqual(dashboard.complaints, []);
}

async function filters(browser: Browser): Promise<void> {
  const network = smallNetwork().add({ name: "other.power", metadata: { description: "Room 7" } });
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await row(page, "other.power").waitFor();
  await page.getByRole("button", { name: "Clear charts" }).click();
  assert.equal(await page.getByRole("article").count(), 0);
  await page.getByRole("searchbox").fill("room test");
  await page.getByText("No metric matches the filter.").waitFor();
  await page.getByRole("searchbox").fill("room");
  assert.equal(await row(page, "test.dummy").count(), 0);
  await page.getByRole("button", { name: "Chart these 1" }).click();
  await page.getByRole("article").filter({ hasText: "other.power" }).locator("canvas").waitFor();
  assert.equal(await page.getByRole("article").count(), 1);
  assert.deepEqual(dashboard.complaints, []);
}

function largeNetwork(): FakeNetwork {
  const nowMs = Date.now();
  const names = Array.from({ length: 5000 }, (_, at) => `test.metric${1000 + at}`);
  // Few send, so that making them up costs little.
  const network = new FakeNetwork(nowMs - 3000).add(
    ...names.map((name, at) => ({
      name,
      rate: at % 1000 === 7 ? 1 + at / 1000 : 0,
      declaredRate: at % 1000 === 7 ? 1 : undefined,
    })),
    { name: "test.still", rate: 0, declaredRate: 5 },
  );
  network.advanceTo(nowMs);
  return network;
}

async function scrolls(browser: Browser): Promise<void> {
  for (const options of [{}, PHONE]) {
    await using dashboard = await DashboardPage.open(browser, largeNetwork(), options);
    const { page } = dashboard;
    await row(page, "test.metric1000").waitFor();
    const isPhone = options === PHONE;
    const scrollTo = (part: number) =>
      page.evaluate(([part, isPhone]) => {
        const element = isPhone
          ? document.documentElement
          : document.querySelector("#metrics-scroll");
        element?.scrollTo(0, part * element.scrollHeight);
      }, [part, isPhone] as const);
    await scrollTo(1);
    await row(page, "test.still").waitFor();
    assert.equal(await row(page, "test.still").getAttribute("aria-rowindex"), "5002");
    assert.equal(await page.getByRole("table").first().getAttribute("aria-rowcount"), "5002");
    const rows = await page.locator("#metric-rows tr:not(.space)").count();
    assert.ok(rows < 80, `${rows} rows are in the page`);
    await scrollTo(0);
    await row(page, "test.metric1000").waitFor();
    const [first, second] = await page.locator("#metric-rows tr:not(.space)").evaluateAll((all) =>
      all.map((each) => each.getBoundingClientRect().top)
    );
    assert.equal((second ?? 0) - (first ?? 0), 47, "a row is not as high as the space kept for it");
    assert.deepEqual(dashboard.complaints, []);
  }
}

async function sorts(browser: Browser): Promise<void> {
  await using dashboard = await DashboardPage.open(browser, largeNetwork());
  const { page } = dashboard;
  const names = () => page.locator("#metric-rows .name").allTextContents();
  await row(page, "test.metric1000").waitFor();
  await page.getByRole("button", { name: "Rate", exact: true }).click();
  await page.locator("#metric-rows tr").nth(1).getByText("test.metric5007").waitFor();
  assert.deepEqual(
    (await names()).slice(0, 5),
    [4, 3, 2, 1, 0].map((n) => `test.metric${n + 1}007`),
  );
  assert.equal(
    await page.locator("th[aria-sort=descending]").textContent().then((t) => t?.trim()),
    "Rate",
  );
  await page.locator("#sum-silent").click();
  await page.getByText("1 of 5,001").waitFor();
  assert.deepEqual(await names(), ["test.still"]);
  assert.equal(await page.getByRole("searchbox").inputValue(), "silent");
  await page.locator("#sum-off").click();
  await row(page, "test.metric5007").waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function worksByKeyboard(browser: Browser): Promise<void> {
  const network = smallNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  const { page } = dashboard;
  await row(page, "test.still").waitFor();
  await tabTo(page, "test.still");
  await page.keyboard.press("Enter");
  assert.equal(await page.getByRole("article").filter({ hasText: "test.still" }).count(), 0);
  await tabTo(page, "Pause");
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Paused", pressed: true }).waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("ArrowRight");
  assert.ok(await page.getByRole("radio", { name: "5 min", exact: true }).isChecked());

  await tabTo(page, "Sources");
  await page.keyboard.press("Enter");
  await tabTo(page, "Configuration of source-x");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+A");
  await page.keyboard.type('{"rate": 25}');
  await page.keyboard.press("Tab"); // the text does not keep the focus
  assert.equal(await focusedName(page), "Send");
  await page.keyboard.press("Enter");
  await page.getByText("In force. The source has taken it.").waitFor();
  assert.deepEqual(network.configuration("source-x"), { rate: 25 });
  assert.deepEqual(dashboard.complaints, []);
}

/** Presses Tab until what has the focus has a name, and shows that it has. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const focused = await focusedName(page);
    if (focused.startsWith(name)) {
      const outline = await page.evaluate(() =>
        getComputedStyle(document.activeElement ?? document.body).outlineStyle
      );
      assert.notEqual(outline, "none", `${name} does not show that it has the focus`);
      return;
    }
    passed.push(focused);
  }
  assert.fail(`Tab never comes to ${name}, only to ${passed.join(", ")}`);
}

function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });
}

async function fitsPhone(browser: Browser): Promise<void> {
  const network = smallNetwork().add({
    name: `very.${"long_name.".repeat(20)}end`,
    metadata: { description: "d".repeat(300), unit: "u".repeat(60) },
  });
  await using dashboard = await DashboardPage.open(browser, network, PHONE);
  const { page } = dashboard;
  await row(page, "test.dummy").getByText("10.0 Hz").waitFor();
  assert.equal(await page.locator("#charts-view").isVisible(), false);
  for (const view of ["Metrics", "Charts", "Sources", "Calls"]) {
    await page.getByRole("link", { name: view, exact: false }).last().click();
    await page.locator(`#${view.toLowerCase()}-view`).first().waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 375, `${view} is wider than the phone`);
    const parts = await page.locator("main *:visible").evaluateAll((all) =>
      all.filter((each) => each.getBoundingClientRect().right > 376 && !each.closest(".plot"))
        .map((each) => `${each.tagName}.${each.className}`)
    );
    assert.deepEqual(parts, [], `${view} has parts that stick out`);
  }
  assert.deepEqual(dashboard.complaints, []);
}

async function isDark(browser: Browser): Promise<void> {
  for (const [colorScheme, isDark] of [["light", false], ["dark", true]] as const) {
    await using dashboard = await DashboardPage.open(browser, smallNetwork(), { colorScheme });
    const colour = await dashboard.page.evaluate(() =>
      getComputedStyle(document.body).backgroundColor
    );
    const [red = 0] = (colour.match(/\d+/g) ?? []).map(Number);
    assert.equal(red < 128, isDark, colour);
  }
}

async function saysLost(browser: Browser): Promise<void> {
  await using dashboard = await DashboardPage.open(browser, smallNetwork());
  const { page } = dashboard;
  await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
  await dashboard.stop();
  await page.getByRole("status").filter({ hasText: "No connection" }).waitFor();
}

async function keepsOthersOut(browser: Browser): Promise<void> {
  const network = smallNetwork();
  await using dashboard = await DashboardPage.open(browser, network);
  // A page of ours would be kept from trying by its own policy.
  const headers = { "content-type": "text/html" };
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<!DOCTYPE html><title>Other</title>", { headers }),
  );
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${other.addr.port}/`);
  const outcome = await page.evaluate(async (url) => {
    const post = (type: string, mode: RequestMode) =>
      fetch(`${url}configuration`, {
        method: "POST",
        mode,
        headers: { "content-type": type },
        body: '{"token":"source-x","config":{"rate":50}}',
      }).then(({ type }) => `an answer of type ${type}`, () => "refused");
    return {
      read: await fetch(url).then(() => "read", () => "refused"),
      json: await post("application/json", "cors"),
      plain: await post("text/plain", "no-cors"),
      socket: await new Promise((resolve) => {
        const socket = new WebSocket(`${url.replace("http", "ws")}live`);
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
      }),
    };
  }, dashboard.url);
  await context.close();
  assert.deepEqual(outcome, {
    read: "refused",
    json: "refused",
    plain: "refused", // the browser sends it and hides the answer only, so the next lines count
    socket: "refused",
  });
  assert.deepEqual(network.configuration("source-x"), { rate: 10 });
  assert.deepEqual(network.rpcs().map((rpc) => rpc.function), ["source.register"]);
}
