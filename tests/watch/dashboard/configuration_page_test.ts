/// <reference lib="dom" />

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { needing } from "../../support/needing.ts";
import { findObstacles } from "./axe.ts";
import { DashboardPage, inBrowser } from "./browser.ts";
import { FakeNetwork } from "./fake_network.ts";

function network(): FakeNetwork {
  const nowMs = Date.now();
  const network = new FakeNetwork(nowMs - 5000).add(
    { name: "lab.a", source: "source-x", rate: 10, metadata: { unit: "W" } },
    { name: "lab.b", source: "source-x", rate: 0, declaredRate: 5 },
    { name: "lab.c", source: "source-y", rate: 5 },
  )
    .addAgent({ token: "source-x", metrics: 2 }, { rate: 10 })
    .addAgent({ token: "source-y", metrics: 1 }, { rate: 5 });
  network.advanceTo(nowMs);
  return network;
}

function status(page: Page) {
  return page.locator("#configuration-status");
}

/** Opens the configuration of source-x. */
async function openConfiguration(browser: Browser, shown: FakeNetwork): Promise<DashboardPage> {
  const dashboard = await DashboardPage.open(browser, shown);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#sources`);
  await page.getByRole("button", { name: "Configuration of source-x" }).click();
  await page.waitForFunction(() => {
    const text = document.getElementById("configuration-text");
    return text instanceof HTMLTextAreaElement && text.value.includes("10");
  });
  return dashboard;
}

Deno.test(needing({ peers: ["chromium"] }, {
  name: "Configurations and the address in Chromium",
  fn: (t) =>
    inBrowser(t, async (step) => {
      await step("show a lost update as a difference, and replace what was seen", replaces);
      await step("take the other one of a lost update", takes);
      await step("lead back to what was replaced", goesBack);
      await step("base what is typed on what was just sent, before anyone else says so", goesOn);
      await step("keep what is typed while another is sent, and one looks away", keepsTyped);
      await step("show a conflict where it belongs only", keepsApart);
      await step("can only be read, and say so", isReadOnly);
      await step("show the same again after a reload, and behind a link", showsSame);
    }),
}));

/** Lets another change the configuration just before this page sends its own. */
async function collide(page: Page, shown: FakeNetwork): Promise<void> {
  await page.getByLabel("Configuration as JSON").fill('{"rate": 50}');
  shown.setConfiguration("source-x", { rate: 20, other: true });
  await page.getByRole("button", { name: "Send" }).click();
  await status(page).getByText(/Not sent: .* it was changed meanwhile\.$/).waitFor();
}

async function replaces(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await openConfiguration(browser, shown);
  const { page } = dashboard;
  await collide(page, shown);
  const conflict = page.locator("#configuration-conflict pre");
  const lines = (await conflict.innerText()).split("\n").map((line) => line.trimEnd());
  assert.deepEqual(lines.filter(Boolean), [
    "  {",
    '−   "rate": 20,',
    '−   "other": true',
    '+   "rate": 50',
    "  }",
  ]);
  assert.deepEqual(shown.configuration("source-x"), { rate: 20, other: true });
  assert.deepEqual(await findObstacles(page), []);
  await page.getByRole("button", { name: "Replace it with mine" }).click();
  await page.getByText("In force. The source has taken it.").waitFor();
  assert.deepEqual(shown.configuration("source-x"), { rate: 50 });
  assert.equal(await page.locator("#configuration-conflict").isVisible(), false);
}

async function takes(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await openConfiguration(browser, shown);
  const { page } = dashboard;
  await collide(page, shown);
  await page.getByRole("button", { name: "Take the other one" }).click();
  const text = page.getByLabel("Configuration as JSON");
  assert.equal(await text.inputValue(), '{\n  "rate": 20,\n  "other": true\n}');
  await text.fill('{"rate": 30}');
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("In force. The source has taken it.").waitFor();
  assert.deepEqual(shown.configuration("source-x"), { rate: 30 });
}

async function goesBack(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await openConfiguration(browser, shown);
  const { page } = dashboard;
  const text = page.getByLabel("Configuration as JSON");
  await text.fill('{"rate": 50}');
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("In force. The source has taken it.").waitFor();
  await page.getByText("Replaced before").click();
  await page.getByRole("button", { name: /^Edit the one that was replaced at/ }).click();
  await page.getByText("Changed, not sent yet.").waitFor();
  assert.equal(await text.inputValue(), '{\n  "rate": 10\n}');
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("In force. The source has taken it.").waitFor();
  assert.deepEqual(shown.configuration("source-x"), { rate: 10 });
  await page.waitForFunction(() =>
    document.querySelectorAll("#configuration-replaced li").length === 2
  );
  assert.deepEqual(dashboard.complaints, []);
}

