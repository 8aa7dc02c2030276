/// <reference lib="dom" />

/** The editor of configurations with what the source says of them, in a browser. */

import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import type { JsonObject } from "../../../src/rpc/json.ts";
import { needing } from "../../support/needing.ts";
import { findObstacles } from "./axe.ts";
import { DashboardPage, inBrowser } from "./browser.ts";
import { FakeNetwork } from "./fake_network.ts";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    rate: {
      type: "number",
      exclusiveMinimum: 0,
      unit: "Hz",
      default: 1,
      description: "How often it is read in a second",
    },
    mode: { enum: ["fast", "slow"], default: "slow", description: "Which way" },
    devices: {
      type: "object",
      description: "What to read, by names of your choice",
      additionalProperties: {
        type: "object",
        properties: {
          address: { type: "string", description: "Host and port" },
          on: { type: "boolean" },
        },
        required: ["address"],
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
};
const OFFERS = { discovered: { configSchema: "config.schema", startingTime: "1" } };

function network(schema: JsonObject | undefined = SCHEMA): FakeNetwork {
  const nowMs = Date.now();
  const network = new FakeNetwork(nowMs)
    .addAgent({ token: "source-x", ...OFFERS }, { rate: 10 })
    .addAgent({ token: "source-y", discovered: { alive: true } }, { rate: 5 });
  network.schemas.set("source-x", schema);
  return network;
}

async function open(
  browser: Browser,
  shown: FakeNetwork,
  { token = "source-x", ...options }: {
    token?: string;
    viewport?: { width: number; height: number };
  } = {},
): Promise<DashboardPage> {
  const dashboard = await DashboardPage.open(browser, shown, options);
  const { page } = dashboard;
  await page.goto(`${dashboard.url}#sources`);
  await page.getByRole("button", { name: `Configuration of ${token}` }).click();
  await page.waitForFunction(() => {
    const text = document.getElementById("configuration-text");
    return text instanceof HTMLTextAreaElement && text.value.includes("rate");
  });
  return dashboard;
}

const text = (page: Page) => page.getByLabel("Configuration as JSON");
const about = (page: Page) => page.locator("#configuration-about");
const options = (page: Page) => page.getByRole("option").locator("code").allInnerTexts();
const problems = (page: Page) => page.locator("#configuration-problems button");
const status = (page: Page) => page.locator("#configuration-status");

Deno.test(needing({ peers: ["chromium"] }, {
  name: "The schema of a configuration in Chromium",
  fn: (t) =>
    inBrowser(t, async (step) => {
      await step("tells of the field at the cursor what it is", tells);
      await step("proposes names and values, by keys alone", proposes);
      await step("proposes by pointer, and where the text is not JSON yet", proposesUnfinished);
      await step("finds what is wrong while one types, at its place", checks);
      await step("lets what it does not like be sent, and never says that it is in force", sends);
      await step("is nothing where the source has none", isNothing);
      await step("can be read where nothing may be written", isReadable);
      await step("shows texts of a hostile source as texts, and goes on", isHarmless);
      await step("comes with the source, and goes with it", comesAndGoes);
      await step("has no obstacles, in both themes and on a phone", hasNoObstacles);
    }),
}));

async function tells(browser: Browser): Promise<void> {
  await using dashboard = await open(browser, network());
  const { page } = dashboard;
  await about(page).waitFor();
  await text(page).focus(); // the place of its cursor is heard of only then
  await text(page).evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(6, 6));
  await about(page).getByText("How often it is read in a second").waitFor();
  assert.equal(
    (await about(page).innerText()).replaceAll(/\s+/g, " "),
    "rate a number, in Hz, 1 unless given How often it is read in a second",
  );
  assert.deepEqual(dashboard.complaints, []);
}

