/// <reference lib="dom" />

import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { needing } from "../../support/needing.ts";
import { findObstacles } from "./axe.ts";
import { DashboardPage, inBrowser } from "./browser.ts";
import { FakeNetwork } from "./fake_network.ts";

const WIDTHS = [390, 1024, 1440, 1920];
const VIEWS = ["metrics", "charts", "sources", "calls", "health"];

/** Names whose racks are told apart in the middle only. */
function network(): FakeNetwork {
  const nowMs = Date.now();
  const network = new FakeNetwork(nowMs - 60_000);
  for (const rack of ["rack1", "rack2", "rack3"]) {
    network.add({
      name: `elab.${rack}.node01.package-0.temperature`,
      source: `source-elab-${rack}`,
      rate: 1,
      metadata: { unit: "°C", description: "Temperature of the processor's package" },
    }, {
      name: `elab.${rack}.network.received`,
      source: `source-elab-${rack}`,
      rate: 2,
      metadata: { unit: "B/s" },
      value: () => 2.3e8,
    }).addAgent({ token: `source-elab-${rack}`, metrics: 2 }, { rate: 1 });
  }
  network.add({ name: "elab.gone", source: "source-elab-rack1", rate: 0, declaredRate: 1 });
  network.advanceTo(nowMs);
  return network;
}

Deno.test(needing({ peers: ["chromium"] }, {
  name: "The dashboard at all widths and in both themes",
  fn: (t) =>
    inBrowser(t, async (step) => {
      for (const width of WIDTHS) {
        for (const colorScheme of ["light", "dark"] as const) {
          await step(`${width} px, ${colorScheme}`, (browser) => fits(browser, width, colorScheme));
        }
      }
    }),
}));

async function fits(
  browser: Browser,
  width: number,
  colorScheme: "light" | "dark",
): Promise<void> {
  const viewport = { width, height: 900 };
  await using dashboard = await DashboardPage.open(browser, network(), { viewport, colorScheme });
  const { page } = dashboard;
  await page.getByRole("row").filter({ hasText: "silent" }).first().waitFor();
  const cut = await page.locator("#metric-rows .name").evaluateAll((names) =>
    names.filter(({ scrollHeight, scrollWidth, clientHeight, clientWidth }) =>
      scrollHeight > clientHeight + 1 || scrollWidth > clientWidth + 1
    ).map(({ textContent }) => textContent)
  );
  assert.deepEqual(cut, [], "names that cannot be read as a whole");
  const about = page.locator("#metric-rows .metric").filter({ hasText: "elab.gone" });
  assert.deepEqual(
    await about.evaluate((button) => {
      const [name, about] = [...button.children].map((each) => each.getBoundingClientRect());
      const { bottom = 0 } = button.getBoundingClientRect();
      return about !== undefined && name !== undefined && about.top >= name.bottom &&
        about.left === name.left && about.bottom <= bottom;
    }),
    true,
    "what is known of a metric stands below its name",
  );
  for (const view of VIEWS) {
    await page.goto("about:blank");
    await page.goto(`${dashboard.url}#${view}?chart=elab.rack1.network.received`);
    await page.locator(`#${view}-view`).waitFor();
    if (view === "charts") await page.locator(".axis").getByText("MB/s").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, view);
    assert.deepEqual(await findObstacles(page), [], view);
  }
  assert.deepEqual(dashboard.complaints, []);
}
