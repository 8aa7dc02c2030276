/// <reference lib="dom" />

/**
 * What keeps people from using a page, as axe finds it.
 *
 * @module
 */

import type { Page } from "playwright-core";

/** The rules that a page breaks, each with the elements that do. */
export async function findObstacles(page: Page): Promise<string[]> {
  const { default: axe } = await import("axe-core");
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations } = await Reflect.get(globalThis, "axe").run();
    return violations.flatMap(
      ({ id, nodes }: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}