async function proposes(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await open(browser, shown);
  const { page } = dashboard;
  await about(page).waitFor();
  const { keyboard } = page;
  await text(page).fill("{}");
  await keyboard.press("ArrowLeft");
  await keyboard.press("Control+Space");
  await page.getByRole("listbox").waitFor();
  assert.deepEqual(await options(page), ["rate", "mode", "devices"]);
  const active = () => text(page).getAttribute("aria-activedescendant");
  assert.equal(await active(), "configuration-proposal-0");
  await keyboard.press("Escape");
  assert.equal(await page.getByRole("listbox").isVisible(), false);
  await keyboard.press("Alt+ArrowDown");
  await keyboard.press("ArrowDown");
  assert.equal(await active(), "configuration-proposal-1");
  await keyboard.press("Enter");
  assert.equal(await text(page).inputValue(), '{"mode": }');
  assert.deepEqual(await options(page), ['"fast"', '"slow"']);
  await keyboard.press("ArrowDown");
  await keyboard.press("Tab");
  assert.equal(await text(page).inputValue(), '{"mode": "fast"}');
  assert.equal(await text(page).evaluate((area) => area === document.activeElement), true);
  await keyboard.type(', "dev');
  assert.deepEqual(await options(page), ["devices"]);
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await keyboard.type('"a": {"add');
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await keyboard.type("b");
  assert.equal(
    await text(page).inputValue(),
    '{"mode": "fast", "devices": {"a": {"address": "b"}}',
  );
  await keyboard.press("Control+Z");
  await keyboard.press("End");
  // A Tab that chooses nothing goes on to the next thing, as everywhere.
  await keyboard.press("Tab");
  assert.equal(await text(page).evaluate((area) => area === document.activeElement), false);
  assert.deepEqual(dashboard.complaints, []);
}

async function proposesUnfinished(browser: Browser): Promise<void> {
  await using dashboard = await open(browser, network());
  const { page } = dashboard;
  await about(page).waitFor();
  await text(page).fill('{\n  "devices": {\n    "x": {\n      "address": "a", "on": ');
  await page.keyboard.press("Control+Space");
  await page.getByRole("option", { name: "false" }).click();
  assert.match(await text(page).inputValue(), /"on": false$/);
  assert.equal(await text(page).evaluate((area) => area === document.activeElement), true);
  await text(page).fill('{"rate": 1 }');
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Control+Space");
  await page.getByRole("option", { name: "devices" }).click();
  assert.equal(await text(page).inputValue(), '{"rate": 1 , "devices": {}}');
  await text(page).fill('{"rate": 1} ');
  await page.keyboard.press("Control+Space");
  await page.getByText("No proposals").waitFor({ state: "attached" });
  assert.equal(await page.getByRole("listbox").isVisible(), false);
}

async function checks(browser: Browser): Promise<void> {
  await using dashboard = await open(browser, network());
  const { page } = dashboard;
  await about(page).waitFor();
  await text(page).fill('{\n  "rate": -1,\n  "devices": { "x": { "adress": "a" } }\n}');
  await problems(page).first().waitFor();
  assert.deepEqual(
    (await problems(page).allInnerTexts()).map((each) => each.replaceAll(/\s+/g, " ")),
    [
      "Line 2, column 11: rate: more than 0 is required, -1 is given",
      'Line 3, column 21: devices.x: "address" is required in it',
      'Line 3, column 23: devices.x.adress: it is not known here: did you mean "address"?',
    ],
  );
  assert.equal(
    await status(page).innerText(),
    "Changed, not sent yet. 3 things are not as the source’s schema says; it can be sent, and the source decides.",
  );
  await problems(page).first().click();
  const selected = await text(page).evaluate((area: HTMLTextAreaElement) =>
    area.value.slice(area.selectionStart, area.selectionEnd)
  );
  assert.equal(selected, "-1");
  await page.keyboard.type("2");
  await page.getByText("2 things are not").waitFor();
  await text(page).fill('{"rate": 2}');
  await page.waitForFunction(() => document.getElementById("configuration-problems")?.hidden);
  assert.equal(await status(page).innerText(), "Changed, not sent yet.");
  assert.deepEqual(dashboard.complaints, []);
}

async function sends(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await open(browser, shown);
  const { page } = dashboard;
  await about(page).waitFor();
  await text(page).fill('{"rate": 2, "extra": 1}');
  await problems(page).first().waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("In force. The source has taken it.").waitFor();
  assert.deepEqual(shown.configuration("source-x"), { rate: 2, extra: 1 });
  await text(page).fill('{"rate": -1}');
  await page.getByText("1 thing is not").waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Refused: rate is -1, a number over 0 is required.").waitFor();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // what comes later must not hide it
  assert.match(await status(page).innerText(), /Refused: .* The old configuration stays\.$/);
}

async function isNothing(browser: Browser): Promise<void> {
  const asked: string[] = [];
  await using dashboard = await open(browser, network(), { token: "source-y" });
  const { page } = dashboard;
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await text(page).fill('{"anything": 1}');
  await page.keyboard.press("Control+Space");
  await page.getByRole("button", { name: "Revert" }).click();
  assert.equal(await about(page).isVisible(), false);
  assert.equal(await page.locator("#configuration-fields").isVisible(), false);
  assert.equal(await text(page).getAttribute("aria-autocomplete"), null);
  assert.deepEqual(asked, []);
}

