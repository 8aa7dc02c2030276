/// <reference lib="dom" />
/** The box as a newcomer uses it: a real source, a real network, a real browser. */

import assert from "node:assert/strict";
import { Box } from "../../src/dev/box.ts";
import { DummySource } from "../../src/programs/dummy_source.ts";
import { needing } from "../support/needing.ts";
import { launchBrowser } from "../watch/dashboard/browser.ts";

const token = "source-deno-dummy";

Deno.test(needing({ peers: ["chromium"] }, {
  name: "Box shows a source in Chromium, takes a new configuration, and refuses bad ones",
  fn: async () => {
    await using box = await Box.open({ configs: { [token]: { rate: 2 } } });
    await using source = new DummySource({ token, url: box.network.url });
    await source.connect();
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(box.dashboard.url);
      const row = page.getByRole("row").filter({
        has: page.getByRole("button", { name: "test.deno.dummy" }),
      });
      const first = await row.locator(".value").textContent();
      await page.waitForFunction(
        (first) => document.querySelector(".metrics .value")?.textContent !== first,
        first,
      );

      await page.getByRole("link", { name: "Sources" }).click();
      const text = page.getByLabel("Configuration as JSON");
      await page.getByText(/^Sent to the source at /).waitFor();
      await text.fill('{"rate": 50}');
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByText("In force. The source has taken it.").waitFor();
      await row.getByText("of 50 Hz").waitFor();
      // What is measured, of the last seconds: it comes near 50 and needs not be 50.0.
      await row.getByText(/^(4[5-9]|5\d)\.\d Hz/).waitFor();

      await text.fill('{"rate": 0}');
      await page.getByText("Line 1, column 10: rate: more than 0 is required, 0 is given")
        .waitFor();
      await page.getByRole("button", { name: "Send" }).click();
      const status = page.locator("#configuration-status");
      await status.getByText("rate: a number over 0 is required").waitFor();
      await status.getByText("The old configuration stays.").waitFor();
      await text.fill('{"rate": ');
      await page.getByRole("button", { name: "Send" }).click();
      assert.equal(await text.getAttribute("aria-invalid"), "true");
      assert.deepEqual(box.network.view.configuration(token), { rate: 50 });
      assert.equal(source.period?.preciseString, "20ms");
    } finally {
      await browser.close();
    }
  },
}));
