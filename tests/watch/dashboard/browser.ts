/**
 * A real browser with the dashboard in it.
 *
 * @module
 */

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { Dashboard } from "../../../src/watch/dashboard/dashboard.ts";
import { CHROMIUM } from "../../peers/peers.ts";
import type { FakeNetwork } from "./fake_network.ts";

/** A browser without a window, with a profile of its own that is deleted when it ends. */
export async function launchBrowser(): Promise<Browser> {
  // Loading it asks for permissions, which a test that is ignored does not have.
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox", // it refuses to start as root otherwise, and the only page is our own
      "--disable-gpu",
      "--disable-quic",
      "--disable-component-update",
      "--disable-background-networking",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** Makes a step of a test, which is given the test's browser. */
export type BrowserStep = (
  name: string,
  fn: (browser: Browser) => Promise<void>,
) => Promise<unknown>;

/** Runs the steps of a test in one browser: it takes longer to start than all of them to run. */
export async function inBrowser(
  test: Deno.TestContext,
  steps: (step: BrowserStep) => Promise<void>,
): Promise<void> {
  const browser = await launchBrowser();
  try {
    await steps((name, fn) => test.step(name, () => fn(browser)));
  } finally {
    await browser.close();
  }
}

/** A dashboard of a network in a page of a browser. */
export class DashboardPage implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #dashboard: Dashboard;
  readonly page: Page;
  /** What went wrong in the page, and what it has asked other hosts for. */
  readonly complaints: string[] = [];

  private constructor(page: Page, dashboard: Dashboard, stack: AsyncDisposableStack) {
    this.page = page;
    this.#dashboard = dashboard;
    this.#stack = stack;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(dashboard.url)) {
        this.complaints.push(`request to ${request.url()}`);
      }
    });
    page.on("console", (message) => {
      // The browser itself reports an answer of 422 as an error.
      if (message.type() === "error" && !message.text().includes("422")) {
        this.complaints.push(message.text());
      }
    });
  }

  /** Starts the dashboard and opens it. */
  static async open(
    browser: Browser,
    network: FakeNetwork,
    options: BrowserContextOptions = {},
  ): Promise<DashboardPage> {
    const stack = new AsyncDisposableStack();
    const stop = new AbortController();
    const running = network.run(stop.signal);
    stack.defer(async () => {
      stop.abort();
      await running;
    });
    const dashboard = stack.use(await Dashboard.start({ view: network }));
    const context = stack.adopt(await browser.newContext(options), (each) => each.close());
    const page = new DashboardPage(await context.newPage(), dashboard, stack);
    await page.page.goto(dashboard.url);
    return page;
  }

  get url(): string {
    return this.#dashboard.url;
  }

  /** Stops the program, not the page. */
  stop(): Promise<void> {
    return this.#dashboard.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