async function isReadable(browser: Browser): Promise<void> {
  const shown = network();
  shown.keeping = { ...shown.keeping, isWritable: false };
  await using dashboard = await open(browser, shown);
  const { page } = dashboard;
  await page.getByText("What it may have, as the source says").click();
  const fields = page.locator("#configuration-field-list");
  await fields.getByText("Which way").waitFor();
  assert.deepEqual(await fields.locator("dt code").allInnerTexts(), [
    "rate",
    "mode",
    "devices",
    "devices.*.address",
  ]);
  await text(page).focus();
  await page.keyboard.press("Control+Space");
  assert.equal(await page.getByRole("listbox").isVisible(), false);
}

const MARKUP = '<img src="x" onerror="document.title = \'hacked\'">';

async function isHarmless(browser: Browser): Promise<void> {
  const names = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`${MARKUP}${index}`, { description: MARKUP }]),
  );
  const loop = { properties: { a: { $ref: "#" } } };
  const hostile: JsonObject = {
    description: MARKUP,
    properties: {
      rate: { description: MARKUP, unit: MARKUP, default: MARKUP, pattern: "(a+)+$" },
      ...names,
    },
    additionalProperties: {
      pattern: "(a|a)*b",
      enum: Array.from({ length: 900 }, (_, i) => `${i}`),
    },
    allOf: [loop, { $ref: "#" }, { $ref: "https://example.com/" }],
  };
  await using dashboard = await open(browser, network(hostile));
  const { page } = dashboard;
  await about(page).waitFor();
  await text(page).fill(`{"rate": "${"a".repeat(5000)}!", "b": 1}`);
  await problems(page).first().waitFor();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Control+Space");
  await page.getByRole("listbox").waitFor();
  assert.equal((await options(page)).length, 200);
  await page.keyboard.press("Escape");
  await page.getByText("What it may have, as the source says").click();
  await page.locator("#configuration-field-list").getByText(MARKUP).first().waitFor();
  assert.equal(await page.locator("#sources-view img").count(), 0);
  assert.match(await page.title(), /^MetricQ/);
  await page.getByText("A part of the source’s schema is not understood here.").waitFor();
  assert.deepEqual(dashboard.complaints, []);
}

async function comesAndGoes(browser: Browser): Promise<void> {
  const shown = network();
  await using dashboard = await open(browser, shown);
  const { page } = dashboard;
  await about(page).waitFor();
  shown.addAgent({ token: "source-x", alive: false, ...OFFERS });
  await about(page).waitFor({ state: "hidden" });
  shown.schemas.set("source-x", { properties: { rate: { description: "Of the next program" } } });
  shown.addAgent({
    token: "source-x",
    discovered: { configSchema: "config.schema", startingTime: "2" },
  });
  await about(page).waitFor();
  await text(page).evaluate((area: HTMLTextAreaElement) => {
    area.focus();
    area.setSelectionRange(6, 6);
  });
  await about(page).getByText("Of the next program").waitFor();
}

async function hasNoObstacles(browser: Browser): Promise<void> {
  for (const width of [390, 1440]) {
    await using dashboard = await open(browser, network(), { viewport: { width, height: 900 } });
    const { page } = dashboard;
    await about(page).waitFor();
    await page.getByText("What it may have, as the source says").click();
    await text(page).fill('{\n  "rate": -1,\n  "devices": { "x": { "adress": "a" } }\n}');
    await problems(page).first().waitFor();
    await text(page).evaluate((area: HTMLTextAreaElement) => {
      const at = area.value.indexOf('{ "adress"') + 1;
      area.setSelectionRange(at, at);
    });
    await page.keyboard.press("Control+Space");
    await page.getByRole("listbox").waitFor();
    for (const theme of ["light", "dark"]) {
      await page.getByLabel("Theme").selectOption(theme);
      await text(page).focus();
      await page.keyboard.press("Control+Space");
      await page.getByRole("listbox").waitFor();
      assert.deepEqual(await findObstacles(page), []);
      const folder = Deno.env.get("METRICQ_SCREENSHOTS");
      if (folder) {
        await page.screenshot({ path: `${folder}/schema-${width}-${theme}.png`, fullPage: true });
      }
    }
    const overflow = await page.evaluate(() =>
      document.documentElement.scrollWidth - document.documentElement.clientWidth
    );
    assert.equal(overflow, 0, `at ${width} px`);
  }
}