async function goesOn(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await openConfiguration(browser, shown);
  const { page } = dashboard;
  await page.evaluate(() => {
    const status = document.getElementById("configuration-status");
    const text = document.getElementById("configuration-text");
    if (!(text instanceof HTMLTextAreaElement) || status === null) throw new Error("no editor");
    // At once when the answer is shown: the page has not heard of the new revision by then.
    const observer = new MutationObserver(() => {
      if (!status.textContent?.includes("In force. The source has taken it.")) return;
      observer.disconnect();
      text.value = '{"rate": 60}';
      text.dispatchEvent(new Event("input"));
    });
    observer.observe(status, { childList: true, characterData: true, subtree: true });
  });
  await page.getByLabel("Configuration as JSON").fill('{"rate": 50}');
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Changed, not sent yet.").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("In force. The source has taken it.").waitFor();
  assert.deepEqual(shown.configuration("source-x"), { rate: 60 });
  assert.deepEqual(dashboard.complaints, []);
}

/** Sends from source-x, and opens source-y before there is an answer. */
async function sendAndLookAway(page: Page, shown: FakeNetwork, typedLater?: string) {
  const text = page.getByLabel("Configuration as JSON");
  const { promise, resolve } = Promise.withResolvers<void>();
  shown.beforeConfigure = promise;
  await text.fill('{"rate": 50}');
  await page.getByRole("button", { name: "Send" }).click();
  if (typedLater !== undefined) await text.fill(typedLater);
  await page.getByRole("button", { name: "Configuration of source-y" }).click();
  await page.waitForFunction(() => {
    const text = document.getElementById("configuration-text");
    return text instanceof HTMLTextAreaElement && text.value.includes("5\n");
  });
  return async () => {
    const answered = page.waitForResponse((response) => response.url().endsWith("/configuration"));
    resolve();
    await answered;
    await page.locator('#configuration-send[aria-disabled="false"]').waitFor();
  };
}

async function keepsTyped(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await openConfiguration(browser, shown);
  const { page } = dashboard;
  const answer = await sendAndLookAway(page, shown, '{"rate": 60}');
  await answer();
  await page.getByRole("button", { name: "Configuration of source-x" }).click();
  await page.getByText("Changed, not sent yet.", { exact: true }).waitFor();
  assert.equal(await page.getByLabel("Configuration as JSON").inputValue(), '{"rate": 60}');
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("In force. The source has taken it.").waitFor();
  assert.deepEqual(shown.configuration("source-x"), { rate: 60 });
}

async function keepsApart(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await openConfiguration(browser, shown);
  const { page } = dashboard;
  const answer = await sendAndLookAway(page, shown);
  shown.setConfiguration("source-x", { rate: 20, other: true });
  await answer();
  assert.equal(await page.locator("#configuration-conflict").isVisible(), false);
  await page.getByRole("button", { name: "Configuration of source-x" }).click();
  await page.getByText("another one was kept meanwhile").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Replace it with mine" }).waitFor();
}

async function isReadOnly(browser: Browser): Promise<void> {
  const shown = network();
  shown.keeping = { place: "CouchDB at http://x/", historyPlace: "y", isWritable: false };
  await using dashboard = await openConfiguration(browser, shown);
  const { page } = dashboard;
  assert.equal(await page.getByLabel("Configuration as JSON").isEditable(), false);
  assert.equal(await page.getByRole("button", { name: "Send" }).isVisible(), false);
  await page.getByText("Kept in CouchDB at http://x/; what is replaced goes to y. Read only:")
    .waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function showsSame(browser: Browser): Promise<void> {
  await using dashboard = await DashboardPage.open(browser, network());
  const { page } = dashboard;
  await page.getByRole("article").filter({ hasText: "lab.a" }).locator("canvas").waitFor();
  await page.getByRole("button", { name: "Close the chart of lab.b" }).click();
  await page.getByText("5 min", { exact: true }).click();
  await page.getByLabel("Group by unit").check();
  await page.getByRole("searchbox").fill("lab");
  await page.getByRole("button", { name: "Rate", exact: true }).click();
  const address = "#charts?chart=lab.a&chart=lab.c&span=300000&by=unit&filter=lab&sort=-rate";
  await page.waitForFunction((address) => location.hash === address, address);
  const link = page.url();
  await page.reload();
  const isSame = async () => {
    await page.getByRole("article").filter({ hasText: "lab.c" }).locator("canvas").waitFor();
    assert.equal(await page.getByRole("article").count(), 2);
    assert.ok(await page.getByRole("radio", { name: "5 min", exact: true }).isChecked());
    assert.ok(await page.getByLabel("Group by unit").isChecked());
    assert.equal(await page.getByRole("searchbox").inputValue(), "lab");
    assert.equal(
      await page.getByRole("columnheader", { name: "Rate" }).getAttribute("aria-sort"),
      "descending",
    );
  };
  await isSame();
  await page.goto("about:blank");
  await page.goto(link);
  await isSame();
  // A link to the same page in the same window.
  await page.goto(`${dashboard.url}#charts?chart=lab.b`);
  await page.getByRole("article").filter({ hasText: "lab.b" }).locator("canvas").waitFor();
  assert.equal(await page.getByRole("article").count(), 1);
  assert.deepEqual(dashboard.complaints, []);
}
